//! A stage for tests of the interface: the app over a view model that the test writes, looked at by roles and names.

use std::cell::RefCell;

use discordopus::runtime::{
    Boot, Bridge, Commands, HistoryRequest, Safe, SafeAsked, Sound, SoundRequest, Startup,
};
use discordopus::ui::App;
use discordopus::ui::i18n::Language;
use discordopus::ui::view_model::AppModel;
use discordopus_core::io::{Command, Event, Input};
use futures::channel::mpsc::UnboundedReceiver;
use js_sys::Promise;
use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event as DomEvent, EventInit, HtmlElement, HtmlInputElement, KeyboardEvent,
    KeyboardEventInit,
};

/// Frames to wait for something to appear: ten seconds, far above what a slow machine needs.
const PATIENCE: u32 = 600;

/// The app in the page. Goes with the value.
pub(crate) struct Stage {
    pub(crate) bridge: Bridge,
    commands: Commands,
    inputs: RefCell<UnboundedReceiver<Input>>,
    pub(crate) history: RefCell<UnboundedReceiver<HistoryRequest>>,
    pub(crate) sounded: RefCell<UnboundedReceiver<SoundRequest>>,
    kept: RefCell<UnboundedReceiver<SafeAsked>>,
    place: HtmlElement,
    app: Option<Box<dyn std::any::Any>>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.app.take();
        self.place.remove();
    }
}

impl Stage {
    /// The app at an address, nothing told yet.
    pub(crate) fn at(fragment: &str) -> Self {
        Self::in_language(fragment, Language::ENGLISH)
    }

    pub(crate) fn in_language(fragment: &str, language: Language) -> Self {
        window().location().set_hash(fragment).unwrap();
        let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&place).unwrap();
        let (commands, inputs, history) = Commands::detached();
        let (sound, sounded) = Sound::new();
        let (safe, kept) = Safe::new();
        let bridge = RefCell::new(None);
        let made = std::rc::Rc::new(bridge);
        let inside = made.clone();
        let handle = mount_to(place.clone(), move || {
            let model = AppModel::new();
            inside.replace(Some(Bridge::new(model)));
            view! { <App model startup=Startup::detached() sound=sound safe=safe language=language /> }
        });
        let bridge = made.borrow_mut().take().unwrap();
        Self {
            bridge,
            commands,
            inputs: RefCell::new(inputs),
            history: RefCell::new(history),
            sounded: RefCell::new(sounded),
            kept: RefCell::new(kept),
            place,
            app: Some(Box::new(handle)),
        }
    }

    /// The app with a running client that has told these events.
    pub(crate) fn running(fragment: &str, events: impl IntoIterator<Item = Event>) -> Self {
        let stage = Self::at(fragment);
        stage.start(events);
        stage
    }

    /// A client starts and tells these events.
    pub(crate) fn start(&self, events: impl IntoIterator<Item = Event>) {
        self.run(false);
        for event in events {
            self.bridge.on_event(event);
        }
        self.bridge.on_event(Event::Ready);
    }

    /// A client runs, whose storage opens with a passphrase or without.
    pub(crate) fn run(&self, passphrase: bool) {
        self.bridge.on_boot(Boot::Running {
            commands: self.commands.clone(),
            in_memory: false,
            passphrase,
        });
    }

    /// Whether something was asked of the storage as a whole that nobody looked at yet.
    pub(crate) fn has_asked_of_storage(&self) -> bool {
        self.kept.borrow_mut().try_recv().is_ok()
    }

    /// Lets everything happen that follows on what was told.
    pub(crate) async fn settles(&self) {
        next_frame().await;
        next_frame().await;
    }

    /// The next thing that is asked of the storage as a whole.
    pub(crate) async fn asked_of_storage(&self) -> SafeAsked {
        self.until(
            || self.kept.borrow_mut().try_recv().ok(),
            || "a request to the storage".to_owned(),
        )
        .await
    }

    /// The element with this role and accessible name, as soon as it is there.
    pub(crate) async fn find(&self, role: &str, name: &str) -> HtmlElement {
        self.until(
            || self.all(role, name).into_iter().next(),
            || format!("{role} {name:?}"),
        )
        .await
    }

    /// Presses a button, a link or an item.
    pub(crate) async fn press(&self, role: &str, name: &str) {
        self.find(role, name).await.click();
    }

    /// Types a text into the field with this name.
    pub(crate) async fn type_into(&self, name: &str, text: &str) -> HtmlElement {
        let field = self.find("textbox", name).await;
        set_value(&field, text);
        let init = EventInit::new();
        init.set_bubbles(true);
        let event = DomEvent::new_with_event_init_dict("input", &init).unwrap();
        field.dispatch_event(&event).unwrap();
        field
    }

    /// Waits until a text stands somewhere on the page.
    pub(crate) async fn see(&self, text: &str) {
        self.until(
            || self.text().contains(text).then_some(()),
            || format!("text {text:?}"),
        )
        .await;
    }

    /// Waits until no element has this role and name.
    pub(crate) async fn gone(&self, role: &str, name: &str) {
        self.until(
            || self.all(role, name).is_empty().then_some(()),
            || format!("no {role} {name:?}"),
        )
        .await;
    }

    /// The element with this role and name, if it is there now.
    pub(crate) fn named(&self, role: &str, name: &str) -> Option<HtmlElement> {
        self.all(role, name).into_iter().next()
    }

    /// Whether something in the page fits this selector of style sheets: for what has neither role nor name.
    pub(crate) fn selects(&self, selector: &str) -> bool {
        self.place.query_selector(selector).unwrap().is_some()
    }

    /// The first element that fits this selector.
    pub(crate) fn element(&self, selector: &str) -> Element {
        self.place.query_selector(selector).unwrap().unwrap()
    }

    /// Submits the form that this field is in.
    pub(crate) async fn submit(&self, role: &str, name: &str) {
        let field = self.find(role, name).await;
        let form = field.closest("form").unwrap().unwrap();
        let form: web_sys::HtmlFormElement = form.unchecked_into();
        form.request_submit().unwrap();
    }

    /// Whether there is an element with this role and name now.
    pub(crate) fn has(&self, role: &str, name: &str) -> bool {
        !self.all(role, name).is_empty()
    }

    /// Everything that is written on the page.
    pub(crate) fn text(&self) -> String {
        self.place.text_content().unwrap_or_default()
    }

    /// The next command for which `wanted` has an answer; the others are dropped.
    pub(crate) async fn command<T>(&self, wanted: impl Fn(Command) -> Option<T>) -> T {
        let next = || {
            while let Ok(input) = self.inputs.borrow_mut().try_recv() {
                if let Input::Command(command) = input
                    && let Some(found) = wanted(command)
                {
                    return Some(found);
                }
            }
            None
        };
        self.until(next, || "a command".to_owned()).await
    }

    /// The next thing that is asked of the page's microphone and speakers.
    pub(crate) async fn asked_of_sound(&self) -> SoundRequest {
        self.until(
            || self.sounded.borrow_mut().try_recv().ok(),
            || "a request for sound".to_owned(),
        )
        .await
    }

    /// Waits for a condition, a frame at a time.
    pub(crate) async fn until<T>(
        &self,
        mut ready: impl FnMut() -> Option<T>,
        what: impl Fn() -> String,
    ) -> T {
        for _ in 0..PATIENCE {
            if let Some(found) = ready() {
                return found;
            }
            next_frame().await;
        }
        panic!(
            "waited in vain for {}; the page says: {}",
            what(),
            self.text()
        );
    }

    pub(crate) fn all(&self, role: &str, name: &str) -> Vec<HtmlElement> {
        // Below an open modal dialog nothing can be reached.
        let dialog = self.place.query_selector("dialog[open]").unwrap();
        let mut found = dialog.iter().cloned().collect::<Vec<Element>>();
        let all = dialog
            .as_ref()
            .unwrap_or(&self.place)
            .query_selector_all("*")
            .unwrap();
        found.extend((0..all.length()).filter_map(|index| all.item(index)?.dyn_into().ok()));
        found
            .into_iter()
            .filter(|element| role_of(element) == role && name_of(element) == name)
            // The QR code is an SVG element: nobody presses it.
            .map(JsCast::unchecked_into)
            .collect()
    }
}

