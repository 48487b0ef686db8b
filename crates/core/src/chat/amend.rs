//! What becomes of a message after it was sent: edits, reactions, its deletion.
//!
//! Amendments come in any order, before their message too. What a message looks like depends only on which of them have
//! come: each is weighed by its clock and id, and what is let go of could not have counted any more.

use super::history::{Body, MessageView};
use crate::ids::{MemberId, MessageId, Timestamp};
use crate::order;
use crate::wire::{record, variants};

/// Earlier wordings kept of one message: enough to see how it came about, and a bound on what one message can weigh.
pub const MAX_EDITS: usize = 5;
/// Different reactions of one member to one message; the newest count. More is noise.
pub const MAX_REACTIONS_EACH: usize = 8;
/// Longest reaction, in bytes: a family of four with skin tones.
pub const MAX_REACTION: usize = 64;

/// What is done to a message.
#[derive(Clone, PartialEq, Eq)]
pub enum Deed {
    /// Its author puts it in other words.
    Edit(String),
    /// Its author takes it back.
    Delete,
    /// Somebody reacts to it, or no longer.
    React {
        /// With what.
        emoji: String,
        /// Whether.
        on: bool,
    },
}

variants!(Deed {
    0 => Edit(text),
    1 => Delete,
    2 => React { emoji, on },
});

/// One change to one message.
#[derive(Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Its own id: that of the message it came as.
    pub id: MessageId,
    /// The message it changes.
    pub target: MessageId,
    /// Whose it is.
    pub author: MemberId,
    /// When, by the author's clock (capped as a message's).
    pub at: Timestamp,
    /// Which of two counts: the later one by this, then by id. As the author wrote it: one only competes with oneself.
    pub clock: Timestamp,
    /// What is done.
    pub deed: Deed,
}

record!(Amendment {
    id,
    target,
    author,
    at,
    clock,
    deed,
});

/// Other words for a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// The amendment.
    pub id: MessageId,
    /// Its clock.
    pub clock: Timestamp,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// The words.
    pub text: String,
}

record!(Edit {
    id,
    clock,
    at,
    text
});

/// Somebody's newest word on one reaction.
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Whose.
    pub member: MemberId,
    /// With what.
    pub emoji: String,
    /// The amendment.
    pub id: MessageId,
    /// Its clock.
    pub clock: Timestamp,
    /// Whether it stands; one that was taken back is kept so that an older one can't come back.
    pub on: bool,
}

record!(Reaction {
    member,
    emoji,
    id,
    clock,
    on
});

/// What has become of a message.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Amended {
    /// Its wordings after the first one, oldest first, at most [`MAX_EDITS`].
    pub edits: Vec<Edit>,
    /// The reactions, by member, then oldest first; also those that were taken back.
    pub reactions: Vec<Reaction>,
}

record!(Amended { edits, reactions });

impl MessageView {
    /// Takes in an amendment. False when it changes nothing, or isn't its author's to make.
    pub fn amend(&mut self, amendment: &Amendment) -> bool {
        let is_author = amendment.author == self.author;
        match (&amendment.deed, &self.body) {
            (_, Body::Deleted) => false,
            (Deed::Edit(text), Body::Text(_) | Body::Files { .. }) if is_author => {
                self.edit(amendment, text)
            }
            (Deed::Delete, Body::Text(_) | Body::Files { .. } | Body::Unknown { .. })
                if is_author =>
            {
                self.body = Body::Deleted;
                self.amended = None;
                self.reply_to = None;
                true
            }
            (
                Deed::React { emoji, on },
                Body::Text(_) | Body::Files { .. } | Body::Unknown { .. },
            ) => self.react(amendment, emoji, *on),
            _ => false,
        }
    }

    fn edit(&mut self, amendment: &Amendment, text: &str) -> bool {
        let amended = self.amended.get_or_insert_default();
        if amended.edits.iter().any(|edit| edit.id == amendment.id) {
            return false;
        }
        amended.edits.push(Edit {
            id: amendment.id,
            clock: amendment.clock,
            at: amendment.at,
            text: text.to_owned(),
        });
        order::sort_by_key(&mut amended.edits, |edit| (edit.clock, edit.id));
        if amended.edits.len() > MAX_EDITS {
            // If it was this one, nothing has changed.
            return amended.edits.remove(0).id != amendment.id;
        }
        true
    }

    fn react(&mut self, amendment: &Amendment, emoji: &str, on: bool) -> bool {
        let amended = self.amended.get_or_insert_default();
        let newer = |one: &Reaction| (one.clock, one.id) >= (amendment.clock, amendment.id);
        let same = |one: &Reaction| one.member == amendment.author && one.emoji == emoji;
        if amended.reactions.iter().any(|one| same(one) && newer(one)) {
            return false;
        }
        amended.reactions.retain(|one| !same(one));
        amended.reactions.push(Reaction {
            member: amendment.author,
            emoji: emoji.to_owned(),
            id: amendment.id,
            clock: amendment.clock,
            on,
        });
        order::sort_by_key(&mut amended.reactions, |one| {
            (one.member, one.clock, one.id)
        });
        let mut theirs = amended
            .reactions
            .iter()
            .filter(|one| one.member == amendment.author);
        let oldest = theirs.next().map(|one| one.id);
        if theirs.count() >= MAX_REACTIONS_EACH {
            amended.reactions.retain(|one| Some(one.id) != oldest);
            return oldest != Some(amendment.id);
        }
        true
    }

