//! Names that are offered while one types them after an `@`.

use leptos::prelude::*;

use super::{Face, act};
use crate::ui::context::use_ui;
use crate::ui::i18n::letters;
use crate::ui::view_model::GroupModel;

/// Most names offered: as many as one takes in at a glance.
const MAX_OFFERED: usize = 6;
/// Longest beginning of a name that is looked at, in bytes.
const MAX_TYPED: usize = 50;

/// The id of the list.
pub(super) const LIST: &str = "mentions";

/// The id of an offered name.
pub(super) fn entry_id(index: usize) -> String {
    format!("mention-{index}")
}

/// What is typed after the last `@` before the caret, and where that `@` is; `None` where no name is being called.
fn being_called(text: &str, caret: usize) -> Option<(usize, &str)> {
    let before = text.get(..caret)?;
    let at = before.rfind('@')?;
    let typed = before.get(at + 1..)?;
    let begins = before
        .get(..at)?
        .chars()
        .next_back()
        .is_none_or(|c| !letters::is_letter_or_digit(c));
    let is_name = typed.len() <= MAX_TYPED && !typed.contains('\n');
    (begins && is_name).then_some((at, typed))
}

/// The byte at which so many UTF-16 units have passed, which is how browsers count.
pub(super) fn byte_at(text: &str, units: u32) -> usize {
    let mut passed = 0;
    for (byte, c) in text.char_indices() {
        if passed >= units {
            return byte;
        }
        passed += c.len_utf16() as u32;
    }
    text.len()
}

/// How many UTF-16 units a text has.
pub(super) fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// What is offered now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// Where the `@` is, in bytes.
    at: usize,
    /// Where the caret is, in bytes.
    caret: usize,
    /// The names.
    pub(super) names: Vec<String>,
    /// Which of them is chosen.
    pub(super) chosen: usize,
}

impl Offer {
    /// What to offer for a text with the caret at this byte.
    pub(super) fn new(group: GroupModel, text: &str, caret: usize) -> Self {
        let Some((at, typed)) = being_called(text, caret) else {
            return Self::default();
        };
        let typed = letters::lower(typed);
        let me = group.me.get_untracked();
        let names = group.members.with_untracked(|members| {
            let others = members.iter().filter(|member| member.id != me);
            let names = others.map(|member| member.name.clone());
            let fits = |name: &String| letters::lower(name).starts_with(&typed);
            names.filter(fits).take(MAX_OFFERED).collect::<Vec<_>>()
        });
        // A whole name needs no offer.
        let whole = matches!(names.as_slice(), [name] if letters::lower(name) == typed);
        Self {
            at,
            caret,
            names: if whole { Vec::new() } else { names },
            chosen: 0,
        }
    }

    /// Whether there is something to choose.
    pub(super) fn is_open(&self) -> bool {
        !self.names.is_empty()
    }

    /// Chooses the next or the previous one.
    pub(super) fn step(&mut self, down: bool) {
        let count = self.names.len().max(1);
        self.chosen = (self.chosen + if down { 1 } else { count - 1 }) % count;
    }

    /// The text with a chosen name in it, and the byte behind it.
    pub(super) fn accept(&self, text: &str, index: usize) -> Option<(String, usize)> {
        let name = self.names.get(index)?;
        let (before, after) = (text.get(..self.at)?, text.get(self.caret..)?);
        let with_name = format!("{before}@{name} ");
        let caret = with_name.len();
        Some((with_name + after, caret))
    }
}

/// The list above the composer.
#[component]
pub(super) fn Mentions(
    group: GroupModel,
    offer: RwSignal<Offer>,
    /// One was pressed.
    #[prop(into)]
    on_choose: Callback<usize>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let face = move |name: &str| {
        let member = group.members.with_untracked(|members| {
            let mut members = members.iter();
            members.find(|member| member.name == name).map(|it| it.id)
        });
        let name = name.to_owned();
        member.map(|member| view! { <Face group member name /> }.into_any())
    };
    let list = move || {
        let Offer { names, chosen, .. } = offer.get();
        if names.is_empty() {
            return ().into_any();
        }
        let entry = |(index, name): (usize, String)| {
            let selected = index == chosen;
            view! {
                <li
                    id=entry_id(index)
                    role="option"
                    class="mention-entry"
                    class:chosen=selected
                    aria-selected=if selected { "true" } else { "false" }
                    // The field keeps the focus.
                    on:mousedown=act(move |event: leptos::ev::MouseEvent| {
                        event.prevent_default();
                        on_choose.run(index);
                    })
                >
                    {face(&name)}
                    <bdi>{name}</bdi>
                </li>
            }
            .into_any()
        };
        let entries: Vec<_> = names.into_iter().enumerate().map(entry).collect();
        view! {
            <ul id=LIST class="mentions" role="listbox" aria-label=strings.members()>
                {entries}
            </ul>
        }
        .into_any()
    };
    view! { {move || list()} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_called_by_what_follows_an_at_sign_at_the_beginning_of_a_word() {
        assert_eq!(being_called("hi @Ad", 6), Some((3, "Ad")));
        assert_eq!(being_called("@", 1), Some((0, "")));
        assert_eq!(being_called("@Ada Lo", 7), Some((0, "Ada Lo")));
        assert_eq!(being_called("hi @Ad", 2), None);
        assert_eq!(being_called("me@example", 10), None);
        assert_eq!(being_called("@Ada\nnext", 9), None);
        assert_eq!(being_called("none", 4), None);
    }

    #[test]
    fn browsers_count_in_utf_16() {
        let text = "ä😀x";
        assert_eq!(byte_at(text, 0), 0);
        assert_eq!(byte_at(text, 1), 2);
        assert_eq!(byte_at(text, 3), 6);
        assert_eq!(byte_at(text, 99), text.len());
        assert_eq!(units(text), 4);
    }

    #[test]
    fn a_chosen_name_takes_the_place_of_what_was_typed() {
        let offer = Offer {
            at: 3,
            caret: 6,
            names: vec!["Ada".to_owned(), "Adele".to_owned()],
            chosen: 0,
        };
        let (text, caret) = offer.accept("hi @Ad, all", 1).unwrap();
        assert_eq!(text, "hi @Adele , all");
        assert_eq!(&text[..caret], "hi @Adele ");
        assert_eq!(offer.accept("hi @Ad, all", 2), None);
    }
}
