//! The street of the other stories, tried without the app: its routers let through what real ones do, and no more.

use crate::harness::{Help, Person, Router, World, story_at_a_street, until};
use anyhow::{Result, ensure};

/// One side of a call between two pages, made by hand with the help that the relay and the deployment's file name. It
/// waits for all its candidates: nothing carries them later. A STUN server that is never reached holds gathering up.
const SIDE: &str = "
    document.body.innerHTML = '<button>Wake</button>';
    const told = await Promise.all(['/config.json', '/turn'].map(async (address) => {
        const response = await fetch(address);
        return response.ok ? (await response.json()).iceServers : [];
    }));
    window.peer = new RTCPeerConnection({ iceServers: told.flat() });
    peer.ontrack = ({ track }) => {
        window.element = new Audio();
        element.srcObject = new MediaStream([track]);
        element.play();
    };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    peer.addTrack(stream.getAudioTracks()[0]);
    const described = async () => {
        await peer.setLocalDescription();
        await new Promise((done) => {
            const look = () => peer.iceGatheringState === 'complete' && done();
            peer.onicegatheringstatechange = look;
            setTimeout(done, 5000);
            look();
        });
        return peer.localDescription.toJSON();
    };
    window.offer = described;
    window.answer = async (offer) => {
        await peer.setRemoteDescription(offer);
        return described();
    };
    window.take = (answer) => peer.setRemoteDescription(answer);
";

/// Two people behind such routers, each with half a call.
async fn call_by_hand(world: &World, routers: [Router; 2]) -> Result<[Person; 2]> {
    let ada = world.person_behind(routers[0], "Ada", 440).await?;
    let ben = world.person_behind(routers[1], "Ben", 940).await?;
    for person in [&ada, &ben] {
        person.open(&person.app()).await?;
        let side = format!("return (async () => {{ {SIDE} }})();");
        person.script(&side).await?;
        person.click("button", "Wake").await?;
    }
    let offer = ada.script("return offer();").await?;
    let answer = ben.script(&format!("return answer({offer});")).await?;
    ada.script(&format!("return take({answer});")).await?;
    Ok([ada, ben])
}

/// Lets both call and hear each other; `ways` are those that their connections take: whether through the TURN server,
/// and over what one's own end travels.
async fn hear_each_other(
    world: &World,
    routers: [Router; 2],
    ways: [(bool, &str); 2],
) -> Result<()> {
    let [ada, ben] = call_by_hand(world, routers).await?;
    ada.hears(&[&ben]).await?;
    ben.hears(&[&ada]).await?;
    for ((person, other), way) in [(&ada, &ben), (&ben, &ada)].into_iter().zip(ways) {
        let heard = person.listens().await?;
        let arrived = heard.from(other.pitch()?);
        let found = arrived.map(|it| (it.relayed, it.protocol.as_str()));
        ensure!(found == Some(way), "{found:?}");
    }
    Ok(())
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_stun_server_is_enough_between_ordinary_routers() {
    story_at_a_street("street_cone", Help::Stun, async |world| {
        let direct = (false, "udp");
        hear_each_other(world, [Router::Cone, Router::Cone], [direct, direct]).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_stun_server_is_not_enough_between_symmetric_routers() {
    story_at_a_street("street_no_path", Help::Stun, async |world| {
        let [ada, ben] = call_by_hand(world, [Router::Symmetric, Router::Symmetric]).await?;
        for person in [&ada, &ben] {
            until("the browser to give up", async || {
                let state = person.script("return peer.connectionState;").await?;
                ensure!(state != "connected", "there is a path");
                Ok((state == "failed").then_some(()))
            })
            .await?;
        }
        Ok(())
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_turn_server_is_enough_between_symmetric_routers() {
    story_at_a_street("street_symmetric", Help::Turn, async |world| {
        let routers = [Router::Symmetric, Router::Symmetric];
        let relayed = (true, "udp");
        hear_each_other(world, routers, [relayed, relayed]).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_turn_server_is_reached_over_tcp_where_no_udp_gets_through() {
    story_at_a_street("street_tcp", Help::Turn, async |world| {
        let routers = [Router::WithoutUdp, Router::WithoutUdp];
        let relayed = (true, "tcp");
        hear_each_other(world, routers, [relayed, relayed]).await
    });
}
