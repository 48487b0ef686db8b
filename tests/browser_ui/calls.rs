//! A group's call on screen: who is in it, what the microphone does, what is wrong, and what each button asks for.

use discordopus::runtime::{MicrophoneProblem, SoundEvent, SoundRequest};
use discordopus::ui::i18n::{Language, Locale};
use discordopus_core::ids::{CallId, GroupId, MemberId, Timestamp};
use discordopus_core::io::{
    CallMember, CallView, Command, Event, LinkProblem, LinkState, LinkView, MemberLink, Microphone,
    Path, Quality, Role, Settings, Voice,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{
    Element, Event as DomEvent, EventInit, HtmlElement, KeyboardEvent, KeyboardEventInit, window,
};

use super::scene::{ADA, CLUB, ME, club, club_page, member, told};
use super::stage::{Stage, value_of};

const BEN: MemberId = MemberId([3; 32]);
const CHLOE: MemberId = MemberId([5; 32]);
const OTHER: GroupId = GroupId([8; 32]);

const OPEN: Voice = voice(Microphone::Open);
const MUTED: Voice = voice(Microphone::Muted);
const NONE: Voice = voice(Microphone::None);

const fn voice(microphone: Microphone) -> Voice {
    Voice {
        microphone,
        deafened: false,
    }
}

fn link(state: LinkState, quality: Quality) -> LinkView {
    LinkView {
        state,
        quality,
        path: Some(Path::Direct),
        sending: 24_000,
        receiving: 17_400,
        loss: 13,
        round_trip: Some(48),
    }
}

fn person(id: MemberId, voice: Voice, hears: &[MemberId], link: Option<LinkView>) -> CallMember {
    CallMember {
        member: id,
        voice,
        hears: hears.to_vec(),
        link,
    }
}

/// A call in the club that Ada has started.
fn call(joined: bool, people: Vec<CallMember>) -> CallView {
    CallView {
        id: CallId([6; 16]),
        started_by: ADA,
        started: Timestamp(1),
        ringing: false,
        joined,
        people,
    }
}

fn tells(call: CallView) -> Event {
    Event::Call {
        group: CLUB,
        call: Some(Box::new(call)),
    }
}

/// The club with Ben and Chloe in it.
fn four() -> Event {
    let mut view = club();
    view.members.push(member(BEN, "Ben", Role::Member));
    view.members.push(member(CHLOE, "Chloe", Role::Member));
    told(view)
}

/// Ada is there and well, Ben was given up, Chloe is on the way.
fn mixed() -> CallView {
    let up = link(LinkState::Connected, Quality::Good);
    let failed = link(LinkState::Failed(LinkProblem::NeedsTurn), Quality::NoPath);
    let connecting = link(LinkState::Connecting, Quality::Reconnecting);
    call(
        true,
        vec![
            person(ME, OPEN, &[ADA], None),
            person(ADA, MUTED, &[ME, BEN], Some(up)),
            person(BEN, NONE, &[ADA], Some(failed)),
            person(CHLOE, OPEN, &[], Some(connecting)),
        ],
    )
}

fn sounds(voice: Voice, problem: Option<MicrophoneProblem>) -> SoundEvent {
    SoundEvent::Voice {
        call: Some(CLUB),
        voice,
        problem,
    }
}

/// On the club's page, in its call, with an open microphone.
fn in_call() -> Stage {
    let stage = Stage::running(&club_page(), [four(), tells(mixed())]);
    stage.bridge.on_sound(sounds(OPEN, None));
    stage
}

async fn pressed(stage: &Stage, name: &str, wanted: bool) {
    let wanted = wanted.to_string();
    let is = || {
        let button = stage.named("button", name)?;
        (button.get_attribute("aria-pressed").as_deref() == Some(&wanted)).then_some(())
    };
    stage
        .until(is, || format!("{name} with aria-pressed={wanted}"))
        .await;
}

fn dispatch(target: &web_sys::EventTarget, kind: &str) -> DomEvent {
    let init = EventInit::new();
    init.set_cancelable(true);
    init.set_bubbles(true);
    let event = DomEvent::new_with_event_init_dict(kind, &init).unwrap();
    target.dispatch_event(&event).unwrap();
    event
}

fn key(target: &web_sys::EventTarget, kind: &str, code: &str, repeat: bool) -> bool {
    let init = KeyboardEventInit::new();
    init.set_code(code);
    init.set_key(if code == "Space" { " " } else { code });
    init.set_repeat(repeat);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict(kind, &init).unwrap();
    target.dispatch_event(&event).unwrap()
}

fn body() -> HtmlElement {
    window().unwrap().document().unwrap().body().unwrap()
}

#[wasm_bindgen_test]
async fn the_list_of_members_tells_how_one_is_linked_to_them_except_in_a_call_which_tells_it_itself()
 {
    let stage = Stage::running(&club_page(), [told(club())]);
    let linked = |path| Event::Links {
        group: CLUB,
        links: vec![MemberLink {
            member: ADA,
            state: LinkState::Connected,
            path: Some(path),
        }],
    };
    stage.bridge.on_event(linked(Path::Direct));
    stage.see("Direct connection").await;
    stage.bridge.on_event(linked(Path::Relayed));
    stage.see("Connection through a TURN server").await;
    let ada = || {
        let up = link(LinkState::Connected, Quality::Good);
        person(ADA, OPEN, &[ME], Some(up))
    };
    // In a call that one could join, but has not.
    stage.bridge.on_event(tells(call(false, vec![ada()])));
    stage.see("In the call").await;
    assert!(stage.text().contains("Connection through a TURN server"));
    let both = vec![person(ME, OPEN, &[ADA], None), ada()];
    stage.bridge.on_event(tells(call(true, both)));
    let is_silent = || (!stage.text().contains("TURN server")).then_some(());
    stage
        .until(is_silent, || "nothing of links in the list".to_owned())
        .await;
}

#[wasm_bindgen_test]
async fn a_call_is_started_from_the_group_and_shown_to_its_members() {
    let stage = Stage::running(&club_page(), [told(club())]);
    assert!(!stage.has("region", "Call"));
    stage.press("button", "Start call").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
    stage
        .bridge
        .on_sound(sounds(NONE, Some(MicrophoneProblem::Asking)));
    stage.see("Joining...").await;
    stage.gone("button", "Start call").await;
    stage
        .bridge
        .on_event(tells(call(true, vec![person(ME, OPEN, &[], None)])));
    stage.find("list", "In this call").await;
    stage
        .find("status", "Nobody else is in the call yet.")
        .await;
    let members = stage.find("region", "Members").await;
    let marks = || {
        members
            .text_content()
            .unwrap()
            .matches("In the call")
            .count()
    };
    stage
        .until(|| (marks() == 1).then_some(()), || "one mark".to_owned())
        .await;
}

#[wasm_bindgen_test]
async fn a_running_call_is_joined_and_left() {
    let people = vec![person(ADA, OPEN, &[], None), person(BEN, OPEN, &[], None)];
    let stage = Stage::running(&club_page(), [four(), tells(call(false, people))]);
    stage.find("status", "2 people are in a call").await;
    assert!(!stage.has("button", "Mute"));
    stage.press("button", "Join call").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
    stage.bridge.on_event(tells(mixed()));
    stage.bridge.on_sound(sounds(OPEN, None));
    stage.find("status", "Connected to 1 of 3").await;
    stage.gone("button", "Join call").await;
    stage.press("button", "Leave call").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Leave);
    stage.bridge.on_event(Event::Call {
        group: CLUB,
        call: None,
    });
    stage.bridge.on_sound(SoundEvent::Voice {
        call: None,
        voice: NONE,
        problem: None,
    });
    stage.gone("region", "Call").await;
    stage.gone("complementary", "Your call").await;
    stage.find("button", "Start call").await;
}

