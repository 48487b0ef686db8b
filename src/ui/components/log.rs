//! The log of a group: rows in a window over the history, and what is told about it.

use discordopus_core::ids::MessageId;
use discordopus_core::store::MessageQuery;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::log_keys;
use super::log_scroll::{FRAME, LogScroll, ROWS};
use super::log_seen::LogSeen;
use super::message::{Message, Waiting, element_id};
use super::message_info::MessageInfo;
use super::message_menu::MessageMenu;
use super::note::Note;
use super::rows::{ListRow, RowKey, rows};
use super::{Icon, IconName, Shown, act, condition, effect};
use crate::ui::context::{Ui, use_ui};
use crate::ui::dom;
use crate::ui::i18n::{Strings, format, numbers};
use crate::ui::view_model::{GroupModel, Item, ItemKey, PAGE, Paging, Timeline, Wanted};

/// What the rows of one log share. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogContext {
    /// Whose log.
    pub(super) group: GroupModel,
    /// The message whose menu is open.
    pub(super) menu_of: RwSignal<Option<MessageId>>,
    /// The message whose menu was opened last: the menu closes before its item acts on some engines, and after it on
    /// others.
    pub(super) chosen: StoredValue<Option<MessageId>>,
    /// The message whose information is shown.
    pub(super) info_of: RwSignal<Option<MessageId>>,
    /// The words of the interface.
    pub(super) strings: Strings,
    /// What was just done, for eyes and ears.
    pub(super) said: RwSignal<String>,
}

/// The log.
#[component]
pub(crate) fn Log(
    group: GroupModel,
    /// Whether the dialog for inviting people is open.
    inviting: RwSignal<bool>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let context = LogContext {
        group,
        menu_of: RwSignal::new(None),
        chosen: StoredValue::new(None),
        info_of: RwSignal::new(None),
        strings,
        said: RwSignal::new(String::new()),
    };
    provide_context(context);
    let unread = group.unread.get_untracked();
    group.timeline.update(|timeline| timeline.open(unread));
    let at_end = RwSignal::new(true);
    let scroll = LogScroll::new(at_end, move |edge| page(ui, group, edge));
    let seen = LogSeen::new(ui, group);
    page(ui, group, Edge::Top);
    watch(ui, group, at_end);
    let lines = move || {
        let items = group
            .timeline
            .with(|timeline| timeline.items(format::local_day));
        items.into_iter().map(line).collect()
    };
    effect(move || {
        group.timeline.track();
        group.matters.track();
        request_animation_frame(move || scroll.keep());
        seen.moved();
    });
    let jump = move || {
        if !group
            .timeline
            .with_untracked(|timeline| timeline.follows_end())
        {
            group.timeline.update(Timeline::to_latest);
            page(ui, group, Edge::Top);
        }
        scroll.to_end();
    };
    let mut before = None;
    effect(move || {
        let wrote = group.wrote.get();
        if before.replace(wrote).is_some_and(|before| before != wrote) {
            jump();
        }
    });
    follow_sought(ui, group, scroll);
    let away = condition(move || !at_end.get() || !group.timeline.with(|t| t.follows_end()));
    view! {
        <div class="log-frame">
            <div
                class="log"
                id=FRAME
                role="log"
                aria-label=strings.messages()
                // New messages are told by the line below: older ones that are paged in must not be read out.
                aria-live="off"
                tabindex="0"
                on:focusin=act(|event| log_keys::entered(&event))
                on:keydown=act(|event| log_keys::pressed(&event))
                on:scroll=act(move |_| {
                    scroll.moved();
                    seen.moved();
                })
            >
                <div class="rows" id=ROWS>
                    <LogHead group />
                    {rows(lines)}
                    <WaitingTexts group />
                    <Alone group inviting />
                </div>
            </div>
            <Shown when=away>
                <button type="button" class="button jump" on:click=act(move |_| jump())>
                    <Icon name=IconName::ArrowDown />
                    {strings.jump_to_latest()}
                    <Shown when=group.has_unread()>
                        <span class="badge">{move || numbers::number(group.unread.get())}</span>
                    </Shown>
                </button>
            </Shown>
            <Said said=context.said />
            <Heard group />
        </div>
        <MessageMenu />
        <MessageInfo />
    }
}

