//! Menus: one popover for many buttons, so that a long list carries no hidden menus.

use leptos::ev::{Event, KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlElement;

use super::{Icon, IconName, act};
use crate::ui::dom;

/// What a menu is walked through by.
const ITEMS: &str = "[role=menuitem]";

/// A button that opens the menu with the id `menu`.
#[component]
pub(crate) fn MenuButton(
    /// The popover's id.
    menu: &'static str,
    /// The accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// Whether the menu is open for this button.
    #[prop(into)]
    expanded: Signal<bool>,
    /// The button was pressed: says what the menu is about.
    #[prop(into)]
    on_press: Callback<()>,
    /// It is one of many, and Tab stops here only once the list says so.
    #[prop(optional)]
    in_list: bool,
) -> impl IntoView {
    let press = move |event: MouseEvent| {
        on_press.run(());
        let button = event.current_target();
        if let Some(button) = button.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            place_below(&button, menu);
        }
    };
    view! {
        <button
            type="button"
            class="icon-button menu-button"
            aria-haspopup="menu"
            aria-label=move || label.get()
            aria-expanded=move || Some(if expanded.get() { "true" } else { "false" })
            tabindex=in_list.then_some("-1")
            popovertarget=menu
            on:click=act(press)
        >
            <Icon name=IconName::Dots />
        </button>
    }
}

/// A menu; the browser opens and closes it and gives the focus back.
#[component]
pub(crate) fn Menu(
    /// The popover's id.
    id: &'static str,
    /// The accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// It was closed.
    #[prop(into)]
    on_close: Callback<()>,
    /// The items.
    children: Children,
) -> impl IntoView {
    // Whoever turns a phone still wants the menu that is open.
    let turned = window_event_listener(leptos::ev::resize, move |_| {
        let button = format!("[popovertarget={id}][aria-expanded=true]");
        let button = document().query_selector(&button).ok().flatten();
        if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            place_below(&button, id);
        }
    });
    on_cleanup(move || turned.remove());
    let toggled = move |_: Event| {
        let Some(menu) = dom::element(id) else { return };
        if menu.matches(":popover-open").unwrap_or_default() {
            focus_nth(&menu, ITEMS, 0);
        } else {
            on_close.run(());
        }
    };
    view! {
        <div
            id=id
            class="menu"
            popover="auto"
            role="menu"
            aria-label=move || label.get()
            on:toggle=act(toggled)
            on:keydown=act(move |event| step(id, &event))
        >
            {children()}
        </div>
    }
}

/// One thing to do.
#[component]
pub(crate) fn MenuItem(
    /// The menu it is in.
    menu: &'static str,
    /// Its icon.
    icon: IconName,
    /// Its words.
    label: &'static str,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// It takes something away.
    #[prop(optional)]
    danger: bool,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="menu-item"
            class:danger=danger
            role="menuitem"
            tabindex="-1"
            popovertarget=menu
            popovertargetaction="hide"
            on:click=act(move |_| on_press.run(()))
        >
            <Icon name=icon />
            {label}
        </button>
    }
}

/// Puts the menu where its button is, inside the window whatever the menu's size: it hangs from the button's end.
fn place_below(button: &HtmlElement, menu: &str) {
    let Some(menu) = dom::element(menu) else {
        return;
    };
    let size = |value: Result<leptos::wasm_bindgen::JsValue, _>| {
        value
            .ok()
            .and_then(|value| value.as_f64())
            .unwrap_or_default()
    };
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let at = button.get_bounding_client_rect();
    // Whole pixels: writing fractions takes code that nothing else needs.
    let place = |property, length: Option<f64>| {
        let value = length.map_or("auto".to_owned(), |length| format!("{}px", length as i32));
        dom::set_style(&menu, property, &value);
    };
    let lower_half = at.top() > height / 2.0;
    place("top", (!lower_half).then_some(at.bottom() + 4.0));
    place("bottom", lower_half.then_some(height - at.top() + 4.0));
    let right_half = at.left() > width / 2.0;
    place("left", (!right_half).then_some(at.left()));
    place("right", right_half.then_some(width - at.right()));
}

/// Arrow keys, Home and End walk through the items of a menu.
fn step(id: &str, event: &KeyboardEvent) {
    if let Some(menu) = dom::element(id) {
        walk(&menu, ITEMS, event);
    }
}

/// Arrow keys walk through what fits a selector in the list that hears of the key.
pub(crate) fn walk_in_list(event: &KeyboardEvent, items: &str) {
    let list = event.current_target();
    if let Some(list) = list.and_then(|list| list.dyn_into::<HtmlElement>().ok()) {
        walk(&list, items, event);
    }
}

fn walk(list: &HtmlElement, selector: &str, event: &KeyboardEvent) {
    let Ok(items) = list.query_selector_all(selector) else {
        return;
    };
    let count = items.length();
    let focused = document().active_element();
    let here = (0..count).find(|index| {
        let focused = focused.as_ref();
        focused.is_some_and(|focused| items.get(*index).as_ref() == Some(focused.as_ref()))
    });
    // In a field, Home and End are for its text.
    let is_field = focused.is_some_and(|focused| focused.tag_name() == "INPUT");
    let next = match (event.key().as_str(), here) {
        _ if count == 0 => return,
        ("ArrowDown", Some(here)) => (here + 1) % count,
        ("ArrowUp", Some(here)) => (here + count - 1) % count,
        ("Home" | "End", _) if is_field => return,
        ("ArrowDown" | "Home", _) => 0,
        ("ArrowUp" | "End", _) => count - 1,
        _ => return,
    };
    event.prevent_default();
    focus_nth(list, selector, next);
}

fn focus_nth(list: &HtmlElement, selector: &str, index: u32) {
    let items = list.query_selector_all(selector).ok();
    let item = items.and_then(|items| items.get(index));
    if let Some(item) = item.and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
