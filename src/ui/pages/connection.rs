//! Whether the servers can be reached, in words; and what can be told of this app to somebody who helps.

use discordopus_core::io::RelayState;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::runtime::{Answer, Finding, Purpose, check_connection, storage_state};
use crate::ui::components::{Icon, IconName, Shown, VERSION, act, condition};
use crate::ui::context::{Ui, use_ui};
use crate::ui::dom;
use crate::ui::i18n::Strings;
use crate::ui::route::Route;

/// The page.
#[component]
pub(crate) fn ConnectionPage() -> impl IntoView {
    let strings = use_ui().strings;
    let findings: RwSignal<Vec<Finding>> = RwSignal::new(Vec::new());
    let state = RwSignal::new(Progress::NotBegun);
    view! {
        <main class="page settings">
            <header class="settings-head">
                <a class="icon-button back" href=Route::Settings.href() aria-label=strings.back()>
                    <Icon name=IconName::Back />
                </a>
                <h1>{strings.connection_and_diagnostics()}</h1>
            </header>
            <Check findings state />
            <Diagnostics findings />
        </main>
    }
}

/// How far the test is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    NotBegun,
    Running,
    Done,
}

#[component]
fn Check(findings: RwSignal<Vec<Finding>>, state: RwSignal<Progress>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let begin = move |_| {
        if state.get_untracked() == Progress::Running {
            return;
        }
        findings.set(Vec::new());
        state.set(Progress::Running);
        let settings = ui.model.sound.settings;
        let own = settings.with_untracked(|settings| settings.ice_servers.clone());
        spawn_local(async move {
            check_connection(own, |finding| {
                findings.try_update(|findings| findings.push(finding));
            })
            .await;
            state.try_set(Progress::Done);
        });
    };
    let running = condition(move || state.get() == Progress::Running);
    let done = condition(move || state.get() == Progress::Done);
    let row = move |finding: Finding| {
        let (good, words) = words(&finding, strings);
        let icon = if good {
            IconName::Check
        } else {
            IconName::Warning
        };
        view! {
            <li class="finding" class:bad=!good>
                <Icon name=icon />
                <span>
                    <bdi dir="ltr">{finding.address}</bdi>
                    <span class="muted">{words}</span>
                </span>
            </li>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby="connection-test">
            <h2 id="connection-test">{strings.test_connection()}</h2>
            <p class="muted">{strings.test_connection_hint()}</p>
            <div class="actions start">
                <button
                    type="button"
                    class="button primary"
                    aria-disabled=move || running.get().then_some("true")
                    on:click=act(begin)
                >
                    {move || if running.get() { strings.testing() } else { strings.test_now() }}
                </button>
            </div>
            <ul class="findings">{move || findings.get().into_iter().map(row).collect_view()}</ul>
            <div role="status">
                <Shown when=done>
                    <p>{move || findings.with(|findings| verdict(findings, strings))}</p>
                </Shown>
            </div>
        </section>
    }
}

/// Whether an answer is good, and what it means.
fn words(finding: &Finding, strings: Strings) -> (bool, &'static str) {
    let words = match (finding.purpose, finding.answer) {
        (Purpose::Relay, Answer::Works) => strings.relay_works(),
        (Purpose::Stun, Answer::Works) => strings.stun_works(),
        (Purpose::Turn, Answer::Works) => strings.turn_works(),
        (Purpose::Relay, _) => strings.relay_silent(),
        (Purpose::Turn, Answer::LoginRefused) => strings.turn_refused(),
        (Purpose::Stun, _) => strings.stun_silent(),
        (Purpose::Turn, _) => strings.turn_silent(),
    };
    (finding.answer == Answer::Works, words)
}

/// What it all means for a person.
fn verdict(findings: &[Finding], strings: Strings) -> &'static str {
    let works = |purpose| {
        let mut of_kind = findings.iter().filter(move |it| it.purpose == purpose);
        of_kind.any(|it| it.answer == Answer::Works)
    };
    if !works(Purpose::Relay) {
        strings.verdict_no_relay()
    } else if works(Purpose::Turn) {
        strings.verdict_good()
    } else if works(Purpose::Stun) {
        strings.verdict_no_turn()
    } else {
        strings.verdict_no_servers()
    }
}

