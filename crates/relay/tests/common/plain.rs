//! A plain HTTP/1.1 client.

use std::{collections::HashMap, net::SocketAddr};

use discordopus_relay::Relay;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::patiently;

/// What came back for a plain request.
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A plain HTTP/1.1 request, so that nothing between test and relay decompresses or caches.
pub async fn request(relay: &Relay, head: &str, headers: &[(&str, &str)]) -> Answer {
    request_at(relay.local_addr(), head, headers).await
}

async fn request_at(address: SocketAddr, head: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut text = format!("{head} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text.push_str("Host: relay.example:8443\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    patiently("the answer", stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    let end = bytes
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

/// A plain GET.
pub async fn get(relay: &Relay, path: &str) -> Answer {
    request(relay, &format!("GET {path}"), &[]).await
}

/// A plain GET of a relay that is a program of its own.
pub async fn get_at(address: SocketAddr, path: &str) -> Answer {
    request_at(address, &format!("GET {path}"), &[]).await
}
