//! A message port that carries bytes between the page and the client's thread.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, MessagePort};

use super::listener::Listener;

/// One end of a message port, read until it is dropped.
#[derive(Debug)]
pub struct BytePort {
    port: MessagePort,
    _listener: Listener,
}

impl BytePort {
    /// Calls back for every message, in order, beginning with those that have been waiting.
    pub fn open(port: MessagePort, mut on_bytes: impl FnMut(Vec<u8>) + 'static) -> Self {
        let listener = Listener::new(&port, "message", move |event| {
            let data = event.unchecked_into::<MessageEvent>().data();
            if let Ok(bytes) = data.dyn_into::<Uint8Array>() {
                on_bytes(bytes.to_vec());
            }
        });
        port.start();
        Self {
            port,
            _listener: listener,
        }
    }

    /// Sends a message.
    pub fn post(&self, bytes: &[u8]) {
        let message = Uint8Array::from(bytes);
        // Handed over instead of copied. Both are fresh, so the port has no reason to refuse.
        let moved = Array::of1(&message.buffer());
        let _ = self.port.post_message_with_transferable(&message, &moved);
    }
}

impl Drop for BytePort {
    fn drop(&mut self) {
        self.port.close();
    }
}
