//! Calls of whole clients over the browser's own connections, in one page: everybody hears everybody, however many.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "browser_mesh/page.rs"]
mod page;
#[path = "browser_mesh/pitch.rs"]
mod pitch;
#[path = "browser_mesh/tone.rs"]
mod tone;

use discordopus_core::call::MAX_PEOPLE;
use discordopus_core::io::{Command, LinkState, Refusal};
use js_sys::Promise;
use page::{LOUD, Page};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{MediaStreamTrack, console};

wasm_bindgen_test_configure!(run_in_browser);

fn everyone(page: &Page) -> Vec<usize> {
    (0..page.people.len()).collect()
}

fn is_complete(page: &Page, people: usize) -> bool {
    page.people.iter().take(people).all(|person| {
        person.call.as_ref().is_some_and(|call| {
            call.joined
                && call.people.len() == people
                && call.connected() == (people - 1, people - 1)
        })
    })
}

#[wasm_bindgen_test]
async fn two_people_hear_each_other_and_are_shown_as_connected() {
    let mut page = Page::group_of(2).await;
    page.join(0);
    page.join(1);
    page.until_all_hear_all(&everyone(&page)).await;
    page.until("shown", |page| is_complete(page, 2)).await;
    // Both say so to each other: the table of who hears whom is full.
    page.until("told", |page| {
        page.people.iter().all(|person| {
            let people = &person.call.as_ref().unwrap().people;
            people.iter().all(|it| it.hears.len() == 1)
        })
    })
    .await;
}

#[wasm_bindgen_test]
async fn whoever_comes_late_hears_all_and_whoever_leaves_is_gone() {
    let mut page = Page::group_of(3).await;
    page.join(0);
    page.join(1);
    page.until_all_hear_all(&[0, 1]).await;
    page.join(2);
    page.until_all_hear_all(&everyone(&page)).await;
    let group = page.people[0].group.unwrap();
    // The starter leaves, and the call goes on.
    page.say(0, Command::LeaveCall { group });
    page.until("two are left", |page| {
        let seen = |person: usize| page.people[person].call.as_ref().unwrap().people.len();
        seen(1) == 2 && seen(2) == 2
    })
    .await;
    assert!(page.people[0].links.loudness().await.is_empty());
    page.until_all_hear_all(&[1, 2]).await;
}

#[wasm_bindgen_test]
async fn eight_who_press_at_once_all_hear_each_other_and_a_ninth_is_told_that_it_is_full() {
    let mut page = Page::group_of(MAX_PEOPLE + 1).await;
    let inside: Vec<usize> = (0..MAX_PEOPLE).collect();
    for person in &inside {
        page.join(*person);
    }
    page.until_all_hear_all(&inside).await;
    page.until_all_hear_the_pitch_of_all(&inside).await;
    page.until("shown", |page| is_complete(page, MAX_PEOPLE))
        .await;
    for person in &page.people[..MAX_PEOPLE] {
        let call = person.call.as_ref().unwrap();
        assert_eq!(Some(call.id), page.people[0].call.as_ref().map(|it| it.id));
        for other in &call.people {
            let state = other.link.map(|link| link.state);
            assert!(
                matches!(state, None | Some(LinkState::Connected)),
                "{state:?}"
            );
        }
    }
    page.join(MAX_PEOPLE);
    page.until("refused", |page| {
        page.people[MAX_PEOPLE].refused == Some(Refusal::CallFull)
    })
    .await;
    // Nobody inside is any worse off.
    page.until_all_hear_all(&inside).await;
    assert!(is_complete(&page, MAX_PEOPLE));
}

#[wasm_bindgen(module = "/tests/browser_mesh/bare.js")]
extern "C" {
    #[wasm_bindgen(js_name = bareMesh)]
    fn bare_mesh(tracks: Vec<MediaStreamTrack>, loud: f64) -> Promise;
}

/// How often each number is taken; the middle one counts. A page can make 500 connections until the browser tidies up, and
/// each of them is made twice.
const ROUNDS: usize = 5;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[wasm_bindgen_test]
#[ignore = "a measurement, for `cargo xtask bench`"]
async fn joining_beside_a_bare_mesh() {
    let now = || web_sys::window().unwrap().performance().unwrap().now();
    for people in [2, 4, 6] {
        let mut page = Page::group_of(people).await;
        let all = everyone(&page);
        let group = page.people[0].group.unwrap();
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let tracks = page.people.iter().map(|it| Clone::clone(it.track()));
            let took = JsFuture::from(bare_mesh(tracks.collect(), LOUD)).await;
            bare.push(took.unwrap().as_f64().unwrap());
            let began = now();
            for person in &all {
                page.join(*person);
            }
            page.until_all_hear_all(&everyone(&page)).await;
            ours.push(now() - began);
            for person in &all {
                page.say(*person, Command::LeaveCall { group });
            }
            page.until("ended", |page| {
                page.people.iter().all(|it| it.call.is_none())
            })
            .await;
        }
        let (ours, bare) = (median(ours), median(bare));
        console::log_1(&format!(
            "| Join by {people} people in one page until everyone hears everyone: ours / a bare mesh, times it | {ours:.0} / {bare:.0} ms, {:.2} |",
            ours / bare
        ).into());
    }
}
