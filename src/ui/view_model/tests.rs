//! Requirements on the view model.

use discordopus_core::chat::{Body, Delivery, MessageView};
use discordopus_core::ids::{
    GroupId, MILLIS_PER_DAY, MILLIS_PER_MINUTE, MemberId, MessageId, Timestamp,
};
use discordopus_core::store::Order;
use leptos::prelude::GetUntracked as _;

use super::*;

const ME: MemberId = MemberId([1; 32]);
const ADA: MemberId = MemberId([2; 32]);
const BEN: MemberId = MemberId([3; 32]);

/// A message by its number: later numbers come later and have a later clock, a second apart.
fn message(number: u64, author: MemberId) -> MessageView {
    let at = Timestamp(10 * MILLIS_PER_DAY + number * 1000);
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let body = Body::Text(format!("message {number}"));
    MessageView {
        order: Order {
            day: at.day(),
            counter: number,
        },
        delivery: if author == ME {
            Delivery::Sent
        } else {
            Delivery::Incoming
        },
        ..MessageView::new(GroupId([9; 32]), MessageId(id), author, at, body)
    }
}

fn at(mut view: MessageView, clock: u64) -> MessageView {
    view.clock = Timestamp(clock);
    view
}

/// A timeline that has read the newest page of messages 0 to `count`.
fn loaded(count: u64) -> Timeline {
    let mut timeline = Timeline::default();
    assert_eq!(read_page(&mut timeline, newest_before(count)), None);
    timeline
}

/// Reads an older page; says before which place it was asked for.
fn read_page(timeline: &mut Timeline, page: Vec<MessageView>) -> Option<Order> {
    let wanted = timeline.begin_paging().unwrap();
    assert_eq!(wanted.after, None);
    timeline.finish_paging(wanted, page);
    wanted.before
}

/// What a storage with messages 0 to `end` answers to anything.
fn stored(end: u64, wanted: Wanted) -> Vec<MessageView> {
    let all = (0..end).map(|n| message(n, ADA));
    let before = |view: &MessageView| wanted.before.is_none_or(|before| view.order < before);
    let after = |view: &MessageView| wanted.after.is_none_or(|after| view.order > after);
    let mut page: Vec<_> = all.filter(|view| before(view) && after(view)).collect();
    if wanted.after.is_some() {
        page.truncate(PAGE);
    }
    page.into_iter().rev().take(PAGE).collect()
}

/// What a storage with messages 0 to `end` answers: a page, newest first.
fn newest_before(end: u64) -> Vec<MessageView> {
    (0..end).rev().take(PAGE).map(|n| message(n, ADA)).collect()
}

fn items(timeline: &Timeline) -> Vec<Item> {
    timeline.items(|at| i64::from(at.day()))
}

/// The texts that are shown, top to bottom; lines other than messages by a word.
fn shown(timeline: &Timeline) -> Vec<String> {
    let line = |item: &Item| match item {
        Item::Day { day, .. } => format!("day {day}"),
        Item::NewMessages => "new".to_owned(),
        Item::Note(_) => "note".to_owned(),
        Item::Message { row, opens } => {
            let Body::Text(text) = row.view.get_untracked().body else {
                return "unknown".to_owned();
            };
            let number = text.trim_start_matches("message ");
            if *opens {
                format!("{number}*")
            } else {
                number.to_owned()
            }
        }
    };
    items(timeline).iter().map(line).collect()
}

#[test]
fn rows_stand_by_clock_and_then_by_id_however_they_come() {
    let mut timeline = loaded(0);
    let same = 10 * MILLIS_PER_DAY;
    for view in [
        at(message(3, ADA), same + 5),
        at(message(2, ADA), same),
        at(message(1, ADA), same),
        at(message(4, ADA), same - 5),
    ] {
        timeline.apply(ME, view);
    }
    timeline.watch(true);
    let numbers: Vec<String> = shown(&timeline)
        .into_iter()
        .filter(|line| !line.starts_with("day") && line != "new")
        .map(|line| line.trim_end_matches('*').to_owned())
        .collect();
    assert_eq!(numbers, ["4", "1", "2", "3"]);
}

#[test]
fn one_author_within_five_minutes_stands_under_one_name() {
    let mut timeline = loaded(0);
    timeline.watch(true);
    let start = 10 * MILLIS_PER_DAY;
    for (number, author, minutes) in [
        (0, ADA, 0),
        (1, ADA, 4),
        (2, BEN, 4),
        (3, BEN, 9),
        (4, BEN, 10),
    ] {
        let clock = start + minutes * MILLIS_PER_MINUTE;
        timeline.apply(ME, at(message(number, author), clock));
    }
    // Message 4 comes a minute after message 3, but six after the name above it was drawn.
    assert_eq!(shown(&timeline), ["day 10", "0*", "1", "2*", "3", "4*"]);
}