#[wasm_bindgen_test]
async fn mute_and_deafen_show_what_the_track_does_and_not_what_was_pressed() {
    let stage = in_call();
    pressed(&stage, "Mute", false).await;
    stage.find("status", "Microphone on").await;
    stage.press("button", "Mute").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Mute(true));
    // The track still sends: so does the button.
    pressed(&stage, "Mute", false).await;
    stage.find("status", "Microphone on").await;
    stage.bridge.on_sound(sounds(MUTED, None));
    pressed(&stage, "Mute", true).await;
    stage.find("status", "Microphone off").await;
    stage.press("button", "Mute").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Mute(false));

    stage.press("button", "Deafen").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Deafen(true));
    pressed(&stage, "Deafen", false).await;
    let deafened = Voice {
        deafened: true,
        ..OPEN
    };
    stage.bridge.on_sound(sounds(deafened, None));
    pressed(&stage, "Deafen", true).await;
    pressed(&stage, "Mute", false).await;
    stage.press("button", "Deafen").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Deafen(false));
}

#[wasm_bindgen_test]
async fn everybody_in_the_call_shows_what_they_do_and_how_well_they_are_reached() {
    let stage = in_call();
    let list = stage.find("list", "In this call").await;
    let rows = || {
        let items = list.query_selector_all("li").unwrap();
        (0..items.length())
            .map(|index| items.item(index).unwrap().text_content().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows().len(), 4);
    assert!(rows()[0].contains("Maya") && rows()[0].contains("You"));
    assert!(rows()[1].contains("Muted") && !rows()[1].contains("Speaking"));
    assert!(rows()[2].contains("Listening only"));
    for quality in ["Good", "No path", "Reconnecting"] {
        stage.find("img", quality).await;
    }
    stage
        .bridge
        .on_sound(SoundEvent::Speaking(vec![ADA, CHLOE]));
    let speaks = |row: usize| {
        let rows = &rows;
        move || rows()[row].contains("Speaking").then_some(())
    };
    stage.until(speaks(3), || "Chloe speaks".to_owned()).await;
    // Who is muted says nothing, whatever was heard of it last.
    assert!(speaks(1)().is_none());
    stage.bridge.on_sound(SoundEvent::OwnSpeech(true));
    stage.until(speaks(0), || "Maya speaks".to_owned()).await;
    stage.bridge.on_sound(sounds(MUTED, None));
    let silent = || (speaks(0)().is_none() && rows()[0].contains("Muted")).then_some(());
    stage.until(silent, || "Maya is silent".to_owned()).await;

    let mut better = mixed();
    better.people[1].link = Some(link(LinkState::Connected, Quality::Poor));
    better.people[3].link = Some(link(LinkState::Connected, Quality::Fair));
    stage.bridge.on_event(tells(better));
    stage.find("img", "Poor").await;
    stage.find("img", "Fair").await;
    stage.gone("img", "Reconnecting").await;
    stage.find("status", "Connected to 2 of 3").await;
}

#[wasm_bindgen_test]
async fn the_volume_of_each_person_is_kept() {
    let stage = in_call();
    let slider = stage.find("slider", "Volume of Ada").await;
    assert_eq!(value_of(&slider), "100");
    assert_eq!(slider.get_attribute("max").as_deref(), Some("200"));
    let set = |volume: &str| {
        js_sys::Reflect::set(&slider, &"value".into(), &volume.into()).unwrap();
        dispatch(&slider, "input");
    };
    let kept = async || {
        stage
            .command(|command| match command {
                Command::ChangeSettings(settings) => Some(settings.volumes),
                _ => None,
            })
            .await
    };
    set("150");
    assert_eq!(kept().await.get(&ADA), Some(&150));
    let spoken = || {
        let spoken = slider.get_attribute("aria-valuetext");
        (spoken.as_deref() == Some("150%")).then_some(())
    };
    stage.until(spoken, || "150%".to_owned()).await;
    let other = stage.find("slider", "Volume of Ben").await;
    assert_eq!(value_of(&other), "100");
    set("100");
    assert!(kept().await.is_empty());

    let mut settings = Settings::default();
    settings.volumes.insert(BEN, 40);
    stage.bridge.on_event(Event::Settings(Box::new(settings)));
    stage
        .until(
            || (value_of(&other) == "40").then_some(()),
            || "Ben at 40".to_owned(),
        )
        .await;
    assert!(!stage.has("slider", "Volume of Maya"));
}

#[wasm_bindgen_test]
async fn a_connection_that_did_not_come_about_says_why_and_what_to_do() {
    let stage = in_call();
    let cases = [
        (
            LinkProblem::NeedsTurn,
            "No path to Ben: a TURN server is needed",
            "you add one in the settings",
        ),
        (
            LinkProblem::NoAnswer,
            "No answer from Ben",
            "It is tried again",
        ),
        (
            LinkProblem::NoPath,
            "No path to Ben, not even over a TURN server",
            "Try another network",
        ),
        (
            LinkProblem::Unusable,
            "This browser could not connect to Ben",
            "join again",
        ),
    ];
    for (problem, title, hint) in cases {
        let mut view = mixed();
        view.people[2].link = Some(link(LinkState::Failed(problem), Quality::NoPath));
        stage.bridge.on_event(tells(view));
        stage.see(title).await;
        stage.see(hint).await;
        let told = stage.text().matches("Ben").count();
        assert!(told > 0);
    }
    let mut healed = mixed();
    healed.people[2].link = Some(link(LinkState::Connected, Quality::Good));
    stage.bridge.on_event(tells(healed));
    let quiet = || (!stage.text().contains("could not connect")).then_some(());
    stage.until(quiet, || "no reason any more".to_owned()).await;
}

#[wasm_bindgen_test]
async fn whoever_has_no_microphone_listens_and_is_told_why() {
    let stage = in_call();
    let cases = [
        (MicrophoneProblem::Refused, "allow the microphone"),
        (MicrophoneProblem::Missing, "No microphone was found"),
        (MicrophoneProblem::Unusable, "Another program may have it"),
        (MicrophoneProblem::Lost, "The microphone is gone"),
    ];
    for (problem, words) in cases {
        stage.bridge.on_sound(sounds(NONE, Some(problem)));
        stage.see(words).await;
        stage.find("status", "Listening only").await;
        stage.press("button", "Try again").await;
        assert_eq!(stage.asked_of_sound().await, SoundRequest::RetryMicrophone);
    }
    let mute = stage.find("button", "Mute").await;
    assert_eq!(mute.get_attribute("aria-disabled").as_deref(), Some("true"));
    mute.click();
    stage
        .bridge
        .on_sound(sounds(NONE, Some(MicrophoneProblem::Asking)));
    stage.see("The browser asks for your microphone").await;
    stage.gone("button", "Try again").await;
    stage.bridge.on_sound(sounds(OPEN, None));
    stage.find("status", "Microphone on").await;
    // A button that can do nothing has asked for nothing.
    assert!(stage.sounded.borrow_mut().try_recv().is_err());
}

#[wasm_bindgen_test]
async fn sound_that_the_browser_holds_back_is_let_out_by_a_press() {
    let stage = in_call();
    stage.bridge.on_sound(SoundEvent::Blocked(true));
    stage.press("button", "Tap to hear").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Hear);
    stage.bridge.on_sound(SoundEvent::Blocked(false));
    stage.gone("button", "Tap to hear").await;
}

