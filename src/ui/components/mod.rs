//! The parts of screens.

mod avatar;
mod banner;
mod composer;
mod confirm;
mod dialog;
mod field;
mod group_list;
mod group_settings;
mod icon;
mod invite_dialog;
mod invite_list;
mod jump;
mod log;
mod log_scroll;
mod member_list;
mod menu;
mod message;
mod message_info;
mod message_text;
mod note;
mod notices;
mod qr;

pub(crate) use avatar::Avatar;
pub(crate) use banner::{AppBanners, RelayBanner};
pub(crate) use composer::Composer;
pub(crate) use dialog::Dialog;
pub(crate) use field::{Field, NameField, name_problem};
pub(crate) use group_list::GroupList;
pub(crate) use group_settings::{ForgetButton, GroupSettings};
pub(crate) use icon::{Icon, IconName};
pub(crate) use invite_dialog::InviteDialog;
pub(crate) use jump::JumpDialog;
pub(crate) use log::Log;
pub(crate) use member_list::MemberList;
pub(crate) use notices::{Notices, RefusalLine};
