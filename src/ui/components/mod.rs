//! The parts of screens.

mod avatar;
mod banner;
mod call;
mod composer;
mod confirm;
mod deed;
mod dialog;
mod erased;
mod field;
mod group_list;
mod group_settings;
mod icon;
mod invite_dialog;
mod invite_list;
mod jump;
mod limits;
mod log;
mod log_scroll;
mod member_list;
mod menu;
mod message;
mod message_info;
mod message_text;
mod network_settings;
mod note;
mod notices;
mod qr;
mod rows;
mod safety;
mod sound_settings;
mod typing;
mod warnings;

pub(crate) use avatar::Avatar;
pub(crate) use banner::{AppBanners, RelayBanner};
pub(crate) use call::{
    CallBar, CallRegion, CrowdDialog, IncomingCalls, MicrophoneTrouble, StartButton, watch_talk_key,
};
pub(crate) use composer::Composer;
pub(crate) use deed::{Deed, DeedButton};
pub(crate) use dialog::Dialog;
pub(crate) use erased::{Shown, act, condition, effect};
pub(crate) use field::{Check, Choice, Field, NameField, name_problem};
pub(crate) use group_list::GroupList;
pub(crate) use group_settings::{ForgetButton, GroupSettings};
pub(crate) use icon::{Icon, IconName};
pub(crate) use invite_dialog::InviteDialog;
pub(crate) use jump::JumpDialog;
pub(crate) use limits::Limits;
pub(crate) use log::Log;
pub(crate) use member_list::MemberList;
pub(crate) use network_settings::NetworkSettings;
pub(crate) use notices::{Notices, RefusalLine};
pub(crate) use sound_settings::SoundSettings;
pub(crate) use warnings::{JoinRequests, Warnings};