/// Presses a key in an element.
pub(crate) fn press_key(element: &HtmlElement, key: &str, shift: bool) -> bool {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_shift_key(shift);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    element.dispatch_event(&event).unwrap()
}

/// Presses a key with Ctrl, wherever the focus is.
pub(crate) fn press_shortcut(key: &str) {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_ctrl_key(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    window().dispatch_event(&event).unwrap();
}

/// What is in a field.
pub(crate) fn value_of(element: &Element) -> String {
    let value = js_sys::Reflect::get(element, &JsValue::from_str("value")).unwrap();
    value.as_string().unwrap_or_default()
}

/// Whether a checkbox is on.
pub(crate) fn is_checked(element: &Element) -> bool {
    element.unchecked_ref::<HtmlInputElement>().checked()
}

/// The end of this frame's work.
async fn next_frame() {
    let mut ask = |resolve: js_sys::Function, _| {
        window().request_animation_frame(&resolve).unwrap();
    };
    JsFuture::from(Promise::new(&mut ask)).await.unwrap();
}

fn set_value(element: &Element, value: &str) {
    js_sys::Reflect::set(
        element,
        &JsValue::from_str("value"),
        &JsValue::from_str(value),
    )
    .unwrap();
}

/// An element's role: its own, or that of its kind.
fn role_of(element: &Element) -> String {
    if let Some(role) = element.get_attribute("role") {
        return role;
    }
    let named = element.has_attribute("aria-label") || element.has_attribute("aria-labelledby");
    let role = match element.tag_name().to_ascii_lowercase().as_str() {
        "h1" | "h2" | "h3" => "heading",
        "a" if element.has_attribute("href") => "link",
        "button" => "button",
        "textarea" => "textbox",
        "select" => "combobox",
        "ul" => "list",
        "nav" => "navigation",
        "main" => "main",
        "article" => "article",
        "dialog" => "dialog",
        "aside" => "complementary",
        "meter" => "meter",
        "table" => "table",
        "section" if named => "region",
        "input" => match element.get_attribute("type").as_deref() {
            Some("checkbox") => "checkbox",
            Some("range") => "slider",
            _ => "textbox",
        },
        _ => "",
    };
    role.to_owned()
}

/// An element's accessible name, as far as this app makes use of the rules.
fn name_of(element: &Element) -> String {
    if let Some(label) = element.get_attribute("aria-label") {
        return label;
    }
    if let Some(id) = element.get_attribute("aria-labelledby") {
        let label = document().get_element_by_id(&id);
        return label.map(|label| spoken(&label)).unwrap_or_default();
    }
    if element.has_attribute("id") && matches!(element.tag_name().as_str(), "INPUT" | "SELECT") {
        let selector = format!("label[for='{}']", element.id());
        if let Some(label) = document().query_selector(&selector).unwrap() {
            return spoken(&label);
        }
    }
    if let Some(label) = element.closest("label").unwrap() {
        return spoken(&label);
    }
    spoken(element)
}

fn spoken(element: &Element) -> String {
    element.text_content().unwrap_or_default().trim().to_owned()
}
