//! Languages: every word on screen comes from here.
//!
//! A language is one constant of type [`Strings`]; a text that it lacks does not compile, and a test compares the gaps
//! of each phrase between languages. Dates and times come from the browser's `Intl`.

mod de;
mod en;
pub(crate) mod format;
pub(crate) mod letters;
mod phrase;
mod strings;

pub(crate) use phrase::{Counted, Phrase};
pub(crate) use strings::Strings;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// English.
    English,
    /// German.
    German,
}

impl Locale {
    /// All languages, the fallback first.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The best of the person's languages, best first; English when none is known.
    #[must_use]
    pub fn choose<'a>(preferred: impl IntoIterator<Item = &'a str>) -> Self {
        preferred
            .into_iter()
            .find_map(|tag| {
                let language = tag.split('-').next().unwrap_or(tag);
                Self::ALL
                    .into_iter()
                    .find(|locale| locale.tag().eq_ignore_ascii_case(language))
            })
            .unwrap_or(Self::English)
    }

    /// The language's BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The value of the page's `dir` attribute.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::English | Self::German => "ltr",
        }
    }

    /// Its texts.
    pub(crate) const fn strings(self) -> &'static Strings {
        match self {
            Self::English => &en::ENGLISH,
            Self::German => &de::GERMAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_wins() {
        assert_eq!(Locale::choose(["fr-FR", "de-AT", "en"]), Locale::German);
        assert_eq!(Locale::choose(["en-US", "de"]), Locale::English);
        assert_eq!(Locale::choose(["fr"]), Locale::English);
        assert_eq!(Locale::choose([]), Locale::English);
    }

    #[test]
    fn every_language_fills_the_same_gaps() {
        let english = Locale::English.strings().gaps();
        for locale in Locale::ALL {
            assert_eq!(locale.strings().gaps(), english, "{locale:?}");
        }
    }

    #[test]
    fn no_text_is_empty() {
        for locale in Locale::ALL {
            assert_eq!(locale.strings().empty(), Vec::<&str>::new(), "{locale:?}");
        }
    }
}
