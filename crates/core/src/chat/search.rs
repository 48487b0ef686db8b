//! Finding words in messages.

use super::history::{Body, MessageView};

/// Words that are looked for: a message has them all, in any order, as wholes or parts of words, whatever the case.
#[derive(Debug, Clone)]
pub struct Needle(Vec<String>);

impl Needle {
    /// The words of a text.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self(words.split_whitespace().map(str::to_lowercase).collect())
    }

    /// Whether a message has them, as it reads now. No words are in no message.
    #[must_use]
    pub fn is_in(&self, view: &MessageView) -> bool {
        let Some(text) = view.text() else {
            return false;
        };
        let mut text = text.to_lowercase();
        if let Body::Files { files, .. } = &view.body {
            for attached in files {
                text.push('\n');
                text.push_str(&attached.file.name.to_lowercase());
            }
        }
        !self.0.is_empty() && self.0.iter().all(|word| text.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{GroupId, MemberId, MessageId, Timestamp};
    use crate::test_attr::test;

    fn is_in(words: &str, text: &str) -> bool {
        let body = Body::Text(text.to_owned());
        let view = MessageView::new(
            GroupId([0; 32]),
            MessageId([0; 32]),
            MemberId([0; 32]),
            Timestamp(0),
            body,
        );
        Needle::new(words).is_in(&view)
    }

    #[test]
    fn all_words_are_found_in_any_order_and_case() {
        assert!(is_in("grüsse AUS", "Aus Köln viele GRÜSSE"));
        assert!(is_in("öln", "Köln"));
        assert!(!is_in("köln bonn", "Köln"));
        assert!(!is_in(" ", "Köln"));
    }
}
