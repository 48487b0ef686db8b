//! What a name may be, so that it can be shown beside other names without deceiving anyone.

use crate::wire::limits;

/// Most combining marks in a row: enough for Vietnamese, Hebrew with points and Thai; stacked towers end here.
pub const MAX_COMBINING_RUN: usize = 4;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left after the spaces at both ends are off, or nothing of it can be seen.
    #[error("empty")]
    Empty,
    /// Longer than [`limits::MAX_NAME`] bytes.
    #[error("too long")]
    TooLong,
    /// A control character, a line break, a change of writing direction, or a tower of combining marks.
    #[error("forbidden character")]
    Forbidden,
}

/// The name as it is signed: without white space at both ends. Used for members and groups alike.
///
/// # Errors
/// [`NameError`] when it is no name.
pub fn clean_name(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > limits::MAX_NAME {
        return Err(NameError::TooLong);
    }
    let mut run = 0;
    let mut visible = false;
    for character in name.chars() {
        if is_forbidden(character) {
            return Err(NameError::Forbidden);
        }
        if is_combining(character) {
            run += 1;
            if run > MAX_COMBINING_RUN {
                return Err(NameError::Forbidden);
            }
        } else if !is_invisible(character) {
            run = 0;
            visible = true;
        }
    }
    if visible {
        Ok(name.to_owned())
    } else {
        Err(NameError::Empty)
    }
}

/// Whether [`clean_name`] would leave it as it is.
pub(crate) fn is_clean_name(name: &str) -> bool {
    clean_name(name).is_ok_and(|clean| clean == name)
}

/// Controls, line and paragraph separators, bidirectional embeddings, overrides and isolates, and non-characters.
fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}'
        )
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
}

/// Takes no room on screen by itself (Unicode's default ignorables, spaces, and blank letters).
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Marks that stack on the letter before them without limit: the general blocks, and those of scripts that stack.
fn is_combining(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}'
            | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
            | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
            | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{eb1}' | '\u{eb4}'..='\u{ebc}'
            | '\u{ec8}'..='\u{ece}' | '\u{f71}'..='\u{f84}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_attr::test;

    #[test]
    fn names_of_every_script_are_kept_and_trimmed() {
        for name in [
            "Ada",
            "Zoë 2",
            "Nguyễn Thị Ánh",
            "עִבְרִית",
            "محمّد",
            "สมชาย ที่รัก",
            "木村",
            "👩‍👩‍👧",
            "ی‌ک",
        ] {
            assert_eq!(clean_name(name).as_deref(), Ok(name));
            assert_eq!(
                clean_name(&format!(" \t{name}\u{a0} ")).as_deref(),
                Ok(name)
            );
        }
    }

    #[test]
    fn a_name_that_shows_nothing_is_empty() {
        for name in [
            "",
            "  ",
            "\u{200b}\u{200d}",
            "\u{3164}",
            "\u{2800} \u{ad}",
            "\u{301}\u{301}",
        ] {
            assert_eq!(clean_name(name), Err(NameError::Empty), "{name:?}");
        }
    }

    #[test]
    fn a_name_of_the_largest_size_fits_and_one_byte_more_does_not() {
        let longest = "n".repeat(limits::MAX_NAME);
        assert_eq!(clean_name(&longest), Ok(longest.clone()));
        assert_eq!(clean_name(&format!("{longest}n")), Err(NameError::TooLong));
        assert_eq!(clean_name(&"é".repeat(26)), Err(NameError::TooLong));
    }

    #[test]
    fn what_could_deceive_the_eye_is_forbidden() {
        for name in [
            "a\nb",
            "a\u{0}b",
            "a\u{85}b",
            "\u{202e}evil",
            "a\u{2066}b",
            "a\u{2069}b",
            "a\u{2028}b",
            "a\u{ffff}b",
        ] {
            assert_eq!(clean_name(name), Err(NameError::Forbidden), "{name:?}");
        }
        let tower = |marks: usize| format!("a{}", "\u{301}".repeat(marks));
        assert!(clean_name(&tower(MAX_COMBINING_RUN)).is_ok());
        assert_eq!(
            clean_name(&tower(MAX_COMBINING_RUN + 1)),
            Err(NameError::Forbidden)
        );
        // An invisible character does not begin a new run.
        assert_eq!(
            clean_name(&format!(
                "a{}\u{200d}\u{301}",
                "\u{301}".repeat(MAX_COMBINING_RUN)
            )),
            Err(NameError::Forbidden)
        );
    }
}
