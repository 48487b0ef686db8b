//! Whether others see what one has read.

use leptos::prelude::*;

use super::sound_settings::Switch;
use crate::ui::context::use_ui;

/// The part "Reading" of the settings.
#[component]
pub(crate) fn ReadingSettings() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <section class="card" aria-labelledby="settings-reading">
            <h2 id="settings-reading">{strings.reading()}</h2>
            <Switch
                label=strings.read_receipts()
                hint=strings.read_receipts_hint()
                at=|settings| &mut settings.read_receipts
            />
        </section>
    }
}
