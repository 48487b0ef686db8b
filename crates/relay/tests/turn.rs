//! What `/turn` hands out, to whom, and what it keeps to itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{process::Stdio, time::SystemTime};

use base64::{Engine as _, prelude::*};
use common::{Answer, get, loopback, patiently, request};
use discordopus_relay::{BindError, Config, Relay, TURN_LIFETIME, Turn, TurnError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

const SECRET: &str = "a secret that both servers know";
const URLS: [&str; 2] = [
    "turn:turn.example:3478?transport=udp",
    "turns:turn.example:5349?transport=tcp",
];

fn turn() -> Turn {
    Turn {
        secret: SECRET.to_owned(),
        urls: URLS.map(str::to_owned).to_vec(),
        lifetime: TURN_LIFETIME,
    }
}

async fn relay_with(turn: Turn) -> Result<Relay, BindError> {
    Relay::bind(Config {
        listen: loopback(),
        turn: Some(turn),
        behind_proxy: true,
        ..Config::default()
    })
    .await
}

fn credentials(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// As a TURN server does: the user name is still good, and the password is the one made from it with the secret.
fn accepts(secret: &str, server: &Value) -> bool {
    let username = server["username"].as_str().unwrap();
    let credential = server["credential"].as_str().unwrap();
    let expiry: u64 = username.split(':').next().unwrap().parse().unwrap();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(username.as_bytes());
    let password = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    expiry > now() && password == credential
}

#[tokio::test]
async fn a_turn_server_with_the_same_secret_accepts_what_is_handed_out() {
    let relay = relay_with(turn()).await.unwrap();
    let before = now();
    let answer = get(&relay, "/turn").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let given = credentials(&answer);
    let lifetime = TURN_LIFETIME.as_secs();
    assert_eq!(given["lifetimeSeconds"], lifetime);
    let servers = given["iceServers"].as_array().unwrap();
    assert_eq!(servers.len(), 1);
    assert_eq!(servers[0]["urls"], serde_json::json!(URLS));
    assert!(accepts(SECRET, &servers[0]));
    assert!(!accepts("another secret", &servers[0]));
    let username = servers[0]["username"].as_str().unwrap();
    let expiry: u64 = username.split(':').next().unwrap().parse().unwrap();
    assert!((before + lifetime..=now() + lifetime).contains(&expiry));
    relay.shutdown().await;
}

#[tokio::test]
async fn nobody_gets_the_credentials_of_somebody_else() {
    let relay = relay_with(turn()).await.unwrap();
    let one = credentials(&get(&relay, "/turn").await);
    let other = credentials(&get(&relay, "/turn").await);
    for part in ["username", "credential"] {
        assert_ne!(one["iceServers"][0][part], other["iceServers"][0][part]);
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn another_sites_page_cannot_read_them() {
    let relay = relay_with(turn()).await.unwrap();
    let answer = request(&relay, "GET /turn", &[("Origin", "https://evil.example")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    relay.shutdown().await;
}

#[tokio::test]
async fn without_a_secret_there_is_nothing_to_get() {
    let relay = common::relay().await;
    assert_eq!(get(&relay, "/turn").await.status, 404);
    relay.shutdown().await;
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_again_and_others_are_served() {
    let relay = relay_with(turn()).await.unwrap();
    let from = async |address| {
        let headers = [("X-Forwarded-For", address)];
        request(&relay, "GET /turn", &headers).await
    };
    let mut refused = None;
    // More than any burst: it ends with the first refusal.
    for _ in 0..1_000 {
        let answer = from("198.51.100.7").await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("nobody is refused");
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.header("cache-control"), "no-store");
    assert!(!String::from_utf8_lossy(&refused.body).contains("credential"));
    credentials(&from("198.51.100.8").await);
    relay.shutdown().await;
}

#[tokio::test]
async fn an_address_that_browsers_refuse_stops_the_start() {
    let mut wrong = turn();
    wrong.urls.push("https://turn.example".to_owned());
    let refused = relay_with(wrong).await;
    assert!(matches!(
        refused,
        Err(BindError::Turn(TurnError::Url(url))) if url == "https://turn.example"
    ));
}

#[tokio::test]
async fn the_program_takes_the_secret_from_the_environment_and_never_prints_it() {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_discordopus-relay"))
        .args(["--port", "0", "--memory", "--turn-url", URLS[0]])
        .env("DISCORDOPUS_TURN_SECRET", SECRET)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = patiently("the address", stdout.next_line())
        .await
        .unwrap()
        .unwrap();
    let address = line.rsplit("http://").next().unwrap().parse().unwrap();
    let given = credentials(&common::get_at(address, "/turn").await);
    assert!(accepts(SECRET, &given["iceServers"][0]));
    program.start_kill().unwrap();
    let mut said = String::new();
    let mut stderr = program.stderr.take().unwrap();
    patiently("the log", stderr.read_to_string(&mut said))
        .await
        .unwrap();
    let credential = given["iceServers"][0]["credential"].as_str().unwrap();
    assert!(said.contains("relay started"), "{said}");
    assert!(
        !said.contains(SECRET) && !said.contains(credential),
        "{said}"
    );
    program.wait().await.unwrap();
}

#[tokio::test]
async fn the_program_says_what_is_missing() {
    for (arguments, words) in [
        (["--turn-url", URLS[0]], "DISCORDOPUS_TURN_SECRET"),
        (["--turn-secret", SECRET], "no address of a TURN server"),
    ] {
        let ended = tokio::process::Command::new(env!("CARGO_BIN_EXE_discordopus-relay"))
            .args(["--port", "0", "--memory"])
            .args(arguments)
            .env_remove("DISCORDOPUS_TURN_SECRET")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = patiently("the end", ended).await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains(words), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
