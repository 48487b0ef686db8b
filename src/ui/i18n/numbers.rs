//! Numbers in the person's language, and which form of a phrase they ask for, by the browser's `Intl`.
//!
//! Natively, where only tests run, numbers are as in English.

#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{form, number, set_language};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{form, number, set_language};

#[cfg(target_arch = "wasm32")]
mod browser {
    use core::cell::{LazyCell, RefCell};

    use js_sys::{Array, Function, Intl, Object};
    use leptos::wasm_bindgen::JsValue;

    use crate::ui::i18n::Locale;

    /// What a browser takes long to make: it is made when it is first needed.
    type Late<T> = LazyCell<T, Box<dyn FnOnce() -> T>>;

    /// What knows the language's numbers.
    struct Numbers {
        write: Late<Function>,
        rules: Late<Intl::PluralRules>,
        forms: &'static [&'static str],
    }

    thread_local! {
        static NUMBERS: RefCell<Option<Numbers>> = const { RefCell::new(None) };
    }

    /// Chooses the language of all numbers from now on.
    pub(crate) fn set_language(locale: Locale, tag: &str) {
        let tags = Array::of1(&JsValue::from(tag));
        let of_rules = tags.clone();
        let numbers = Numbers {
            write: LazyCell::new(Box::new(move || {
                Intl::NumberFormat::new(&tags, &Object::new()).format()
            })),
            rules: LazyCell::new(Box::new(move || {
                Intl::PluralRules::new(&of_rules, &Object::new())
            })),
            forms: locale.forms(),
        };
        NUMBERS.with_borrow_mut(|slot| *slot = Some(numbers));
    }

    /// A number as it is written.
    pub(crate) fn number(number: u32) -> String {
        let written = NUMBERS.with_borrow(|numbers| {
            let write = &numbers.as_ref()?.write;
            let written = write.call1(&JsValue::UNDEFINED, &JsValue::from(number));
            written.ok()?.as_string()
        });
        written.unwrap_or_else(|| number.to_string())
    }

    /// The place of the form that goes with this number.
    pub(crate) fn form(count: u32) -> usize {
        NUMBERS.with_borrow(|numbers| match numbers {
            Some(numbers) => {
                let category = String::from(numbers.rules.select(f64::from(count)));
                let place = numbers.forms.iter().position(|form| *form == category);
                place.unwrap_or(numbers.forms.len() - 1)
            }
            None => usize::from(count != 1),
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use crate::ui::i18n::Locale;

    pub(crate) fn set_language(_: Locale, _: &str) {}

    pub(crate) fn number(number: u32) -> String {
        number.to_string()
    }

    pub(crate) fn form(count: u32) -> usize {
        usize::from(count != 1)
    }
}