#[wasm_bindgen_test]
async fn the_fifth_person_is_told_what_it_takes_and_may_join_anyway() {
    let mut view = club();
    let others: Vec<MemberId> = (20..24).map(|n| MemberId([n; 32])).collect();
    for (number, id) in others.iter().enumerate() {
        view.members
            .push(member(*id, &format!("Guest {number}"), Role::Member));
    }
    let people = |count: usize| {
        let people = others[..count].iter();
        people.map(|id| person(*id, OPEN, &[], None)).collect()
    };
    let stage = Stage::running(&club_page(), [told(view), tells(call(false, people(4)))]);
    stage.press("button", "Join call").await;
    stage.find("dialog", "You would be 5 in this call").await;
    stage.see("about 68 kbit/s up and 68 kbit/s down").await;
    stage.press("button", "Cancel").await;
    stage.gone("dialog", "You would be 5 in this call").await;
    assert!(stage.sounded.borrow_mut().try_recv().is_err());
    stage.press("button", "Join call").await;
    stage.press("button", "Join anyway").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));

    stage.bridge.on_event(tells(call(false, people(3))));
    stage.find("status", "3 people are in a call").await;
    stage.press("button", "Join call").await;
    // The fourth is asked nothing.
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
}

#[wasm_bindgen_test]
async fn nobody_joins_a_call_that_is_full() {
    let people = (20..28).map(|n| person(MemberId([n; 32]), OPEN, &[], None));
    let stage = Stage::running(
        &club_page(),
        [told(club()), tells(call(false, people.collect()))],
    );
    stage.press("button", "Join call").await;
    stage.see("The call is full").await;
    assert!(stage.sounded.borrow_mut().try_recv().is_err());
}

