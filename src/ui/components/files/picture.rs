//! A picture in the log, at the size that it will have, and large where one wants to see more of it.

use leptos::prelude::*;

use super::shown::{Plain, State};
use crate::runtime::files;
use crate::ui::components::{Dialog, Icon, IconName, act};
use crate::ui::context::use_ui;

/// A picture. Until it is here, its place is kept free.
#[component]
pub(super) fn Picture(name: String, width: u32, height: u32, state: State) -> impl IntoView {
    let strings = use_ui().strings;
    let bytes = match &state {
        State::Here(bytes) => bytes.clone(),
        State::Loading => {
            let frame = format!("0 0 {width} {height}");
            return view! {
                <svg class="picture loading" viewBox=frame width=width height=height aria-hidden="true">
                </svg>
            }
            .into_any();
        }
        State::Missing | State::Damaged => {
            return view! { <Plain name size=0 state /> }.into_any();
        }
    };
    let Some((url, (width, height))) = files::picture(&bytes) else {
        let size = bytes.len() as u64;
        return view! { <Plain name size state /> }.into_any();
    };
    let address = url.as_str().to_owned();
    // It is given back with the row.
    StoredValue::new(url);
    let open = RwSignal::new(false);
    let label = strings.enlarge().text(&[&name]);
    let (title, alt, large) = (name.clone(), name.clone(), address.clone());
    let (bytes, saved) = (StoredValue::new(bytes), StoredValue::new(name));
    let save = move |_| bytes.with_value(|bytes| saved.with_value(|name| files::save(bytes, name)));
    let save_label = strings.save_file().text(&[&title]);
    view! {
        <button
            type="button"
            class="picture-button"
            aria-label=label
            on:click=act(move |_| open.set(true))
        >
            <img class="picture" src=address width=width height=height alt=alt decoding="async" />
        </button>
        <Dialog
            open
            on_close=move |()| open.set(false)
            title=Signal::stored(title)
        >
            <img class="picture-large" src=large.clone() width=width height=height alt="" />
            <div class="actions">
                <button type="button" class="button" on:click=act(save)>
                    <Icon name=IconName::Save />
                    {save_label.clone()}
                </button>
            </div>
        </Dialog>
    }
    .into_any()
}
