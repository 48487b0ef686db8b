//! Putting the app among the system's programs, where the browser offers that; and what the system hands to it then.

use leptos::prelude::window;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use leptos::web_sys::Url;
use wasm_bindgen_futures::JsFuture;

/// The page keeps the browser's offer here, and tells with an event when it has come.
const OFFER: &str = "installOffer";
/// That event.
pub(crate) const OFFERED: &str = "installoffer";

/// Whether the browser offers to install the app now.
pub(crate) fn is_offered() -> bool {
    offer().is_some()
}

/// Takes the offer up: the browser asks the person. It can be taken up once.
pub(crate) async fn install() {
    let Some(offer) = offer() else {
        return;
    };
    let _ = js_sys::Reflect::set(&window(), &JsValue::from(OFFER), &JsValue::UNDEFINED);
    let asked = super::call(&offer, "prompt", &JsValue::UNDEFINED);
    if let Some(asked) = asked.and_then(|asked| asked.dyn_into::<js_sys::Promise>().ok()) {
        let _ = JsFuture::from(asked).await;
    }
}

fn offer() -> Option<JsValue> {
    let offer = js_sys::Reflect::get(&window(), &JsValue::from(OFFER)).ok()?;
    offer.is_object().then_some(offer)
}

/// Hears of the addresses that the system opens in a page that is open already.
pub(crate) struct Launches(Option<Closure<dyn FnMut(JsValue)>>);

impl Launches {
    /// Calls back with the query and the fragment of each but the one that opened the page itself, at `first`.
    pub(crate) fn hear(first: String, mut opened: impl FnMut(&str, &str) + 'static) -> Self {
        let mut first = Some(first);
        let queue = js_sys::Reflect::get(&window(), &JsValue::from("launchQueue"));
        let Some(queue) = queue.ok().filter(JsValue::is_object) else {
            return Self(None);
        };
        let consumer: Box<dyn FnMut(JsValue)> = Box::new(move |launch| {
            let address = js_sys::Reflect::get(&launch, &JsValue::from("targetURL"));
            let address = address.ok().and_then(|address| address.as_string());
            let address = address.filter(|address| first.take().as_ref() != Some(address));
            if let Some(url) = address.and_then(|address| Url::new(&address).ok()) {
                opened(&url.search(), &url.hash());
            }
        });
        let consumer = Closure::wrap(consumer);
        super::call(&queue, "setConsumer", consumer.as_ref());
        Self(Some(consumer))
    }
}

impl Drop for Launches {
    fn drop(&mut self) {
        // A consumer can't be taken back, only replaced: by a function of the browser's own that does nothing.
        let get = |name| js_sys::Reflect::get(&window(), &JsValue::from(name));
        if self.0.is_some()
            && let (Ok(queue), Ok(nothing)) = (get("launchQueue"), get("Boolean"))
        {
            super::call(&queue, "setConsumer", &nothing);
        }
    }
}
