//! The few things that components ask of the page beside what Leptos gives: address, clipboard, focus, time.
//!
//! `notices` shows notifications, `versions` watches the service worker, `install` offers the app to the system.

mod heard;
pub(crate) mod install;
pub(crate) mod notices;
pub(crate) mod versions;

use discordopus_core::ids::Timestamp;
use discordopus_core::io::{Look, Theme};
use leptos::prelude::{document, request_animation_frame, window};
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use leptos::web_sys::{self, HtmlElement, HtmlInputElement, VisibilityState};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// The device's clock.
pub(crate) fn now() -> Timestamp {
    // A clock before 1970 is no clock; the cast saturates.
    Timestamp(js_sys::Date::now() as u64)
}

/// The fragment of the page's address, with its `#`, or empty.
pub(crate) fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Changes the fragment, leaving a step to go back to.
pub(crate) fn set_fragment(fragment: &str) {
    // Setting a fragment never fails in a page.
    let _ = window().location().set_hash(fragment);
}

/// Changes the fragment in place: what stood there is in no history entry.
pub(crate) fn replace_fragment(fragment: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(fragment));
    }
}

/// The page's whole address.
pub(crate) fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Takes the query out of the page's address: what another program handed over, which is nobody else's matter.
pub(crate) fn take_query() -> Option<String> {
    let location = window().location();
    let query = location.search().ok().filter(|query| !query.is_empty())?;
    let path = location.pathname().unwrap_or_default() + &fragment();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
    Some(query)
}

/// The values of a query under these names.
pub(crate) fn query_values(query: &str, names: &[&str]) -> Vec<String> {
    let Ok(query) = web_sys::UrlSearchParams::new_with_str(query) else {
        return Vec::new();
    };
    names.iter().filter_map(|name| query.get(name)).collect()
}

/// A part of an address as it was before it was put there.
pub(crate) fn decode(part: &str) -> Option<String> {
    js_sys::decode_uri_component(part).ok().map(String::from)
}

/// The page's address without a fragment, as invite links begin.
pub(crate) fn page_address() -> String {
    let location = window().location();
    format!(
        "{}{}",
        location.origin().unwrap_or_default(),
        location.pathname().unwrap_or_default()
    )
}

/// Whether the page can be seen.
pub(crate) fn page_is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Whether a media query holds now.
pub(crate) fn media(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Room for several columns and, as a rule, a keyboard at hand.
pub(crate) fn is_wide() -> bool {
    // A media query does not know of the text size that was chosen here.
    let root = document().document_element();
    let size = root.and_then(|root| {
        let style = root.dyn_ref::<HtmlElement>()?.style();
        let size = style.get_property_value("font-size").ok()?;
        size.strip_suffix('%')?.parse::<u32>().ok()
    });
    let needed = 48 * size.unwrap_or(100) / 100;
    media(&format!("(min-width: {needed}rem)"))
}

/// The element with this id.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Moves the keyboard focus, if the element is there.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id) {
        let _ = element.focus();
    }
}

/// Selects all of a field's text, if the field is there.
pub(crate) fn select(id: &str) {
    if let Some(field) = element(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok())
    {
        field.select();
    }
}

/// Moves the focus to an element that is about to be drawn, where a keyboard is likely: on a phone it would only bring up
/// the keys over half of the page.
pub(crate) fn focus_when_drawn(id: &'static str) {
    if is_wide() {
        request_animation_frame(move || focus(id));
    }
}

/// Sets one property of an element's style through the object model, which the content security policy allows.
pub(crate) fn set_style(element: &HtmlElement, property: &str, value: &str) {
    let _ = element.style().set_property(property, value);
}

/// The languages that the person prefers, best first.
pub(crate) fn languages() -> Vec<String> {
    window()
        .navigator()
        .languages()
        .iter()
        .filter_map(|language| language.as_string())
        .collect()
}

/// What the browser calls itself.
pub(crate) fn user_agent() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// The text of a file beside the page.
pub(crate) async fn fetch_text(address: &str) -> Option<String> {
    let response = JsFuture::from(window().fetch_with_str(address))
        .await
        .ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()
}