#[test]
fn a_note_and_a_new_day_end_a_group_of_messages() {
    let mut timeline = loaded(0);
    timeline.watch(true);
    let start = 11 * MILLIS_PER_DAY - 2 * MILLIS_PER_MINUTE;
    timeline.apply(ME, at(message(0, ADA), start));
    let mut note = at(message(1, ADA), start + 1);
    note.body = Body::Left { member: BEN };
    timeline.apply(ME, note);
    timeline.apply(ME, at(message(2, ADA), start + 2));
    timeline.apply(ME, at(message(3, ADA), start + 3 * MILLIS_PER_MINUTE));
    assert_eq!(
        shown(&timeline),
        ["day 10", "0*", "note", "2*", "day 11", "3*"]
    );
}

#[test]
fn a_state_change_touches_the_row_and_not_the_list() {
    let mut timeline = loaded(0);
    let mut view = message(0, ME);
    assert_eq!(timeline.apply(ME, view.clone()), Applied::List);
    assert_eq!(timeline.apply(ME, view.clone()), Applied::Nothing);
    view.delivery = Delivery::Delivered;
    assert_eq!(timeline.apply(ME, view.clone()), Applied::Row);
    let row = timeline.row(&view.id).unwrap();
    assert_eq!(row.view.get_untracked().delivery, Delivery::Delivered);
}

#[test]
fn the_line_stands_above_the_oldest_unread_message() {
    let mut timeline = Timeline::default();
    timeline.open(2);
    let page = [(4, ADA), (3, ME), (2, ADA), (1, ADA)];
    read_page(&mut timeline, page.map(|(n, by)| message(n, by)).to_vec());
    assert_eq!(shown(&timeline), ["day 10", "1*", "new", "2*", "3*", "4*"]);
}

#[test]
fn nothing_is_new_to_one_who_looks_and_what_comes_meanwhile_is() {
    let mut timeline = loaded(1);
    timeline.open(0);
    timeline.watch(true);
    timeline.apply(ME, message(1, ADA));
    assert_eq!(shown(&timeline), ["day 10", "0*", "1"]);
    timeline.watch(false);
    timeline.apply(ME, message(2, ADA));
    timeline.apply(ME, message(3, ADA));
    assert_eq!(shown(&timeline), ["day 10", "0*", "1", "new", "2*", "3"]);
    // Coming back leaves the line where it is; the next absence moves it.
    timeline.watch(true);
    assert!(shown(&timeline).contains(&"new".to_owned()));
    timeline.watch(false);
    timeline.apply(ME, message(4, ADA));
    assert_eq!(
        shown(&timeline),
        ["day 10", "0*", "1", "2", "3", "new", "4*"]
    );
}

#[test]
fn whoever_answers_has_read_what_is_above() {
    let mut timeline = loaded(1);
    timeline.open(1);
    assert_eq!(shown(&timeline), ["day 10", "new", "0*"]);
    timeline.apply(ME, message(1, ME));
    assert_eq!(shown(&timeline), ["day 10", "0*", "1*"]);
}

#[test]
fn a_message_of_an_unread_page_waits_for_its_page() {
    let mut untouched = Timeline::default();
    assert_eq!(untouched.apply(ME, message(0, ADA)), Applied::Nothing);
    assert!(untouched.is_empty());

    let mut timeline = loaded(200);
    assert_eq!(timeline.paging(), Paging::More);
    let mut old = message(3, ME);
    old.delivery = Delivery::Delivered;
    assert_eq!(timeline.apply(ME, old), Applied::Nothing);
}

#[test]
fn an_event_during_a_read_is_newer_than_the_page() {
    let mut timeline = Timeline::default();
    let wanted = timeline.begin_paging().unwrap();
    let mut newer = message(1, ME);
    newer.delivery = Delivery::Delivered;
    timeline.apply(ME, newer.clone());
    timeline.finish_paging(wanted, vec![message(1, ME), message(0, ADA)]);
    let row = timeline.row(&newer.id).unwrap();
    assert_eq!(row.view.get_untracked().delivery, Delivery::Delivered);
}

#[test]
fn a_page_is_asked_for_once_and_the_next_begins_where_it_ended() {
    let mut timeline = loaded(200);
    let oldest = message(200 - PAGE as u64, ADA).order;
    let wanted = timeline.begin_paging().unwrap();
    assert_eq!(wanted.before, Some(oldest));
    assert_eq!(timeline.begin_paging(), None);
    timeline.fail_paging(wanted);
    assert_eq!(timeline.paging(), Paging::Failed);
    assert_eq!(read_page(&mut timeline, newest_before(30)), Some(oldest));
    assert_eq!(timeline.paging(), Paging::Whole);
    assert_eq!(timeline.begin_paging(), None);
}

