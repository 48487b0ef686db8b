//! A question before something that can't be taken back.

use leptos::prelude::*;

use super::{Dialog, RefusalLine, act};
use crate::ui::context::use_ui;

/// A dialog with a question, an answer that does it, and one that does not.
#[component]
pub(crate) fn Confirm(
    /// Whether it is shown.
    #[prop(into)]
    open: Signal<bool>,
    /// Closed, whichever the answer.
    #[prop(into)]
    on_close: Callback<()>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    explanation: Signal<String>,
    /// The word for doing it.
    #[prop(into)]
    action: Signal<&'static str>,
    /// Does it.
    #[prop(into)]
    on_confirm: Callback<()>,
    /// It takes something away.
    #[prop(into, default = Signal::stored(true))]
    danger: Signal<bool>,
    /// Further choices.
    #[prop(optional)]
    children: Option<ChildrenFn>,
) -> impl IntoView {
    let strings = use_ui().strings;
    let children = StoredValue::new(children);
    let confirm = move |_| {
        on_confirm.run(());
        on_close.run(());
    };
    view! {
        <Dialog open on_close title>
            <p class="muted">{move || explanation.get()}</p>
            {children.with_value(|children| children.as_ref().map(|children| children()))}
            <RefusalLine />
            <div class="actions">
                <button type="button" class="button" on:click=act(move |_| on_close.run(()))>
                    {strings.cancel()}
                </button>
                <button
                    type="button"
                    class="button"
                    class:danger=danger
                    class:primary=move || !danger.get()
                    on:click=act(confirm)
                >
                    {move || action.get()}
                </button>
            </div>
        </Dialog>
    }
}
