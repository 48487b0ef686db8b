//! Dates, times and shares in the person's language, by the browser's `Intl`. Only in a page.

use std::cell::{Cell, LazyCell, RefCell};

use discordopus_core::ids::{MILLIS_PER_DAY, MILLIS_PER_MINUTE, Timestamp};
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use leptos::wasm_bindgen::JsValue;

use super::{Locale, Strings, letters, numbers};

/// How much of a moment is told.
#[derive(Clone, Copy)]
enum Style {
    Time,
    Day,
    Full,
}

/// What writes one style, made when it is first needed: a browser takes longer to make one than for a hundred uses, and all
/// of them together as long as for drawing the first page.
type Writer = LazyCell<Function, Box<dyn FnOnce() -> Function>>;

/// One of each style.
struct Formats {
    time: Writer,
    day: Writer,
    full: Writer,
    percent: Writer,
    decimal: Writer,
    /// By unit: kilobytes, megabytes, gigabytes.
    sizes: [Writer; 3],
}

thread_local! {
    static FORMATS: RefCell<Option<Formats>> = const { RefCell::new(None) };
    /// The last quarter of an hour that was asked about, and how many minutes the person's clock is behind in it.
    static BEHIND: Cell<Option<(u64, i64)>> = const { Cell::new(None) };
}

/// Clocks are changed on the quarter of an hour.
const QUARTER: u64 = 15 * MILLIS_PER_MINUTE;

/// Chooses the language of all dates and figures and of the order of names from now on.
pub(crate) fn set_locale(locale: Locale, preferred: &[String]) {
    // "de-AT" writes dates in its own way: the person's tag counts where its language is the chosen one.
    let tag = preferred
        .iter()
        .find(|tag| Locale::choose([tag.as_str()]) == locale)
        .map_or(locale.tag(), String::as_str);
    letters::set_language(tag);
    numbers::set_language(locale, tag);
    let tags = Array::of1(&JsValue::from(tag));
    let date = |options: Options| -> Writer {
        let tags = tags.clone();
        LazyCell::new(Box::new(move || {
            Intl::DateTimeFormat::new(&tags, &object(options)).format()
        }))
    };
    let number = |options: Options| -> Writer {
        let tags = tags.clone();
        LazyCell::new(Box::new(move || {
            Intl::NumberFormat::new(&tags, &object(options)).format()
        }))
    };
    let formats = Formats {
        time: date(&[("timeStyle", "short")]),
        day: date(&[
            ("weekday", "long"),
            ("day", "numeric"),
            ("month", "long"),
            ("year", "numeric"),
        ]),
        full: date(&[("dateStyle", "medium"), ("timeStyle", "short")]),
        percent: number(&[("style", "percent"), ("maximumFractionDigits", "1")]),
        decimal: number(&[("maximumFractionDigits", "1")]),
        sizes: [
            number(&[
                ("style", "unit"),
                ("unit", "kilobyte"),
                ("maximumFractionDigits", "1"),
            ]),
            number(&[
                ("style", "unit"),
                ("unit", "megabyte"),
                ("maximumFractionDigits", "1"),
            ]),
            number(&[
                ("style", "unit"),
                ("unit", "gigabyte"),
                ("maximumFractionDigits", "1"),
            ]),
        ],
    };
    FORMATS.with_borrow_mut(|slot| *slot = Some(formats));
}

/// What is asked of a formatter, by name.
type Options = &'static [(&'static str, &'static str)];

fn object(options: Options) -> Object {
    let object = Object::new();
    for (key, value) in options {
        // Setting a property of a plain object never fails.
        let _ = Reflect::set(&object, &JsValue::from(*key), &JsValue::from(*value));
    }
    object
}

/// The time of day.
pub(crate) fn time(at: Timestamp) -> String {
    format(at, Style::Time)
}

/// Date and time of day.
pub(crate) fn moment(at: Timestamp) -> String {
    format(at, Style::Full)
}

/// The day in words: today, yesterday, or its date.
pub(crate) fn day(at: Timestamp, now: Timestamp, strings: Strings) -> String {
    match local_day(now) - local_day(at) {
        0 => strings.today().to_owned(),
        1 => strings.yesterday().to_owned(),
        _ => format(at, Style::Day),
    }
}

/// The number of the calendar day where the person is.
pub(crate) fn local_day(at: Timestamp) -> i64 {
    day_at_offset(at, minutes_behind(at))
}

/// How far the person's clock is behind at a moment. A log asks for all its rows whenever one comes.
fn minutes_behind(at: Timestamp) -> i64 {
    let quarter = at.0 / QUARTER;
    if let Some((asked, minutes)) = BEHIND.get()
        && asked == quarter
    {
        return minutes;
    }
    let offset = Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset();
    let minutes = offset as i64;
    BEHIND.set(Some((quarter, minutes)));
    minutes
}

fn day_at_offset(at: Timestamp, minutes_behind: i64) -> i64 {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let local = millis.saturating_sub(minutes_behind.saturating_mul(MILLIS_PER_MINUTE as i64));
    local.div_euclid(MILLIS_PER_DAY as i64)
}

/// The machine-readable form for `<time datetime>`.
pub(crate) fn machine(at: Timestamp) -> String {
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    // Beyond the range of dates there is no such form, and asking for one throws.
    if date.get_time().is_nan() {
        return String::new();
    }
    date.to_iso_string().into()
}

/// A share of 1000 as hundredths.
pub(crate) fn percent(thousandths: u32) -> String {
    written(f64::from(thousandths) / 1000.0, |formats| &formats.percent)
}

/// A number with at most one digit behind its point.
pub(crate) fn decimal(number: f64) -> String {
    written(number, |formats| &formats.decimal)
}

/// A number of bytes in the unit that fits; at least one kilobyte.
pub(crate) fn bytes(count: f64) -> String {
    let kilobytes = (count / 1e3).ceil().max(1.0);
    if kilobytes < 1000.0 {
        return written(kilobytes, |formats| &formats.sizes[0]);
    }
    let megabytes = count / 1e6;
    if megabytes < 1000.0 {
        written(megabytes, |formats| &formats.sizes[1])
    } else {
        written(megabytes / 1000.0, |formats| &formats.sizes[2])
    }
}

/// How long a recording is: minutes and seconds.
pub(crate) fn duration(milliseconds: u32) -> String {
    let seconds = milliseconds.div_ceil(1_000);
    let digit = |number: u32| decimal(f64::from(number));
    format!(
        "{}:{}{}",
        digit(seconds / 60),
        digit(seconds % 60 / 10),
        digit(seconds % 10)
    )
}

fn format(at: Timestamp, style: Style) -> String {
    written(at.0 as f64, |formats| match style {
        Style::Time => &formats.time,
        Style::Day => &formats.day,
        Style::Full => &formats.full,
    })
}

fn written(value: f64, choose: impl FnOnce(&Formats) -> &Writer) -> String {
    FORMATS
        .with_borrow(|formats| {
            let function = choose(formats.as_ref()?);
            let text = function.call1(&JsValue::UNDEFINED, &JsValue::from_f64(value));
            text.ok()?.as_string()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_local_midnight() {
        let just_before_midnight_utc = Timestamp(MILLIS_PER_DAY - 1);
        assert_eq!(day_at_offset(just_before_midnight_utc, 0), 0);
        assert_eq!(day_at_offset(just_before_midnight_utc, -60), 1);
        assert_eq!(day_at_offset(Timestamp(MILLIS_PER_DAY), 60), 0);
        assert_eq!(day_at_offset(Timestamp(0), 60), -1);
    }
}
