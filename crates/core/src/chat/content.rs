//! What a payload's body says, by its kind.

use super::amend::{Deed, is_reaction};
use super::payload::{Kind, Payload};
use crate::file::{File, MAX_CAPTION, MAX_DESCRIPTION, MAX_FILES, MAX_SEGMENTS};
use crate::ids::MessageId;
use crate::wire::{self, limits, record};

/// Longest lifetime of disappearing messages, in seconds: four weeks, as long as anybody plausibly waits for a reader.
pub const MAX_LIFETIME: u32 = 28 * 24 * 60 * 60;

/// A payload's meaning.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Words, perhaps in answer to another message.
    Text {
        /// The words.
        text: String,
        /// What they answer.
        reply_to: Option<MessageId>,
    },
    /// A change to a message that was sent before.
    Amend {
        /// Which message.
        target: MessageId,
        /// The change.
        deed: Deed,
    },
    /// A message is pinned for everybody, or no longer.
    Pin {
        /// Which message.
        target: MessageId,
        /// Whether.
        on: bool,
    },
    /// How long messages stay from now on, in seconds; 0: for good.
    Timer(u32),
    /// Files, perhaps with words.
    Files(Parcel),
    /// Something that this version doesn't know.
    Unknown {
        /// Its kind.
        kind: u16,
        /// Its bytes.
        body: Vec<u8>,
    },
}

struct Words {
    target: MessageId,
    text: String,
}

record!(Words { target, text });

struct Target {
    target: MessageId,
}

record!(Target { target });

struct Reacting {
    target: MessageId,
    emoji: String,
    on: bool,
}

record!(Reacting { target, emoji, on });

struct Pinning {
    target: MessageId,
    on: bool,
}

record!(Pinning { target, on });

struct Lasting {
    seconds: u32,
}

record!(Lasting { seconds });

/// Files that come together, with words or without.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The words; may be empty.
    pub text: String,
    /// What they answer.
    pub reply_to: Option<MessageId>,
    /// At least one, at most [`MAX_FILES`].
    pub files: Vec<File>,
}

record!(Parcel {
    text,
    reply_to,
    files
});

/// Room around the largest text in a record.
const MAX_BODY: usize = limits::MAX_TEXT + 64;

impl Content {
    /// What a payload says. `None` when it contradicts its own kind.
    #[must_use]
    pub fn of(payload: &Payload) -> Option<Self> {
        let body = payload.body.as_slice();
        Some(match payload.kind {
            Kind::TEXT => Self::Text {
                text: words(String::from_utf8(body.to_vec()).ok()?)?,
                reply_to: None,
            },
            Kind::REPLY => {
                let Words { target, text } = wire::decode(body, MAX_BODY).ok()?;
                Self::Text {
                    text: words(text)?,
                    reply_to: Some(target),
                }
            }
            Kind::EDIT => {
                let Words { target, text } = wire::decode(body, MAX_BODY).ok()?;
                let deed = Deed::Edit(words(text)?);
                Self::Amend { target, deed }
            }
            Kind::DELETE => {
                let Target { target } = wire::decode(body, MAX_BODY).ok()?;
                let deed = Deed::Delete;
                Self::Amend { target, deed }
            }
            Kind::REACTION => {
                let Reacting { target, emoji, on } = wire::decode(body, MAX_BODY).ok()?;
                let deed = is_reaction(&emoji).then_some(Deed::React { emoji, on })?;
                Self::Amend { target, deed }
            }
            Kind::PIN => {
                let Pinning { target, on } = wire::decode(body, MAX_BODY).ok()?;
                Self::Pin { target, on }
            }
            Kind::TIMER => {
                let Lasting { seconds } = wire::decode(body, MAX_BODY).ok()?;
                Self::Timer((seconds <= MAX_LIFETIME).then_some(seconds)?)
            }
            Kind::ATTACHMENT => {
                let parcel: Parcel = wire::decode(body, MAX_DESCRIPTION).ok()?;
                let segments: usize = parcel.files.iter().map(|it| it.segments.len() / 32).sum();
                let is_sound = (1..=MAX_FILES).contains(&parcel.files.len())
                    && segments <= MAX_SEGMENTS
                    && parcel.text.len() <= MAX_CAPTION
                    && parcel.files.iter().all(File::is_sound);
                Self::Files(is_sound.then_some(parcel)?)
            }
            kind => Self::Unknown {
                kind: kind.0,
                body: body.to_vec(),
            },
        })
    }

