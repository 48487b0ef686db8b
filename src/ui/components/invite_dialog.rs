//! The dialog that makes, shows and ends invite links.

use discordopus_core::ids::{GroupId, MILLIS_PER_DAY, MILLIS_PER_HOUR};
use discordopus_core::invite::DEFAULT_LIFETIME;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::field::Choice;
use super::invite_list::InviteList;
use super::qr::QrCode;
use super::{Dialog, Icon, IconName, RefusalLine, act};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::Strings;
use crate::ui::view_model::GroupModel;

/// Choices of a lifetime.
const LIFETIMES: [u64; 4] = [
    MILLIS_PER_HOUR,
    MILLIS_PER_DAY,
    DEFAULT_LIFETIME,
    30 * MILLIS_PER_DAY,
];
/// Choices of how many people a link lets in; nothing for any number.
const USES: [Option<u32>; 4] = [Some(1), Some(5), Some(25), None];
/// Which of them is chosen at first.
const DEFAULT_USES: usize = 1;

/// The id of the field with the link.
const LINK: &str = "made-link";
/// The id of what is said about approval.
const ABOUT_APPROVAL: &str = "about-approval";

fn lifetime_words(lifetime: u64, strings: Strings) -> &'static str {
    match lifetime {
        MILLIS_PER_HOUR => strings.one_hour(),
        MILLIS_PER_DAY => strings.one_day(),
        DEFAULT_LIFETIME => strings.seven_days(),
        _ => strings.thirty_days(),
    }
}

/// "Invite people".
#[component]
pub(crate) fn InviteDialog(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let close = move |()| {
        open.set(false);
        // The link is a secret: it goes from memory with the dialog.
        ui.model.made_invite.set(None);
    };
    view! {
        <Dialog open on_close=close title=Signal::stored(strings.invite_people().to_owned())>
            <p class="muted">{strings.invite_hint()}</p>
            <Choices group />
            <RefusalLine />
            <MadeLink group=group.id />
            <InviteList group />
        </Dialog>
    }
}

#[component]
fn Choices(group: GroupModel) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let lifetime = RwSignal::new(2);
    // A link is mostly sent to a few friends at once; one that a single person uses up would disappoint the second.
    let uses = RwSignal::new(DEFAULT_USES);
    let approval = RwSignal::new(false);
    let lifetimes = LIFETIMES.map(|lifetime| lifetime_words(lifetime, strings).to_owned());
    let all_uses = USES.map(|uses| {
        uses.map_or_else(
            || strings.uses_unlimited().to_owned(),
            |uses| strings.uses().text(uses),
        )
    });
    let create = move |_| {
        let lifetime = LIFETIMES.get(lifetime.get_untracked()).copied();
        let uses = USES.get(uses.get_untracked()).copied().flatten();
        let approval = approval.get_untracked();
        ui.model.refused.set(None);
        ui.model.command(|say| {
            let lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME);
            say.create_invite(group.id, lifetime, uses, approval);
        });
    };
    view! {
        <div class="field-row">
            <Choice
                label=strings.expires_after()
                words=lifetimes.to_vec()
                chosen=lifetime
                on_choose=move |index| lifetime.set(index)
            />
            <Choice
                label=strings.can_be_used()
                words=all_uses.to_vec()
                chosen=uses
                on_choose=move |index| uses.set(index)
            />
        </div>
        <div class="check-field">
            <label class="check">
                <input
                    type="checkbox"
                    aria-describedby=ABOUT_APPROVAL
                    prop:checked=move || approval.get()
                    on:change=act(move |event| approval.set(event_target_checked(&event)))
                />
                {strings.ask_me()}
            </label>
            <p id=ABOUT_APPROVAL class="field-about">
                {strings.ask_me_hint()}
            </p>
        </div>
        <button type="button" class="button primary wide" on:click=act(create)>
            {strings.create_invite_link()}
        </button>
    }
}

/// The link that was just made.
#[component]
fn MadeLink(group: GroupId) -> impl IntoView {
    let ui = use_ui();
    let link = move || {
        let made = ui.model.made_invite.get()?;
        (made.group == group).then(|| view! { <ShownLink link=made.link /> }.into_any())
    };
    view! { {move || link()} }
}

#[component]
fn ShownLink(link: String) -> impl IntoView {
    let strings = use_ui().strings;
    let said = RwSignal::new(String::new());
    let copied = link.clone();
    let copy = move |_| {
        let link = copied.clone();
        spawn_local(async move {
            let done = dom::copy(&link).await;
            if !done {
                // Then the person can do it with the keyboard.
                dom::select(LINK);
            }
            let words = if done {
                strings.link_copied()
            } else {
                strings.copy_failed()
            };
            said.try_set(words.to_owned());
        });
    };
    let shared = link.clone();
    let share = move |_| {
        let link = shared.clone();
        spawn_local(async move { dom::share(&link).await });
    };
    view! {
        <div class="made-link">
            <div class="field">
                <label for=LINK>{strings.invite_link()}</label>
                <input
                    id=LINK
                    type="text"
                    readonly=true
                    dir="ltr"
                    value=link.clone()
                    on:focus=act(|_| dom::select(LINK))
                />
                <p class="field-about">{strings.link_is_secret()}</p>
            </div>
            <div class="actions start">
                <button type="button" class="button primary" on:click=act(copy)>
                    <Icon name=IconName::Copy />
                    {strings.copy_link()}
                </button>
                {dom::can_share()
                    .then(|| {
                        view! {
                            <button type="button" class="button" on:click=act(share)>
                                <Icon name=IconName::Share />
                                {strings.share()}
                            </button>
                        }
                            .into_any()
                    })}
                <span class="confirmation" role="status">
                    {move || said.get()}
                </span>
            </div>
            <QrCode text=link label=strings.qr_code() />
        </div>
    }
}
