//! The world of a story: a relay, browsers with profiles of their own, and a network that can be cut for one of them.
//!
//! - `world`: puts a story together, and tells what everybody saw when it fails
//! - `programs`: the relay and chromedriver as child processes
//! - `network`: the way between one person's browser and the relay
//! - `person`, `screen`: a browser, and how things on its screen are found
//! - `names`: the accessible names that the app promises
//! - `stored`: what a profile holds
//! - `deeds`: what people do with the app, in their words

mod deeds;
pub(crate) mod names;
mod network;
mod person;
mod programs;
mod screen;
mod stored;
pub(crate) mod world;

pub(crate) use deeds::Uses;
pub(crate) use person::{Person, Profile};
pub(crate) use screen::until;
pub(crate) use world::{World, story};
