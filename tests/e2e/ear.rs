//! What is measured is what is heard: the ear of the other stories, tried on a page that calls itself.

use crate::harness::world::story_with;
use crate::harness::{Person, Profile};
use anyhow::Result;

/// A page without scripts of its own; a click wakes its sound.
pub(crate) const PAGE: &str = "<!DOCTYPE html><title>Call</title><button>Wake</button>";

/// Two connections in one page: the microphone goes out over one, arrives over the other, and an element plays it.
pub(crate) const CALL: &str = "
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
    there.ontrack = ({ track }) => {
        window.element = new Audio();
        element.srcObject = new MediaStream([track]);
        element.play();
    };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    window.track = stream.getAudioTracks()[0];
    window.sender = here.addTrack(track);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
";

/// Plays what arrives through Web Audio, in place of the element.
const LOUDER: &str = "
    element.muted = true;
    const context = new AudioContext();
    const gain = context.createGain();
    context.createMediaStreamSource(element.srcObject).connect(gain);
    gain.connect(context.destination);
    window.gain = gain;
";

async fn calls_itself(person: &Person) -> Result<()> {
    person.open(&person.app()).await?;
    person.click("button", "Wake").await?;
    let call = format!("return (async () => {{ {CALL} }})();");
    person.script(&call).await?;
    Ok(())
}

#[test]
fn a_voice_is_told_by_energy_and_pitch_and_silence_by_its_lack() {
    let page = tempfile::tempdir().expect("a folder");
    std::fs::write(page.path().join("index.html"), PAGE).expect("a page");
    story_with(page.path().to_owned(), "ear", async |world| {
        let ada = world.person_with("Ada", Profile::Voice(520)).await?;
        calls_itself(&ada).await?;
        ada.hears(&[&ada]).await?;
        ada.script("track.enabled = false;").await?;
        ada.hears_silence_of(&ada).await?;
        ada.script("track.enabled = true;").await?;
        ada.hears(&[&ada]).await?;

        // It arrives, and is not played.
        ada.script("element.muted = true;").await?;
        ada.plays_nothing_of(&[&ada]).await?;
        ada.script(LOUDER).await?;
        ada.plays(&ada).await?;
        ada.script("gain.gain.value = 0;").await?;
        ada.plays_nothing_of(&[&ada]).await
    });
}

#[test]
fn another_pitch_is_nobody_one_hears() {
    let page = tempfile::tempdir().expect("a folder");
    std::fs::write(page.path().join("index.html"), PAGE).expect("a page");
    story_with(page.path().to_owned(), "pitch", async |world| {
        let ada = world.person_with("Ada", Profile::Voice(520)).await?;
        let ben = world.person_with("Ben", Profile::Voice(540)).await?;
        calls_itself(&ada).await?;
        ada.hears(&[&ada]).await?;
        let heard = ada.listens().await?;
        anyhow::ensure!(heard.from(ben.pitch()?).is_none(), "{heard:?}");
        Ok(())
    });
}
