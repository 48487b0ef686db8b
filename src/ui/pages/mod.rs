//! The screens.

mod connection;
mod frame;
mod group;
mod home;
mod join;
mod locked;
mod settings;
mod start;

pub(crate) use frame::Frame;
pub(crate) use locked::Locked;
pub(crate) use start::{
    Failed, Loading, SecondTab, StorageBlocked, TakenOver, TooNew, Unsupported,
};