    /// Its kind and bytes.
    #[must_use]
    pub fn encode(&self) -> (Kind, Vec<u8>) {
        match self {
            Self::Text {
                text,
                reply_to: None,
            } => (Kind::TEXT, text.clone().into_bytes()),
            Self::Text {
                text,
                reply_to: Some(target),
            } => (Kind::REPLY, with_words(*target, text)),
            Self::Amend { target, deed } => {
                let target = *target;
                match deed {
                    Deed::Edit(text) => (Kind::EDIT, with_words(target, text)),
                    Deed::Delete => (Kind::DELETE, wire::encode(&Target { target })),
                    Deed::React { emoji, on } => {
                        let (emoji, on) = (emoji.clone(), *on);
                        let body = wire::encode(&Reacting { target, emoji, on });
                        (Kind::REACTION, body)
                    }
                }
            }
            Self::Pin { target, on } => {
                let (target, on) = (*target, *on);
                (Kind::PIN, wire::encode(&Pinning { target, on }))
            }
            Self::Timer(seconds) => {
                let seconds = *seconds;
                (Kind::TIMER, wire::encode(&Lasting { seconds }))
            }
            Self::Files(parcel) => (Kind::ATTACHMENT, wire::encode(parcel)),
            Self::Unknown { kind, body } => (Kind(*kind), body.clone()),
        }
    }
}

fn with_words(target: MessageId, text: &str) -> Vec<u8> {
    let text = text.to_owned();
    wire::encode(&Words { target, text })
}

/// A text that says something and is not too long.
fn words(text: String) -> Option<String> {
    (!text.trim().is_empty() && text.len() <= limits::MAX_TEXT).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{FileKey, Look};
    use crate::ids::Timestamp;
    use crate::test_attr::test;

    const TARGET: MessageId = MessageId([7; 32]);

    fn payload(kind: Kind, body: Vec<u8>) -> Payload {
        Payload {
            sent_at: Timestamp(1),
            heads_hash: [0; 32],
            roster_hash: [0; 32],
            parents: Vec::new(),
            clock: Timestamp(1),
            kind,
            body,
            lifetime: None,
        }
    }

    fn file() -> File {
        File {
            name: "name.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size: 3,
            key: FileKey([1; 32]),
            segments: vec![2; 32],
            look: Look::Plain,
        }
    }

    fn all() -> Vec<Content> {
        let amend = |deed| Content::Amend {
            target: TARGET,
            deed,
        };
        let text = |reply_to| Content::Text {
            text: "words".to_owned(),
            reply_to,
        };
        vec![
            text(None),
            text(Some(TARGET)),
            amend(Deed::Edit("other words".to_owned())),
            amend(Deed::Delete),
            amend(Deed::React {
                emoji: "👍🏽".to_owned(),
                on: true,
            }),
            Content::Pin {
                target: TARGET,
                on: false,
            },
            Content::Timer(3_600),
            Content::Files(Parcel {
                text: "words".to_owned(),
                reply_to: Some(TARGET),
                files: vec![file()],
            }),
            Content::Unknown {
                kind: 99,
                body: vec![1, 2],
            },
        ]
    }

    #[test]
    fn every_content_is_read_as_it_was_written() {
        for content in all() {
            let (kind, body) = content.encode();
            assert!(
                Content::of(&payload(kind, body)) == Some(content),
                "kind {}",
                kind.0
            );
        }
    }

    #[test]
    fn what_is_cut_short_or_goes_on_says_nothing() {
        for content in all() {
            let (kind, body) = content.encode();
            if matches!(content, Content::Unknown { .. }) || kind == Kind::TEXT {
                continue;
            }
            for length in 0..body.len() {
                let cut = payload(kind, body[..length].to_vec());
                assert!(Content::of(&cut).is_none(), "kind {} {length}", kind.0);
            }
            let longer = payload(kind, [body, vec![0]].concat());
            assert!(Content::of(&longer).is_none(), "kind {}", kind.0);
        }
    }

    #[test]
    fn blank_words_too_long_a_life_and_a_reaction_in_words_are_refused() {
        let refused = |content: Content| {
            let (kind, body) = content.encode();
            Content::of(&payload(kind, body)).is_none()
        };
        let amend = |deed| Content::Amend {
            target: TARGET,
            deed,
        };
        assert!(refused(amend(Deed::Edit(" \n".to_owned()))));
        assert!(refused(Content::Text {
            text: String::new(),
            reply_to: Some(TARGET),
        }));
        assert!(refused(Content::Timer(MAX_LIFETIME + 1)));
        for files in [vec![], vec![file(); MAX_FILES + 1]] {
            let (text, reply_to) = (String::new(), None);
            assert!(refused(Content::Files(Parcel {
                text,
                reply_to,
                files
            })));
        }
        assert!(refused(amend(Deed::React {
            emoji: "you fool".to_owned(),
            on: true,
        })));
    }
}
