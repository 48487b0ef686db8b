//! Files: those that are to be sent, those of messages, and voice messages.

mod dropping;
mod large;
mod picture;
mod recorder;
mod shown;
mod sound;
mod tray;

pub(super) use dropping::DropPlace;
pub(crate) use dropping::keep_page_when_dropped;
pub(super) use recorder::Recorder;
pub(super) use shown::Files;
pub(super) use tray::{AttachButton, Tray, problem as why_not, take, taken_from};

use discordopus_core::chat::Attached;
use discordopus_core::file::Look;

use crate::ui::i18n::Strings;

/// What a file is called where there is no room for more.
pub(super) fn in_a_word(attached: &Attached, strings: Strings) -> String {
    match attached.file.look {
        Look::Plain => attached.file.name.clone(),
        Look::Picture { .. } => strings.picture().to_owned(),
        Look::Sound { .. } => strings.voice_message().to_owned(),
    }
}
