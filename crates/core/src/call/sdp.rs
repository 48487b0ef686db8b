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
/// The only RTP header extension that is kept: it ties packets to their media section. The rest costs up to 12 bytes in every
/// packet, tells what one sound doesn't need, and isn't encrypted: how loud somebody is at every moment is nobody's business.
const KEPT_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// A description with the limits in it; `many` asks for longer packets. What has no Opus, or is no description, comes back
/// as it was.
#[must_use]
pub fn limit(sdp: &str, many: bool) -> String {
    if has_stray_return(sdp) {
        return sdp.to_owned();
    }
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

/// Whether something else than a line's end follows a carriage return: it isn't SDP then (RFC 8866, section 9), and readers
/// differ in where its lines end.
fn has_stray_return(sdp: &str) -> bool {
    let behind = sdp.split('\r').skip(1);
    behind.into_iter().any(|rest| !rest.starts_with('\n'))
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
        let is_kept = text.split(' ').any(|word| word == KEPT_EXTENSION);
        if text.starts_with("a=extmap:") && !is_kept {
            continue;
        }
        let is_packet_time = text.starts_with("a=ptime:") || text.starts_with("a=maxptime:");
        if many && is_packet_time {
            continue;
        }
        if !text.starts_with(&rtpmap) {
            out.push_str(line);
            continue;
        }
        // The last line of a description may have no end.
        let end = if end.is_empty() { "\r\n" } else { end };
        let _ = write!(out, "{text}{end}");
        if many {
            let _ = write!(out, "a=ptime:{LONG_PACKET}{end}");
            let _ = write!(out, "a=maxptime:{LONG_PACKET}{end}");
        }
        if !is_given {
            let _ = write!(out, "{fmtp}{}{end}", parameters("", many));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    /// An offer of Chromium 156 and one of Firefox ESR, as they were made for one sound and one channel. In the files lines
    /// end without a carriage return.
    const CHROMIUM: &str = include_str!("offers/chromium.sdp");
    const FIREFOX: &str = include_str!("offers/firefox.sdp");

    fn as_sent(file: &str) -> String {
        file.replace('\n', "\r\n")
    }

    /// Lines that are only in the second one, and lines that are only in the first.
    fn changed(from: &str, to: &str) -> (Vec<String>, Vec<String>) {
        let missing_in = |whole: &str, lines: &str| {
            let all: Vec<_> = whole.split_inclusive("\r\n").collect();
            let lines = lines.split_inclusive("\r\n");
            lines
                .filter(|line| !all.contains(line))
                .map(|line| line.trim_end().to_owned())
                .collect()
        };
        (missing_in(from, to), missing_in(to, from))
    }

    #[test]
    fn chromiums_offer_gets_the_limits_and_nothing_else() {
        let offer = as_sent(CHROMIUM);
        let (new, gone) = changed(&offer, &limit(&offer, false));
        assert_eq!(
            new,
            ["a=fmtp:111 minptime=10;maxaveragebitrate=24000;usedtx=1;useinbandfec=1;stereo=0"]
        );
        assert_eq!(
            gone,
            [
                "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
                "a=fmtp:111 minptime=10;useinbandfec=1",
            ]
        );
    }

    #[test]
    fn firefoxs_offer_gets_the_limits_where_its_parameters_stand_before_the_codec() {
        let offer = as_sent(FIREFOX);
        let (new, gone) = changed(&offer, &limit(&offer, false));
        assert_eq!(
            new,
            [
                "a=fmtp:109 maxplaybackrate=48000;maxaveragebitrate=24000;usedtx=1;useinbandfec=1;stereo=0"
            ]
        );
        assert_eq!(gone.len(), 4, "{gone:?}");
    }

    #[test]
    fn among_many_packets_are_long() {
        let offer = as_sent(CHROMIUM);
        let (new, _) = changed(&offer, &limit(&offer, true));
        assert_eq!(
            new,
            [
                "a=ptime:60",
                "a=maxptime:60",
                "a=fmtp:111 minptime=10;maxaveragebitrate=24000;usedtx=1;useinbandfec=1;stereo=0;ptime=60;maxptime=60",
            ]
        );
    }

    #[test]
    fn what_a_peer_asked_for_beyond_the_limits_goes() {
        let given = "m=audio 9 X 96\r\na=ptime:10\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 MaxAverageBitrate=510000; stereo=1;sprop-stereo=1;usedtx=0;ptime=3;x=y\r\n";
        let limited = limit(given, true);
        assert_eq!(
            limited,
            "m=audio 9 X 96\r\na=rtpmap:96 OPUS/48000/2\r\na=ptime:60\r\na=maxptime:60\r\na=fmtp:96 x=y;maxaveragebitrate=24000;usedtx=1;useinbandfec=1;stereo=0;ptime=60;maxptime=60\r\n"
        );
        assert_eq!(limit(&limited, true), limited);
    }

    #[test]
    fn parameters_are_added_where_there_are_none() {
        let given = "m=audio 9 X 96\na=rtpmap:96 opus/48000\n";
        assert_eq!(
            limit(given, false),
            "m=audio 9 X 96\na=rtpmap:96 opus/48000\na=fmtp:96 maxaveragebitrate=24000;usedtx=1;useinbandfec=1;stereo=0\n"
        );
    }

    #[test]
    fn what_has_no_opus_or_is_no_description_comes_back_as_it_was() {
        for text in [
            "",
            "m=",
            "\r\n\r\n",
            "m=audio 9 X 0\r\na=rtpmap:0 PCMU/8000\r\na=fmtp:0 x\r\n",
            "m=video 9 X 96\r\na=rtpmap:96 opus/48000/2\r\n",
            "a=rtpmap:96 opus/48000/2\r\nnothing",
            "m=audio\r\na=rtpmap:ö",
        ] {
            assert_eq!(limit(text, true), text);
        }
    }

    #[test]
    fn a_description_is_limited_once_and_stays_so() {
        for offer in [as_sent(CHROMIUM), as_sent(FIREFOX)] {
            for many in [false, true] {
                let limited = limit(&offer, many);
                assert_eq!(limit(&limited, many), limited);
            }
        }
    }

    #[test]
    fn what_has_a_return_in_the_middle_of_a_line_comes_back_as_it_was() {
        let stray = as_sent(CHROMIUM).replacen("a=rtcp-mux\r\n", "a=rtcp-mux\ra=fmtp:111 x\r\n", 1);
        assert!(stray.contains("mux\ra"));
        assert_eq!(limit(&stray, true), stray);
        assert_eq!(limit("a=rtpmap:1 opus/\r", false), "a=rtpmap:1 opus/\r");
    }
}
