//! The client: all groups and joins of one device behind one door.
//!
//! It holds no cryptography of its own. It routes inputs to groups and joins, gathers what they want written into one
//! batch, and puts everything else behind that batch.

mod batch;
mod group;
mod join;
mod settings;
mod uplink;
mod ways;

use crate::sorted::Map;
use std::collections::VecDeque;

use rand_core::CryptoRng;

use self::batch::{Counters, Step};
use self::group::{Group, Loaded};
use self::join::{Joined, PendingJoin};
use self::ways::Ways;
use crate::identity::clean_name;
use crate::ids::{ConnectionId, GroupId, InviteId, MILLIS_PER_SECOND, MemberId, Timestamp};
use crate::invite::{InviteKeys, Link, LinkError};
use crate::io::{Command, Config, Event, Input, JoinState, Output, Refusal, Voice};
use crate::store::{Change, Changes, RESTORED, RecordKey, Snapshot, StoreError, StoreName};
use crate::wire::DecodeError;

/// Reads a record of settings and writes it again: for the fuzzer.
#[cfg(feature = "testing")]
pub(crate) fn decode_settings(bytes: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    settings::decode(bytes)
        .ok()
        .map(|settings| settings::encode(&settings))
}

/// Pause before storage is tried again after it refused a batch, in milliseconds.
const STORAGE_RETRY: u64 = 5 * MILLIS_PER_SECOND;

