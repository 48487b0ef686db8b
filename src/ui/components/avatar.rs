//! A round mark for a member or a group: a picture, or initials on one of twelve colours.

use discordopus_core::ids::MemberId;
use leptos::prelude::*;

use super::act;
use crate::runtime::portrait::Portrait;
use crate::ui::i18n::letters;
use crate::ui::view_model::GroupModel;

/// Colours in the style sheet (`hue-0` to `hue-11`): far enough apart to tell neighbours in a list from each other.
const HUES: u8 = 12;

/// A mark. Its colour comes from the id, so that it is the same on every device; the name stands beside it.
#[component]
pub(crate) fn Avatar(
    /// The first byte of the id.
    seed: u8,
    /// The name whose initials are shown.
    #[prop(into)]
    name: Signal<String>,
    /// A group's mark has corners.
    #[prop(optional)]
    group: bool,
    /// What is shown in place of the initials.
    #[prop(into, default = Signal::stored(None))]
    picture: Signal<Option<Portrait>>,
) -> impl IntoView {
    let class = format!(
        "avatar hue-{}{}",
        seed % HUES,
        if group { " avatar-group" } else { "" }
    );
    // Which one could not be drawn after all.
    let broken: RwSignal<Option<Portrait>> = RwSignal::new(None);
    let shown = move || {
        picture
            .get()
            .filter(|it| broken.with(|broken| broken.as_ref() != Some(it)))
    };
    let image = move || {
        let portrait = shown()?;
        let address = portrait.address().to_owned();
        let fails = act(move |_| broken.set(Some(portrait.clone())));
        Some(view! { <img src=address alt="" draggable="false" on:error=fails /> }.into_any())
    };
    view! {
        // The style sheet writes the initials: they are a picture, no text to be read out, found or copied.
        <span
            class=class
            aria-hidden="true"
            data-mark=move || shown().is_none().then(|| name.with(|name| initials(name)))
        >
            {move || image()}
        </span>
    }
}

/// The mark of somebody who is or was in a group.
#[component]
pub(crate) fn Face(
    group: GroupModel,
    member: MemberId,
    /// The name whose initials are shown where there is no picture.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    let picture = Memo::new(move |_| group.pictures.with(|all| all.get(&member).cloned()));
    view! { <Avatar seed=member.0[0] name picture /> }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next();
    let last = words.next_back();
    let initials: String = first
        .into_iter()
        .chain(last)
        .filter_map(|word| {
            word.chars()
                .find(|c| letters::is_letter_or_digit(*c))
                .or(word.chars().next())
        })
        .collect();
    letters::upper(&initials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_shows_the_first_and_the_last_initial() {
        assert_eq!(initials("Ada"), "A");
        assert_eq!(initials("ada lovelace"), "AL");
        assert_eq!(initials("Johann Sebastian Bach"), "JB");
        assert_eq!(initials("  (book club) "), "BC");
        assert_eq!(initials("\u{1f984}"), "\u{1f984}");
        assert_eq!(initials(""), "");
    }
}
