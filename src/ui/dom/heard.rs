//! Listening to what is neither the window nor an element.

use leptos::wasm_bindgen::JsCast as _;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{Event, EventTarget};

/// A listener that is taken off again when dropped.
pub(super) struct Heard {
    target: EventTarget,
    kind: &'static str,
    listener: Closure<dyn FnMut(Event)>,
}

impl Heard {
    /// Calls back for every event of this kind.
    pub(super) fn new(
        target: &EventTarget,
        kind: &'static str,
        listener: impl FnMut(Event) + 'static,
    ) -> Self {
        let listener: Box<dyn FnMut(Event)> = Box::new(listener);
        let listener = Closure::wrap(listener);
        // The only failure there is is a callback that can't be called.
        let _ = target.add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref());
        Self {
            target: target.clone(),
            kind,
            listener,
        }
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        let callback = self.listener.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, callback);
    }
}
