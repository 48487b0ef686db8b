//! Icons: strokes on a 24 by 24 grid, drawn for this app, in the colour of the text around them.

use leptos::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IconName {
    ArrowDown,
    Back,
    Bin,
    Bell,
    Check,
    Clip,
    Clock,
    Close,
    Copy,
    Dots,
    Deafened,
    DoubleCheck,
    Ear,
    Eye,
    File,
    HangUp,
    Headphones,
    Install,
    Key,
    Lock,
    Microphone,
    MicrophoneOff,
    Pause,
    Pencil,
    People,
    PersonAdd,
    Phone,
    Pin,
    Play,
    Plus,
    QualityFair,
    QualityGood,
    QualityNone,
    QualityPoor,
    Question,
    Reply,
    Save,
    Search,
    Send,
    Share,
    Sliders,
    Smile,
    Speaking,
    Timer,
    Warning,
    Windows,
}

impl IconName {
    const fn path(self) -> &'static str {
        match self {
            Self::ArrowDown => "M12 5v14m-6-6 6 6 6-6",
            Self::Clip => {
                "M18.500 11.500l-7 7a4 4 0 0 1-5.700-5.700l7.500-7.500a2.700 2.700 0 0 1 3.800 3.800l-7.400 7.400a1.300 1.300 0 0 1-1.900-1.900l6.700-6.700"
            }
            Self::File => "M7 4h6.500L18 8.500V20H7zM13.500 4v4.500H18",
            Self::Pause => "M9 6v12m6-12v12",
            Self::Play => "M8 5.500 18.500 12 8 18.500z",
            Self::Save => "M12 5v10m-4.500-4.500L12 15l4.500-4.500M5.500 19h13",
            Self::Back => "M19 12H5m6-6-6 6 6 6",
            Self::Bell => {
                "M6 16.500h12c-1.500-1.500-1.500-3-1.500-6a4.500 4.500 0 0 0-9 0c0 3 0 4.500-1.500 6M10 19.500a2.200 2.200 0 0 0 4 0"
            }
            Self::Bin => {
                "M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7M10 10.500v5.500m4-5.500v5.500"
            }
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Clock => "M12 7.5V12l3 2M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0",
            Self::Close => "m6.5 6.5 11 11m0-11-11 11",
            Self::Copy => "M9 9h10v10H9zM15 9V5H5v10h4",
            Self::Dots => "M5.5 12h.01M12 12h.01M18.5 12h.01",
            Self::Deafened => {
                "M4 17v-4a8 8 0 0 1 2.500-5.800M10 5.300A8 8 0 0 1 20 13v4M4 15h3.500v5H4zM20 15v5M4 4l16 16"
            }
            Self::DoubleCheck => "m3 12.5 4 4L15.5 8M12 15.500l1 1L21.5 8",
            Self::Ear => {
                "M7.500 9a4.500 4.500 0 1 1 9 0c0 3-3 3.500-3 6.500a3 3 0 0 1-5.500 1.500M10.500 9.500a1.700 1.700 0 1 1 3 1.200"
            }
            Self::Eye => {
                "M2 12s3.500-6.500 10-6.500S22 12 22 12s-3.500 6.500-10 6.500S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"
            }
            Self::HangUp => {
                "M3 14c0-4.500 18-4.500 18 0v2.500l-5 .5-.5-3.500a14 14 0 0 0-7 0L8 17l-5-.5z"
            }
            Self::Headphones => "M4 17v-4a8 8 0 0 1 16 0v4M4 15h3.500v5H4zM16.500 15H20v5h-3.500z",
            Self::Install => "M12 4v10m-4-4 4 4 4-4M5 16v3.500h14V16",
            Self::Microphone => {
                "M9 6.500a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3"
            }
            Self::MicrophoneOff => {
                "M9 9v2.500a3 3 0 0 0 4.500 2.600M15 11V6.500a3 3 0 0 0-5.800-1M5.500 11.500a6.500 6.500 0 0 0 10.500 5.100M18.500 11.500a6.500 6.500 0 0 1-.6 2.800M12 18v3M4 4l16 16"
            }
            Self::Pencil => "m4.500 19.500 1-4L16 5l3 3L8.500 18.500zM14 7l3 3",
            Self::Pin => "M9 4h6l-.7 6 3.200 3.500h-11L9.700 10zM12 13.500V20",
            Self::Reply => "M9.500 7 4.500 12l5 5M4.500 12H14a5.500 5.500 0 0 1 5.500 5.500",
            Self::Search => "M5 10.500a5.500 5.500 0 1 0 11 0 5.500 5.500 0 1 0-11 0m9.500 4 5 5",
            Self::Smile => {
                "M4 12a8 8 0 1 0 16 0 8 8 0 1 0-16 0m5-2v.01m6-.01v.01M8.500 14a4.200 4.200 0 0 0 7 0"
            }
            Self::Timer => {
                "M5.500 13.500a6.500 6.500 0 1 0 13 0 6.500 6.500 0 1 0-13 0M10 3.500h4M12 10v3.500l2 1.500"
            }
            Self::Phone => {
                "M5 4.500h3.500L10 9 7.800 10.500a11 11 0 0 0 5.700 5.700L15 14l4.500 1.500V19c0 .8-.7 1.500-1.500 1.500C10.500 20 4 13.500 3.500 6c0-.8.7-1.500 1.500-1.500z"
            }
            Self::QualityFair => "M4 19v-2M9.300 19v-5.500M14.700 19V10",
            Self::QualityGood => "M4 19v-2M9.300 19v-5.500M14.700 19V10M20 19V6",
            Self::QualityNone => "M4 19v-2M9.300 19v-3M14 8l6 6m0-6-6 6",
            Self::QualityPoor => "M4 19v-2M9.300 19v-5.500",
            Self::Speaking => {
                "M4.500 9.500h3L12 6v12l-4.500-3.500h-3zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"
            }
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
