//! Which words stand for what happens in a call.

use discordopus_core::io::{LinkProblem, Microphone, Quality};

use super::Trouble;
use crate::runtime::MicrophoneProblem;
use crate::ui::i18n::{Phrase, Strings};
use crate::ui::view_model::ServerProblem;

/// What the microphone does.
pub(crate) fn microphone(microphone: Microphone, strings: Strings) -> &'static str {
    match microphone {
        Microphone::None => strings.listening_only(),
        Microphone::Muted => strings.microphone_off(),
        Microphone::Open => strings.microphone_on(),
    }
}

/// Why nothing can be recorded, and what to do.
pub(crate) fn no_recording(problem: MicrophoneProblem, strings: Strings) -> &'static str {
    match problem {
        MicrophoneProblem::Asking | MicrophoneProblem::Refused => strings.record_refused(),
        MicrophoneProblem::Missing | MicrophoneProblem::Lost => strings.record_missing(),
        MicrophoneProblem::Unusable => strings.record_unusable(),
    }
}

/// Why there is no microphone, and what to do.
pub(crate) fn microphone_problem(problem: MicrophoneProblem, strings: Strings) -> Trouble {
    match problem {
        MicrophoneProblem::Asking => (
            strings.microphone_asking(),
            strings.microphone_asking_hint(),
        ),
        MicrophoneProblem::Refused => (
            strings.microphone_refused(),
            strings.microphone_refused_hint(),
        ),
        MicrophoneProblem::Missing => (
            strings.microphone_missing(),
            strings.microphone_missing_hint(),
        ),
        MicrophoneProblem::Unusable => (
            strings.microphone_unusable(),
            strings.microphone_unusable_hint(),
        ),
        MicrophoneProblem::Lost => (strings.microphone_lost(), strings.microphone_lost_hint()),
    }
}

/// Why there is no connection to somebody, and what to do, with gaps for the name.
pub(crate) fn link_problem(problem: LinkProblem, strings: Strings) -> (Phrase, Phrase) {
    match problem {
        LinkProblem::NoAnswer => (strings.link_no_answer(), strings.link_no_answer_hint()),
        LinkProblem::NeedsTurn => (strings.link_needs_turn(), strings.link_needs_turn_hint()),
        LinkProblem::NoPath => (strings.link_no_path(), strings.link_no_path_hint()),
        LinkProblem::Unusable => (strings.link_unusable(), strings.link_unusable_hint()),
    }
}

/// How good a connection is.
pub(crate) fn quality(quality: Quality, strings: Strings) -> &'static str {
    match quality {
        Quality::Good => strings.quality_good(),
        Quality::Fair => strings.quality_fair(),
        Quality::Poor => strings.quality_poor(),
        Quality::Reconnecting => strings.quality_reconnecting(),
        Quality::NoPath => strings.quality_no_path(),
    }
}

/// Who is writing; empty when nobody is.
pub(crate) fn typing(names: &[String], strings: Strings) -> String {
    match names {
        [] => String::new(),
        [one] => strings.typing_one().text(&[one]),
        [one, two] => strings.typing_two().text(&[one, two]),
        [one, two, three] => strings.typing_three().text(&[one, two, three]),
        _ => strings.typing_many().to_owned(),
    }
}

/// Why something typed in is no server.
pub(crate) fn server_problem(problem: ServerProblem, strings: Strings) -> &'static str {
    match problem {
        ServerProblem::Address => strings.server_bad_address(),
        ServerProblem::NoLogin => strings.server_no_login(),
        ServerProblem::Known => strings.server_known(),
        ServerProblem::TooMany => strings.server_too_many(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::i18n::Language;

    const ENGLISH: Strings = Language::ENGLISH.strings;

    #[test]
    fn every_reason_for_no_microphone_has_words_and_a_next_step_of_its_own() {
        let all = [
            MicrophoneProblem::Asking,
            MicrophoneProblem::Refused,
            MicrophoneProblem::Missing,
            MicrophoneProblem::Unusable,
            MicrophoneProblem::Lost,
        ]
        .map(|problem| microphone_problem(problem, ENGLISH));
        for (index, (title, hint)) in all.iter().enumerate() {
            assert!(hint.contains("listening only"), "{title}");
            let others = all.iter().skip(index + 1);
            assert!(others.clone().all(|(t, h)| t != title && h != hint));
        }
    }

    #[test]
    fn a_call_without_a_path_names_what_is_missing() {
        let (title, hint) = link_problem(LinkProblem::NeedsTurn, ENGLISH);
        assert_eq!(
            title.text(&["Ben"]),
            "No path to Ben: a TURN server is needed"
        );
        assert!(hint.text(&["Ben"]).contains("in the settings"));
        let others = [
            LinkProblem::NoAnswer,
            LinkProblem::NoPath,
            LinkProblem::Unusable,
        ];
        for other in others {
            assert_ne!(link_problem(other, ENGLISH).0.text(&[]), title.text(&[]));
        }
    }

    #[test]
    fn those_who_write_are_named_as_long_as_they_are_few() {
        let names = ["Ada", "Ben", "Chloe", "Dora"].map(str::to_owned);
        let words = |count: usize| typing(&names[..count], ENGLISH);
        assert_eq!(words(0), "");
        assert_eq!(words(1), "Ada is typing...");
        assert_eq!(words(2), "Ada and Ben are typing...");
        assert_eq!(words(3), "Ada, Ben and Chloe are typing...");
        assert_eq!(words(4), "Several people are typing...");
    }
}
