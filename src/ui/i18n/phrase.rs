//! Texts with gaps: `{0}`, `{1}` ... stand for what is filled in, in any order a language needs.

use leptos::prelude::*;

use super::numbers;

/// A text with gaps.
#[derive(Clone, Copy)]
pub(crate) struct Phrase(pub(crate) &'static str);

/// A piece of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Words of the language.
    Words(&'static str),
    /// A gap, by number.
    Gap(usize),
}

impl Phrase {
    /// The phrase taken apart at its gaps.
    pub(crate) fn pieces(self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = self.0;
        while let Some((before, gap, after)) = split_at_gap(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Words(before));
            }
            pieces.push(Piece::Gap(gap));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest));
        }
        pieces
    }

    /// The phrase as plain text, for accessible names and titles.
    pub(crate) fn text(self, parts: &[&str]) -> String {
        let fill = |piece| match piece {
            Piece::Words(words) => words,
            Piece::Gap(gap) => parts.get(gap).copied().unwrap_or_default(),
        };
        self.pieces().into_iter().map(fill).collect()
    }

    /// The phrase on screen. What is filled in stands in its own `<bdi>`: a name can't turn the words around it.
    pub(crate) fn view(self, parts: &[&str]) -> AnyView {
        let show = |piece| match piece {
            Piece::Words(words) => words.into_any(),
            Piece::Gap(gap) => {
                let part = parts.get(gap).copied().unwrap_or_default().to_owned();
                view! { <bdi>{part}</bdi> }.into_any()
            }
        };
        self.pieces()
            .into_iter()
            .map(show)
            .collect_view()
            .into_any()
    }
}

/// A phrase whose words depend on a number, which fills gap 0: a form for each of the language's categories of numbers
/// (`Locale::forms`), with `" | "` between them; where all are alike, one.
#[derive(Clone, Copy)]
pub(crate) struct Counted(pub(crate) &'static str);

impl Counted {
    /// The form for this number.
    pub(crate) fn form(self, count: u32) -> Phrase {
        let mut forms = self.forms();
        let first = forms.next().unwrap_or_default();
        let others = numbers::form(count).checked_sub(1);
        let form = others.and_then(|place| forms.nth(place));
        Phrase(form.unwrap_or(first))
    }

    /// The words for this number.
    pub(crate) fn text(self, count: u32) -> String {
        self.form(count).text(&[&numbers::number(count)])
    }

    /// All forms.
    pub(super) fn forms(self) -> impl Iterator<Item = &'static str> {
        self.0.split(" | ")
    }
}

impl From<&'static str> for Phrase {
    fn from(text: &'static str) -> Self {
        Self(text)
    }
}

impl From<&'static str> for Counted {
    fn from(forms: &'static str) -> Self {
        Self(forms)
    }
}

fn split_at_gap(text: &'static str) -> Option<(&'static str, usize, &'static str)> {
    let (before, from_gap) = text.split_once('{')?;
    let (gap, after) = from_gap.split_once('}')?;
    Some((before, gap.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_the_order_of_the_language() {
        assert_eq!(
            Phrase("{0} invited {1}.").text(&["Ada", "Ben"]),
            "Ada invited Ben."
        );
        assert_eq!(
            Phrase("{1} kam durch {0}").text(&["Ada", "Ben"]),
            "Ben kam durch Ada"
        );
        assert_eq!(Phrase("nothing").text(&[]), "nothing");
    }

    #[test]
    fn a_name_that_looks_like_a_gap_stays_a_name() {
        assert_eq!(Phrase("Join {0}").text(&["{0}"]), "Join {0}");
    }

    #[test]
    fn a_counted_phrase_agrees_with_its_number() {
        let unread = Counted("{0} message | {0} messages");
        assert_eq!(unread.text(1), "1 message");
        assert_eq!(unread.text(12), "12 messages");
    }
}
