//! The root component: context, window title, and which page is on screen.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::call_watch::watch_calls;
use super::components::{
    CrowdDialog, EmojiChoices, IncomingCalls, JumpDialog, Notices, ShareDialog, ShortcutsDialog,
    Shown, effect, keep_page_when_dropped,
};
use super::context::{Ui, use_ui};
use super::dom;
use super::i18n::{Language, Locale, format, numbers};
use super::idle_watch::watch_idleness;
use super::news_watch::watch_news;
use super::pages::{
    Failed, Frame, Loading, Locked, SecondTab, StorageBlocked, TakenOver, TooNew, Unsupported,
};
use super::route::{Navigation, Route};
use super::version_watch::watch_versions;
use super::view_model::AppModel;
use crate::runtime::{Boot, Bridge, Safe, Sound, Startup};

/// Builds the app in the page's body. `start` begins the background task that tells the bridge what happens.
pub fn mount(start: impl FnOnce(Bridge) -> (Startup, Sound, Safe) + 'static) {
    spawn_local(async move {
        let locale = Locale::chosen("", &dom::languages());
        let language = Language::load(locale).await.unwrap_or(Language::ENGLISH);
        leptos::mount::mount_to_body(move || {
            let model = AppModel::new();
            let (startup, sound, safe) = start(Bridge::new(model));
            view! { <App model startup sound safe language /> }
        });
    });
}

/// The whole app over a view model: the real one, or one that a test writes.
#[component]
pub fn App(
    /// What is on screen.
    model: AppModel,
    /// The buttons of the start screens.
    startup: Startup,
    /// The page's microphone and speakers.
    sound: Sound,
    /// The storage as a whole.
    safe: Safe,
    /// The language of every word on screen, until the person chooses another one.
    language: Language,
) -> impl IntoView {
    let visible = RwSignal::new(dom::page_is_visible());
    let listener = window_event_listener(leptos::ev::visibilitychange, move |_| {
        visible.set(dom::page_is_visible());
    });
    on_cleanup(move || listener.remove());
    let ui = Ui {
        model,
        navigation: Navigation::start(),
        strings: language.strings,
        locale: language.locale,
        startup: StoredValue::new(startup),
        sound: StoredValue::new(sound),
        safe: StoredValue::new_local(safe),
        visible,
        members_open: RwSignal::new(false),
        verifying: RwSignal::new(None),
        going_over: RwSignal::new(false),
        crowded: RwSignal::new(None),
        newer: RwSignal::new(false),
        missed: RwSignal::new(false),
        language_failed: RwSignal::new(false),
        shortcuts: RwSignal::new(false),
        talking: RwSignal::new(false),
    };
    provide_context(EmojiChoices::new(model));
    follow_arrivals(ui);
    watch_calls(ui);
    watch_versions(ui);
    watch_idleness(ui);
    keep_page_when_dropped();
    follow_look(ui);
    let language = follow_language(ui, language);
    view! { {move || view! { <Spoken ui language=language.get() /> }} }
}

/// Everything with words, drawn anew in each language; what is on screen stays.
#[component]
fn Spoken(ui: Ui, language: Language) -> impl IntoView {
    let Language { locale, strings } = language;
    format::set_locale(locale, &dom::languages());
    dom::set_language(locale.tag(), locale.direction());
    dom::set_manifest(locale.manifest());
    let ui = Ui {
        strings,
        locale,
        ..ui
    };
    provide_context(ui);
    keep_title(ui);
    watch_news(ui);
    view! {
        <IncomingCalls />
        <Screen />
        <Notices />
        <Shown when=later()>
            <JumpDialog />
            <ShareDialog />
            <CrowdDialog />
            <ShortcutsDialog />
        </Shown>
    }
}

/// Holds from the next task on: what nobody needs in the first moment doesn't keep the first screen waiting.
fn later() -> RwSignal<bool> {
    let later = RwSignal::new(false);
    let now = move || {
        later.try_set(true);
    };
    set_timeout(now, Duration::ZERO);
    later
}