    /// Its words as they stand now, if it has any.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let first = match &self.body {
            Body::Text(text) => text,
            Body::Files { text, .. } => text,
            _ => return None,
        };
        let newest = self.amended.as_ref().and_then(|it| it.edits.last());
        Some(newest.map_or(first, |edit| &edit.text))
    }

    /// Whether its words were changed.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.amended.as_ref().is_some_and(|it| !it.edits.is_empty())
    }

    /// The reactions that stand: each with who reacted so, in the order in which they began.
    #[must_use]
    pub fn reactions(&self) -> Vec<(&str, Vec<MemberId>)> {
        let mut standing: Vec<_> = self
            .amended
            .iter()
            .flat_map(|it| &it.reactions)
            .filter(|one| one.on)
            .collect();
        order::sort_by_key(&mut standing, |one| (one.clock, one.id));
        let mut all: Vec<(&str, Vec<MemberId>)> = Vec::new();
        for one in standing {
            match all.iter_mut().find(|(emoji, _)| *emoji == one.emoji) {
                Some((_, members)) => members.push(one.member),
                None => all.push((&one.emoji, vec![one.member])),
            }
        }
        all
    }
}

/// The characters of emoji sequences, by range: a reaction is shown beside people's names, so it can't be words, can't
/// turn the direction of a line, and can't be invisible.
const EMOJI: [(u32, u32); 18] = [
    (0xa9, 0xa9),
    (0xae, 0xae),
    (0x203c, 0x203c),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x21aa),
    (0x231a, 0x23ff),
    (0x24c2, 0x24c2),
    (0x25aa, 0x27bf),
    (0x2934, 0x2935),
    (0x2b05, 0x2b55),
    (0x3030, 0x3030),
    (0x303d, 0x303d),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
    (0x1f000, 0x1faff),
    (0x20e3, 0x20e3),
];

/// What only joins or colours others: the joiner, the variation selector, and the letters of regional flags.
const JOINERS: [(u32, u32); 3] = [(0x200d, 0x200d), (0xfe0f, 0xfe0f), (0xe0020, 0xe007f)];

/// Whether a text can be a reaction: emoji and nothing else.
#[must_use]
pub fn is_reaction(text: &str) -> bool {
    let within = |ranges: &[(u32, u32)], c: char| {
        let c = u32::from(c);
        ranges.iter().any(|(from, to)| (*from..=*to).contains(&c))
    };
    let bases = text.chars().filter(|c| is_keycap_base(*c)).count();
    let keycaps = text.chars().filter(|c| *c == KEYCAP).count();
    !text.is_empty()
        && text.len() <= MAX_REACTION
        && bases == keycaps
        && text
            .chars()
            .all(|c| within(&EMOJI, c) || within(&JOINERS, c) || is_keycap_base(c))
        && text.chars().any(|c| within(&EMOJI, c))
}

/// Draws a key around the character before it.
const KEYCAP: char = '\u{20e3}';

