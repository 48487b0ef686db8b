//! A message's words: as they are, with addresses as links that nobody fetches.

use leptos::prelude::*;

use crate::ui::dom;
use crate::ui::i18n::letters;

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
enum Stretch<'a> {
    Words(&'a str),
    Address(&'a str),
}

/// The words. Line breaks stay; the direction is the text's own.
#[component]
pub(super) fn MessageText(text: String) -> impl IntoView {
    let invites = format!("{}#/join/", dom::page_address());
    let show = |stretch| match stretch {
        Stretch::Words(words) => words.to_owned().into_any(),
        Stretch::Address(address) => {
            // One of our own invites opens here: another tab could not run the client.
            let here = address.starts_with(&invites);
            view! {
                <a
                    href=address.to_owned()
                    rel="noopener noreferrer"
                    target=(!here).then_some("_blank")
                    dir="ltr"
                >
                    {address.to_owned()}
                </a>
            }
            .into_any()
        }
    };
    view! {
        <p class="message-text" dir="auto">
            {stretches(&text).into_iter().map(show).collect_view()}
        </p>
    }
}

/// Cuts a text at its web addresses.
fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = next_address(rest, from) {
        let (before, tail) = rest.split_at(start);
        let end = address_length(tail);
        let (address, after) = tail.split_at(end);
        if address
            .split_once("://")
            .is_none_or(|(_, host)| host.is_empty())
        {
            from = start + end;
            continue;
        }
        if !before.is_empty() {
            found.push(Stretch::Words(before));
        }
        found.push(Stretch::Address(address));
        rest = after;
        from = 0;
    }
    if !rest.is_empty() {
        found.push(Stretch::Words(rest));
    }
    found
}

/// Where the next "http://" or "https://" stands that does not continue a word.
fn next_address(text: &str, from: usize) -> Option<usize> {
    let tail = text.get(from..)?;
    let starts = ["https://", "http://"].map(|scheme| {
        tail.match_indices(scheme)
            .map(|(at, _)| at + from)
            .find(|at| {
                let before = text
                    .get(..*at)
                    .and_then(|before| before.chars().next_back());
                !before.is_some_and(letters::is_letter_or_digit)
            })
    });
    starts.into_iter().flatten().min()
}

/// How far an address goes: to white space, quotes, or anything that could make it look like another one; without the
/// punctuation of the sentence around it.
fn address_length(text: &str) -> usize {
    let end = text
        .find(|c: char| {
            c.is_whitespace() || c.is_control() || is_deceptive(c) || "<>\"`".contains(c)
        })
        .unwrap_or(text.len());
    let mut address = text.get(..end).unwrap_or(text);
    while let Some(last) = address.chars().next_back() {
        let opens = match last {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => None,
        };
        let trailing = match opens {
            Some(open) => address.matches(last).count() > address.matches(open).count(),
            None => ".,;:!?'\u{201d}\u{201c}\u{2019}*_~".contains(last),
        };
        if !trailing {
            break;
        }
        address = address
            .get(..address.len() - last.len_utf8())
            .unwrap_or_default();
    }
    address.len()
}

/// Marks that change the writing direction or can't be seen.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::Stretch::{Address, Words};
    use super::*;

    #[test]
    fn an_address_becomes_a_link_without_the_sentence_around_it() {
        assert_eq!(
            stretches("See https://example.org/a?b=c#d. Good!"),
            [
                Words("See "),
                Address("https://example.org/a?b=c#d"),
                Words(". Good!")
            ]
        );
        assert_eq!(
            stretches("(http://example.org/wiki/Rust_(language))"),
            [
                Words("("),
                Address("http://example.org/wiki/Rust_(language)"),
                Words(")")
            ]
        );
        assert_eq!(
            stretches("https://a.example\nhttps://b.example"),
            [
                Address("https://a.example"),
                Words("\n"),
                Address("https://b.example")
            ]
        );
    }

    #[test]
    fn only_web_addresses_become_links() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "xhttps://example.org",
            "https://",
            "https:// nothing",
            "www.example.org",
            "",
        ] {
            assert!(
                !stretches(text).iter().any(|s| matches!(s, Address(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_mark_that_turns_the_writing_direction_ends_an_address() {
        assert_eq!(
            stretches("https://good.example/\u{202e}gpj.exe"),
            [Address("https://good.example/"), Words("\u{202e}gpj.exe")]
        );
    }

    #[test]
    fn no_part_of_a_text_is_lost() {
        let text = "a https://x.example/)., b http://,, https://\u{e9}.example! c";
        let joined: String = stretches(text)
            .iter()
            .map(|stretch| match stretch {
                Words(words) => *words,
                Address(address) => address,
            })
            .collect();
        assert_eq!(joined, text);
    }
}
