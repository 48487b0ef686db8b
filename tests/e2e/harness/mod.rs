//! The world of a story: a relay, browsers with profiles of their own, and a network that can be cut for one of them.
//!
//! - `world`: puts a story together, and tells what everybody saw when it fails
//! - `programs`: the relay and chromedriver as child processes
//! - `network`: the way between one person's browser and the relay
//! - `person`, `screen`: a browser, and how things on its screen are found
//! - `names`: the accessible names that the app promises
//! - `stored`: what a profile holds
//! - `deeds`, `messages`, `calls`: what people do with the app, in their words
//! - `tone`, `speech`, `hearing`: what a fake microphone says, and what really arrives and is played of it
//! - `firefox`: somebody with another browser
//! - `sound_server`: microphones and speakers that are plugged in and out
//! - `processes`: the processes of a browser
//! - `lab`: houses with routers of their own, a street between them, and a TURN server in it

mod calls;
mod deeds;
mod firefox;
mod hearing;
mod lab;
mod messages;
pub(crate) mod names;
mod network;
mod person;
mod processes;
pub(crate) mod programs;
mod screen;
mod sound_server;
mod speech;
mod stored;
mod tone;
pub(crate) mod world;

pub(crate) use calls::{KEY_T, SPACE, all_hear_each_other};
pub(crate) use deeds::Uses;
pub(crate) use firefox::Firefox;
pub(crate) use lab::Router;
pub(crate) use person::{Person, Profile};
pub(crate) use screen::{Name, until};
pub(crate) use sound_server::SoundServer;
pub(crate) use world::{Help, World, story, story_at_a_street};
