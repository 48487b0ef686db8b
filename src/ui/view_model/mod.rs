//! What is on screen, as plain values in signals: written by `runtime::bridge`, read by the components.

mod app;
mod call;
mod group;
mod layout;
mod matters;
mod sound;
mod timeline;

#[cfg(test)]
mod tests;

pub use app::{AppModel, MadeInvite, Refused};
pub use call::{
    MAX_SERVERS, PLAIN_VOLUME, ServerProblem, has_come_or_gone, is_silent_key, key_name, kilobits,
    read_server,
};
pub use group::{Composing, GroupModel, People};
pub use layout::{GROUPING, Item, ItemKey, is_note};
pub use matters::{Matters, Warning};
pub use sound::SoundModel;
pub use timeline::{
    Applied, MAX_HELD, MAX_SHOWN, PAGE, Paging, Place, Row, Timeline, Wanted, is_incoming,
};