/// What is told only if the person sends it, and shown before.
#[component]
fn Diagnostics(findings: RwSignal<Vec<Finding>>) -> impl IntoView {
    let ui = use_ui();
    let strings = ui.strings;
    let text = RwSignal::new(String::new());
    let show = move |_| {
        spawn_local(async move {
            let storage = storage_state().await;
            // The page may have been left meanwhile.
            if let Some(findings) = findings.try_get_untracked() {
                text.try_set(untrack(|| diagnostics(ui, storage, &findings)));
            }
        });
    };
    let shown = condition(move || text.with(|text| !text.is_empty()));
    let copied = RwSignal::new("");
    let copy = move |_| {
        spawn_local(async move {
            let told = text.try_get_untracked().unwrap_or_default();
            let done = dom::copy(&told).await;
            copied.try_set(if done {
                strings.copied()
            } else {
                strings.copy_failed()
            });
        });
    };
    view! {
        <section class="card" aria-labelledby="diagnostics">
            <h2 id="diagnostics">{strings.diagnostics()}</h2>
            <p class="muted">{strings.diagnostics_hint()}</p>
            <div class="actions start">
                <button type="button" class="button" on:click=act(show)>
                    {strings.diagnostics_show()}
                </button>
            </div>
            <Shown when=shown>
                <textarea
                    class="diagnostics"
                    aria-labelledby="diagnostics"
                    dir="ltr"
                    rows="14"
                    readonly
                    prop:value=move || text.get()
                ></textarea>
                <div class="actions start">
                    <button type="button" class="button" on:click=act(copy)>
                        <Icon name=IconName::Copy />
                        {strings.copy()}
                    </button>
                    <span class="muted" role="status">
                        {move || copied.get()}
                    </span>
                </div>
            </Shown>
        </section>
    }
}

/// Numbers and states: no names, no words, no keys, no addresses of people or of their own servers.
fn diagnostics(ui: Ui, storage: (Option<(f64, f64)>, bool), findings: &[Finding]) -> String {
    const MEGABYTE: f64 = 1_000_000.0;
    let mut lines = vec![
        format!("DiscordOpus {VERSION}"),
        format!("browser: {}", dom::user_agent()),
        format!("languages: {}", dom::languages().join(", ")),
        format!("kept on the device: {}", dom::versions::is_kept()),
        format!("newer version waits: {}", ui.newer.get()),
        format!("storage may be thrown away: {}", !storage.1),
    ];
    if let Some((used, quota)) = storage.0 {
        lines.push(format!(
            "storage: {:.1} of {:.0} MB",
            used / MEGABYTE,
            quota / MEGABYTE
        ));
    }
    let trouble = ui.model.storage.get();
    lines.push(format!("storage trouble: {trouble:?}"));
    for (number, group) in ui.model.groups.get().into_iter().enumerate() {
        let relay = group.relay.with(|relay| match relay {
            RelayState::Online => "online",
            RelayState::Connecting => "connecting",
            RelayState::Offline { .. } => "offline",
            RelayState::Closed => "closed",
        });
        let links = group.call.with(|call| {
            let call = call.as_ref()?;
            let state = |person: &discordopus_core::io::CallMember| {
                let link = person.link.as_ref()?;
                Some(format!(
                    "{:?}/{:?}/{:?}",
                    link.state, link.quality, link.path
                ))
            };
            Some(
                call.people
                    .iter()
                    .filter_map(state)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        });
        lines.push(format!(
            "group {}: {} members, {} unread, relay {relay}, call {}",
            number + 1,
            group.members.with(Vec::len),
            group.unread.get(),
            links.unwrap_or_else(|| "none".to_owned()),
        ));
    }
    for finding in findings {
        lines.push(format!("{:?}: {:?}", finding.purpose, finding.answer));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Language;

    fn found(purpose: Purpose, answer: Answer) -> Finding {
        Finding {
            purpose,
            address: String::new(),
            answer,
        }
    }

    #[test]
    fn the_verdict_names_the_worst_that_is_missing() {
        let strings = Language::ENGLISH.strings;
        let relay = found(Purpose::Relay, Answer::Works);
        let stun = found(Purpose::Stun, Answer::Works);
        let turn = found(Purpose::Turn, Answer::Works);
        let refused = found(Purpose::Turn, Answer::LoginRefused);
        let silent = found(Purpose::Relay, Answer::Silent);
        let verdict = |findings: &[&Finding]| {
            let findings: Vec<Finding> = findings.iter().copied().cloned().collect();
            super::verdict(&findings, strings)
        };
        assert_eq!(verdict(&[]), strings.verdict_no_relay());
        assert_eq!(verdict(&[&silent, &turn]), strings.verdict_no_relay());
        assert_eq!(verdict(&[&relay]), strings.verdict_no_servers());
        assert_eq!(
            verdict(&[&relay, &stun, &refused]),
            strings.verdict_no_turn()
        );
        assert_eq!(verdict(&[&relay, &stun, &turn]), strings.verdict_good());
    }

    #[test]
    fn every_bad_answer_has_words_of_its_own() {
        let strings = Language::ENGLISH.strings;
        let bad = [
            found(Purpose::Relay, Answer::Silent),
            found(Purpose::Stun, Answer::Silent),
            found(Purpose::Turn, Answer::Silent),
            found(Purpose::Turn, Answer::LoginRefused),
        ];
        let said = bad.map(|finding| words(&finding, strings));
        for (index, (good, words)) in said.iter().enumerate() {
            assert!(!good);
            assert!(said[..index].iter().all(|(_, other)| other != words));
        }
    }
}
