//! Leptos's building blocks with their types erased: compiled once, not anew for every use.

use leptos::prelude::*;

/// What is done on an event.
pub(crate) fn act<E: 'static>(act: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(act)
}

/// Shows its children while a condition holds.
#[component]
pub(crate) fn Shown(
    /// The condition.
    #[prop(into)]
    when: Signal<bool>,
    /// What is shown; made anew each time.
    children: ChildrenFn,
) -> impl IntoView {
    let when = Memo::new(move |_| when.get());
    let draw = move || when.get().then(|| children());
    view! { {move || draw()} }
}
