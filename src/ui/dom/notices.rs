//! Notifications of the system.

use leptos::prelude::window;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use leptos::web_sys::{
    Notification, NotificationOptions, NotificationPermission, ServiceWorkerRegistration,
};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::versions;

/// The picture beside the words.
const ICON: &str = "/icons/icon-192.png";

/// Whether notifications may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MayNotify {
    /// They may.
    Yes,
    /// The person has not been asked.
    NotAsked,
    /// They may not, or the browser has none.
    No,
}

/// Whether notifications may be shown now.
pub(crate) fn may_notify() -> MayNotify {
    if !super::has(&window().into(), "Notification") {
        return MayNotify::No;
    }
    match Notification::permission() {
        NotificationPermission::Granted => MayNotify::Yes,
        NotificationPermission::Default => MayNotify::NotAsked,
        _ => MayNotify::No,
    }
}

/// Asks the person, in the browser's words. Only after a press.
pub(crate) async fn ask_to_notify() -> MayNotify {
    if let Ok(asked) = Notification::request_permission() {
        let _ = JsFuture::from(asked).await;
    }
    may_notify()
}

/// What a notification says.
pub(crate) struct Words {
    /// The first line.
    pub(crate) title: String,
    /// What follows; may be empty.
    pub(crate) body: String,
    /// Replaces an earlier one of the same name.
    pub(crate) name: String,
    /// Where pressing it leads, as a fragment.
    pub(crate) address: String,
}

/// A notification; it goes with its value.
pub(crate) enum Notice {
    /// Shown by the service worker, which also hears when it is pressed: phones have no others.
    Kept {
        registration: ServiceWorkerRegistration,
        /// Nothing once another one has taken its place.
        name: Option<String>,
    },
    /// Shown by the page.
    Own {
        notification: Notification,
        _pressed: Closure<dyn FnMut()>,
    },
}

impl Notice {
    /// Shows one, if that is allowed.
    pub(crate) fn show(words: Words, pressed: impl FnMut() + 'static) -> Option<Self> {
        if may_notify() != MayNotify::Yes {
            return None;
        }
        let Words {
            title,
            body,
            name,
            address,
        } = words;
        let options = NotificationOptions::new();
        options.set_body(&body);
        options.set_tag(&name);
        options.set_icon(ICON);
        options.set_data(&JsValue::from(address));
        if let Some(registration) = versions::registration() {
            let shown = registration.show_notification_with_options(&title, &options);
            let shown = shown.ok()?;
            spawn_local(async move {
                // Refused meanwhile: there is nobody to tell.
                let _ = JsFuture::from(shown).await;
            });
            return Some(Self::Kept {
                registration,
                name: Some(name),
            });
        }
        let notification = Notification::new_with_options(&title, &options).ok()?;
        let pressed: Box<dyn FnMut()> = Box::new(pressed);
        let pressed = Closure::wrap(pressed);
        notification.set_onclick(Some(pressed.as_ref().unchecked_ref()));
        Some(Self::Own {
            notification,
            _pressed: pressed,
        })
    }

    /// One of the same name was shown in its place: nothing is left to be closed.
    pub(crate) fn leave(mut self) {
        if let Self::Kept { name, .. } = &mut self {
            *name = None;
        }
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        match self {
            Self::Own { notification, .. } => {
                notification.set_onclick(None);
                notification.close();
            }
            Self::Kept { name: None, .. } => {}
            Self::Kept {
                registration,
                name: Some(name),
            } => {
                // The only filter there is takes a property of this name.
                let filter = NotificationOptions::new();
                filter.set_tag(name);
                let shown = super::call(registration, "getNotifications", &filter);
                if let Some(shown) = shown.and_then(|shown| shown.dyn_into().ok()) {
                    spawn_local(close_all(shown));
                }
            }
        }
    }
}

async fn close_all(shown: js_sys::Promise) {
    let Ok(shown) = JsFuture::from(shown).await else {
        return;
    };
    for notification in js_sys::Array::from(&shown).iter() {
        if let Ok(notification) = notification.dyn_into::<Notification>() {
            notification.close();
        }
    }
}