#[wasm_bindgen_test]
async fn call_details_show_who_hears_whom_and_each_way() {
    let stage = in_call();
    stage.press("button", "Call details").await;
    stage.find("dialog", "Call details").await;
    let table = stage.find("table", "Who hears whom").await;
    let cells = |row: u32| {
        let rows = table.query_selector_all("tbody tr").unwrap();
        let row: Element = rows.item(row).unwrap().unchecked_into();
        let cells = row.query_selector_all("th, td").unwrap();
        (0..cells.length())
            .map(|index| cells.item(index).unwrap().text_content().unwrap())
            .collect::<Vec<_>>()
    };
    let (yes, no) = ("Hears", "Does not hear");
    assert_eq!(cells(0), ["Maya", "", yes, no, no]);
    assert_eq!(cells(1), ["Ada", yes, "", yes, no]);
    assert_eq!(cells(2), ["Ben", no, yes, "", no]);
    let mut later = mixed();
    later.people[0].hears.push(BEN);
    stage.bridge.on_event(tells(later));
    stage
        .until(
            || (cells(0)[3] == yes).then_some(()),
            || "Maya hears Ben".to_owned(),
        )
        .await;
    let ways = stage.find("table", "Connections").await;
    let ways = ways.text_content().unwrap();
    for figure in ["Direct", "24 kbit/s", "17 kbit/s", "1.3%", "48 ms"] {
        assert!(ways.contains(figure), "{figure} in {ways}");
    }
}

