//! Which microphones and speakers there are.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaDeviceInfo, MediaDeviceKind, MediaDevices};

use crate::browser::listener::Listener;

/// Something that hears or sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A microphone.
    Microphone,
    /// A speaker.
    Speaker,
}

/// A device. Browsers tell names and lasting ids only to a page that was allowed a microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub kind: Kind,
    /// By which it is chosen.
    pub id: String,
    /// What it is called.
    pub name: String,
}

fn media_devices() -> Option<MediaDevices> {
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    (!devices.is_undefined()).then_some(devices)
}

/// All of them; none where the browser has no such list.
pub async fn list() -> Vec<Listed> {
    let Some(asked) = media_devices().and_then(|devices| devices.enumerate_devices().ok()) else {
        return Vec::new();
    };
    let Ok(told) = JsFuture::from(asked).await else {
        return Vec::new();
    };
    js_sys::Array::from(&told)
        .iter()
        .filter_map(|device| listed(&device.dyn_into().ok()?))
        .collect()
}

fn listed(device: &MediaDeviceInfo) -> Option<Listed> {
    let kind = match device.kind() {
        MediaDeviceKind::Audioinput => Kind::Microphone,
        MediaDeviceKind::Audiooutput => Kind::Speaker,
        _ => return None,
    };
    let (id, name) = (device.device_id(), device.label());
    // Without an id there is nothing to choose by.
    (!id.is_empty()).then_some(Listed { kind, id, name })
}

/// Tells when devices come and go, until dropped.
#[derive(Debug)]
pub struct DeviceChanges {
    _listener: Option<Listener>,
}

impl DeviceChanges {
    /// Calls back whenever the list has changed.
    pub fn listen(callback: impl Fn() + 'static) -> Self {
        let listener =
            media_devices().map(|it| Listener::new(&it, "devicechange", move |_| callback()));
        Self {
            _listener: listener,
        }
    }
}
