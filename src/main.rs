//! Mounts the app.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    use leptos::prelude::ElementChild as _;
    leptos::mount::mount_to_body(|| leptos::view! { <h1>"DiscordOpus"</h1> });
}

/// The app runs in a browser; natively only its tests do.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
