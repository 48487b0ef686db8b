//! The built app as browsers get it: headers, compression, caching, types.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{fs, io::Write as _, path::Path};

use common::{get, loopback, request};
use discordopus_relay::{BindError, Config, Relay};

const INLINE: &str = "import init from '/app-1f0c9be27a1d4e55.js'; await init();";
/// `printf %s "$INLINE" | openssl dgst -sha256 -binary | base64`
const INLINE_HASH: &str = "'sha256-R69h++waKweR5SJsvKqfQmaYTdetM78KlRLr++yQGq8='";

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4_096, 5, 22)
        .write_all(bytes)
        .unwrap();
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn build_app(dist: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(dist.join(name), bytes).unwrap();
    let html = format!(
        "<!DOCTYPE html><title>t</title><script type=\"module\">{INLINE}</script><script src=\"/theme.js\"></script>"
    );
    write("index.html", html.as_bytes());
    write("index.html.br", &brotli(html.as_bytes()));
    let script = "console.log('a');".repeat(100);
    write("app-1f0c9be27a1d4e55.js", script.as_bytes());
    write("app-1f0c9be27a1d4e55.js.br", &brotli(script.as_bytes()));
    write("app-1f0c9be27a1d4e55.js.gz", &gzip(script.as_bytes()));
    write("app-1f0c9be27a1d4e55_bg.wasm", b"\0asm");
    write("app-1f0c9be27a1d4e55_bg.wasm.br", &brotli(b"\0asm"));
    write("main-1f0c9be27a1d4e55.css", b"body{}");
    write("service-worker.js", b"self");
    write("manifest.webmanifest", b"{}");
    write("config.json", b"{}");
    write("icon.svg", b"<svg/>");
    write("sound.opus", b"OggS");
}

