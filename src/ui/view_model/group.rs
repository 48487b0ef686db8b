//! What one group shows. Each field has its own signal, so that a new message does not redraw the member list.

use std::sync::Arc;

use discordopus_core::chat::MessageView;
use discordopus_core::ids::{GroupId, MemberId, MessageId};
use discordopus_core::io::{
    CallView, FileProgress, GroupState, GroupView, InviteView, MemberLink, MemberView, RelayState,
    Rights,
};
use discordopus_core::sorted::Map;
use discordopus_core::store::StoreError;
use leptos::prelude::*;

use super::matters::Matters;
use super::timeline::{Applied, Row, Timeline, Wanted, is_incoming};
use crate::runtime::files::Chosen;
use crate::runtime::portrait::Portrait;
use crate::ui::i18n::letters;

/// Everyone who is or was in a group, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(Arc<Map<MemberId, String>>);

impl People {
    /// The name of one who is or was in the group.
    #[must_use]
    pub fn name(&self, id: &MemberId) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    fn of(view: &GroupView) -> Self {
        let mut names = Map::new();
        for member in view.former_members.iter().chain(&view.members) {
            names.insert(member.id, member.name.clone());
        }
        Self(Arc::new(names))
    }
}

/// What the composer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composing {
    /// A message of its own.
    New,
    /// The answer to a message.
    Reply(MessageId),
    /// Other words for a message of one's own.
    Edit(MessageId),
}

/// A group on screen. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct GroupModel {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: RwSignal<String>,
    /// Oneself.
    pub me: RwSignal<MemberId>,
    /// One's standing in it.
    pub state: RwSignal<GroupState>,
    /// Present members.
    pub members: RwSignal<Vec<MemberView>>,
    /// Names for the log.
    pub people: RwSignal<People>,
    /// How people look, of those who have a picture.
    pub pictures: RwSignal<Map<MemberId, Portrait>>,
    /// Open invites.
    pub invites: RwSignal<Vec<InviteView>>,
    /// Unread messages.
    pub unread: RwSignal<u32>,
    /// The connection to its relays.
    pub relay: RwSignal<RelayState>,
    /// What one may do.
    pub rights: RwSignal<Rights>,
    /// What waits for a decision, or for news.
    pub matters: RwSignal<Matters>,
    /// Its call.
    pub call: RwSignal<Option<CallView>>,
    /// Who is writing.
    pub typing: RwSignal<Vec<MemberId>>,
    /// The log.
    pub timeline: RwSignal<Timeline>,
    /// The last message of somebody else that came while the app was running.
    pub heard: RwSignal<Option<MessageView>>,
    /// The last message of somebody else, whether the log is on screen or not.
    pub newest: RwSignal<Option<MessageView>>,
    /// What is in the composer.
    pub draft: RwSignal<String>,
    /// What the composer is for.
    pub composing: RwSignal<Composing>,
    /// Seconds that new messages stay; 0: for good.
    pub timer: RwSignal<u32>,
    /// Pinned messages, the last pinned first.
    pub pinned: RwSignal<Vec<MessageId>>,
    /// A message that the person wants to see.
    pub sought: RwSignal<Option<MessageId>>,
    /// Files that go with the next message.
    pub parcel: RwSignal<Vec<Chosen>>,
    /// Files that have become whole while the app was running, by their numbers on this device.
    pub files_here: RwSignal<Vec<u32>>,
    /// Counts files that were deleted while the app was running.
    pub files_gone: RwSignal<u32>,
    /// Large files that aren't all here, by their numbers on this device.
    pub absent: RwSignal<Vec<u32>>,
    /// How far those are that the person wants.
    pub progress: RwSignal<Vec<FileProgress>>,
    /// The direct links outside of calls.
    pub links: RwSignal<Vec<MemberLink>>,
    /// Counts what was sent from the composer: who writes wants to see the end of the log.
    pub wrote: RwSignal<u32>,
}

impl GroupModel {
    /// A group that was just told of. Its signals belong to the current reactive owner.
    #[must_use]
    pub fn new(view: GroupView) -> Self {
        Self {
            id: view.id,
            people: RwSignal::new(People::of(&view)),
            matters: RwSignal::new(Matters::of(&view)),
            name: RwSignal::new(view.name),
            me: RwSignal::new(view.me),
            state: RwSignal::new(view.state),
            timer: RwSignal::new(view.timer),
            pinned: RwSignal::new(view.pinned),
            members: RwSignal::new(in_order(view.members)),
            pictures: RwSignal::new(Map::new()),
            invites: RwSignal::new(view.invites),
            unread: RwSignal::new(view.unread),
            relay: RwSignal::new(view.relay),
            rights: RwSignal::new(view.rights),
            call: RwSignal::new(None),
            typing: RwSignal::new(Vec::new()),
            timeline: RwSignal::new(Timeline::default()),
            heard: RwSignal::new(None),
            newest: RwSignal::new(None),
            draft: RwSignal::new(String::new()),
            composing: RwSignal::new(Composing::New),
            sought: RwSignal::new(None),
            parcel: RwSignal::new(Vec::new()),
            files_here: RwSignal::new(Vec::new()),
            files_gone: RwSignal::new(0),
            absent: RwSignal::new(view.absent_files),
            progress: RwSignal::new(Vec::new()),
            links: RwSignal::new(Vec::new()),
            wrote: RwSignal::new(0),
        }
    }

    /// Nobody looks at it any more: lets go of everything that somebody wrote.
    pub fn clear(&self) {
        self.timeline.set(Timeline::default());
        self.heard.set(None);
        self.newest.set(None);
        self.draft.set(String::new());
        self.composing.set(Composing::New);
        self.people.set(People::default());
        self.members.set(Vec::new());
        self.pictures.set(Map::new());
        self.name.set(String::new());
        self.matters.update(Matters::clear);
        self.pinned.set(Default::default());
    }