#[wasm_bindgen_test]
async fn figures_are_written_as_the_language_does() {
    let file = include_str!("../../static/languages/de.txt");
    let german = Language::read(Locale::German, file).unwrap();
    let stage = Stage::in_language(&club_page(), german);
    stage.start([four(), tells(mixed())]);
    stage.bridge.on_sound(sounds(OPEN, None));
    stage.press("button", "Einzelheiten zum Anruf").await;
    let ways = stage.find("table", "Verbindungen").await;
    let ways = ways.text_content().unwrap();
    assert!(ways.contains("1,3\u{a0}%"), "{ways}");
}

#[wasm_bindgen_test]
async fn whoever_allows_turn_servers_only_reads_that_as_the_reason() {
    let stage = in_call();
    let title = "No path to Ben: a TURN server is needed";
    stage.see(title).await;
    stage.see("Your network and Ben's let no direct").await;
    stage.bridge.on_event(Event::Settings(Box::new(Settings {
        relay_only: true,
        ..Settings::default()
    })));
    stage
        .see("Your settings let calls go over TURN servers only")
        .await;
    stage.see(title).await;
}

#[wasm_bindgen_test]
async fn the_call_s_bar_is_on_every_page_and_leads_back() {
    let mut other = club();
    other.id = OTHER;
    other.name = "Family".to_owned();
    let stage = Stage::running(
        &format!("#/g/{OTHER}"),
        [four(), told(other), tells(mixed())],
    );
    stage.bridge.on_sound(sounds(MUTED, None));
    stage.find("heading", "Family").await;
    stage.find("complementary", "Your call").await;
    stage.find("status", "Microphone off").await;
    assert!(!stage.has("region", "Call"));
    for page in ["#/settings", "#/"] {
        window().unwrap().location().set_hash(page).unwrap();
        stage.find("complementary", "Your call").await;
        pressed(&stage, "Mute", true).await;
    }
    stage.press("button", "Deafen").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Deafen(true));
    let bar = stage.find("complementary", "Your call").await;
    let back = bar.query_selector("a").unwrap().unwrap();
    assert_eq!(back.text_content().as_deref(), Some("Club"));
    back.unchecked_into::<HtmlElement>().click();
    stage.find("region", "Call").await;
}

/// Somebody who looks at another group, and a call of the club that rings.
fn elsewhere() -> (Stage, CallView) {
    let mut rings = call(false, vec![person(ADA, OPEN, &[], None)]);
    rings.ringing = true;
    let mut other = club();
    other.id = OTHER;
    other.name = "Family".to_owned();
    let stage = Stage::running(&format!("#/g/{OTHER}"), [told(club()), told(other)]);
    (stage, rings)
}