#[test]
fn a_long_history_fills_neither_the_page_nor_the_memory() {
    let end = 2000;
    let mut timeline = loaded(end);
    let small = |timeline: &Timeline| {
        assert!(items(timeline).len() <= MAX_SHOWN + 2);
        assert!(timeline.held() <= MAX_HELD + MAX_SHOWN);
    };
    while let Some(wanted) = timeline.begin_paging() {
        timeline.finish_paging(wanted, stored(end, wanted));
        while timeline.extend_up() {
            small(&timeline);
        }
        small(&timeline);
    }
    assert_eq!(shown(&timeline).get(1).map(String::as_str), Some("0*"));
    assert!(!timeline.follows_end());
    // What arrives now is found further down.
    timeline.apply(ME, message(2000, ADA));
    let end = 2001;
    for _ in 0..1000 {
        while timeline.extend_down() {
            small(&timeline);
        }
        let Some(wanted) = timeline.begin_paging_down() else {
            break;
        };
        timeline.finish_paging(wanted, stored(end, wanted));
        small(&timeline);
    }
    assert!(timeline.follows_end());
    let lines = shown(&timeline);
    assert!(lines.last().unwrap().starts_with("2000"), "{lines:?}");
    // And back up: nothing is missing in between.
    let mut seen = std::collections::BTreeSet::new();
    loop {
        seen.extend(timeline.items(|_| 0).iter().filter_map(|item| match item {
            Item::Message { row, .. } => Some(row.place.clock),
            _ => None,
        }));
        if timeline.extend_up() {
            continue;
        }
        let Some(wanted) = timeline.begin_paging() else {
            break;
        };
        timeline.finish_paging(wanted, stored(end, wanted));
    }
    assert_eq!(seen.len(), 2001);
}

#[test]
fn a_jump_shows_what_is_around_and_the_way_leads_on_both_ways() {
    let end = 1000;
    let mut timeline = loaded(end);
    let late = timeline.begin_paging().unwrap();
    let [up, down] = timeline.jump(message(300, ADA).order);
    // The answer to what was asked before the jump is void.
    timeline.finish_paging(late, stored(end, late));
    assert!(timeline.is_empty());
    timeline.finish_paging(up, stored(end, up));
    timeline.finish_paging(down, stored(end, down));
    let lines = shown(&timeline);
    for number in ["241", "300", "360"] {
        assert!(
            lines
                .iter()
                .any(|line| line.trim_end_matches('*') == number),
            "{number}"
        );
    }
    assert!(!timeline.follows_end());
    assert_eq!(timeline.apply(ME, message(1000, ADA)), Applied::Nothing);
    let wanted = timeline.begin_paging_down().unwrap();
    assert_eq!(wanted.after, Some(message(360, ADA).order));
    timeline.to_latest();
    assert!(timeline.is_empty() && timeline.follows_end());
    read_page(&mut timeline, newest_before(1001));
    assert!(shown(&timeline).last().unwrap().starts_with("1000"));
}

#[test]
fn what_comes_while_the_last_page_is_read_is_not_missed() {
    let mut timeline = loaded(1000);
    let [up, down] = timeline.jump(message(980, ADA).order);
    timeline.finish_paging(up, stored(1000, up));
    let page = stored(1000, down);
    timeline.apply(ME, message(1000, ADA));
    timeline.finish_paging(down, page);
    assert!(!timeline.follows_end());
    let wanted = timeline.begin_paging_down().unwrap();
    timeline.finish_paging(wanted, stored(1001, wanted));
    assert!(timeline.follows_end());
    assert!(shown(&timeline).last().unwrap().starts_with("1000"));
}

#[test]
fn a_message_that_is_gone_leaves_its_neighbours() {
    let mut timeline = loaded(3);
    assert!(timeline.remove(&message(1, ADA).id));
    assert!(!timeline.remove(&message(1, ADA).id));
    assert_eq!(shown(&timeline), ["day 10", "0*", "2"]);
}

#[test]
fn the_way_back_to_the_newest_is_one_step() {
    let end = 600;
    let mut timeline = loaded(end);
    for read in (1..8).map(|pages| pages * PAGE as u64) {
        read_page(&mut timeline, newest_before(end - read));
        timeline.extend_up();
    }
    assert!(!timeline.follows_end());
    timeline.apply(ME, message(600, ADA));
    assert!(!shown(&timeline).contains(&"600".to_owned()));
    timeline.to_latest();
    assert!(timeline.follows_end());
    assert_eq!(shown(&timeline).last().map(String::as_str), Some("600*"));
    assert!(items(&timeline).len() <= PAGE + 3);
}

#[test]
fn new_messages_push_old_ones_out_of_the_page() {
    let mut timeline = loaded(0);
    timeline.watch(true);
    for number in 0..1000 {
        timeline.apply(ME, message(number, ADA));
        assert!(items(&timeline).len() <= MAX_SHOWN + 2);
    }
    assert_eq!(shown(&timeline).last().map(String::as_str), Some("999"));
    assert!(timeline.extend_up(), "the old ones are still in memory");
}
