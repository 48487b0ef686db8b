//! Mounts the app.

#[cfg(target_arch = "wasm32")]
fn main() {
    use discordopus::{runtime, ui};

    console_error_panic_hook::set_once();
    ui::mount(|bridge| {
        let events = bridge.clone();
        runtime::start(
            move |boot| bridge.on_boot(boot),
            move |event| events.on_event(event),
        )
    });
}

/// The app runs in a browser; natively only its tests do.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
