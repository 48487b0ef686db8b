//! "Call details": who hears whom, and the figures of each connection.

use discordopus_core::ids::MemberId;
use discordopus_core::io::{CallMember, LinkView, Path};
use leptos::prelude::*;

use crate::ui::components::message::author_name;
use crate::ui::components::{Dialog, Icon, IconName};
use crate::ui::context::use_ui;
use crate::ui::i18n::{Strings, format, numbers};
use crate::ui::view_model::GroupModel;

/// In place of a figure that is not known yet.
const NOTHING: &str = "\u{2013}";

/// The dialog.
#[component]
pub(super) fn CallDetails(group: GroupModel, open: RwSignal<bool>) -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.call_details().to_owned())
        >
            <Figures group />
        </Dialog>
    }
}

#[component]
fn Figures(group: GroupModel) -> impl IntoView {
    let strings = use_ui().strings;
    let people = move || {
        let people = group
            .call
            .with(|call| call.as_ref().map(|call| call.people.clone()));
        people.unwrap_or_default()
    };
    view! {
        <h3>{strings.who_hears_whom()}</h3>
        <p class="muted small">{strings.who_hears_whom_hint()}</p>
        <div class="table-box" tabindex="0" role="group" aria-label=strings.who_hears_whom()>
            {move || hearing(group, &people(), strings)}
        </div>
        <h3>{strings.connections()}</h3>
        <div class="table-box" tabindex="0" role="group" aria-label=strings.connections()>
            {move || connections(group, &people(), strings)}
        </div>
    }
}

/// A line for everybody who listens, a column for everybody who is heard.
fn hearing(group: GroupModel, people: &[CallMember], strings: Strings) -> AnyView {
    let name = |member: &MemberId| author_name(group, member, strings);
    let heads = people
        .iter()
        .map(|person| head(name(&person.member), "col"));
    let line = |listener: &CallMember| {
        let cell = |speaker: &CallMember| {
            if speaker.member == listener.member {
                return view! { <td></td> }.into_any();
            }
            match listener.hears.contains(&speaker.member) {
                true => mark(IconName::Check, strings.hears(), "hears"),
                false => mark(IconName::Close, strings.hears_not(), "hears-not"),
            }
        };
        let cells = people.iter().map(cell).collect_view();
        view! {
            <tr>
                {head(name(&listener.member), "row")}
                {cells}
            </tr>
        }
        .into_any()
    };
    view! {
        <table class="who-hears" aria-label=strings.who_hears_whom()>
            <thead>
                <tr>
                    {head(strings.listener().to_owned(), "col")}
                    {heads.collect_view()}
                </tr>
            </thead>
            <tbody>{people.iter().map(line).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn head(words: String, scope: &'static str) -> AnyView {
    view! {
        <th scope=scope>
            <bdi>{words}</bdi>
        </th>
    }
    .into_any()
}

fn mark(icon: IconName, words: &'static str, class: &'static str) -> AnyView {
    view! {
        <td class=class>
            <Icon name=icon />
            <span class="visually-hidden">{words}</span>
        </td>
    }
    .into_any()
}

/// A line for everybody one is or should be connected to.
fn connections(group: GroupModel, people: &[CallMember], strings: Strings) -> AnyView {
    let heads = [
        strings.person(),
        strings.path(),
        strings.upload(),
        strings.download(),
        strings.loss(),
        strings.round_trip(),
    ];
    let heads = heads.map(|words| head(words.to_owned(), "col"));
    let line = |person: &CallMember| {
        let link = person.link?;
        let name = author_name(group, &person.member, strings);
        let cells = figures(&link, format::percent(u32::from(link.loss)), strings);
        let cell = |figure: String| view! { <td>{figure}</td> }.into_any();
        let line = view! {
            <tr>
                {head(name, "row")}
                {cells.map(cell).collect_view()}
            </tr>
        };
        Some(line.into_any())
    };
    view! {
        <table aria-label=strings.connections()>
            <thead>
                <tr>{heads.collect_view()}</tr>
            </thead>
            <tbody>{people.iter().filter_map(line).collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}

/// Path, sending, receiving, loss and round trip in words.
fn figures(link: &LinkView, loss: String, strings: Strings) -> [String; 5] {
    let path = match link.path {
        None => NOTHING,
        Some(Path::Direct) => strings.path_direct(),
        Some(Path::Relayed) => strings.path_relayed(),
    };
    let kilobits = |bits: u32| {
        let rounded = bits.saturating_add(500) / 1000;
        strings.kilobits().text(&[&numbers::number(rounded)])
    };
    let round_trip = link.round_trip.map_or(NOTHING.to_owned(), |millis| {
        strings.milliseconds().text(&[&numbers::number(millis)])
    });
    [
        path.to_owned(),
        kilobits(link.sending),
        kilobits(link.receiving),
        loss,
        round_trip,
    ]
}

#[cfg(test)]
mod tests {
    use discordopus_core::io::{LinkState, Quality};

    use super::*;
    use crate::ui::i18n::Language;

    #[test]
    fn the_figures_of_a_connection_are_told_with_their_units() {
        let link = LinkView {
            state: LinkState::Connected,
            quality: Quality::Good,
            path: Some(Path::Relayed),
            sending: 24_499,
            receiving: 499,
            loss: 13,
            round_trip: Some(48),
        };
        let english = Language::ENGLISH.strings;
        let loss = || "1.3%".to_owned();
        assert_eq!(
            figures(&link, loss(), english),
            ["Relayed", "24 kbit/s", "0 kbit/s", "1.3%", "48 ms"]
        );
        let unknown = LinkView {
            path: None,
            round_trip: None,
            ..link
        };
        let [path, .., round_trip] = figures(&unknown, loss(), english);
        assert_eq!((path.as_str(), round_trip.as_str()), (NOTHING, NOTHING));
    }
}
