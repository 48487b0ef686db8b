//! The invites that are still open.

use discordopus_core::ids::InviteId;
use discordopus_core::io::InviteView;
use leptos::prelude::*;

use super::dialog::fresh_id;
use super::message::author_name;
use super::rows::{ListRow, RowKey, rows};
use super::{Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::format;
use crate::ui::view_model::GroupModel;

/// "Active invites".
#[component]
pub(super) fn InviteList(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let none = condition(move || group.invites.with(Vec::is_empty));
    let open = move || {
        let row = |invite: &InviteView| {
            let id = invite.id;
            ListRow::new(
                RowKey::of_invite(id),
                move || view! { <OpenInvite group id /> },
            )
        };
        group
            .invites
            .with(|invites| invites.iter().map(row).collect())
    };
    view! {
        <section class="invites">
            <h3>{strings.active_invites()}</h3>
            <Shown when=none>
                <p class="muted">{strings.no_invites()}</p>
            </Shown>
            <ul aria-label=strings.active_invites()>
                {rows(open)}
            </ul>
        </section>
    }
}

#[component]
fn OpenInvite(group: GroupModel, id: InviteId) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let invite = move || find(group, &id);
    let about = fresh_id("invite");
    let words = move || {
        let invite = invite()?;
        let uses = invite.uses_left.map_or_else(
            || strings.uses_left_unlimited().to_owned(),
            |left| strings.uses_left().text(left),
        );
        let by = author_name(group, &invite.by, strings);
        let expires = strings
            .expires_at()
            .text(&[&format::moment(invite.expires)]);
        let asks = invite.approval.then(|| {
            let words = view! { <span class="muted small">{strings.asks_first()}</span> };
            words.into_any()
        });
        let words = view! {
            <span>{expires}</span>
            <span class="muted small">{strings.both().view(&[&uses, &strings.invite_by().text(&[&by])])}</span>
            {asks}
        };
        Some(words.into_any())
    };
    let revocable = Signal::derive(move || invite().is_some_and(|invite| invite.revocable));
    let revoke = move |_| ui.model.command(|say| say.revoke_invite(group.id, id));
    let described = StoredValue::new(about.clone());
    view! {
        <li class="open-invite">
            <span id=about class="open-invite-text">
                {move || words()}
            </span>
            <Shown when=revocable>
                <button
                    type="button"
                    class="button small"
                    aria-describedby=described.get_value()
                    on:click=act(revoke)
                >
                    {strings.revoke()}
                </button>
            </Shown>
        </li>
    }
}

fn find(group: GroupModel, id: &InviteId) -> Option<InviteView> {
    group
        .invites
        .with(|invites| invites.iter().find(|invite| invite.id == *id).cloned())
}
