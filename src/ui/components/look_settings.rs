//! The settings of the language and of how the app looks.

use discordopus_core::io::{Look, MAX_TEXT_SIZE, MIN_TEXT_SIZE, Theme};
use leptos::prelude::*;

use super::sound_settings::Switch;
use super::{Choice, Shown};
use crate::ui::context::use_ui;
use crate::ui::i18n::{Locale, format};

/// The themes in the order of their list.
const THEMES: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

/// From one text size to the next, in hundredths.
const STEP: u16 = 25;

/// The part "Language" of the settings.
#[component]
pub(crate) fn LanguageSettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let names = Locale::ALL.map(|locale| locale.name().to_owned());
    let words: Vec<String> = std::iter::once(strings.as_system().to_owned())
        .chain(names)
        .collect();
    let chosen = move || {
        let settings = ui.model.sound.settings;
        let place = settings.with(|settings| {
            let mut all = Locale::ALL.iter();
            all.position(|locale| locale.tag() == settings.look.language)
        });
        place.map_or(0, |place| place + 1)
    };
    let choose = move |place: usize| {
        let locale = place
            .checked_sub(1)
            .and_then(|place| Locale::ALL.get(place));
        let tag = locale.map_or("", |locale| locale.tag());
        change(move |look| look.language = tag.to_owned());
    };
    view! {
        <section class="card" aria-labelledby="settings-language">
            <h2 id="settings-language">{strings.language()}</h2>
            <Choice
                label=strings.language()
                words
                chosen=Signal::derive(chosen)
                on_choose=choose
            />
            <Shown when=ui.language_failed>
                <p class="problem" role="alert">
                    {strings.language_failed()}
                </p>
            </Shown>
        </section>
    }
}

/// The part "Appearance" of the settings.
#[component]
pub(crate) fn LookSettings() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let settings = ui.model.sound.settings;
    let theme = move || {
        let theme = settings.with(|settings| settings.look.theme);
        THEMES
            .iter()
            .position(|it| *it == theme)
            .unwrap_or_default()
    };
    let choose_theme = move |place: usize| {
        if let Some(theme) = THEMES.get(place) {
            change(|look| look.theme = *theme);
        }
    };
    let size = move || {
        let size = settings.with(|settings| settings.look.text_size);
        usize::from(size.saturating_sub(MIN_TEXT_SIZE) / STEP)
    };
    let choose_size = move |place: usize| {
        let steps = u16::try_from(place).unwrap_or_default();
        change(|look| look.text_size = MIN_TEXT_SIZE.saturating_add(STEP.saturating_mul(steps)));
    };
    let sizes = (MIN_TEXT_SIZE..=MAX_TEXT_SIZE).step_by(usize::from(STEP));
    let sizes: Vec<String> = sizes
        .map(|size| format::percent(u32::from(size) * 10))
        .collect();
    view! {
        <section class="card" aria-labelledby="settings-appearance">
            <h2 id="settings-appearance">{strings.appearance()}</h2>
            <Choice
                label=strings.theme()
                words=[strings.as_system(), strings.theme_light(), strings.theme_dark()]
                    .map(str::to_owned)
                    .to_vec()
                chosen=Signal::derive(theme)
                on_choose=choose_theme
            />
            <Choice
                label=strings.text_size()
                words=sizes
                chosen=Signal::derive(size)
                on_choose=choose_size
            />
            <Switch
                label=strings.high_contrast()
                hint=strings.high_contrast_hint()
                at=|settings| &mut settings.look.high_contrast
            />
            <Switch
                label=strings.reduced_motion()
                hint=strings.reduced_motion_hint()
                at=|settings| &mut settings.look.reduced_motion
            />
        </section>
    }
}

fn change(change: impl FnOnce(&mut Look)) {
    use_ui()
        .model
        .change_settings(|settings| change(&mut settings.look));
}
