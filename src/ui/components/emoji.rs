//! The emoji picker: groups of emoji in the order that Unicode gives them, with a search in the person's language and the
//! recent ones first. The list is a file that is fetched when the picker is first opened.

use discordopus_core::io::MAX_RECENT_EMOJI;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlElement;

use super::{Dialog, Field, act, effect};
use crate::ui::context::use_ui;
use crate::ui::dom;
use crate::ui::i18n::letters;
use crate::ui::view_model::AppModel;

/// Most hits shown: more than anybody looks through.
const MAX_FOUND: usize = 120;

/// What is offered before anybody has chosen anything.
const FIRST: [&str; 8] = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "🔥"];

/// The picker's choices, shared by the app.
#[derive(Clone, Copy)]
pub(crate) struct EmojiChoices {
    /// Groups of lines, each an emoji, a space, its name, and behind a semicolon more words to find it by; none while the
    /// file isn't here.
    groups: RwSignal<Vec<Vec<String>>>,
    /// The language of what was fetched.
    language: StoredValue<&'static str>,
    failed: RwSignal<bool>,
    model: AppModel,
}

impl EmojiChoices {
    /// Nothing fetched yet.
    pub(crate) fn new(model: AppModel) -> Self {
        Self {
            groups: RwSignal::new(Vec::new()),
            language: StoredValue::new(""),
            failed: RwSignal::new(false),
            model,
        }
    }

    /// Those chosen last, and behind them what is offered before anybody has chosen.
    pub(crate) fn recent(self) -> Vec<String> {
        let chosen = self.model.sound.settings.with(|it| it.emoji.clone());
        let rest = FIRST.map(str::to_owned).into_iter();
        let rest: Vec<_> = rest.filter(|it| !chosen.contains(it)).collect();
        let all = chosen.into_iter().chain(rest);
        all.take(MAX_RECENT_EMOJI).collect()
    }

    /// Remembers a choice.
    pub(crate) fn chose(self, emoji: &str) {
        self.model.change_settings(|settings| {
            let recent = &mut settings.emoji;
            recent.retain(|other| other != emoji);
            recent.insert(0, emoji.to_owned());
            recent.truncate(MAX_RECENT_EMOJI);
        });
    }

    fn fetch(self, language: &'static str) {
        if self.language.get_value() == language {
            return;
        }
        self.failed.set(false);
        spawn_local(async move {
            match dom::fetch_text(&format!("emoji/{language}.txt")).await {
                Some(text) => {
                    self.groups.set(groups(&text));
                    self.language.set_value(language);
                }
                None => self.failed.set(true),
            }
        });
    }
}

fn groups(text: &str) -> Vec<Vec<String>> {
    let lines = |group: &str| {
        let lines = group.lines().filter(|line| line.contains(' '));
        lines.map(str::to_owned).collect()
    };
    text.split("\n\n").map(lines).collect()
}

/// The emoji of a line, and its name.
fn apart(line: &str) -> (&str, &str) {
    let (emoji, words) = line.split_once(' ').unwrap_or((line, line));
    let name = words.split_once("; ").map_or(words, |(name, _)| name);
    (emoji, name)
}

/// The emoji with these words, best first in the list's own order.
fn found(groups: &[Vec<String>], words: &str) -> Vec<String> {
    let words: Vec<String> = words.split_whitespace().map(letters::lower).collect();
    let fits = |line: &&String| {
        let names = letters::lower(line);
        words.iter().all(|word| names.contains(word))
    };
    let lines = groups.iter().flatten();
    lines.filter(fits).take(MAX_FOUND).cloned().collect()
}