/// Puts a text on the clipboard; false when the browser refuses.
pub(crate) async fn copy(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Whether the platform has a sheet to share with.
pub(crate) fn can_share() -> bool {
    has(&window().navigator().into(), "share")
}

/// Opens the platform's sheet to share a link with.
pub(crate) async fn share(url: &str) {
    let data = web_sys::ShareData::new();
    data.set_url(url);
    // The person may close the sheet: nothing to tell.
    let _ = JsFuture::from(window().navigator().share_with_data(&data)).await;
}

/// Shows what the page is about in the tab's title.
pub(crate) fn set_title(title: &str) {
    document().set_title(title);
}

/// Shows how much waits for a look on the app's icon, where it has one.
pub(crate) fn set_badge(count: u32) {
    let navigator: JsValue = window().navigator().into();
    let method = if count == 0 {
        "clearAppBadge"
    } else {
        "setAppBadge"
    };
    let argument = if count == 0 {
        JsValue::UNDEFINED
    } else {
        JsValue::from(count)
    };
    // A promise of nothing; a page that is not installed may have it refused.
    if let Some(done) = call(&navigator, method, &argument)
        && let Ok(done) = done.dyn_into::<js_sys::Promise>()
    {
        spawn_local(async move {
            let _ = JsFuture::from(done).await;
        });
    }
}

/// Tells the browser the language and the direction of everything on the page.
pub(crate) fn set_language(tag: &str, direction: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", tag);
        let _ = root.set_attribute("dir", direction);
    }
}

/// Whether the page is read from right to left.
pub(crate) fn is_right_to_left() -> bool {
    let root = document().document_element();
    root.is_some_and(|root| root.get_attribute("dir").as_deref() == Some("rtl"))
}

/// Points the browser to what the app is called once it is installed, in this language.
pub(crate) fn set_manifest(address: &str) {
    let link = document().query_selector("link[rel=manifest]");
    if let Ok(Some(link)) = link
        && link.get_attribute("href").as_deref() != Some(address)
    {
        let _ = link.set_attribute("href", address);
    }
}

/// Puts what a person has chosen of the app's looks where the styles find it.
pub(crate) fn set_look(look: &Look) {
    let Some(root) = document().document_element() else {
        return;
    };
    let set = |name: &str, value: Option<&str>| {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    };
    set(
        "data-theme",
        match look.theme {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        },
    );
    set("data-contrast", look.high_contrast.then_some("more"));
    set("data-motion", look.reduced_motion.then_some("reduced"));
    if let Some(root) = root.dyn_ref::<HtmlElement>() {
        set_style(root, "font-size", &format!("{}%", look.text_size));
    }
}

/// Brings the page's window to the front, as far as the browser allows.
pub(crate) fn bring_to_front() {
    let _ = window().focus();
}

/// Keeps the screen on; it may go dark again once the value is gone.
pub(crate) struct ScreenLock(JsValue);

impl ScreenLock {
    /// Takes it, where the browser has such a thing. Called by name: the bindings count it among the unstable ones.
    pub(crate) async fn take() -> Option<Self> {
        let navigator: JsValue = window().navigator().into();
        if !has(&navigator, "wakeLock") {
            return None;
        }
        let locks = js_sys::Reflect::get(&navigator, &"wakeLock".into()).ok()?;
        let asked = call(&locks, "request", &"screen".into())?;
        let asked: js_sys::Promise = asked.dyn_into().ok()?;
        JsFuture::from(asked).await.ok().map(Self)
    }
}

impl Drop for ScreenLock {
    fn drop(&mut self) {
        // The browser may have taken it back before.
        let _ = call(&self.0, "release", &JsValue::UNDEFINED);
    }
}

fn has(object: &JsValue, name: &str) -> bool {
    js_sys::Reflect::has(object, &JsValue::from_str(name)).unwrap_or(false)
}

fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
    let method = js_sys::Reflect::get(object, &JsValue::from_str(method)).ok()?;
    let method: js_sys::Function = method.dyn_into().ok()?;
    method.call1(object, argument).ok()
}