/// An end of the rows that are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// The oldest.
    Top,
    /// The newest.
    Bottom,
}

/// The person comes near an end of what is shown: show more, from memory or from the storage.
fn page(ui: Ui, group: GroupModel, edge: Edge) {
    let mut reads = false;
    let mut newer = None;
    group.timeline.maybe_update(|timeline| match edge {
        Edge::Bottom => {
            let extended = timeline.extend_down();
            newer = (!extended).then(|| timeline.begin_paging_down()).flatten();
            extended
        }
        Edge::Top => {
            let extended = timeline.extend_up();
            // A failed read is tried again by hand only, not on every movement.
            reads = !extended && timeline.paging() != Paging::Failed;
            extended
        }
    });
    if reads {
        read_older(ui, group);
    }
    if let Some(wanted) = newer {
        read(ui, group, wanted);
    }
}

/// Reads a page.
fn read(ui: Ui, group: GroupModel, wanted: Wanted) {
    let Some(commands) = ui.model.commands.get_untracked() else {
        return;
    };
    let query = MessageQuery {
        group: group.id,
        before: wanted.before,
        after: wanted.after,
        limit: PAGE,
    };
    spawn_local(async move {
        let page = commands.history(query).await;
        group.finish_paging(wanted, page);
    });
}

/// Somebody wants to see a message: from a quote, a search, or among the pinned ones.
fn follow_sought(ui: Ui, group: GroupModel, scroll: LogScroll) {
    effect(move || {
        let Some(id) = group.sought.get() else { return };
        let here = group
            .timeline
            .with_untracked(|timeline| timeline.row(&id).map(|row| row.place));
        if let Some(place) = here {
            group.sought.set(None);
            group.timeline.update(|timeline| timeline.show(place));
            scroll.to_row(element_id(&id));
            return;
        }
        let Some(commands) = ui.model.commands.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let found = commands.message(group.id, id).await.ok().flatten();
            let Some(view) = found else {
                group.sought.set(None);
                return;
            };
            let mut wanted = None;
            group
                .timeline
                .update(|timeline| wanted = Some(timeline.jump(view.order)));
            for wanted in wanted.into_iter().flatten() {
                let query = MessageQuery {
                    group: group.id,
                    before: wanted.before,
                    after: wanted.after,
                    limit: PAGE,
                };
                let page = commands.history(query).await;
                group.finish_paging(wanted, page);
            }
            // Now it is in memory, unless the storage can't be read.
            let here = group.timeline.with_untracked(|it| it.row(&id).is_some());
            group.sought.set(here.then_some(id));
        });
    });
}

fn read_older(ui: Ui, group: GroupModel) {
    if ui.model.commands.with_untracked(Option::is_none) {
        return;
    }
    if let Some(wanted) = group.begin_paging() {
        read(ui, group, wanted);
    }
}

/// Looking at the end of the log is reading it.
fn watch(ui: Ui, group: GroupModel, at_end: RwSignal<bool>) {
    let watched = condition(move || {
        let loaded = group.timeline.with(|timeline| {
            timeline.follows_end() && matches!(timeline.paging(), Paging::More | Paging::Whole)
        });
        ui.visible.get() && at_end.get() && loaded
    });
    effect(move || {
        let watched = watched.get();
        group
            .timeline
            .update_untracked(|timeline| timeline.watch(watched));
        if watched && group.unread.get() != 0 {
            ui.model.command(|say| say.mark_read(group.id));
        }
    });
    on_cleanup(move || {
        group
            .timeline
            .update_untracked(|timeline| timeline.watch(false));
    });
}

