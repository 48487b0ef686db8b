//! Languages: every word on screen comes from here.
//!
//! English is part of the app. Every other language is a file that the page fetches only where it is
//! spoken; tests demand that it has every text, in order, with the same gaps. Dates, times, numbers and the order of names
//! come from the browser's `Intl`.

pub(crate) mod format;
pub(crate) mod letters;
pub(crate) mod numbers;
mod phrase;
mod strings;

pub(crate) use phrase::Phrase;
pub(crate) use strings::Strings;

use core::cell::RefCell;

use super::dom;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    /// English.
    English,
    /// German.
    German,
    /// Arabic.
    Arabic,
}

impl Locale {
    /// All languages, the fallback first.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Arabic];

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
            Self::Arabic => "ar",
        }
    }

    /// The value of the page's `dir` attribute.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::English | Self::German => "ltr",
            Self::Arabic => "rtl",
        }
    }

    /// Where the words are with which the app is installed.
    #[must_use]
    pub const fn manifest(self) -> &'static str {
        match self {
            Self::English => "/manifest.webmanifest",
            Self::German => "/manifests/de.webmanifest",
            Self::Arabic => "/manifests/ar.webmanifest",
        }
    }

    /// What its speakers call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Arabic => "العربية",
        }
    }

    /// The categories of numbers that it has words for, by their names in CLDR, in the order of a counted phrase's forms.
    #[must_use]
    pub const fn forms(self) -> &'static [&'static str] {
        match self {
            Self::English | Self::German => &["one", "other"],
            Self::Arabic => &["zero", "one", "two", "few", "many", "other"],
        }
    }

    /// The language that a person has chosen, or else the best of those that the browser knows of.
    #[must_use]
    pub fn chosen(choice: &str, preferred: &[String]) -> Self {
        let chosen = Self::ALL.into_iter().find(|locale| locale.tag() == choice);
        chosen.unwrap_or_else(|| Self::choose(preferred.iter().map(String::as_str)))
    }

    /// The address of its file; English needs none.
    const fn file(self) -> Option<&'static str> {
        match self {
            Self::English => None,
            Self::German => Some("languages/de.txt"),
            Self::Arabic => Some("languages/ar.txt"),
        }
    }

    /// The files as they are in the tree.
    #[cfg(test)]
    const FILES: [(Self, &'static str); 2] = [
        (
            Self::German,
            include_str!("../../../static/languages/de.txt"),
        ),
        (
            Self::Arabic,
            include_str!("../../../static/languages/ar.txt"),
        ),
    ];
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

    /// This language; `None` where its file can't be had.
    pub(crate) async fn load(locale: Locale) -> Option<Self> {
        let Some(address) = locale.file() else {
            return Some(Self::ENGLISH);
        };
        let kept = LOADED.with_borrow(|loaded| {
            let mut loaded = loaded.iter();
            loaded.find(|language| language.locale == locale).copied()
        });
        if kept.is_some() {
            return kept;
        }
        let file = dom::fetch_text(address).await?;
        let language = Self::read(locale, file.leak())?;
        LOADED.with_borrow_mut(|loaded| loaded.push(language));
        Some(language)
    }
}

thread_local! {
    /// Each language that was spoken since the page was opened: its texts stay as long as the page.
    static LOADED: RefCell<Vec<Language>> = const { RefCell::new(Vec::new()) };
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
        let preferred = ["ar-EG".to_owned()];
        assert_eq!(Locale::chosen("", &preferred), Locale::Arabic);
        assert_eq!(Locale::chosen("de", &preferred), Locale::German);
        assert_eq!(Locale::chosen("tlh", &preferred), Locale::Arabic);
    }

    #[test]
    fn every_counted_phrase_has_a_form_for_each_category_of_numbers() {
        let english = (Locale::English, Strings::ENGLISH);
        let read = |(locale, file)| (locale, Language::read(locale, file).unwrap().strings);
        for (locale, strings) in Locale::FILES.map(read).into_iter().chain([english]) {
            let counted = strings.counted();
            assert!(!counted.is_empty());
            for (name, forms) in counted {
                let all = locale.forms().len();
                assert!(
                    forms == 1 || forms == all,
                    "{locale:?}: {name} has {forms} of {all} forms"
                );
            }
        }
    }

    #[test]
    fn every_language_fills_the_same_gaps() {
        for (locale, file) in Locale::FILES {
            let strings = Language::read(locale, file).unwrap().strings;
            for (own, english) in strings.gaps().into_iter().zip(Strings::ENGLISH.gaps()) {
                assert_eq!(own, english, "{locale:?}");
            }
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