/// The dialog "Emoji".
#[component]
pub(crate) fn EmojiDialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// One was chosen; the dialog closes.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let choices: EmojiChoices = expect_context();
    let words = RwSignal::new(String::new());
    let tag = ui.locale.tag();
    effect(move || {
        if open.get() {
            words.set(String::new());
            choices.fetch(tag);
        }
    });
    let choose = move |emoji: String| {
        choices.chose(&emoji);
        open.set(false);
        on_choose.run(emoji);
    };
    let button = move |line: &str| {
        let (emoji, name) = apart(line);
        let (emoji, name) = (emoji.to_owned(), name.to_owned());
        let chosen = emoji.clone();
        view! {
            <button
                type="button"
                class="emoji"
                aria-label=name.clone()
                title=name
                on:click=act(move |_| choose(chosen.clone()))
            >
                {emoji}
            </button>
        }
        .into_any()
    };
    let grid = move |label: &'static str, lines: Vec<String>| {
        view! {
            <section class="emoji-group" aria-label=label>
                <h3>{label}</h3>
                <div class="emoji-grid">
                    {lines.iter().map(|line| button(line)).collect_view()}
                </div>
            </section>
        }
        .into_any()
    };
    // Enter takes the first that was found.
    let first = move |event: SubmitEvent| {
        event.prevent_default();
        let words = words.get_untracked();
        let found = choices
            .groups
            .with_untracked(|groups| found(groups, &words));
        if let Some(line) = found.first().filter(|_| !words.trim().is_empty()) {
            choose(apart(line).0.to_owned());
        }
    };
    let names = [
        strings.emoji_smileys(),
        strings.emoji_people(),
        strings.emoji_nature(),
        strings.emoji_food(),
        strings.emoji_travel(),
        strings.emoji_activities(),
        strings.emoji_objects(),
        strings.emoji_symbols(),
        strings.emoji_flags(),
    ];
    let content = move || {
        let words = words.get();
        if choices.failed.get() {
            return view! { <p class="problem">{strings.emoji_failed()}</p> }.into_any();
        }
        choices.groups.with(|groups| {
            if !words.trim().is_empty() {
                let found = found(groups, &words);
                if found.is_empty() {
                    return view! { <p class="muted">{strings.emoji_none()}</p> }.into_any();
                }
                return grid(strings.emoji_found(), found);
            }
            let recent = grid(strings.emoji_recent(), choices.recent());
            let groups = groups.iter().zip(names);
            let groups = groups.map(|(lines, name)| grid(name, lines.clone()));
            view! { {recent} {groups.collect_view()} }.into_any()
        })
    };
    view! {
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(strings.emoji().to_owned())
        >
            <div class="stack" on:keydown=act(|event| walk(&event))>
                <form on:submit=act(first)>
                    <Field label=strings.search_emoji() value=words />
                </form>
                <div class="emoji-groups" tabindex="-1">
                    {move || content()}
                </div>
            </div>
        </Dialog>
    }
}

/// Arrows go through the emoji as they stand: from the search to the first, sideways, and to the row above or below.
fn walk(event: &KeyboardEvent) {
    let Ok(all) = document().query_selector_all("dialog[open] .emoji") else {
        return;
    };
    let all = (0..all.length()).filter_map(|index| all.item(index));
    let all: Vec<HtmlElement> = all.filter_map(|one| one.dyn_into().ok()).collect();
    let focused = document().active_element();
    let here = all.iter().position(|one| focused.as_ref() == Some(one));
    let place = |one: &HtmlElement| {
        let place = one.get_bounding_client_rect();
        (place.left() as i32, place.top() as i32)
    };
    // In the column, or at the end of a row that is shorter.
    let row = |here: usize, down: bool| {
        let (left, top) = place(all.get(here)?);
        let beside = |one: &&HtmlElement| {
            let other = place(one);
            other.0 == left && (other.1 > top) == down && other.1 != top
        };
        match down {
            true => all.iter().skip(here).find(beside),
            false => all.iter().take(here).rev().find(beside),
        }
    };
    let to_left = event.key() == "ArrowLeft";
    let next = match (event.key().as_str(), here) {
        ("ArrowDown", None) => all.first(),
        ("ArrowDown", Some(here)) => row(here, true),
        ("ArrowUp", Some(here)) => row(here, false),
        ("ArrowLeft" | "ArrowRight", Some(here)) if to_left != dom::is_right_to_left() => {
            here.checked_sub(1).and_then(|before| all.get(before))
        }
        ("ArrowLeft" | "ArrowRight", Some(here)) => all.get(here + 1),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next {
        let _ = next.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: [&str; 3] = [
        include_str!("../../../static/emoji/en.txt"),
        include_str!("../../../static/emoji/de.txt"),
        include_str!("../../../static/emoji/ar.txt"),
    ];

    #[test]
    fn every_list_has_the_same_emoji_each_with_a_name_and_each_a_reaction() {
        let emoji = |list: &str| -> Vec<Vec<String>> {
            let emoji = |line: String| {
                let (emoji, name) = line.split_once(' ').unwrap();
                assert!(!name.trim().is_empty(), "{emoji}");
                emoji.to_owned()
            };
            let groups = groups(list).into_iter();
            groups
                .map(|group| group.into_iter().map(emoji).collect())
                .collect()
        };
        let first = emoji(LISTS[0]);
        assert_eq!(first.len(), 9);
        assert!(first.iter().flatten().count() > 1_800);
        for list in LISTS {
            assert_eq!(emoji(list), first);
        }
        for emoji in first.iter().flatten() {
            assert!(discordopus_core::chat::is_reaction(emoji), "{emoji}");
        }
    }

    #[test]
    fn emoji_are_found_by_their_names() {
        let groups = groups(LISTS[0]);
        let first = |words| {
            let found = found(&groups, words);
            let (emoji, name) = apart(found.first()?);
            Some(format!("{emoji} {name}"))
        };
        assert_eq!(first("Grinning").as_deref(), Some("😀 grinning face"));
        assert_eq!(first("yes good").as_deref(), Some("👍 thumbs up"));
        assert_eq!(first("no such thing"), None);
    }
}
