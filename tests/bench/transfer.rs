//! How fast a large file comes, beside a bare data channel between the same browsers.

use crate::harness::world::story_with;
use crate::harness::{Person, Uses, World, story, until};
use anyhow::{Context as _, Result};

const GROUP: &str = "Stopwatch";
/// Bytes of the file.
const SIZE: u32 = 50_000_000;
/// How often it is fetched; the middle one counts.
const TIMES: usize = 5;
/// A page without an app.
const PAGE: &str = "<!DOCTYPE html><title>Channel</title>";

/// Notes when a file is asked for, and when it can be saved: `wait(name)` begins anew.
const NOTE: &str = "
    const now = () => performance.timeOrigin + performance.now();
    const label = (button) => button?.getAttribute('aria-label') ?? '';
    window.wait = (name) => {
        window.wanted = name;
        window.asked = null;
        window.here = null;
    };
    addEventListener('click', (event) => {
        if (label(event.target.closest('button')).startsWith(`Download ${wanted}`)) window.asked = now();
    }, { capture: true });
    new MutationObserver(() => {
        const saves = [...document.querySelectorAll('button')].some((it) => label(it).startsWith(`Save ${wanted}`));
        if (window.asked && !window.here && saves) window.here = now();
    }).observe(document.body, { childList: true, subtree: true });
";

/// A data channel without an app: what a page can do that reads from memory and counts.
const BARE: &str = "
    window.peer = new RTCPeerConnection();
    window.channel = peer.createDataChannel('', { negotiated: true, id: 0 });
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 256 * 1024;
    const described = async () => {
        await peer.setLocalDescription();
        while (peer.iceGatheringState !== 'complete') {
            await new Promise((done) => setTimeout(done, 5));
        }
        return peer.localDescription.toJSON();
    };
    window.offer = described;
    window.answer = async (offer) => {
        await peer.setRemoteDescription(offer);
        return described();
    };
    window.take = (answer) => peer.setRemoteDescription(answer);
    window.receive = (size) => {
        let left = size;
        channel.onmessage = ({ data }) => {
            left -= data.byteLength;
            if (left <= 0) window.here = performance.timeOrigin + performance.now();
        };
    };
    window.pour = (size) => {
        window.asked = performance.timeOrigin + performance.now();
        const piece = new Uint8Array(15_000);
        let left = size;
        const more = () => {
            for (let count = 0; count < 32 && left > 0; count += 1) {
                channel.send(piece.subarray(0, Math.min(left, piece.length)));
                left -= piece.length;
            }
        };
        channel.onbufferedamountlow = more;
        more();
    };
";

/// Measures it and prints it.
pub(crate) fn measure() {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    story("fetching_a_file", async |world| {
        ours = fetched(world).await?;
        Ok(())
    });
    let page = tempfile::tempdir().expect("a folder");
    std::fs::write(page.path().join("index.html"), PAGE).expect("a page");
    story_with(page.path().to_owned(), "bare_channel", async |world| {
        bare = poured(world).await?;
        Ok(())
    });
    let middle = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        f64::from(SIZE) / 1_000.0 / times[times.len() / 2]
    };
    let (ours, bare) = (middle(&mut ours), middle(&mut bare));
    println!(
        "| a file of 50 MB from one profile to another, {TIMES} times, median: stored and checked here / a bare data channel, times it | {ours:.1} / {bare:.1} MB/s, {:.2} |",
        ours / bare
    );
}

/// Milliseconds from the press of "Download" to all of it being stored.
async fn fetched(world: &World) -> Result<Vec<f64>> {
    let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
    ada.create_group(GROUP).await?;
    ben.join(&ada.invite_link(Uses::One).await?, GROUP).await?;
    ben.script(NOTE).await?;
    let folder = tempfile::tempdir()?;
    let mut times = Vec::new();
    for number in 0..=TIMES {
        let name = format!("film{number}.bin");
        let path = folder.path().join(&name);
        let bytes: Vec<u8> = (0..SIZE).map(|at| (at / 251) as u8).collect();
        std::fs::write(&path, bytes)?;
        ada.sees("button", "Attach a file").await?;
        ada.attaches(&path).await?;
        ada.click("button", "Send").await?;
        ada.sees("button", format!("Save {name}").as_str()).await?;
        let download = format!("Download {name}");
        ben.sees("button", download.as_str()).await?;
        ben.script(&format!("wait('{name}');")).await?;
        ben.click("button", download.as_str()).await?;
        times.push(took(&ben, &ben).await?);
    }
    // The first one opens the link, too.
    times.remove(0);
    Ok(times)
}

/// The same for a channel without an app.
async fn poured(world: &World) -> Result<Vec<f64>> {
    let (ada, ben) = tokio::try_join!(world.person("Ada"), world.person("Ben"))?;
    for person in [&ada, &ben] {
        person.open(&person.app()).await?;
        person.script(BARE).await?;
    }
    let offer = ada.script("return offer();").await?;
    let answer = ben.script(&format!("return answer({offer});")).await?;
    ada.script(&format!("return take({answer});")).await?;
    until("the channel to be open", async || {
        let state = ada.script("return channel.readyState;").await?;
        Ok((state == "open").then_some(()))
    })
    .await?;
    let mut times = Vec::new();
    for _ in 0..=TIMES {
        ben.script(&format!("window.here = null; receive({SIZE});"))
            .await?;
        ada.script(&format!("pour({SIZE});")).await?;
        times.push(took(&ada, &ben).await?);
    }
    times.remove(0);
    Ok(times)
}

/// Milliseconds from when one asked to when it was there for another.
async fn took(from: &Person, to: &Person) -> Result<f64> {
    let here = until("all of it to be there", async || {
        Ok(to.script("return window.here;").await?.as_f64())
    })
    .await?;
    let asked = from.script("return window.asked;").await?;
    Ok(here - asked.as_f64().context("when it was asked for")?)
}