/// The language that the person has chosen, as soon as its words are here.
fn follow_language(ui: Ui, first: Language) -> RwSignal<Language> {
    let language = RwSignal::new(first);
    let wanted = Memo::new(move |_| {
        let settings = ui.model.sound.settings;
        let choice = settings.with(|settings| settings.look.language.clone());
        Locale::chosen(&choice, &dom::languages())
    });
    let mut begun = false;
    effect(move || {
        let locale = wanted.get();
        // What is spoken at first was chosen by the same rule, or by a test.
        if !std::mem::replace(&mut begun, true) || language.get_untracked().locale == locale {
            return;
        }
        spawn_local(async move {
            let loaded = Language::load(locale).await;
            // Another choice may have been faster.
            if wanted.try_get_untracked() != Some(locale) {
                return;
            }
            ui.language_failed.try_set(loaded.is_none());
            if let Some(loaded) = loaded {
                language.try_set(loaded);
            }
        });
    });
    language
}

/// The colours, the text size and the motion that the person has chosen.
fn follow_look(ui: Ui) {
    let look = Memo::new(move |_| {
        let settings = ui.model.sound.settings;
        settings.with(|settings| settings.look.clone())
    });
    effect(move || look.with(dom::set_look));
}

/// What the start allows to be shown.
#[derive(Clone, PartialEq)]
enum Stage {
    Loading,
    Page,
    Other,
}

#[component]
fn Screen() -> impl IntoView {
    let ui = use_ui();
    // A running client that goes on running keeps its page, whatever else is told about the start.
    let stage = Memo::new(move |_| {
        ui.model.boot.with(|boot| match boot {
            Boot::Starting => Stage::Loading,
            Boot::Fresh { .. } | Boot::Running { .. } if ui.model.ready.get() => Stage::Page,
            Boot::Fresh { .. } | Boot::Running { .. } => Stage::Loading,
            _ => Stage::Other,
        })
    });
    let screen = move || match stage.get() {
        Stage::Loading => view! { <Loading /> }.into_any(),
        Stage::Page => view! { <Frame /> }.into_any(),
        Stage::Other => match ui.model.boot.get() {
            Boot::Unsupported(missing) => view! { <Unsupported missing /> }.into_any(),
            Boot::SecondTab => view! { <SecondTab /> }.into_any(),
            Boot::TakenOver => view! { <TakenOver /> }.into_any(),
            Boot::StorageBlocked => view! { <StorageBlocked /> }.into_any(),
            Boot::TooNew => view! { <TooNew /> }.into_any(),
            Boot::Locked => view! { <Locked /> }.into_any(),
            Boot::Failed(failure) => view! { <Failed failure /> }.into_any(),
            Boot::Starting | Boot::Fresh { .. } | Boot::Running { .. } => ().into_any(),
        },
    };
    view! { {move || screen()} }
}

/// The title, and the icon of an installed app, tell what waits: who calls, the call one is in or the group, and how much is unread, for tabs that are not in front.
fn keep_title(ui: Ui) {
    effect(move || {
        let strings = ui.strings;
        let here = || match ui.navigation.route() {
            Route::Group(id) => ui.model.group(&id),
            Route::Home | Route::Join | Route::Settings | Route::Connection => None,
        };
        let incoming = || ui.model.ringing().first().copied();
        let found = incoming()
            .map(|group| (group, strings.title_incoming_call()))
            .or_else(|| Some((ui.model.call_group()?, strings.title_call())))
            .or_else(|| Some((here()?, strings.title_group())));
        let title = found.map_or_else(
            || strings.app_name().to_owned(),
            |(group, title)| title.text(&[&group.name.get()]),
        );
        let waiting = ui.model.attention();
        dom::set_badge(waiting);
        dom::set_title(&match waiting {
            0 => title,
            unread => strings
                .title_unread()
                .text(&[&numbers::number(unread), &title]),
        });
    });
}

/// Whoever founds or enters a group is shown it, unless busy in another one meanwhile.
fn follow_arrivals(ui: Ui) {
    effect(move || {
        let Some(group) = ui.model.arrived.get() else {
            return;
        };
        ui.model.arrived.set(None);
        let route = untrack(|| ui.navigation.route());
        if ui.going_over.get_untracked() || matches!(route, Route::Home | Route::Join) {
            ui.going_over.set(false);
            ui.navigation.drop_offer();
            ui.navigation.go(Route::Group(group));
        }
    });
    // Whoever goes over to a group that was founded anew sees how far that is.
    let mut before = 0;
    effect(move || {
        let joins = ui.model.joins.with(Vec::len);
        if ui.model.refused.with(Option::is_some) {
            ui.going_over.set(false);
        }
        if joins > before && ui.going_over.get_untracked() {
            ui.going_over.set(false);
            ui.navigation.drop_offer();
            ui.navigation.go(Route::Join);
        }
        before = joins;
    });
}
