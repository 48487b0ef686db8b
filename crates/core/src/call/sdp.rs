//! The limits on sound, set in the description of the other side before it is applied, and nowhere else: a sender obeys what
//! its receiver's description says, so each browser sends within the limits that were put into what it was given.

use core::fmt::Write as _;

/// Most bits a second of one person's sound. Twice that can't be told apart in speech.
const MAX_BITRATE: u32 = 24_000;
/// Milliseconds of sound in a packet where many listen: a third of the packets, and of their heads.
const LONG_PACKET: u32 = 60;
/// Parameters that are set here; whatever a peer wrote for them goes.
const SET: [&str; 7] = [
    "maxaveragebitrate",
    "usedtx",
    "useinbandfec",
    "stereo",
    "sprop-stereo",
    "ptime",
    "maxptime",
];
/// The RTP header extensions that are kept: one ties packets to their media section, the other tells how loud they are, by
/// which browsers show who speaks. The rest costs up to 12 bytes in every packet and tells what one sound doesn't need.
const KEPT_EXTENSIONS: [&str; 2] = [
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
];

/// A description with the limits in it; `many` asks for longer packets. What has no Opus comes back as it was.
#[must_use]
pub fn limit(sdp: &str, many: bool) -> String {
    let mut out = String::with_capacity(sdp.len() + 128);
    let (head, sections) = sections(sdp);
    out.push_str(head);
    for section in sections {
        match opus(section) {
            Some(payload) if section.starts_with("m=audio ") => {
                limit_audio(section, payload, many, &mut out);
            }
            _ => out.push_str(section),
        }
    }
    out
}

/// What stands before the first media section, and the sections.
fn sections(sdp: &str) -> (&str, Vec<&str>) {
    let mut starts: Vec<usize> = Vec::new();
    let mut place = 0;
    for line in sdp.split_inclusive('\n') {
        if line.starts_with("m=") {
            starts.push(place);
        }
        place += line.len();
    }
    let first = starts.first().copied().unwrap_or(sdp.len());
    let mut parts = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(sdp.len());
        parts.push(sdp.get(*start..end).unwrap_or_default());
    }
    (sdp.get(..first).unwrap_or_default(), parts)
}

/// The payload type of Opus in a section.
fn opus(section: &str) -> Option<&str> {
    section.lines().find_map(|line| {
        let (payload, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        let is_opus = codec
            .get(..5)
            .is_some_and(|name| name.eq_ignore_ascii_case("opus/"));
        is_opus.then_some(payload)
    })
}

fn limit_audio(section: &str, payload: &str, many: bool, out: &mut String) {
    let rtpmap = format!("a=rtpmap:{payload} ");
    let fmtp = format!("a=fmtp:{payload} ");
    let is_given = section.lines().any(|line| line.starts_with(&fmtp));
    for line in section.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let end = line.get(text.len()..).unwrap_or_default();
        if let Some(given) = text.strip_prefix(&fmtp) {
            let _ = write!(out, "{fmtp}{}{end}", parameters(given, many));
            continue;
        }
        let is_kept = text.split(' ').any(|word| KEPT_EXTENSIONS.contains(&word));
        if text.starts_with("a=extmap:") && !is_kept {
            continue;
        }
        let is_packet_time = text.starts_with("a=ptime:") || text.starts_with("a=maxptime:");
        if many && is_packet_time {
            continue;
        }
        out.push_str(line);
        if text.starts_with(&rtpmap) {
            if !is_given {
                let _ = write!(out, "{fmtp}{}{end}", parameters("", many));
            }
            if many {
                let _ = write!(out, "a=ptime:{LONG_PACKET}{end}");
                let _ = write!(out, "a=maxptime:{LONG_PACKET}{end}");
            }
        }
    }
}

/// Opus parameters (RFC 7587) with the limits in them.
fn parameters(given: &str, many: bool) -> String {
    let kept = given.split(';').map(str::trim).filter(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default().trim();
        !parameter.is_empty() && !SET.iter().any(|set| name.eq_ignore_ascii_case(set))
    });
    let mut out = String::new();
    for parameter in kept {
        out.push_str(parameter);
        out.push(';');
    }
    let _ = write!(
        out,
        "maxaveragebitrate={MAX_BITRATE};usedtx=1;useinbandfec=1;stereo=0"
    );
    if many {
        let _ = write!(out, ";ptime={LONG_PACKET};maxptime={LONG_PACKET}");
    }
    out
}
