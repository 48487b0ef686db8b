//! What is set on this device, for all groups.

use leptos::prelude::*;

use crate::ui::components::{
    About, BackupSettings, Icon, IconName, InstallButton, LanguageSettings, LookSettings,
    NetworkSettings, NoticeSettings, ProfileSettings, ReadingSettings, SecuritySettings,
    SoundSettings,
};
use crate::ui::context::use_ui;
use crate::ui::route::Route;

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let strings = use_ui().strings;
    view! {
        <main class="page settings">
            <header class="settings-head">
                <a class="icon-button only-narrow" href=Route::Home.href() aria-label=strings.back()>
                    <Icon name=IconName::Back />
                </a>
                <h1>{strings.settings()}</h1>
            </header>
            <InstallButton />
            <ProfileSettings />
            <LookSettings />
            <LanguageSettings />
            <NoticeSettings />
            <ReadingSettings />
            <SoundSettings />
            <NetworkSettings />
            <SecuritySettings />
            <BackupSettings />
            <About />
        </main>
    }
}
