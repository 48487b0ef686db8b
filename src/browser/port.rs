//! A message port that carries bytes between the page and the client's thread.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, MessagePort};

use super::listener::Listener;

/// One end of a message port, read until it is dropped.
///
/// What one task posts travels together, and is one task at the other end: what an input has caused is shown at once, and
/// a page that is told much has time for other things in between.
#[derive(Debug)]
pub struct BytePort {
    outbox: Rc<Outbox>,
    _listener: Listener,
}

#[derive(Debug)]
struct Outbox {
    port: MessagePort,
    waiting: RefCell<Vec<Uint8Array>>,
}

impl BytePort {
    /// Calls back for every message, in order, beginning with those that have been waiting.
    pub fn open(port: MessagePort, mut on_bytes: impl FnMut(Vec<u8>) + 'static) -> Self {
        let listener = Listener::new(&port, "message", move |event| {
            let data = event.unchecked_into::<MessageEvent>().data();
            // Both ends are one build.
            let Ok(messages) = data.dyn_into::<Array>() else {
                return;
            };
            for message in messages.iter() {
                if let Ok(bytes) = message.dyn_into::<Uint8Array>() {
                    on_bytes(bytes.to_vec());
                }
            }
        });
        port.start();
        let waiting = RefCell::default();
        Self {
            outbox: Rc::new(Outbox { port, waiting }),
            _listener: listener,
        }
    }

    /// Sends a message, at the end of the task.
    pub fn post(&self, bytes: &[u8]) {
        let mut waiting = self.outbox.waiting.borrow_mut();
        waiting.push(Uint8Array::from(bytes));
        if waiting.len() == 1 {
            let outbox = Rc::clone(&self.outbox);
            spawn_local(async move { outbox.send() });
        }
    }
}

impl Outbox {
    fn send(&self) {
        let messages: Array = self.waiting.take().into_iter().collect();
        // Handed over instead of copied. All are fresh, so the port has no reason to refuse.
        let moved = Array::new();
        for message in messages.iter() {
            moved.push(&message.unchecked_into::<Uint8Array>().buffer());
        }
        let _ = self.port.post_message_with_transferable(&messages, &moved);
    }
}

impl Drop for BytePort {
    fn drop(&mut self) {
        self.outbox.port.close();
    }
}
