//! One simulated device: a client, its store, and everything the person has been shown.

use std::collections::{BTreeMap, BTreeSet};

use super::relay::Arrival;
use crate::Client;
use crate::chat::{Body, MessageView};
use crate::ids::{ConnectionId, GroupId, InviteId, MemberId, MessageId, Timestamp};
use crate::io::{
    Alarm, CallView, Event, FileProgress, GroupView, Input, JoinView, MemberLink, Output, Refusal,
    RelayCommand, RequestView, Settings,
};
use crate::store::{MemoryStore, StoreError};

/// One simulated device.
#[derive(Debug, Default)]
pub struct SimDevice {
    /// `None` while it is switched off.
    pub client: Option<Client>,
    /// What survives being switched off.
    pub store: MemoryStore,
    /// Whether it has a network.
    pub network: bool,
    /// The newest view of each group.
    pub groups: BTreeMap<GroupId, GroupView>,
    /// The newest view of each join.
    pub joins: BTreeMap<InviteId, JoinView>,
    /// The newest view of each message, over all restarts.
    pub messages: BTreeMap<MessageId, MessageView>,
    /// Every invite link that was made here.
    pub links: Vec<String>,
    /// Every request to join that was told.
    pub requests: Vec<RequestView>,
    /// Every alarm that was told.
    pub alarms: Vec<Alarm>,
    /// Every refusal.
    pub refusals: Vec<Refusal>,
    /// The last word about storage.
    pub storage: Option<StoreError>,
    /// Groups founded here.
    pub founded: Vec<GroupId>,
    /// The newest view of each group's call.
    pub calls: BTreeMap<GroupId, CallView>,
    /// Who writes.
    pub typing: BTreeMap<GroupId, Vec<MemberId>>,
    /// The direct links outside of calls.
    pub direct: BTreeMap<GroupId, Vec<MemberLink>>,
    /// How far each file is that the person wants, by its number.
    pub progress: BTreeMap<u32, FileProgress>,
    /// How many chunks were stored of the file that was handed over last.
    pub kept_chunks: u32,
    /// What is set here.
    pub settings: Settings,
    /// Nothing runs on it, and nothing it sent is taken back: a tab that hangs.
    pub frozen: bool,
    /// What it will be given when it runs again.
    pub(super) held: Vec<Input>,
    /// How members look.
    pub pictures: BTreeMap<(GroupId, MemberId), Vec<u8>>,
    /// Drafts that were restored.
    pub drafts: BTreeMap<GroupId, String>,
    /// Texts of other people, in the order of arrival, doubles included.
    pub arrived: Vec<(GroupId, MessageId)>,
    /// How often a batch was written.
    pub batches: u64,
    /// Switch the device off at this batch: before it is written (`false`) or after it, before anything else (`true`).
    pub crash_at: Option<(u64, bool)>,
    /// The store refuses every batch with this.
    pub store_fails: Option<StoreError>,
    /// Outputs are left where they are until a later input: several steps then share one drain.
    pub drain_later: bool,
    /// Milliseconds by which this device's clock is ahead.
    pub clock_ahead: u64,
    pub(super) connections: BTreeSet<ConnectionId>,
    /// What it sends and is sent vanishes on the way, and nothing tells it so.
    pub(super) swallowed: bool,
    /// What its connections have to repeat, and since when.
    pub(super) stalled: Vec<(Timestamp, Stalled)>,
    /// When all of that has been repeated.
    pub(super) stalled_until: Option<Timestamp>,
    /// Counts its connections to the relay: what belongs to an earlier one is repeated no more.
    pub(super) attempt: u32,
}

/// Something on its way between a device and the relay.
#[derive(Debug, Clone)]
pub(super) enum Stalled {
    /// The device opens a connection.
    Open(RelayCommand),
    /// From the device to the relay.
    Up(Output),
    /// From the relay to the device.
    Down(ConnectionId, Arrival),
}

impl SimDevice {
    pub(super) fn see(&mut self, event: Event) {
        match event {
            Event::Group(view) => {
                self.groups.insert(view.id, *view);
            }
            Event::GroupForgotten(id) => {
                self.groups.remove(&id);
                self.messages.retain(|_, message| message.group != id);
            }
            Event::GroupCreated(id) => self.founded.push(id),
            Event::InviteCreated { link, .. } => self.links.push(link),
            Event::Join(view) => {
                self.joins.insert(view.invite, view);
            }
            Event::Message(view) => {
                let me = self.groups.get(&view.group).map(|group| group.me);
                let is_text = matches!(view.body, Body::Text(_)) && view.amended.is_none();
                if is_text && me != Some(view.author) {
                    self.arrived.push((view.group, view.id));
                }
                self.messages.insert(view.id, *view);
            }
            Event::MessageGone { message, .. } => {
                self.messages.remove(&message);
            }
            Event::Picture {
                group,
                member,
                picture,
            } => {
                match picture {
                    Some(picture) => self.pictures.insert((group, member), picture.to_vec()),
                    None => self.pictures.remove(&(group, member)),
                };
            }
            Event::Refused { reason, .. } => self.refusals.push(reason),
            Event::Storage(state) => self.storage = state,
            Event::Draft { group, text } => {
                self.drafts.insert(group, text);
            }
            Event::JoinRequested { request, .. } => self.requests.push(request),
            Event::Alarm { alarm, .. } => self.alarms.push(alarm),
            Event::Call { group, call } => {
                match call {
                    Some(call) => self.calls.insert(group, *call),
                    None => self.calls.remove(&group),
                };
            }
            Event::Typing { group, members } => {
                self.typing.insert(group, members);
            }
            Event::Settings(settings) => self.settings = *settings,
            Event::FileProgress { progress, .. } => {
                self.progress.insert(progress.number, progress);
            }
            Event::ChunksKept { count, .. } => self.kept_chunks = count,
            Event::Links { group, links } => {
                self.direct.insert(group, links);
            }
            Event::FileHere { .. } | Event::FileGone { .. } | Event::Ready => {}
        }
    }

    /// The messages of a group in display order.
    #[must_use]
    pub fn log(&self, group: GroupId) -> Vec<&MessageView> {
        let mut rows: Vec<_> = self
            .messages
            .values()
            .filter(|message| message.group == group)
            .collect();
        rows.sort_by_key(|message| (message.clock, message.id));
        rows
    }

    /// The texts of a group in display order.
    #[must_use]
    pub fn texts(&self, group: GroupId) -> Vec<String> {
        let rows = self.log(group).into_iter();
        rows.filter_map(|message| match &message.body {
            Body::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
    }

    /// The names of the present members, oneself first.
    #[must_use]
    pub fn members(&self, group: GroupId) -> Vec<String> {
        self.groups
            .get(&group)
            .map(|view| {
                view.members
                    .iter()
                    .map(|member| member.name.clone())
                    .collect()
            })
            .unwrap_or_default()
    }
}
