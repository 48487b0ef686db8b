//! Languages: every word on screen comes from here.
//!
//! English is part of the app. Every other language is a file that the page fetches only where it is
//! spoken; tests demand that it has every text, in order, with the same gaps. Dates, times and the order of names come
//! from the browser's `Intl`.

pub(crate) mod format;
pub(crate) mod letters;
mod phrase;
mod strings;

pub(crate) use phrase::Phrase;
pub(crate) use strings::Strings;

use super::dom;

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

    /// The address of its file; English needs none.
    const fn file(self) -> Option<&'static str> {
        match self {
            Self::English => None,
            Self::German => Some("languages/de.txt"),
        }
    }

    /// The files as they are in the tree.
    #[cfg(test)]
    const FILES: [(Self, &'static str); 1] = [(
        Self::German,
        include_str!("../../../static/languages/de.txt"),
    )];
}

/// A language with its texts.
#[derive(Clone, Copy)]
pub struct Language {
    /// Which it is.
    pub locale: Locale,
    pub(crate) strings: Strings,
}

impl Language {
    /// The one that needs no file.
    pub const ENGLISH: Self = Self {
        locale: Locale::English,
        strings: Strings::ENGLISH,
    };

    /// The language of this file; `None` where the file was made for another version of the app.
    #[must_use]
    pub fn read(locale: Locale, file: &'static str) -> Option<Self> {
        let strings = Strings::read(file)?;
        Some(Self { locale, strings })
    }

    /// The best of the person's languages; English where its file can't be had.
    pub(crate) async fn load(preferred: &[String]) -> Self {
        let locale = Locale::choose(preferred.iter().map(String::as_str));
        let Some(address) = locale.file() else {
            return Self::ENGLISH;
        };
        match dom::fetch_text(address).await {
            Some(file) => Self::read(locale, file.leak()).unwrap_or(Self::ENGLISH),
            None => Self::ENGLISH,
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
        for (locale, file) in Locale::FILES {
            let language = Language::read(locale, file).unwrap();
            assert_eq!(
                language.strings.gaps(),
                Strings::ENGLISH.gaps(),
                "{locale:?}"
            );
        }
    }

    #[test]
    fn no_text_is_empty() {
        assert_eq!(Strings::ENGLISH.empty(), Vec::<&str>::new());
        for (locale, file) in Locale::FILES {
            let language = Language::read(locale, file).unwrap();
            assert_eq!(language.strings.empty(), Vec::<&str>::new(), "{locale:?}");
        }
    }
}