#[wasm_bindgen_test]
async fn an_incoming_call_shows_on_every_page_and_leaves_the_focus_where_it_is() {
    let (stage, rings) = elsewhere();
    let field = stage.type_into("Message", "half a word").await;
    field.focus().unwrap();
    stage.bridge.on_event(tells(rings.clone()));
    let card = stage.find("alertdialog", "Club: call started by Ada").await;
    let focused = window().unwrap().document().unwrap().active_element();
    assert_eq!(focused.unwrap().id(), field.id());
    // It is read out instead.
    let region = card.closest("[aria-live='assertive']").unwrap();
    assert!(region.is_some());
    let title = || window().unwrap().document().unwrap().title();
    assert_eq!(title(), "Club is calling - DiscordOpus");

    stage.press("button", "Not now").await;
    let ignored = stage
        .command(|command| match command {
            Command::IgnoreCall { group } => Some(group),
            _ => None,
        })
        .await;
    assert_eq!(ignored, CLUB);
    let mut quiet = rings.clone();
    quiet.ringing = false;
    stage.bridge.on_event(tells(quiet));
    stage.gone("alertdialog", "Club: call started by Ada").await;
    assert!(!title().contains("is calling"));

    stage.bridge.on_event(tells(rings));
    stage.find("alertdialog", "Club: call started by Ada").await;
    stage.press("button", "Join call").await;
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
    stage.find("heading", "Club").await;
}

#[wasm_bindgen_test]
async fn an_incoming_call_can_be_reached_from_an_open_dialog() {
    let (stage, rings) = elsewhere();
    stage.press("button", "Group settings").await;
    let dialog = stage.find("dialog", "Group settings").await;
    let document = window().unwrap().document().unwrap();
    let focus = || document.active_element().unwrap();
    stage
        .until(
            || dialog.contains(Some(&focus())).then_some(()),
            || "the focus in the dialog".to_owned(),
        )
        .await;
    let before = focus();
    stage.bridge.on_event(tells(rings));
    let join = stage
        .until(
            || {
                let join = dialog.query_selector("[role='alertdialog'] button.primary");
                join.unwrap()
            },
            || "the card in the dialog".to_owned(),
        )
        .await;
    let join: HtmlElement = join.unchecked_into();
    assert_eq!(focus(), before);
    // What lies behind a modal dialog takes no focus.
    join.focus().unwrap();
    assert_eq!(focus(), *join.unchecked_ref::<Element>());
    join.click();
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Join(CLUB));
    stage.gone("dialog", "Group settings").await;
    stage.find("heading", "Club").await;
}

#[wasm_bindgen_test]
async fn an_incoming_call_says_that_joining_leaves_the_other_one() {
    let mut rings = call(false, vec![person(ADA, OPEN, &[], None)]);
    rings.ringing = true;
    let mut other = club();
    other.id = OTHER;
    other.name = "Family".to_owned();
    let stage = Stage::running("#/", [told(club()), told(other), tells(rings)]);
    stage.bridge.on_sound(SoundEvent::Voice {
        call: Some(OTHER),
        voice: OPEN,
        problem: None,
    });
    stage.see("You leave the call in Family if you join.").await;
}

#[wasm_bindgen_test]
async fn push_to_talk_is_open_only_while_its_key_is_held() {
    let stage = in_call();
    stage.find("button", "Mute").await;
    // Without the mode the key is a key.
    assert!(key(&body(), "keydown", "Space", false));
    stage.press("button", "Push to talk").await;
    let on = stage
        .command(|command| match command {
            Command::ChangeSettings(settings) => Some(settings.push_to_talk),
            _ => None,
        })
        .await;
    assert!(on);
    pressed(&stage, "Push to talk", true).await;
    stage.bridge.on_sound(sounds(MUTED, None));

    assert!(!key(&body(), "keydown", "Space", false));
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(true));
    // A key that is held repeats itself.
    assert!(!key(&body(), "keydown", "Space", true));
    key(&body(), "keyup", "KeyV", false);
    assert!(stage.sounded.borrow_mut().try_recv().is_err());
    pressed(&stage, "Hold to talk", true).await;
    key(&body(), "keyup", "Space", false);
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(false));
    pressed(&stage, "Hold to talk", false).await;

    // Whoever types writes a blank.
    let field = stage.find("textbox", "Message").await;
    assert!(key(&field, "keydown", "Space", false));
    assert!(stage.sounded.borrow_mut().try_recv().is_err());

    // Let go where the page does not hear of it.
    key(&body(), "keydown", "Space", false);
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(true));
    window()
        .unwrap()
        .dispatch_event(&DomEvent::new("blur").unwrap())
        .unwrap();
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(false));
}

