//! Messages as people see them: payload kinds, display order, and the history records.

mod amend;
mod content;
mod history;
mod payload;
mod search;

pub use amend::{
    Amended, Amendment, Deed, Edit, MAX_EDITS, MAX_REACTION, MAX_REACTIONS_EACH, Reaction,
    is_reaction,
};
pub use content::{Content, MAX_LIFETIME, Parcel};
pub use history::{Attached, Body, Delivery, MessageView, decode_record};
pub use payload::{Kind, MAX_BODY, MAX_PARENTS, MAX_PAYLOAD, Payload};
pub use search::Needle;