async fn serving(dist: &Path, allowed_relays: Vec<String>) -> Relay {
    build_app(dist);
    Relay::bind(Config {
        listen: loopback(),
        dist: Some(dist.to_owned()),
        allowed_relays,
        ..Config::default()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let dist = tempfile::tempdir().unwrap();
    let relay = serving(dist.path(), vec!["wss://other.example".to_owned()]).await;
    for path in [
        "/",
        "/app-1f0c9be27a1d4e55.js",
        "/nowhere",
        "/healthz",
        "/mqtt",
    ] {
        let answer = get(&relay, path).await;
        assert_eq!(
            answer.header("content-security-policy"),
            format!(
                "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {INLINE_HASH}; style-src 'self'; \
                 img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; \
                 connect-src 'self' ws://relay.example:8443 wss://relay.example:8443 wss://other.example; \
                 manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "{path}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        let permissions = answer.header("permissions-policy");
        for power in [
            "microphone=(self)",
            "camera=()",
            "geolocation=()",
            "display-capture=()",
        ] {
            assert!(permissions.contains(power), "{path}: {permissions}");
        }
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn a_forged_host_cannot_change_the_policy() {
    let dist = tempfile::tempdir().unwrap();
    let relay = serving(dist.path(), Vec::new()).await;
    for host in [
        "evil.example; script-src *",
        "a b",
        "*",
        "x,y",
        "user@evil.example",
    ] {
        let answer = request(&relay, "GET /", &[("Host", host)]).await;
        let csp = answer.header("content-security-policy");
        // A host the server itself refuses gets no page at all; any other gets a policy without it.
        assert!(
            answer.status == 400 || csp.contains("connect-src 'self'; manifest-src"),
            "{host}: {} {csp}",
            answer.status
        );
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn the_best_precompressed_form_the_browser_takes_is_served() {
    let dist = tempfile::tempdir().unwrap();
    let relay = serving(dist.path(), Vec::new()).await;
    let script = fs::read(dist.path().join("app-1f0c9be27a1d4e55.js")).unwrap();
    let on_disk = |suffix: &str| {
        fs::read(dist.path().join(format!("app-1f0c9be27a1d4e55.js{suffix}"))).unwrap()
    };
    for (accepts, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", on_disk(".br")),
        ("gzip", "gzip", on_disk(".gz")),
        ("br;q=0, gzip;q=0.5", "gzip", on_disk(".gz")),
        ("identity", "", script.clone()),
    ] {
        let answer = request(
            &relay,
            "GET /app-1f0c9be27a1d4e55.js",
            &[("Accept-Encoding", accepts)],
        )
        .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-encoding"), encoding, "{accepts}");
        assert_eq!(
            answer.header("content-type"),
            "text/javascript",
            "{accepts}"
        );
        assert!(
            answer.header("vary").contains("accept-encoding"),
            "{accepts}"
        );
        assert!(answer.body == body, "{accepts}");
    }
    // The page itself, reached by its folder, and a type that must be right for streaming compilation.
    let accepts = [("Accept-Encoding", "br")];
    let page = request(&relay, "GET /", &accepts).await;
    assert_eq!(page.header("content-encoding"), "br");
    assert_eq!(page.header("content-type"), "text/html");
    let wasm = request(&relay, "GET /app-1f0c9be27a1d4e55_bg.wasm", &accepts).await;
    assert_eq!(wasm.header("content-encoding"), "br");
    assert_eq!(wasm.header("content-type"), "application/wasm");
    relay.shutdown().await;
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_all_others_asked_for_again() {
    let dist = tempfile::tempdir().unwrap();
    let relay = serving(dist.path(), Vec::new()).await;
    for path in [
        "/app-1f0c9be27a1d4e55.js",
        "/app-1f0c9be27a1d4e55_bg.wasm",
        "/main-1f0c9be27a1d4e55.css",
    ] {
        assert_eq!(
            get(&relay, path).await.header("cache-control"),
            "public, max-age=31536000, immutable",
            "{path}"
        );
    }
    for path in [
        "/",
        "/index.html",
        "/service-worker.js",
        "/manifest.webmanifest",
        "/config.json",
        "/icon.svg",
    ] {
        let answer = get(&relay, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        // Asked for again, it is not sent again.
        let again = request(
            &relay,
            &format!("GET {path}"),
            &[("If-None-Match", answer.header("etag"))],
        )
        .await;
        assert_eq!(again.status, 304, "{path}");
        assert!(again.body.is_empty());
    }
    // A file of a version that is gone must not be remembered as missing for a year.
    let gone = get(&relay, "/app-ffffffffffffffff.js").await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.header("cache-control"), "no-cache");
    relay.shutdown().await;
}

#[tokio::test]
async fn files_have_their_right_types() {
    let dist = tempfile::tempdir().unwrap();
    let relay = serving(dist.path(), Vec::new()).await;
    for (path, expected) in [
        ("/index.html", "text/html"),
        ("/app-1f0c9be27a1d4e55.js", "text/javascript"),
        ("/app-1f0c9be27a1d4e55_bg.wasm", "application/wasm"),
        ("/main-1f0c9be27a1d4e55.css", "text/css"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/config.json", "application/json"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = get(&relay, path).await;
        assert_eq!(answer.header("content-type"), expected, "{path}");
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn unknown_paths_and_escapes_are_not_found_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    fs::create_dir(&dist).unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let relay = serving(&dist, Vec::new()).await;
    for path in [
        "/g/some-group",
        "/nowhere.js",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%00",
        "/healthz/x",
    ] {
        assert_eq!(get(&relay, path).await.status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(
            request(&relay, &format!("{method} /index.html"), &[])
                .await
                .status,
            405
        );
    }
    let head = request(&relay, "HEAD /index.html", &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    relay.shutdown().await;
}

#[tokio::test]
async fn health_is_a_small_json_of_bare_numbers() {
    let relay = common::relay().await;
    let _client = common::Client::connect(relay.local_addr()).await;
    let answer = get(&relay, "/healthz").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let health: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["connections"], 1);
    assert_eq!(health["sessions"], 1);
    relay.shutdown().await;
}

#[tokio::test]
async fn without_an_app_only_the_relay_is_there() {
    let relay = common::relay().await;
    assert_eq!(get(&relay, "/").await.status, 404);
    assert_eq!(get(&relay, "/healthz").await.status, 200);
    // A plain request is told to upgrade rather than served.
    assert_eq!(get(&relay, "/mqtt").await.status, 400);
    relay.shutdown().await;
}

#[tokio::test]
async fn an_allowed_relay_that_is_no_address_stops_the_start() {
    let refused = Relay::bind(Config {
        listen: loopback(),
        allowed_relays: vec!["wss://x; script-src *".to_owned()],
        ..Config::default()
    })
    .await;
    assert!(matches!(refused, Err(BindError::AllowedRelay(_))));
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let relay = common::relay().await;
    let second = Relay::bind(Config {
        listen: relay.local_addr(),
        ..Config::default()
    })
    .await;
    assert!(matches!(second, Err(BindError::Listen { .. })));
    relay.shutdown().await;
}
