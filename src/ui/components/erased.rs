//! Leptos's building blocks with their types erased: compiled once, not anew for every use.

use leptos::prelude::*;

/// What is done on an event.
pub(crate) fn act<E: 'static>(act: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(act)
}

/// Runs now, and again whenever something changes that it has read.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    let run: Box<dyn FnMut()> = Box::new(run);
    Effect::new(run);
}

/// Whether something holds; whoever reads it is told of changes only.
pub(crate) fn condition(holds: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    let holds: Box<dyn Fn() -> bool + Send + Sync> = Box::new(holds);
    Memo::new(move |_| holds())
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
    let when = condition(move || when.get());
    let draw = move || when.get().then(|| children());
    view! { {move || draw()} }
}
