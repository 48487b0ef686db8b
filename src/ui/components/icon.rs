//! Icons: strokes on a 24 by 24 grid, drawn for this app, in the colour of the text around them.

use leptos::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IconName {
    ArrowDown,
    Back,
    Check,
    Clock,
    Close,
    Copy,
    Dots,
    DoubleCheck,
    Key,
    Lock,
    People,
    PersonAdd,
    Plus,
    Question,
    Send,
    Share,
    Sliders,
    Warning,
    Windows,
}

impl IconName {
    const fn path(self) -> &'static str {
        match self {
            Self::ArrowDown => "M12 5v14m-6-6 6 6 6-6",
            Self::Back => "M19 12H5m6-6-6 6 6 6",
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Clock => "M12 7.5V12l3 2M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0",
            Self::Close => "m6.5 6.5 11 11m0-11-11 11",
            Self::Copy => "M9 9h10v10H9zM15 9V5H5v10h4",
            Self::Dots => "M5.5 12h.01M12 12h.01M18.5 12h.01",
            Self::DoubleCheck => "m3 12.5 4 4L15.5 8M12 15.500l1 1L21.5 8",
            Self::Sliders => {
                "M4 8h8.5m5 0H20M4 16h2.5m5 0H20M12.5 8a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0m-6 8a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0"
            }
            Self::Key => "M4 16a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0m6-2.500L19.5 4m-4 4 3 3",
            Self::Lock => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Self::People => {
                "M5.5 8.500a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0M3 19.500c.5-3.5 2.8-5 6-5s5.5 1.5 6 5M15.5 5.300a3.5 3.5 0 0 1 0 6.400m2 3.300c2 .7 3.2 2.2 3.5 4.5"
            }
            Self::PersonAdd => {
                "M6.5 8.500a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0M4 19.500c.5-3.5 2.8-5 6-5s5.5 1.5 6 5M18.5 7v6m-3-3h6"
            }
            Self::Plus => "M12 5v14M5 12h14",
            Self::Question => {
                "M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0m5.7-2.200a2.4 2.4 0 1 1 3.5 2.100c-.8.4-1.2.9-1.2 1.600m0 2.700v.01"
            }
            Self::Send => "M5 12 4 4.5 20.5 12 4 19.500zm0 0h7",
            Self::Share => "M12 15V4m-4 4 4-4 4 4M6 12H5v8h14v-8h-1",
            Self::Warning => "M12 4 2.8 19.500h18.400zm0 6v4.500m0 2.500v.01",
            Self::Windows => "M9 5h11v10H9zM15 15v4H4V9h5",
        }
    }
}

/// One icon, silent for assistive technology: the words are beside it or on its button.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=name.path()></path>
        </svg>
    }
}
