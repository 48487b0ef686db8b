//! Calls between houses, each behind a router of its own: what helps where, what is said where nothing does, and what
//! becomes of a call when a cable is pulled.

use crate::harness::{
    Help, Person, Router, World, all_hear_each_other, names, story_at_a_street, until,
};
use crate::voice::{GROUP, call, gather};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// People at home, behind such routers, in one group.
async fn neighbours<const N: usize>(world: &World, routers: [Router; N]) -> Result<[Person; N]> {
    let mut people = Vec::new();
    let voices = [("Ada", 440), ("Ben", 940), ("Cyn", 1_500)];
    for (router, (name, pitch)) in routers.into_iter().zip(voices) {
        people.push(world.person_behind(router, name, pitch).await?);
    }
    gather(people).await
}

/// Looks at the way that each one's connection takes, as the browser and as the screen tell it.
async fn take_the_way(people: [&Person; 2], relayed: bool, protocol: &str) -> Result<()> {
    let [one, other] = people;
    for (person, other) in [(one, other), (other, one)] {
        let heard = person.listens().await?;
        let way = heard.from(other.pitch()?);
        let way = way.map(|it| (it.relayed, it.protocol.as_str()));
        ensure!(way == Some((relayed, protocol)), "{way:?}");
        person.click("button", names::CALL_DETAILS).await?;
        let word = if relayed {
            names::RELAYED
        } else {
            names::DIRECT
        };
        person.reads("cell", word).await?;
    }
    Ok(())
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn between_ordinary_routers_a_stun_server_is_enough() {
    story_at_a_street("nat_cone", Help::Stun, async |world| {
        let [ada, ben] = neighbours(world, [Router::Cone; 2]).await?;
        call(&[&ada, &ben]).await?;
        take_the_way([&ada, &ben], false, "udp").await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn between_symmetric_routers_a_turn_server_passes_it_on() {
    story_at_a_street("nat_symmetric", Help::Turn, async |world| {
        let [ada, ben] = neighbours(world, [Router::Symmetric; 2]).await?;
        call(&[&ada, &ben]).await?;
        take_the_way([&ada, &ben], true, "udp").await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn where_no_udp_gets_through_the_turn_server_is_reached_over_tcp() {
    story_at_a_street("nat_tcp", Help::Turn, async |world| {
        let [ada, ben] = neighbours(world, [Router::WithoutUdp; 2]).await?;
        call(&[&ada, &ben]).await?;
        take_the_way([&ada, &ben], true, "tcp").await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn whoever_wants_turn_servers_only_is_heard_over_them_although_there_is_a_shorter_way() {
    story_at_a_street("nat_relay_only", Help::Turn, async |world| {
        let [ada, ben, cyn] = neighbours(world, [Router::Cone; 3]).await?;
        ada.lets_calls_go_over_turn_servers_only().await?;
        ada.choose_group(GROUP).await?;
        call(&[&ada, &ben, &cyn]).await?;
        take_the_way([&ada, &ben], true, "udp").await?;
        for person in [&ada, &ben] {
            person.escape().await?;
        }
        // What one wishes for oneself is no rule for others.
        let heard = ben.listens().await?;
        let way = heard.from(cyn.pitch()?);
        ensure!(way.is_some_and(|it| !it.relayed), "{way:?}");
        all_hear_each_other(&[&ada, &ben, &cyn]).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn where_there_is_no_path_the_screen_says_what_is_missing_and_the_others_go_on() {
    story_at_a_street("nat_no_path", Help::Stun, async |world| {
        let routers = [Router::Cone, Router::Cone, Router::WithoutUdp];
        let [ada, ben, cyn] = neighbours(world, routers).await?;
        call(&[&ada, &ben]).await?;
        cyn.joins_the_call().await?;
        let since = Instant::now();
        cyn.shows("a TURN server is needed").await?;
        eprintln!("said after {:.1} s", since.elapsed().as_secs_f64());
        for (person, other) in [(&ada, &cyn), (&ben, &cyn), (&cyn, &ada), (&cyn, &ben)] {
            person.sees_mark(other, names::NO_PATH, true).await?;
            let words = format!("No path to {}: a TURN server is needed", other.name());
            person.shows(&words).await?;
        }
        // A bad pair does not touch a good one.
        ada.hears(&[&ben]).await?;
        ben.hears(&[&ada]).await?;
        ada.reads("status", "Connected to 1 of 2").await
    });
}

/// Cuts Ben off for a while, in the middle of a call, and wants everybody to hear everybody afterwards.
async fn cut_off(world: &World, seconds: u64, notices: bool) -> Result<()> {
    let [ada, ben, cyn] = neighbours(world, [Router::Cone; 3]).await?;
    let everybody = [&ada, &ben, &cyn];
    call(&everybody).await?;
    let lab = world.lab()?.lock().await;
    if notices {
        lab.unplug("Ben").await?;
    } else {
        lab.swallow("Ben").await?;
    }
    // The cut is as long as it is; only what comes after it is waited for.
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    ada.hears(&[&cyn]).await?;
    if notices {
        lab.plug_in("Ben").await?;
    } else {
        lab.let_through("Ben").await?;
    }
    drop(lab);
    let since = Instant::now();
    for person in everybody {
        let what = format!("sound of all at {}", person.name());
        until(&what, async || {
            Ok(Some(person.script("return ear.hears(2);").await?))
        })
        .await?;
    }
    eprintln!("heard again after {:.2} s", since.elapsed().as_secs_f64());
    all_hear_each_other(&everybody).await?;
    for person in everybody {
        person.sees_in_call(&everybody).await?;
    }
    Ok(())
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_cut_of_4_seconds_heals() {
    story_at_a_street("cut_4", Help::Stun, async |world| {
        cut_off(world, 4, false).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_cut_of_12_seconds_heals() {
    story_at_a_street("cut_12", Help::Stun, async |world| {
        cut_off(world, 12, false).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_cut_of_25_seconds_heals() {
    story_at_a_street("cut_25", Help::Stun, async |world| {
        cut_off(world, 25, false).await
    });
}

#[test]
#[ignore = "needs network namespaces: `cargo xtask test nat`"]
fn a_pulled_cable_that_is_plugged_in_again_heals() {
    story_at_a_street("unplugged", Help::Stun, async |world| {
        cut_off(world, 12, true).await
    });
}