    /// The row of a message, if it is in memory. Whoever reads it isn't told of its coming and going.
    #[must_use]
    pub fn row(&self, id: &MessageId) -> Option<Row> {
        self.timeline
            .with_untracked(|timeline| timeline.row(id).cloned())
    }

    /// Any of its fields changed.
    pub fn update(&self, view: GroupView) {
        set_if_new(self.people, People::of(&view));
        set_if_new(self.matters, Matters::of(&view));
        set_if_new(self.name, view.name);
        set_if_new(self.me, view.me);
        set_if_new(self.state, view.state);
        set_if_new(self.members, in_order(view.members));
        set_if_new(self.invites, view.invites);
        set_if_new(self.unread, view.unread);
        set_if_new(self.timer, view.timer);
        set_if_new(self.pinned, view.pinned);
        set_if_new(self.absent, view.absent_files);
        set_if_new(self.relay, view.relay);
        set_if_new(self.rights, view.rights);
    }

    /// A file is all here now, or not any more.
    pub fn take_file(&self, number: u32, here: bool) {
        self.progress
            .update(|all| all.retain(|it| it.number != number));
        if here {
            self.files_here.update(|files| files.push(number));
        } else {
            self.files_here
                .update(|files| files.retain(|it| *it != number));
            self.files_gone
                .update(|count| *count = count.wrapping_add(1));
        }
    }

    /// A file that the person wants has come further.
    pub fn take_progress(&self, progress: FileProgress) {
        self.progress.update(|all| {
            all.retain(|it| it.number != progress.number);
            all.push(progress);
        });
    }

    /// A message is new or its state changed.
    pub fn take_message(&self, view: MessageView) {
        let me = self.me.get_untracked();
        let heard = is_incoming(&view).then(|| view.clone());
        self.follow_newest(&view);
        let mut applied = Applied::Nothing;
        self.timeline.maybe_update(|timeline| {
            applied = timeline.apply(me, view);
            applied == Applied::List
        });
        if applied == Applied::List && heard.is_some() {
            self.heard.set(heard);
        }
    }

    /// Keeps what is told outside of the log as the message says it now. An older one that only changes is no news.
    fn follow_newest(&self, view: &MessageView) {
        let is = |told: &Option<MessageView>| told.as_ref().is_some_and(|it| it.id == view.id);
        let is_told = self.newest.with_untracked(is);
        if is_told && !is_incoming(view) {
            self.let_go_of(view.id);
        } else if is_told || (is_incoming(view) && self.is_news(view)) {
            self.newest.set(Some(view.clone()));
        }
    }

    fn is_news(&self, view: &MessageView) -> bool {
        let newest = self
            .newest
            .with_untracked(|it| it.as_ref().map(|it| it.clock));
        view.amended.is_none() || newest.is_none_or(|newest| view.clock > newest)
    }

    /// A message isn't told any more.
    fn let_go_of(&self, message: MessageId) {
        for told in [self.newest, self.heard] {
            if told.with_untracked(|it| it.as_ref().is_some_and(|it| it.id == message)) {
                told.set(None);
            }
        }
    }

    /// Whether it stands below another one in the list: by name, in the order of the person's language.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        let by_name = letters::compare(&self.name.get_untracked(), &other.name.get_untracked());
        by_name.then(self.id.cmp(&other.id)).is_gt()
    }

    /// Whether one is a member of a group that goes on.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.state.with(|state| *state == GroupState::Member)
    }

    /// Whether one is out: left, or was removed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.with(|state| {
            matches!(
                state,
                GroupState::Left | GroupState::Removed { .. } | GroupState::Aside
            )
        })
    }

    /// A present member.
    #[must_use]
    pub fn member(&self, id: &MemberId) -> Option<MemberView> {
        self.members
            .with(|members| members.iter().find(|member| member.id == *id).cloned())
    }

    /// Whether there is something unread.
    #[must_use]
    pub fn has_unread(&self) -> Signal<bool> {
        let unread = self.unread;
        Signal::derive(move || unread.get() != 0)
    }

    /// How many people wait for one's word on whether they may come in.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.matters.with(|matters| count(matters.requests.len()))
    }

    /// How much waits for a look: what is unread, and people who want to come in.
    #[must_use]
    pub fn attention(&self) -> u32 {
        self.unread.get().saturating_add(self.requests())
    }

    /// Begins to read older messages.
    #[must_use]
    pub fn begin_paging(&self) -> Option<Wanted> {
        let mut wanted = None;
        self.timeline.maybe_update(|timeline| {
            wanted = timeline.begin_paging();
            wanted.is_some()
        });
        wanted
    }

    /// What the storage answered.
    pub fn finish_paging(&self, wanted: Wanted, page: Result<Vec<MessageView>, StoreError>) {
        self.timeline.update(|timeline| match page {
            Ok(page) => timeline.finish_paging(wanted, page),
            Err(_) => timeline.fail_paging(wanted),
        });
    }

    /// A message is gone from this device.
    pub fn take_gone(&self, message: MessageId) {
        self.let_go_of(message);
        self.timeline
            .maybe_update(|timeline| timeline.remove(&message));
    }
}

/// Oneself first, the others by name in the order of the person's language.
fn in_order(mut members: Vec<MemberView>) -> Vec<MemberView> {
    letters::sort_by_name(&mut members, |member| &member.name, |member| member.id);
    if let Some(me) = members.iter().position(|member| member.is_me) {
        let me = members.remove(me);
        members.insert(0, me);
    }
    members
}

/// A number for words.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
