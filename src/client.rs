//! The client's thread: everything but the interface.

#[cfg(target_arch = "wasm32")]
mod thread {
    use wasm_bindgen::prelude::wasm_bindgen;
    use web_sys::MessagePort;

    /// Runs the client for the page at the other end of `port`.
    #[wasm_bindgen]
    #[expect(unreachable_pub, reason = "exported to the script")]
    pub fn serve(port: MessagePort) {
        discordopus::runtime::serve(port);
    }
}

fn main() {
    // The app runs in a browser; natively only its tests do.
    #[cfg(target_arch = "wasm32")]
    console_error_panic_hook::set_once();
}
