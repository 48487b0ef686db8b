//! What the browser knows of the world's letters: their cases, and the order of names in the person's language.
//!
//! The standard library brings tables of its own for this, which every first visit would have to load. Natively, where
//! only tests run, they are used all the same.

use core::cmp::Ordering;

#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{compare, lower, set_language, upper};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{compare, lower, set_language, upper};

/// Whether this can stand in a word.
pub(crate) fn is_letter_or_digit(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    #[cfg(target_arch = "wasm32")]
    return browser::is_letter_or_digit(character);
    #[cfg(not(target_arch = "wasm32"))]
    return character.is_alphanumeric();
}

/// Sorts by name and then by what else tells two apart. For lists as short as those of members and groups.
pub(crate) fn sort_by_name<T, K: Ord>(
    items: &mut Vec<T>,
    name: impl Fn(&T) -> &str,
    then: impl Fn(&T) -> K,
) {
    for item in core::mem::take(items) {
        let place = items.partition_point(|other| {
            let by_name = compare(name(other), name(&item));
            by_name.then_with(|| then(other).cmp(&then(&item))) == Ordering::Less
        });
        items.insert(place, item);
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use core::cell::{LazyCell, RefCell};
    use core::cmp::Ordering;

    use js_sys::{Array, Function, Intl, JsString, Object, RegExp};
    use leptos::wasm_bindgen::JsValue;

    thread_local! {
        static COLLATOR: RefCell<Option<Collator>> = const { RefCell::new(None) };
    }

    /// Made when two names are first compared: it takes a browser long.
    type Collator = LazyCell<Function, Box<dyn FnOnce() -> Function>>;

    /// Chooses the language whose order [`compare`] follows.
    pub(crate) fn set_language(tag: &str) {
        let tags = Array::of1(&JsValue::from(tag));
        let collator: Collator = LazyCell::new(Box::new(move || {
            Intl::Collator::new(&tags, &Object::new()).compare()
        }));
        COLLATOR.with_borrow_mut(|slot| *slot = Some(collator));
    }

    /// Which of two names comes first in a list for the person.
    pub(crate) fn compare(a: &str, b: &str) -> Ordering {
        COLLATOR.with_borrow(|collator| {
            let order = collator
                .as_ref()
                .and_then(|compare| {
                    compare
                        .call2(&JsValue::UNDEFINED, &a.into(), &b.into())
                        .ok()
                })
                .and_then(|order| order.as_f64());
            match order {
                Some(order) => order.total_cmp(&0.0),
                None => a.cmp(b),
            }
        })
    }

    /// The text in small letters.
    pub(crate) fn lower(text: &str) -> String {
        JsString::from(text).to_lower_case().into()
    }

    /// The text in capitals.
    pub(crate) fn upper(text: &str) -> String {
        JsString::from(text).to_upper_case().into()
    }

    pub(super) fn is_letter_or_digit(character: char) -> bool {
        RegExp::new(r"[\p{Alphabetic}\p{N}]", "u").test(character.encode_utf8(&mut [0; 4]))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use core::cmp::Ordering;

    /// Natively there is one order for all languages.
    pub(crate) fn set_language(_: &str) {}

    /// Which of two names comes first in a list.
    pub(crate) fn compare(a: &str, b: &str) -> Ordering {
        lower(a).cmp(&lower(b))
    }

    /// The text in small letters.
    pub(crate) fn lower(text: &str) -> String {
        text.to_lowercase()
    }

    /// The text in capitals.
    pub(crate) fn upper(text: &str) -> String {
        text.to_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_order_whatever_their_case_and_equal_ones_by_what_tells_them_apart() {
        let mut people = vec![("ben", 2), ("Cleo", 1), ("Ada", 3), ("ben", 1), ("ada", 1)];
        sort_by_name(&mut people, |(name, _)| name, |(_, number)| *number);
        assert_eq!(
            people,
            [("ada", 1), ("Ada", 3), ("ben", 1), ("ben", 2), ("Cleo", 1)]
        );
    }

    #[test]
    fn a_letter_of_any_script_can_stand_in_a_word() {
        assert!(
            ['a', 'Z', '7', '\u{e9}', '\u{416}', '\u{5d0}', '\u{4e2d}'].map(is_letter_or_digit)
                == [true; 7]
        );
        assert!(['-', ' ', '\u{2019}', '\u{1f984}'].map(is_letter_or_digit) == [false; 4]);
    }
}