fn is_keycap_base(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::GroupId;
    use crate::test_attr::test;

    const ADA: MemberId = MemberId([1; 32]);
    const BEN: MemberId = MemberId([2; 32]);

    fn message() -> MessageView {
        let body = Body::Text("first".to_owned());
        MessageView::new(
            GroupId([1; 32]),
            MessageId([0; 32]),
            ADA,
            Timestamp(1),
            body,
        )
    }

    fn amendment(number: u8, author: MemberId, clock: u64, deed: Deed) -> Amendment {
        Amendment {
            id: MessageId([number; 32]),
            target: MessageId([0; 32]),
            author,
            at: Timestamp(clock),
            clock: Timestamp(clock),
            deed,
        }
    }

    fn edit(number: u8, author: MemberId, clock: u64, text: &str) -> Amendment {
        amendment(number, author, clock, Deed::Edit(text.to_owned()))
    }

    fn react(number: u8, author: MemberId, clock: u64, emoji: &str, on: bool) -> Amendment {
        let emoji = emoji.to_owned();
        amendment(number, author, clock, Deed::React { emoji, on })
    }

    /// Every order of a few things, by Heap's algorithm.
    fn orders<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
        if all.len() <= 1 {
            return vec![all.to_vec()];
        }
        (0..all.len())
            .flat_map(|first| {
                let mut rest = all.to_vec();
                let head = rest.remove(first);
                orders(&rest).into_iter().map(move |mut order| {
                    order.insert(0, head.clone());
                    order
                })
            })
            .collect()
    }

    #[test]
    fn only_the_author_edits_and_deletes() {
        let mut view = message();
        assert!(!view.amend(&edit(1, BEN, 5, "forged")));
        assert!(!view.amend(&amendment(2, BEN, 6, Deed::Delete)));
        assert_eq!(view.text(), Some("first"));
        assert!(view.amend(&edit(3, ADA, 7, "second")));
        assert_eq!(view.text(), Some("second"));
        assert!(view.is_edited());
    }

    #[test]
    fn a_deleted_message_keeps_nothing_and_takes_nothing_more() {
        let mut view = message();
        view.reply_to = Some(MessageId([9; 32]));
        assert!(view.amend(&edit(1, ADA, 5, "second")));
        assert!(view.amend(&react(2, BEN, 6, "👍", true)));
        assert!(view.amend(&amendment(3, ADA, 7, Deed::Delete)));
        assert!(view.body == Body::Deleted && view.amended.is_none() && view.reply_to.is_none());
        assert!(!view.amend(&edit(4, ADA, 8, "back")));
        assert!(!view.amend(&react(5, BEN, 9, "👍", true)));
        assert_eq!(view.text(), None);
        let bytes = view.encode_record();
        assert!(!bytes.windows(5).any(|window| window == b"first"));
        assert!(!bytes.windows(6).any(|window| window == b"second"));
    }

    #[test]
    fn in_any_order_the_same_comes_out() {
        let changes = [
            edit(1, ADA, 5, "second"),
            edit(2, ADA, 7, "fourth"),
            edit(3, ADA, 6, "third"),
            react(4, BEN, 5, "👍", true),
            react(5, BEN, 8, "👍", false),
            react(6, ADA, 6, "🎉", true),
        ];
        let mut expected = message();
        for change in &changes {
            expected.amend(change);
        }
        assert_eq!(expected.text(), Some("fourth"));
        assert_eq!(expected.reactions(), [("🎉", vec![ADA])]);
        for order in orders(&changes) {
            let mut view = message();
            for change in &order {
                view.amend(change);
                // What comes twice changes nothing.
                assert!(!view.amend(change));
            }
            assert!(view == expected);
        }
    }

    #[test]
    fn too_many_edits_and_reactions_leave_the_newest_in_any_order() {
        let edits: Vec<_> = (1..=7).map(|n| edit(n, ADA, u64::from(n), "x")).collect();
        let faces = "😀😁😂😃😄😅😆😇😈😉";
        let reactions: Vec<_> = faces
            .chars()
            .zip(20_u8..)
            .map(|(face, n)| react(n, BEN, u64::from(n), &face.to_string(), true))
            .collect();
        for rounds in 0..7 {
            let mut view = message();
            for n in 0..7 {
                view.amend(&edits[(n + rounds) % 7]);
            }
            for n in 0..10 {
                view.amend(&reactions[(n * 3 + rounds) % 10]);
            }
            let amended = view.amended.clone().unwrap();
            let ids: Vec<_> = amended.edits.iter().map(|edit| edit.id.0[0]).collect();
            assert_eq!(ids, [3, 4, 5, 6, 7]);
            let ids: Vec<_> = amended.reactions.iter().map(|one| one.id.0[0]).collect();
            assert_eq!(ids, [22, 23, 24, 25, 26, 27, 28, 29]);
        }
    }

    #[test]
    fn the_heaviest_message_still_fits_its_record() {
        let mut view = message();
        let longest = "x".repeat(crate::wire::limits::MAX_TEXT);
        view.body = Body::Text(longest.clone());
        for n in 1..=7 {
            view.amend(&edit(n, ADA, u64::from(n), &longest));
        }
        let emoji = |n: u32| {
            let face = char::from_u32(0x1f600 + n).unwrap();
            [face; MAX_REACTION / 4].iter().collect::<String>()
        };
        for member in 0..=255 {
            for n in 0..8_u8 {
                let mut one = react(n, MemberId([member; 32]), u64::MAX, &emoji(n.into()), true);
                one.id.0[0] = member;
                view.amend(&one);
            }
        }
        view.delivered_to = vec![BEN; 256];
        view.recipients = Some(vec![BEN; 256]);
        let bytes = view.encode_record();
        assert!(crate::chat::decode_record(&bytes).as_ref() == Ok(&view));
        assert_eq!(view.amended.unwrap().reactions.len(), 256 * 8);
    }

    #[test]
    fn reactions_are_emoji_and_nothing_else() {
        for good in ["👍", "👍🏽", "❤️", "🏳️‍🌈", "👨‍👩‍👧‍👦", "1️⃣", "🇩🇪", "™"]
        {
            assert!(is_reaction(good), "{good}");
        }
        let long = "👍".repeat(17);
        for bad in [
            "",
            "ok",
            "1",
            "👍 ",
            "\u{202e}👍",
            "\u{200d}",
            "\u{fe0f}",
            "a\u{20e3}",
            "\u{20e3}",
            "あ",
            &long,
        ] {
            assert!(!is_reaction(bad), "{bad:?}");
        }
    }
}
