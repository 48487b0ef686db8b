//! Fields with a label: text with a hint and a complaint in words, and choices.

use discordopus_core::identity::clean_name;
use discordopus_core::wire::limits::MAX_NAME;
use leptos::prelude::*;

use super::act;
use super::dialog::fresh_id;
use crate::ui::context::use_ui;
use crate::ui::words;

/// A line of text with its label above and what to say about it below.
#[component]
pub(crate) fn Field(
    /// The label and accessible name.
    label: &'static str,
    /// What is typed.
    value: RwSignal<String>,
    /// What to know before typing.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What is wrong with it; empty when nothing is.
    #[prop(into, default = Signal::stored(String::new()))]
    problem: Signal<String>,
    /// The element's id, where somebody moves the focus to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// The browser's name for what goes in here.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Most characters.
    #[prop(optional)]
    max: Option<usize>,
    /// Nobody beside the person shall read it.
    #[prop(optional)]
    secret: bool,
) -> impl IntoView {
    let id = id.map_or_else(|| fresh_id("field"), str::to_owned);
    let about = format!("{id}-about");
    let said = move || match problem.get() {
        none if none.is_empty() => hint.unwrap_or_default().to_owned(),
        problem => problem,
    };
    view! {
        <div class="field" class:invalid=move || !problem.with(String::is_empty)>
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type=if secret { "password" } else { "text" }
                autocomplete=autocomplete
                autocapitalize=secret.then_some("off")
                spellcheck="false"
                dir="auto"
                maxlength=max.map(|max| max.to_string())
                aria-invalid=move || (!problem.with(String::is_empty)).then_some("true")
                aria-describedby=about.clone()
                prop:value=move || value.get()
                on:input=act(move |event| value.set(event_target_value(&event)))
            />
            <p id=about class="field-about" aria-live="polite">
                {move || said()}
            </p>
        </div>
    }
}

/// A field for a person's or a group's name. It complains once `tried` is true.
#[component]
pub(crate) fn NameField(
    /// The label and accessible name.
    label: &'static str,
    /// What is typed.
    value: RwSignal<String>,
    /// Whether the person has tried to go on.
    #[prop(into)]
    tried: Signal<bool>,
    /// What to know before typing.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// The element's id.
    id: &'static str,
    /// The browser's name for what goes in here.
    #[prop(default = "off")]
    autocomplete: &'static str,
) -> impl IntoView {
    let ui = use_ui();
    let problem = Signal::derive(move || {
        let problem = value.with(|name| clean_name(name).err());
        let problem = problem.filter(|_| tried.get());
        let words = problem.map(|problem| words::name_error(problem, ui.strings));
        words.unwrap_or_default().to_owned()
    });
    view! {
        <Field
            label
            value
            problem
            hint=hint.unwrap_or_default()
            id
            autocomplete
            max=MAX_NAME
        />
    }
}

/// One of several, by its place in the list.
#[component]
pub(crate) fn Choice(
    /// The label and accessible name.
    label: &'static str,
    /// What there is to choose from.
    words: Vec<String>,
    /// Which is chosen.
    #[prop(into)]
    chosen: Signal<usize>,
    /// Another one was chosen.
    #[prop(into)]
    on_choose: Callback<usize>,
) -> impl IntoView {
    let id = fresh_id("choice");
    let choose = move |value: String| {
        if let Ok(index) = value.parse() {
            on_choose.run(index);
        }
    };
    let option = |(index, words): (usize, String)| {
        view! {
            <option value=index.to_string() prop:selected=move || chosen.get() == index>
                {words}
            </option>
        }
        .into_any()
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id on:change=act(move |event| choose(event_target_value(&event)))>
                {words.into_iter().enumerate().map(option).collect_view()}
            </select>
        </div>
    }
}

/// Something that is on or off, and what it means.
#[component]
pub(crate) fn Check(
    /// The label and accessible name.
    label: &'static str,
    /// What it means.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// The person wants it otherwise.
    #[prop(into)]
    on_change: Callback<bool>,
) -> impl IntoView {
    let about = hint.map(|_| fresh_id("check-about"));
    view! {
        <div class="check-field">
            <label class="check">
                <input
                    type="checkbox"
                    aria-describedby=about.clone()
                    prop:checked=move || on.get()
                    on:change=act(move |event| on_change.run(event_target_checked(&event)))
                />
                {label}
            </label>
            {hint.map(|hint| view! { <p id=about class="field-about">{hint}</p> }.into_any())}
        </div>
    }
}

/// Whether this would be no name.
pub(crate) fn name_problem(name: &str) -> bool {
    clean_name(name).is_err()
}
