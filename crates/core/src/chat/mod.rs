//! Messages as people see them: payload kinds, display order, and the history records.

mod history;
mod payload;

pub use history::{Body, Delivery, MessageView, decode_record};
pub use payload::{Kind, MAX_PARENTS, MAX_PAYLOAD, Payload};
