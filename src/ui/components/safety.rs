//! The safety number of two members: what both compare, and what they found.

use discordopus_core::identity::safety_number;
use discordopus_core::io::MemberView;
use leptos::prelude::*;

use super::qr::QrCode;
use super::{Dialog, Icon, IconName, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::i18n::Phrase;
use crate::ui::view_model::GroupModel;

/// "Safety number", with the member that was chosen. `on_remove` asks whether that member is to be removed.
#[component]
pub(super) fn SafetyDialog(
    group: GroupModel,
    #[prop(into)] on_remove: Callback<MemberView>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let doubt = RwSignal::new(false);
    let member = move || group.member(&ui.verifying.get()?);
    let number = Memo::new(move |_| {
        let other = member()?.card_hash;
        let me = group.member(&group.me.get())?.card_hash;
        Some(safety_number(&me, &other))
    });
    let open = condition(move || number.get().is_some());
    let close = move |()| {
        ui.verifying.set(None);
        doubt.set(false);
    };
    let verified = condition(move || member().is_some_and(|member| member.verified));
    let changed = condition(move || member().is_some_and(|member| member.card_changed));
    let say = move |phrase: Phrase| {
        let name = member().map(|member| member.name).unwrap_or_default();
        phrase.view(&[&name])
    };
    let they_match = move |_| {
        doubt.set(false);
        if let Some(member) = ui.verifying.get_untracked() {
            ui.model.command(|say| say.mark_verified(group.id, member));
        }
    };
    let take_back = move || {
        if let Some(member) = ui.verifying.get_untracked() {
            ui.model.command(|say| say.unverify(group.id, member));
        }
    };
    let they_differ = move |_| {
        doubt.set(true);
        if untrack(|| verified.get() || changed.get()) {
            take_back();
        }
    };
    let removable = condition(move || member().is_some_and(|member| member.removable));
    let remove = move |_| {
        let member = untrack(member);
        close(());
        if let Some(member) = member {
            on_remove.run(member);
        }
    };
    view! {
        <Dialog open on_close=close title=Signal::stored(strings.safety_number().to_owned())>
            <Shown when=changed>
                <p class="problem" role="alert">
                    {move || say(strings.safety_changed())}
                </p>
            </Shown>
            <p class="muted">{move || say(strings.safety_hint())}</p>
            {move || number.get().map(|number| view! { <Digits number /> }.into_any())}
            <Shown when=verified>
                <p class="matched with-icon" role="status">
                    <Icon name=IconName::DoubleCheck />
                    <span>{move || say(strings.safety_verified())}</span>
                    <button type="button" class="button small" on:click=act(move |_| take_back())>
                        {strings.take_back()}
                    </button>
                </p>
            </Shown>
            <Shown when=doubt>
                <div class="doubt stack" role="alert">
                    <strong>{strings.safety_doubt()}</strong>
                    <p>{move || say(strings.safety_doubt_hint())}</p>
                    <Shown when=removable>
                        <button type="button" class="button danger" on:click=act(remove)>
                            {strings.remove_from_group()}
                        </button>
                    </Shown>
                </div>
            </Shown>
            <div class="actions">
                <button type="button" class="button" on:click=act(they_differ)>
                    {strings.they_do_not_match()}
                </button>
                <button type="button" class="button primary" on:click=act(they_match)>
                    {strings.they_match()}
                </button>
            </div>
        </Dialog>
    }
}

/// The number, for eyes, ears and cameras.
#[component]
fn Digits(number: String) -> impl IntoView {
    let strings = use_ui().strings;
    // A space after each group: assistive technology and copying keep them apart.
    let groups = number.split(' ').map(|group| {
        let group = format!("{group} ");
        view! { <span>{group}</span> }.into_any()
    });
    let groups = groups.collect_view();
    view! {
        <p class="digits" dir="ltr">{groups}</p>
        <QrCode text=number label=strings.qr_code() />
    }
}