#[wasm_bindgen_test]
async fn push_to_talk_has_a_key_of_one_s_choice_and_a_button() {
    let stage = in_call();
    let settings = Settings {
        push_to_talk: true,
        push_to_talk_key: "F9".to_owned(),
        ..Settings::default()
    };
    stage.bridge.on_event(Event::Settings(Box::new(settings)));
    stage.bridge.on_sound(sounds(MUTED, None));
    let hold = stage.find("button", "Hold to talk").await;
    stage.see("or hold F9").await;
    assert!(key(&body(), "keydown", "Space", false));
    // A key that writes nothing talks while one types.
    let field = stage.find("textbox", "Message").await;
    key(&field, "keydown", "F9", false);
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(true));
    key(&field, "keyup", "F9", false);
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(false));

    for (down, up) in [
        ("pointerdown", "pointerup"),
        ("pointerdown", "pointerleave"),
        ("pointerdown", "pointercancel"),
    ] {
        let pointer = |kind: &str| {
            let event = web_sys::PointerEvent::new(kind).unwrap();
            hold.dispatch_event(&event).unwrap();
        };
        pointer(down);
        assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(true));
        pointer(up);
        assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(false));
    }
    key(&hold, "keydown", "Space", false);
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(true));
    // The call ends while it is held.
    stage.bridge.on_sound(SoundEvent::Voice {
        call: None,
        voice: NONE,
        problem: None,
    });
    assert_eq!(stage.asked_of_sound().await, SoundRequest::Talk(false));
}

#[wasm_bindgen_test]
async fn the_page_asks_before_it_goes_during_a_call_only() {
    let stage = Stage::running(&club_page(), [told(club())]);
    stage.find("button", "Start call").await;
    let window = window().unwrap();
    let asks = || dispatch(&window, "beforeunload").default_prevented();
    assert!(!asks());
    stage.bridge.on_event(tells(mixed()));
    stage.bridge.on_sound(sounds(OPEN, None));
    stage.find("complementary", "Your call").await;
    assert!(asks());
    assert_eq!(
        window.document().unwrap().title(),
        "Call in Club - DiscordOpus"
    );
    stage.bridge.on_sound(SoundEvent::Voice {
        call: None,
        voice: NONE,
        problem: None,
    });
    stage.gone("complementary", "Your call").await;
    assert!(!asks());
}

#[wasm_bindgen_test]
async fn who_writes_is_seen_and_told() {
    let stage = Stage::running(&club_page(), [four()]);
    stage.find("textbox", "Message").await;
    let types = |members: &[MemberId]| {
        stage.bridge.on_event(Event::Typing {
            group: CLUB,
            members: members.to_vec(),
        });
    };
    types(&[ADA]);
    stage.see("Ada is typing...").await;
    types(&[ADA, BEN]);
    stage.see("Ada and Ben are typing...").await;
    types(&[ADA, BEN, CHLOE, MemberId([9; 32])]);
    stage.see("Several people are typing...").await;
    types(&[]);
    let quiet = || (!stage.text().contains("typing")).then_some(());
    stage.until(quiet, || "nobody writes".to_owned()).await;

    let told = async || {
        stage
            .command(|command| match command {
                Command::SetTyping { group, typing } => Some((group, typing)),
                _ => None,
            })
            .await
    };
    stage.type_into("Message", "h").await;
    assert_eq!(told().await, (CLUB, true));
    // Said once; what comes next is that it is sent.
    stage.type_into("Message", "hi").await;
    stage.press("button", "Send").await;
    assert_eq!(told().await, (CLUB, false));
    stage.type_into("Message", "h").await;
    assert_eq!(told().await, (CLUB, true));
    stage.type_into("Message", "").await;
    assert_eq!(told().await, (CLUB, false));
    stage.type_into("Message", "left lying").await;
    assert_eq!(told().await, (CLUB, true));
    assert_eq!(told().await, (CLUB, false));
}
