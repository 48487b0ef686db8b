//! Keys in the log: Tab leads in and out with one stop, and the arrows go from message to message.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, EventTarget, HtmlElement};

use super::log_scroll::{FRAME, ROWS};
use crate::ui::dom;

/// The message that Tab leads to, which is the last one that had the focus.
const CURRENT: &str = "current";

/// Something in the log has got the focus: from now on Tab stops at the buttons of its message, and at those of no other.
pub(super) fn entered(event: &FocusEvent) {
    let target = element(event.target());
    let message = target.and_then(|target| message_of(&target));
    let Some(message) = message.or_else(current).or_else(last_in_view) else {
        return;
    };
    if message.class_list().contains(CURRENT) {
        return;
    }
    if let Some(before) = current() {
        let _ = before.class_list().remove_1(CURRENT);
        set_stops(&before, false);
    }
    let _ = message.class_list().add_1(CURRENT);
    set_stops(&message, true);
}

/// Up and Down go to the message before and behind, from the log itself to the last one in view; Enter opens its menu.
pub(super) fn pressed(event: &KeyboardEvent) {
    let Some(target) = element(event.target()) else {
        return;
    };
    let with_others = event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key();
    // Keys wind a voice message, too.
    if with_others || target.tag_name() == "INPUT" {
        return;
    }
    let here = message_of(&target);
    let is_message = here.as_ref() == Some(&target);
    let next = match (event.key().as_str(), &here) {
        ("ArrowUp", None) => last_in_view(),
        ("ArrowUp", Some(here)) => beside(here, Element::previous_element_sibling),
        ("ArrowDown", Some(here)) => beside(here, Element::next_element_sibling),
        ("Enter", Some(here)) if is_message => {
            if let Some(button) = find(here, ".menu-button") {
                event.prevent_default();
                button.click();
            }
            return;
        }
        _ => return,
    };
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = next.focus();
    }
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

fn find(within: &Element, selector: &str) -> Option<HtmlElement> {
    let found = within.query_selector(selector).ok().flatten()?;
    found.dyn_into().ok()
}

fn message_of(element: &Element) -> Option<Element> {
    element.closest("article").ok().flatten()
}

fn current() -> Option<Element> {
    let rows = dom::element(ROWS)?;
    rows.query_selector(&format!("article.{CURRENT}")).ok()?
}

/// The nearest message in a direction. Days and notes stand between.
fn beside(here: &Element, step: fn(&Element) -> Option<Element>) -> Option<Element> {
    let mut next = step(here);
    while let Some(row) = next {
        if row.tag_name() == "ARTICLE" {
            return Some(row);
        }
        next = step(&row);
    }
    None
}

/// The last message that begins above the lower edge.
fn last_in_view() -> Option<Element> {
    let edge = dom::element(FRAME)?.get_bounding_client_rect().bottom();
    let rows = dom::element(ROWS)?.children();
    let rows = (0..rows.length()).rev().filter_map(|at| rows.item(at));
    let mut messages = rows.filter(|row| row.tag_name() == "ARTICLE");
    messages.find(|row| row.get_bounding_client_rect().top() < edge)
}

/// Lets Tab stop at a message's buttons, or not.
fn set_stops(message: &Element, on: bool) {
    let (from, to) = if on { ("-1", "0") } else { ("0", "-1") };
    let Ok(stops) = message.query_selector_all(&format!("[tabindex='{from}']")) else {
        return;
    };
    for index in 0..stops.length() {
        let stop = stops.item(index);
        if let Some(stop) = stop.and_then(|stop| stop.dyn_into::<Element>().ok()) {
            let _ = stop.set_attribute("tabindex", to);
        }
    }
}
