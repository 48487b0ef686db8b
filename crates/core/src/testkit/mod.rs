//! N clients on one virtual clock over a seeded, bad network. Feature `testing` only.
//!
//! Nothing here waits: time is a number that jumps to the next thing that is due, so a simulated week takes
//! milliseconds, and the same seed gives the same schedule.

mod cut;
pub mod decoders;
mod device;
mod relay;
mod rtc;
mod world;

pub use device::SimDevice;
pub use relay::{Network, SimRelay};
pub use rtc::SimRtc;
pub use world::World;
