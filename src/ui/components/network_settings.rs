//! The settings of the network: own STUN and TURN servers, and whether calls go over TURN servers only.

use discordopus_core::io::IceServer;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::sound_settings::Switch;
use super::{Field, Shown, act, condition};
use crate::ui::context::use_ui;
use crate::ui::route::Route;
use crate::ui::view_model::{ServerProblem, read_server};
use crate::ui::words;

/// The id of the address's field.
const ADDRESS: &str = "server-address";

/// The part "Network" of the settings.
#[component]
pub(crate) fn NetworkSettings() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <section class="card" aria-labelledby="settings-network">
            <h2 id="settings-network">{strings.network()}</h2>
            <Switch
                label=strings.relay_only()
                hint=strings.relay_only_hint()
                at=|settings| &mut settings.relay_only
            />
            <p>
                <a href=Route::Connection.href()>{strings.test_connection()}</a>
            </p>
            <section class="settings-part stack" aria-labelledby="own-servers">
                <h3 id="own-servers">{strings.own_servers()}</h3>
                <p class="muted small">{strings.own_servers_hint()}</p>
                <Servers />
                <AddServer />
            </section>
        </section>
    }
}

#[component]
fn Servers() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let servers = Memo::new(move |_| {
        let settings = ui.model.sound.settings;
        settings.with(|settings| settings.ice_servers.clone())
    });
    let server = move |server: IceServer| {
        let address = server.urls.join(", ");
        let label = strings.remove_server().text(&[&address]);
        let remove = move |_| {
            ui.model
                .change_settings(|settings| settings.ice_servers.retain(|other| *other != server));
        };
        view! {
            <li class="server">
                <bdi dir="ltr">{address}</bdi>
                <button type="button" class="button small" aria-label=label on:click=act(remove)>
                    {strings.remove()}
                </button>
            </li>
        }
        .into_any()
    };
    let any = condition(move || servers.with(|servers| !servers.is_empty()));
    view! {
        <Shown when=any>
            <ul class="servers" aria-labelledby="own-servers">
                {move || servers.get().into_iter().map(server).collect_view()}
            </ul>
        </Shown>
    }
}

#[component]
fn AddServer() -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let address = RwSignal::new(String::new());
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let problem: RwSignal<Option<ServerProblem>> = RwSignal::new(None);
    let said = move |of_login: bool| {
        Signal::derive(move || {
            let problem = problem.get();
            let problem = problem.filter(|it| (*it == ServerProblem::NoLogin) == of_login);
            let words = problem.map(|problem| words::server_problem(problem, strings));
            words.unwrap_or_default().to_owned()
        })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let settings = ui.model.sound.settings;
        let read = settings.with_untracked(|settings| {
            read_server(
                &settings.ice_servers,
                &address.get_untracked(),
                &username.get_untracked(),
                &password.get_untracked(),
            )
        });
        problem.set(read.as_ref().err().copied());
        if let Ok(server) = read {
            ui.model
                .change_settings(|settings| settings.ice_servers.push(server));
            for field in [address, username, password] {
                field.set(String::new());
            }
        }
    };
    view! {
        <form class="stack" on:submit=act(submit)>
            <Field
                id=ADDRESS
                label=strings.server_address()
                hint=strings.server_address_hint()
                value=address
                problem=said(false)
            />
            <div class="field-row">
                <Field
                    label=strings.server_user()
                    hint=strings.server_login_hint()
                    value=username
                    problem=said(true)
                />
                <Field label=strings.server_password() value=password />
            </div>
            <div class="actions start">
                <button type="submit" class="button">
                    {strings.add_server()}
                </button>
            </div>
        </form>
    }
}
