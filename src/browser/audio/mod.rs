//! The microphone and the speakers.

mod devices;
mod loudness;
mod microphone;
mod speakers;

pub use devices::{DeviceChanges, Kind, Listed, list};
pub use loudness::Meter;
pub use microphone::{Microphone, OpenError, Wishes};
pub use speakers::Speakers;
