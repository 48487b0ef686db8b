//! Which relay addresses may come from a link or from a member: what strangers make a browser open is kept narrow.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::limits;

/// Whether an address is `wss://host[:port][/path]`, or `ws://` at a loopback or private host, where there are no
/// certificates to be had.
#[must_use]
pub fn is_relay_url(url: &str) -> bool {
    if url.len() > limits::MAX_RELAY_URL || !url.bytes().all(is_plain) {
        return false;
    }
    let (rest, encrypted) = match (url.strip_prefix("wss://"), url.strip_prefix("ws://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return false,
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    host_of(authority).is_some_and(|host| encrypted || is_near(&host))
}

/// Printable, and nothing with which a browser's parser would see another host than this one (user names, fragments,
/// backslashes, escapes).
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'@' | b'#' | b'\\' | b'%' | b'<' | b'>' | b'"')
}

enum Host {
    Address(IpAddr),
    Name(String),
}

fn host_of(authority: &str) -> Option<Host> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return port_ok.then_some(Host::Address(IpAddr::V6(address)));
    }
    let host = match authority.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => authority,
    };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(Host::Address(IpAddr::V4(address)));
    }
    let labels_ok = host.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    // A name whose last part is a number is read as an IPv4 address by browsers, in forms that we don't parse.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with(|c: char| c.is_ascii_digit());
    (labels_ok && !numeric).then(|| Host::Name(host.to_ascii_lowercase()))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// This machine or this network.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Address(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Host::Address(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Host::Name(name) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn encrypted_addresses_and_near_plain_ones_are_relays() {
        for url in [
            "wss://relay.example/mqtt",
            "wss://relay.example:8443/mqtt?x=1",
            "wss://1.2.3.4",
            "wss://[2001:db8::1]:443/mqtt",
            "ws://localhost:8080/mqtt",
            "ws://127.0.0.1:8080/mqtt",
            "ws://app.localhost/mqtt",
            "ws://192.168.1.20:8080/mqtt",
            "ws://10.0.0.1",
            "ws://172.16.0.1",
            "ws://169.254.3.4",
            "ws://[::1]:8080/mqtt",
            "ws://[fd00::1]/mqtt",
            "ws://nas.local/mqtt",
        ] {
            assert!(is_relay_url(url), "{url}");
        }
    }

    #[test]
    fn everything_else_is_no_relay() {
        let long = format!("wss://relay.example/{}", "a".repeat(limits::MAX_RELAY_URL));
        for url in [
            "",
            "relay.example",
            "https://relay.example/mqtt",
            "javascript:alert(1)",
            "WSS://relay.example",
            "wss://",
            "wss:///mqtt",
            "wss://relay.example:0/",
            "wss://relay.example:65536/",
            "wss://relay.example:/",
            "wss://relay.example:+80/",
            "wss://user@relay.example/",
            "wss://relay.example/#part",
            "wss://relay.example\\evil",
            "wss://relay example/",
            "wss://réseau.example/",
            "wss://-a.example/",
            "wss://a..example/",
            "wss://[::1/mqtt",
            "wss://[zz]/mqtt",
            "ws://relay.example/mqtt",
            "ws://8.8.8.8/mqtt",
            "ws://172.32.0.1/mqtt",
            "ws://0x7f.1/mqtt",
            "ws://[2001:db8::1]/mqtt",
            "ws://localhost.example/mqtt",
            long.as_str(),
        ] {
            assert!(!is_relay_url(url), "{url}");
        }
    }
}
