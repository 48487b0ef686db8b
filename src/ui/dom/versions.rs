//! The service worker, which keeps the app on the device: it is registered here, and says when a newer version waits.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use leptos::prelude::window;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{
    MessageEvent, RegistrationOptions, ServiceWorker, ServiceWorkerContainer,
    ServiceWorkerRegistration, ServiceWorkerState, ServiceWorkerUpdateViaCache,
};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::heard::Heard;

/// Its address, which is the same in all versions.
const WORKER: &str = "/service-worker.js";
/// What lets a waiting version take over.
const TAKE_OVER: &str = "take over";

/// The service worker as far as this page knows it.
pub(crate) struct Versions {
    registration: ServiceWorkerRegistration,
    _heard: Vec<Heard>,
}

impl Versions {
    /// Registers the service worker. `newer` is called whenever a newer version than that of this page waits or has taken
    /// over; `show` with the address of what a pressed notification is about.
    pub(crate) async fn watch(
        newer: impl Fn() + 'static,
        show: impl Fn(String) + 'static,
    ) -> Option<Self> {
        let workers = workers()?;
        let registration = register(&workers).await?;
        // A page that came without a service worker is of the version that is being kept.
        let came_from_worker = workers.controller().is_some();
        let newer = Rc::new(newer);
        let installing: Rc<RefCell<Option<Heard>>> = Rc::default();
        let look = {
            let (registration, newer) = (registration.clone(), Rc::clone(&newer));
            move || {
                if registration.waiting().is_some() && registration.active().is_some() {
                    newer();
                }
            }
        };
        let found = {
            let (registration, look) = (registration.clone(), look.clone());
            move || {
                let Some(worker) = registration.installing() else {
                    return;
                };
                let look = look.clone();
                let heard = Heard::new(&worker, "statechange", move |_| look());
                installing.replace(Some(heard));
            }
        };
        look();
        found();
        let heard = vec![
            Heard::new(&registration, "updatefound", move |_| found()),
            Heard::new(&workers, "controllerchange", move |_| {
                if came_from_worker {
                    newer();
                }
            }),
            Heard::new(&workers, "message", move |event| {
                let event = event.dyn_into::<MessageEvent>().ok();
                if let Some(address) = event.and_then(|event| event.data().as_string()) {
                    show(address);
                }
            }),
        ];
        KEPT.with_borrow_mut(|kept| *kept = Some(registration.clone()));
        Some(Self {
            registration,
            _heard: heard,
        })
    }

    /// Asks the relay whether there is a newer version.
    pub(crate) fn look_for_newer(&self) {
        if let Ok(asked) = self.registration.update() {
            spawn_local(async move {
                // Without a network there is none.
                let _ = JsFuture::from(asked).await;
            });
        }
    }
}

impl Drop for Versions {
    fn drop(&mut self) {
        KEPT.with_borrow_mut(Option::take);
    }
}

thread_local! {
    static KEPT: RefCell<Option<ServiceWorkerRegistration>> = const { RefCell::new(None) };
}

/// The registration, once there is an active service worker.
pub(super) fn registration() -> Option<ServiceWorkerRegistration> {
    let registration = KEPT.with_borrow(Clone::clone)?;
    registration.active().map(|_| registration)
}

/// Whether the app is kept on the device.
pub(crate) fn is_kept() -> bool {
    registration().is_some()
}

/// Reloads the page, in the newest version that is on the device.
pub(crate) fn reload() {
    spawn_local(async move {
        if let Some(waiting) = waiting().await {
            take_over(&waiting).await;
        }
        let _ = window().location().reload();
    });
}

async fn waiting() -> Option<ServiceWorker> {
    let found = JsFuture::from(workers()?.get_registration()).await.ok()?;
    let registration: ServiceWorkerRegistration =
        found.is_object().then(|| found.unchecked_into())?;
    registration.waiting()
}

/// Lets a waiting version take over, and waits until it has, or has itself been replaced.
async fn take_over(worker: &ServiceWorker) {
    let (done, over) = oneshot::channel();
    let mut done = Some(done);
    let changed = worker.clone();
    let _heard = Heard::new(worker, "statechange", move |_| {
        if changed.state() != ServiceWorkerState::Activating
            && let Some(done) = done.take()
        {
            let _ = done.send(());
        }
    });
    if worker.post_message(&JsValue::from(TAKE_OVER)).is_ok() {
        let _ = over.await;
    }
}

async fn register(workers: &ServiceWorkerContainer) -> Option<ServiceWorkerRegistration> {
    let options = RegistrationOptions::new();
    options.set_update_via_cache(ServiceWorkerUpdateViaCache::None);
    let asked = workers.register_with_options(WORKER, &options);
    // In private windows, or without a network on the first visit, there is none: the app does without.
    JsFuture::from(asked).await.ok().map(JsCast::unchecked_into)
}

fn workers() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    super::has(&navigator.clone().into(), "serviceWorker").then(|| navigator.service_worker())
}
