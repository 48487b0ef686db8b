//! Locks the app when nobody has been at the page for a while, if that is wanted. Never in a call.

use std::time::Duration;

use discordopus_core::ids::{MILLIS_PER_MINUTE, Timestamp};
use leptos::prelude::*;

use super::components::{condition, effect};
use super::context::Ui;
use super::dom;
use crate::runtime::Boot;

/// How often is looked: a machine that slept, or a page whose timers the browser held back, is caught by the clock.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// What tells that somebody is there.
const SIGNS: [&str; 4] = ["pointerdown", "pointermove", "keydown", "wheel"];

/// Begins.
pub(super) fn watch_idleness(ui: Ui) {
    let limit = Memo::new(move |_| {
        let open = ui
            .model
            .boot
            .with(|boot| matches!(boot, Boot::Running { .. }));
        let minutes = ui.model.sound.settings.with(|settings| settings.lock_after);
        let wanted = open && minutes > 0 && ui.model.passphrase.get();
        wanted.then(|| u64::from(minutes) * MILLIS_PER_MINUTE)
    });
    let in_call = condition(move || ui.model.sound.call.with(Option::is_some));
    let last_sign = StoredValue::new(dom::now());
    let look = move || {
        let now = dom::now();
        if in_call.get_untracked() {
            return last_sign.set_value(now);
        }
        let idle = is_idle(last_sign.get_value(), now, limit.get_untracked());
        if idle {
            ui.safe.with_value(|safe| safe.lock());
        }
    };
    effect(move || {
        // From the moment on at which it is wanted, or a call ends.
        limit.track();
        in_call.track();
        last_sign.set_value(dom::now());
    });
    effect(move || {
        // A page that is looked at again after hours shows nothing before it is known whether it may. To look is a sign
        // only after that.
        if ui.visible.get() {
            look();
        }
    });
    let heard = SIGNS.map(|sign| {
        window_event_listener_untyped(sign, move |_| {
            look();
            last_sign.set_value(dom::now());
        })
    });
    let again = set_interval_with_handle(look, LOOK_EVERY).ok();
    on_cleanup(move || {
        heard.into_iter().for_each(|listener| listener.remove());
        if let Some(again) = again {
            again.clear();
        }
    });
}

/// Whether so much time has passed. A clock that was set back counts as time that has passed: nobody gains by it.
fn is_idle(last_sign: Timestamp, now: Timestamp, limit: Option<u64>) -> bool {
    limit.is_some_and(|limit| now < last_sign || now.since(last_sign) >= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_there_once_the_time_has_passed_and_not_before() {
        let (sign, limit) = (Timestamp(1_000_000), Some(60_000));
        assert!(!is_idle(sign, Timestamp(1_000_000), limit));
        assert!(!is_idle(sign, Timestamp(1_059_999), limit));
        assert!(is_idle(sign, Timestamp(1_060_000), limit));
        assert!(!is_idle(sign, Timestamp(9_060_000), None));
        assert!(is_idle(sign, Timestamp(999_999), limit), "set back");
    }
}