/// Why stored records could not be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored records are damaged: {0}")]
pub struct RestoreError(#[from] DecodeError);

/// A batch and what stands behind it, until it is known to be stored.
#[derive(Debug, Default, Clone)]
struct Batch {
    changes: Changes,
    after: Vec<Output>,
}

/// All groups and joins of one device.
pub struct Client {
    config: Config,
    counters: Counters,
    ways: Ways,
    groups: Map<GroupId, Group>,
    joins: Map<InviteId, PendingJoin>,
    outputs: VecDeque<Output>,
    /// What was put out since the last full drain.
    last: Batch,
    outputs_pending: bool,
    /// What storage has refused so far, and when it is offered again.
    stalled: Option<(Batch, StoreError, Timestamp)>,
    ready: bool,
}

impl core::fmt::Debug for Client {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client")
            .field("groups", &self.groups.len())
            .field("joins", &self.joins.len())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Builds a client from what is stored (an empty snapshot makes an empty one) and starts its connections.
    ///
    /// # Errors
    /// [`RestoreError`] when a record can't be read; nothing is changed then.
    pub fn restore(
        snapshot: Snapshot,
        config: Config,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, RestoreError> {
        let mut client = Self {
            config,
            counters: Counters::default(),
            ways: Ways::default(),
            groups: Map::new(),
            joins: Map::new(),
            outputs: VecDeque::new(),
            last: Batch::default(),
            outputs_pending: false,
            stalled: None,
            ready: false,
        };
        client.step(now, rng, |client, step| client.load(snapshot, step))?;
        Ok(client)
    }

    fn load(&mut self, snapshot: Snapshot, step: &mut Step<'_>) -> Result<(), RestoreError> {
        let mut groups: Map<GroupId, Loaded> = Map::new();
        let mut restored = false;
        for record in snapshot.records {
            if record.key.group.is_none() && record.key.name == RESTORED {
                restored = true;
            } else if let Some(group) = record.key.group {
                groups.entry(group).or_default().add(record);
            } else if record.key.name == settings::NAME {
                settings::restore(&record.value, step);
            } else if record.store == StoreName::Secrets && record.key.name.starts_with(b"join/") {
                let join = PendingJoin::restore(&record.value, step)?;
                self.joins.insert(join.invite(), join);
            }
        }
        for (id, loaded) in groups {
            self.groups.insert(id, loaded.build(id, step)?);
        }
        if restored {
            let key = RecordKey::named(None, RESTORED);
            step.changes.delete(StoreName::State, key);
        }
        for (id, group) in &mut self.groups {
            if restored {
                group.begin_after_restore(step);
            }
            group.start(step);
            group.flush(step);
            group.tell_pictures(step);
            if !group.draft().is_empty() {
                step.event(Event::Draft {
                    group: *id,
                    text: group.draft().to_owned(),
                });
            }
        }
        for join in self.joins.values_mut() {
            join.start(step);
        }
        step.event(Event::Settings(Box::new(step.ways.settings.clone())));
        step.event(Event::Ready);
        self.ready = true;
        Ok(())
    }

    /// Takes one input. **Drain [`Client::poll_output`] to `None` afterwards**, executing in order. Inputs that are there
    /// already may be given first; their batches may then be written in one transaction, before anything else they cause.
    pub fn handle(&mut self, now: Timestamp, input: Input, rng: &mut dyn CryptoRng) {
        if let Input::StorageFailed(error) = input {
            return self.storage_failed(error, now);
        }
        self.step(now, rng, |client, step| client.take(input, step));
    }

    /// The next thing to do, or `None` when all of the last input's consequences have been handed out.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            self.outputs_pending = false;
        }
        output
    }

    /// When [`Input::Timeout`] is due next. Ask again after every [`Client::handle`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let groups = self.groups.values().filter_map(Group::next_timeout);
        let joins = self.joins.values().filter_map(PendingJoin::next_timeout);
        let storage = self.stalled.as_ref().map(|(_, _, retry)| *retry);
        let in_call = self.groups.values().any(Group::is_in_call);
        let ice = self.ways.renew_at().filter(|_| in_call);
        groups.chain(joins).chain(storage).chain(ice).min()
    }

    /// Runs one step and queues its effects: the batch, then everything else.
    fn step<T>(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        work: impl FnOnce(&mut Self, &mut Step<'_>) -> T,
    ) -> T {
        let config = core::mem::take(&mut self.config);
        let mut counters = core::mem::take(&mut self.counters);
        let mut ways = core::mem::take(&mut self.ways);
        let mut step = Step {
            now,
            rng,
            config: &config,
            counters: &mut counters,
            ways: &mut ways,
            changes: Changes::default(),
            after: Vec::new(),
        };
        let result = work(self, &mut step);
        self.go_on(&mut step);
        self.forget_unadmitted(&mut step);
        for group in self.groups.values_mut() {
            group.look_at_clock(now);
            group.flush(&mut step);
        }
        let batch = Batch {
            changes: step.changes,
            after: step.after,
        };
        self.config = config;
        self.counters = counters;
        self.ways = ways;
        self.put_out(batch, now);
        result
    }

    /// Does what had to wait for the others' news, as far as that has come.
    fn go_on(&mut self, step: &mut Step<'_>) {
        let ids: Vec<_> = self.groups.keys().copied().collect();
        for id in ids {
            while let Some(command) = self
                .groups
                .get_mut(&id)
                .and_then(|it| it.next_kept(step.now))
            {
                self.run(command, step);
            }
            if let Some(group) = self.groups.get_mut(&id) {
                group.answer_due_requests(step);
            }
        }
    }

    fn put_out(&mut self, batch: Batch, now: Timestamp) {
        let batch = match self.stalled.take() {
            None => batch,
            Some((mut stalled, error, retry)) => {
                stalled.changes.list.extend(batch.changes.list);
                stalled.after.extend(batch.after);
                if now < retry {
                    self.stalled = Some((stalled, error, retry));
                    return;
                }
                stalled.after.insert(0, Output::Event(Event::Storage(None)));
                stalled
            }
        };
        if !batch.changes.is_empty() {
            self.outputs
                .push_back(Output::Persist(batch.changes.clone()));
        }
        // Several steps may share one drain, and fail together.
        if !self.outputs_pending {
            self.last = Batch::default();
        }
        self.outputs_pending = true;
        self.outputs.extend(batch.after.iter().cloned());
        self.last.changes.list.extend(batch.changes.list);
        self.last.after.extend(batch.after);
    }

    /// Storage refused the last batch: keep it and everything behind it until it is accepted.
    fn storage_failed(&mut self, error: StoreError, now: Timestamp) {
        let mut batch = core::mem::take(&mut self.last);
        batch.after.retain(|output| {
            // What runs at once has done so.
            !output.runs_at_once() && *output != Output::Event(Event::Storage(None))
        });
        self.outputs.clear();
        self.stalled = Some((batch, error, now.plus(STORAGE_RETRY)));
        self.outputs
            .push_back(Output::Event(Event::Storage(Some(error))));
    }

    fn take(&mut self, input: Input, step: &mut Step<'_>) {
        match input {
            Input::Command(command) => self.command(command, step),
            Input::Timeout => {
                self.groups
                    .values_mut()
                    .for_each(|group| group.timeout(step));
                self.joins.values_mut().for_each(|join| join.timeout(step));
                self.end_refused_joins(step);
            }
            Input::Wake => {
                self.groups.values_mut().for_each(|group| group.wake(step));
                self.joins.values_mut().for_each(|join| join.wake(step));
            }
            Input::NetworkLost => {
                self.groups
                    .values_mut()
                    .for_each(|group| group.network_lost(step));
                self.joins
                    .values_mut()
                    .for_each(|join| join.network_lost(step));
            }
            Input::RelayOpened { connection, .. } => match self.owner(connection) {
                Some(Owner::Group(group)) => group.relay_opened(connection, step),
                Some(Owner::Join(join)) => join.relay_opened(connection, step),
                None => {}
            },
            Input::RelayClosed { connection, reason } => match self.owner(connection) {
                Some(Owner::Group(group)) => group.relay_closed(connection, reason, step),
                Some(Owner::Join(join)) => join.relay_closed(connection, reason, step),
                None => {}
            },
            Input::RelayAccepted {
                connection,
                transmit,
            } => {
                if let Some(Owner::Group(group)) = self.owner(connection) {
                    group.accepted(transmit, step);
                }
            }
            Input::RelayRefused {
                connection,
                transmit,
            } => {
                if let Some(Owner::Group(group)) = self.owner(connection) {
                    group.refused(transmit, step);
                }
            }
            Input::RelayReceived {
                connection,
                receipt,
                mailbox,
                bytes,
            } => {
                let counters =
                    Map::from_iter(self.groups.iter().map(|(id, group)| (*id, group.counter())));
                let joined = match self.owner(connection) {
                    Some(Owner::Group(group)) => {
                        group.received(mailbox, &bytes, step);
                        None
                    }
                    Some(Owner::Join(join)) => {
                        let counter = counters.get(&join.group()).copied().unwrap_or(0);
                        join.received(&bytes, counter, step)
                            .map(|joined| (join.invite(), joined))
                    }
                    None => None,
                };
                step.after.push(Output::Acknowledge {
                    connection,
                    receipt,
                });
                if let Some((invite, joined)) = joined {
                    self.complete_join(invite, joined, step);
                }
            }
            Input::Shutdown => {
                self.groups
                    .values_mut()
                    .for_each(|group| group.shutdown(step));
                self.joins.values_mut().for_each(|join| join.shutdown(step));
            }
            // Handled before a step begins.
            Input::StorageFailed(_) => {}
            Input::Link(event) => {
                let link = event.link();
                if let Some(group) = self.groups.values_mut().find(|it| it.owns_link(link)) {
                    group.link_event(event, step);
                }
            }
            Input::Recalled {
                group,
                message,
                view,
            } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.recalled(message, view.map(|view| *view), step);
                }
            }
            Input::FileRead {
                group,
                number,
                first,
                chunks,
            } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.file_read(number, first, chunks, step);
                }
            }
            Input::IceServers {
                servers,
                lifetime_seconds,
            } => {
                let changed = step.ways.take(servers, lifetime_seconds, step.now);
                self.ice_changed(changed, step);
            }
        }
    }

    fn owner(&mut self, connection: ConnectionId) -> Option<Owner<'_>> {
        if let Some(group) = self
            .groups
            .values_mut()
            .find(|group| group.owns(connection))
        {
            return Some(Owner::Group(group));
        }
        self.joins
            .values_mut()
            .find(|join| join.owns(connection))
            .map(Owner::Join)
    }

    fn complete_join(&mut self, invite: InviteId, joined: Joined, step: &mut Step<'_>) {
        let Some(mut join) = self.joins.remove(&invite) else {
            return;
        };
        let Joined { mut group, early } = joined;
        let id = group.id();
        // The join's connection ends first: both use one relay session, which goes on under the group.
        join.hand_over(step);
        if let Some(former) = self.groups.remove(&id) {
            former.make_room(step);
        }
        group.start(step);
        for frame in early {
            group.received_early(&frame, step);
        }
        group.flush(step);
        group.show_picture(step);
        self.groups.insert(id, *group);
        step.event(Event::Join(join.view(JoinState::Joined(id))));
    }

    fn end_refused_joins(&mut self, step: &mut Step<'_>) {
        let verdicts: Vec<_> = self
            .joins
            .iter()
            .filter_map(|(id, join)| Some((*id, join.verdict(step.now)?)))
            .collect();
        for (invite, state) in verdicts {
            if let Some(join) = self.joins.remove(&invite) {
                join.end(state, step);
            }
        }
    }

    fn command(&mut self, command: Command, step: &mut Step<'_>) {
        if let Some((_, _, _)) = self.stalled
            && !matches!(
                command,
                Command::MarkRead { .. }
                    | Command::MarkSeen { .. }
                    | Command::SaveDraft { .. }
                    | Command::LeaveCall { .. }
                    | Command::IgnoreCall { .. }
                    | Command::SetVoice { .. }
                    | Command::SetTyping { .. }
                    | Command::DropUpload { .. }
                    | Command::StopFile { .. }
                    | Command::DropFiles { .. }
            )
        {
            return step.refuse(None, Refusal::Storage);
        }
        if let Some((group, waits)) = group::waits(&command)
            && let Some(group) = self.groups.get_mut(&group)
            && group.keep(&command, waits, step)
        {
            return;
        }
        self.run(command, step);
    }

    fn run(&mut self, command: Command, step: &mut Step<'_>) {
        match command {
            Command::CreateGroup {
                group_name,
                your_name,
            } => self.create_group(&group_name, &your_name, step),
            Command::Join { link, your_name } => self.begin_join(&link, &your_name, step),
            Command::CancelJoin { invite } => {
                if let Some(join) = self.joins.remove(&invite) {
                    join.end(JoinState::Cancelled, step);
                }
            }
            Command::ForgetGroup { group } => self.forget_group(group, step),
            Command::SendText {
                group,
                text,
                reply_to,
            } => self.in_group(group, step, |group, step| {
                group.send_text(&text, reply_to, step);
            }),
            Command::SendFiles {
                group,
                text,
                reply_to,
                files,
            } => self.in_group(group, step, |group, step| {
                group.send_files(&text, reply_to, &files, step);
            }),
            Command::KeepChunks {
                group,
                upload,
                chunks,
            } => self.in_group(group, step, |group, step| {
                group.keep_chunks(upload, &chunks, step);
            }),
            Command::DropUpload { group, upload } => {
                self.in_group(group, step, |group, step| group.drop_upload(upload, step));
            }
            Command::StopFile { group, number } => {
                self.in_group(group, step, |group, step| group.stop_file(number, step));
            }
            Command::DropFiles { group } => self.in_group(group, step, Group::drop_files),
            Command::FetchFile { group, number } => {
                self.in_group(group, step, |group, step| group.fetch_file(number, step));
            }
            Command::EditMessage {
                group,
                message,
                text,
            } => self.in_group(group, step, |group, step| {
                group.edit_message(message, &text, step);
            }),
            Command::DeleteMessage { group, message } => {
                self.in_group(group, step, |group, step| {
                    group.delete_message(message, step);
                });
            }
            Command::HideMessage { group, message } => {
                self.in_group(group, step, |group, step| group.hide_message(message, step));
            }
            Command::React {
                group,
                message,
                emoji,
                on,
            } => self.in_group(group, step, |group, step| {
                group.react(message, &emoji, on, step);
            }),
            Command::PinMessage { group, message, on } => {
                self.in_group(group, step, |group, step| {
                    group.pin_message(message, on, step);
                });
            }
            Command::SetTimer { group, seconds } => {
                self.in_group(group, step, |group, step| group.set_timer(seconds, step));
            }
            Command::Retry { group, message } => {
                self.in_group(group, step, |group, step| group.retry(message, step))
            }
            Command::CreateInvite {
                group,
                lifetime,
                max_uses,
                approval,
            } => {
                self.in_group(group, step, |group, step| {
                    group.create_invite(lifetime, max_uses, approval, step)
                });
            }
            Command::ApproveJoin { group, member } => {
                self.in_group(group, step, |group, step| group.approve_join(member, step));
            }
            Command::RefuseJoin { group, member } => {
                self.in_group(group, step, |group, step| group.refuse_join(member, step));
            }
            Command::RevokeInvite { group, invite } => {
                self.in_group(group, step, |group, step| group.revoke_invite(invite, step));
            }
            Command::RemoveMember {
                group,
                member,
                revoke_invites,
            } => {
                self.in_group(group, step, |group, step| {
                    group.remove_member(member, revoke_invites, step)
                });
            }
            Command::MakeAdmin { group, member } => {
                self.in_group(group, step, |group, step| group.make_admin(member, step));
            }
            Command::RemoveAdmin { group, member } => {
                self.in_group(group, step, |group, step| group.remove_admin(member, step));
            }
            Command::TransferCreator { group, member } => {
                self.in_group(group, step, |group, step| {
                    group.transfer_creator(member, step);
                });
            }
            Command::SetInvitePolicy { group, lowest } => {
                self.in_group(group, step, |group, step| {
                    group.set_invite_policy(lowest, step);
                });
            }
            Command::Refound { group } => self.refound(group, step),
            Command::AcceptOffer { group, by } => self.accept_offer(group, by, step),
            Command::DeclineOffer { group, by } => {
                self.in_group(group, step, |group, step| {
                    group.take_offer(by, step.now);
                });
            }
            Command::MarkVerified { group, member } => {
                self.in_group(group, step, |group, step| group.mark_verified(member, step));
            }
            Command::Unverify { group, member } => {
                self.in_group(group, step, |group, _| group.unverify(member));
            }
            Command::DismissAlarm { group, alarm } => {
                self.in_group(group, step, |group, _| group.dismiss(alarm));
            }
            Command::StepAside { group } => self.in_group(group, step, Group::step_aside),
            Command::LeaveGroup { group } => self.in_group(group, step, Group::leave),
            Command::RenameGroup { group, name } => {
                self.in_group(group, step, |group, step| group.rename(&name, step))
            }
            Command::MarkRead { group } => {
                self.in_group(group, step, |group, step| group.mark_read(step.now));
            }
            Command::MarkSeen { group, messages } => {
                self.in_group(group, step, |group, step| group.mark_seen(&messages, step));
            }
            Command::SaveDraft { group, text } => {
                self.in_group(group, step, |group, _| group.save_draft(text))
            }
            Command::JoinCall { group, voice } => self.join_call(group, voice, step),
            Command::LeaveCall { group } => self.in_group(group, step, Group::leave_call),
            Command::IgnoreCall { group } => {
                self.in_group(group, step, |group, _| group.ignore_call());
            }
            Command::SetVoice { group, voice } => {
                self.in_group(group, step, |group, step| group.set_voice(voice, step));
            }
            Command::SetTyping { group, typing } => {
                self.in_group(group, step, |group, step| group.set_typing(typing, step));
            }
            Command::ChangeSettings(settings) => {
                let changed = settings::change(*settings, step);
                self.ice_changed(changed.ways, step);
                if !step.ways.settings.read_receipts {
                    let groups = self.groups.values_mut();
                    groups.for_each(Group::tell_nothing_as_read);
                }
                if changed.profile {
                    let profile = step.ways.settings.profile.clone();
                    let groups = self.groups.values_mut();
                    groups.for_each(|group| group.set_profile(&profile, step));
                }
            }
        }
    }

    fn in_group(
        &mut self,
        id: GroupId,
        step: &mut Step<'_>,
        work: impl FnOnce(&mut Group, &mut Step<'_>),
    ) {
        match self.groups.get_mut(&id) {
            Some(group) => work(group, step),
            None => step.refuse(Some(id), Refusal::UnknownGroup),
        }
    }

    /// Joins or begins a group's call. A device is in one call at a time.
    fn join_call(&mut self, id: GroupId, voice: Voice, step: &mut Step<'_>) {
        let may = self.groups.get(&id).map(Group::may_join_call);
        if may == Some(Ok(())) {
            let others = self.groups.iter_mut().filter(|(other, _)| **other != id);
            others.for_each(|(_, group)| group.leave_call(step));
        }
        self.in_group(id, step, |group, step| group.join_call(voice, step));
    }

    fn ice_changed(&mut self, changed: bool, step: &mut Step<'_>) {
        for group in self.groups.values_mut() {
            group.ice_changed(changed, step);
        }
    }

    fn create_group(&mut self, group_name: &str, your_name: &str, step: &mut Step<'_>) {
        let (Ok(group_name), Ok(your_name)) = (clean_name(group_name), clean_name(your_name))
        else {
            return step.refuse(None, Refusal::Name);
        };
        let relays = step.config.relays.clone();
        let Some(mut group) = Group::found(&group_name, &your_name, relays, step) else {
            return step.refuse(None, Refusal::Name);
        };
        let id = group.id();
        group.start(step);
        group.flush(step);
        group.show_picture(step);
        self.groups.insert(id, group);
        step.event(Event::GroupCreated(id));
    }

    /// Founds a group anew and hands its other members an invite.
    fn refound(&mut self, old: GroupId, step: &mut Step<'_>) {
        let Some(group) = self.groups.get(&old) else {
            return step.refuse(Some(old), Refusal::UnknownGroup);
        };
        let others = group.count_others();
        let Some((group_name, own_name, relays)) = group.to_refound() else {
            return step.refuse(Some(old), Refusal::NotMember);
        };
        let Some(mut new) = Group::found(&group_name, &own_name, relays, step) else {
            return step.refuse(Some(old), Refusal::Name);
        };
        let id = new.id();
        new.start(step);
        let link = (others > 0)
            .then(|| new.open_invite(group::OFFER_LIFETIME, Some(others), false, step))
            .flatten();
        new.flush(step);
        new.show_picture(step);
        self.groups.insert(id, new);
        if let (Some(link), Some(group)) = (link, self.groups.get_mut(&old)) {
            group.offer(&link, step);
        }
        step.event(Event::GroupCreated(id));
    }

    fn accept_offer(&mut self, group: GroupId, by: MemberId, step: &mut Step<'_>) {
        let group_here = self.groups.get_mut(&group);
        match group_here.and_then(|it| it.take_offer(by, step.now)) {
            Some((link, own_name)) => self.begin_join(&link, &own_name, step),
            None => step.refuse(Some(group), Refusal::Link(LinkError::Expired)),
        }
    }

    fn begin_join(&mut self, link: &Link, your_name: &str, step: &mut Step<'_>) {
        let Ok(name) = clean_name(your_name) else {
            return step.refuse(None, Refusal::Name);
        };
        if link.expires <= step.now {
            return step.refuse(None, Refusal::Link(LinkError::Expired));
        }
        if self.groups.get(&link.group).is_some_and(Group::is_member) {
            return step.refuse(Some(link.group), Refusal::AlreadyMember);
        }
        let invite = InviteKeys::derive(&link.secret).id();
        if let Some(join) = self.joins.get(&invite) {
            return join.tell(step);
        }
        let Some(mut join) = PendingJoin::begin(link, &name, step) else {
            return step.refuse(None, Refusal::Name);
        };
        join.start(step);
        self.joins.insert(invite, join);
    }

    fn forget_group(&mut self, id: GroupId, step: &mut Step<'_>) {
        match self.groups.get(&id) {
            None => return step.refuse(Some(id), Refusal::UnknownGroup),
            Some(group) if group.is_member() => return step.refuse(Some(id), Refusal::NotAllowed),
            Some(_) => {}
        }
        self.drop_group(id, step);
    }

    /// Ends groups in which one turned out never to have been a member, and says so where the join was shown.
    fn forget_unadmitted(&mut self, step: &mut Step<'_>) {
        let unadmitted: Vec<_> = self
            .groups
            .iter_mut()
            .filter_map(|(id, group)| group.take_unadmitted().map(|view| (*id, view)))
            .collect();
        for (id, view) in unadmitted {
            self.drop_group(id, step);
            step.event(Event::Join(view));
        }
    }

    /// Deletes a group from this device.
    fn drop_group(&mut self, id: GroupId, step: &mut Step<'_>) {
        if let Some(mut group) = self.groups.remove(&id) {
            group.close(step);
        }
        // Keys first: even a batch that was cut short would leave nothing readable.
        for store in StoreName::ALL {
            step.changes
                .list
                .push(Change::DeleteGroup { store, group: id });
        }
        settings::forget_group(id, step);
        step.event(Event::GroupForgotten(id));
    }
}

enum Owner<'a> {
    Group(&'a mut Group),
    Join(&'a mut PendingJoin),
}