/// Above the oldest row: where it begins, or that there is more.
#[component]
fn LogHead(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let paging = Memo::new(move |_| group.timeline.with(|timeline| timeline.paging()));
    let begins = move || strings.log_begins().view(&[&group.name.get()]);
    view! {
        <div class="log-head">
            {move || match paging.get() {
                Paging::Untouched | Paging::More => ().into_any(),
                Paging::Loading => {
                    view! {
                        <p class="visually-hidden">{strings.older_loading()}</p>
                        <div class="skeletons late" aria-hidden="true">
                            <span></span>
                            <span></span>
                            <span></span>
                        </div>
                    }
                        .into_any()
                }
                Paging::Whole => view! { <p class="muted">{move || begins()}</p> }.into_any(),
                Paging::Failed => {
                    view! {
                        <p class="problem">{strings.older_failed()}</p>
                        <button
                            type="button"
                            class="button"
                            on:click=act(move |_| read_older(ui, group))
                        >
                            {strings.try_again()}
                        </button>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

fn line(item: Item) -> ListRow {
    let key = match item.key() {
        ItemKey::Day(day) => {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&day.to_be_bytes());
            RowKey::of_kind(0, id)
        }
        ItemKey::NewMessages => RowKey::of_kind(1, [0; 32]),
        ItemKey::Message(id, opens) => RowKey::of_kind(2 + u8::from(opens), id.0),
        ItemKey::Note(id) => RowKey::of_kind(4, id.0),
    };
    ListRow::new(key, move || view! { <Line item /> })
}

#[component]
fn Line(item: Item) -> impl IntoView {
    let strings = use_ui().strings;
    match item {
        Item::Day { at, .. } => {
            view! { <h2 class="day">{format::day(at, dom::now(), strings)}</h2> }.into_any()
        }
        Item::NewMessages => view! {
            <p class="new-messages" id="new-messages">
                {strings.new_messages()}
            </p>
        }
        .into_any(),
        Item::Message { row, opens } => view! { <Message row opens /> }.into_any(),
        Item::Note(row) => view! { <Note row /> }.into_any(),
    }
}

/// Whoever is alone in a group is told what comes next.
#[component]
fn Alone(group: GroupModel, inviting: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    let alone = condition(move || {
        let may_invite = group.is_member() && group.rights.get().invite;
        may_invite && group.members.with(Vec::len) == 1
    });
    view! {
        <Shown when=alone>
            <div class="alone">
                <p class="muted">{strings.alone_here()}</p>
                <button
                    type="button"
                    class="button primary"
                    on:click=act(move |_| inviting.set(true))
                >
                    <Icon name=IconName::PersonAdd />
                    {strings.invite_friends()}
                </button>
            </div>
        </Shown>
    }
}

/// Own texts that wait until this device knows what the others did: nothing that was typed seems lost.
#[component]
fn WaitingTexts(group: GroupModel) -> impl IntoView {
    let texts = Memo::new(move |_| group.matters.with(|matters| matters.waiting_texts.clone()));
    let draw = |text| view! { <Waiting text /> }.into_any();
    let all = move || texts.get().into_iter().map(draw).collect_view();
    view! { {move || all()} }
}

/// What was just done ("Copied"), for a moment.
#[component]
fn Said(said: RwSignal<String>) -> impl IntoView {
    view! {
        <p class="said" class:shown=move || !said.with(String::is_empty) role="status">
            {move || said.get()}
        </p>
    }
}

/// The last message of somebody else, for assistive technology.
#[component]
fn Heard(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let opened = RwSignal::new(false);
    let text = move || {
        // What was heard before the group was opened is in the log.
        let heard = group.heard.get();
        if !opened.get_untracked() {
            opened.set(true);
            return String::new();
        }
        let Some(heard) = heard else {
            return String::new();
        };
        let author = super::message::author_name(group, &heard.author, strings);
        let text = super::message::plain_text(&heard, strings);
        strings.heard().text(&[&author, &text])
    };
    view! {
        <p class="visually-hidden" aria-live="polite">
            {move || text()}
        </p>
    }
}
