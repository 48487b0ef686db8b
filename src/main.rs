//! The page: shows the app, and speaks to the client in its thread.

#[cfg(target_arch = "wasm32")]
mod page {
    use discordopus::{runtime, ui};
    use wasm_bindgen::prelude::wasm_bindgen;
    use web_sys::{MessagePort, Worker};

    /// Mounts the app over the client in `thread`, which has the other end of `port`.
    #[wasm_bindgen]
    #[expect(unreachable_pub, reason = "exported to the script")]
    pub fn show(port: MessagePort, thread: Worker) {
        ui::mount(|bridge| {
            let (events, sound) = (bridge.clone(), bridge.clone());
            runtime::connect(
                port,
                thread,
                move |boot| bridge.on_boot(boot),
                move |event| events.on_event(event),
                move |event| sound.on_sound(event),
            )
        });
    }
}

fn main() {
    // The app runs in a browser; natively only its tests do.
    #[cfg(target_arch = "wasm32")]
    console_error_panic_hook::set_once();
}
