//! Requirements on markup.

use super::Stretch::{Address, Code, Mention, Styled, Words};
use super::*;
use discordopus_core::wire::limits::MAX_TEXT;

fn stretches(text: &str) -> Vec<Stretch<'_>> {
    super::stretches(text, &["Ada Lovelace".to_owned(), "Ada".to_owned()], 0)
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    super::blocks(text, &[])
}

fn words(text: &str) -> Vec<Stretch<'_>> {
    vec![Words(text)]
}

#[test]
fn an_address_becomes_a_link_without_the_sentence_around_it() {
    assert_eq!(
        stretches("See https://example.org/a?b=c#d. Good!"),
        [
            Words("See "),
            Address("https://example.org/a?b=c#d"),
            Words(". Good!")
        ]
    );
    assert_eq!(
        stretches("(http://example.org/wiki/Rust_(language))"),
        [
            Words("("),
            Address("http://example.org/wiki/Rust_(language)"),
            Words(")")
        ]
    );
    assert_eq!(
        stretches("https://a.example\nhttps://b.example"),
        [
            Address("https://a.example"),
            Words("\n"),
            Address("https://b.example")
        ]
    );
}

#[test]
fn only_web_addresses_become_links() {
    for text in [
        "javascript:alert(1)",
        "data:text/html,x",
        "xhttps://example.org",
        "https://",
        "https:// nothing",
        "www.example.org",
        "",
    ] {
        assert!(
            !stretches(text).iter().any(|s| matches!(s, Address(_))),
            "{text}"
        );
    }
}

#[test]
fn a_mark_that_turns_the_writing_direction_ends_an_address() {
    assert_eq!(
        stretches("https://good.example/\u{202e}gpj.exe"),
        [Address("https://good.example/"), Words("\u{202e}gpj.exe")]
    );
}

#[test]
fn no_part_of_a_text_is_lost() {
    let text = "a https://x.example/)., b http://,, https://\u{e9}.example! c";
    let joined: String = stretches(text)
        .iter()
        .map(|stretch| match stretch {
            Words(words) | Address(words) | Mention(words) | Code(words) => *words,
            Styled(..) => "",
        })
        .collect();
    assert_eq!(joined, text);
}

#[test]
fn marks_around_words_give_them_a_meaning() {
    assert_eq!(
        stretches("so **very** _good_ ~~bad~~ `x * y`"),
        [
            Words("so "),
            Styled(Style::Bold, words("very")),
            Words(" "),
            Styled(Style::Italic, words("good")),
            Words(" "),
            Styled(Style::Struck, words("bad")),
            Words(" "),
            Code("x * y"),
        ]
    );
    assert_eq!(
        stretches("**all *of* it**"),
        [Styled(
            Style::Bold,
            vec![
                Words("all "),
                Styled(Style::Italic, words("of")),
                Words(" it")
            ]
        )]
    );
}

#[test]
fn what_only_looks_like_a_mark_stays_as_it_was_typed() {
    for text in [
        "2 * 3 * 4",
        "snake_case_name",
        "**open",
        "* star",
        "a ** b ** c",
        "****",
        "`open",
        "``",
        "5*3",
        "https",
        "me@example.org",
        "@Adam",
    ] {
        assert_eq!(stretches(text), words(text), "{text}");
    }
}

#[test]
fn the_longest_name_that_fits_is_called() {
    assert_eq!(
        stretches("@Ada Lovelace, and @Ada!"),
        [
            Mention("@Ada Lovelace"),
            Words(", and "),
            Mention("@Ada"),
            Words("!")
        ]
    );
}

#[test]
fn quotes_lists_and_code_stand_by_themselves() {
    assert_eq!(
        blocks("Look:\n> one\n> two\nand\n- a\n- b\n3. c\n4. d\n```rust\nlet x;\n```\nend"),
        [
            Block::Lines(words("Look:")),
            Block::Quote(vec![Words("one"), Words("\n"), Words("two")]),
            Block::Lines(words("and")),
            Block::List {
                from: None,
                entries: vec![words("a"), words("b")]
            },
            Block::List {
                from: Some(3),
                entries: vec![words("c"), words("d")]
            },
            Block::Code("let x;"),
            Block::Lines(words("end")),
        ]
    );
    assert_eq!(blocks("one\n\ntwo"), [Block::Lines(words("one\n\ntwo"))]);
    assert_eq!(
        blocks("```\nnever closed"),
        [Block::Lines(words("```\nnever closed"))]
    );
    assert_eq!(blocks(""), []);
}

#[test]
fn html_is_words() {
    let text = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    assert_eq!(stretches(text), words(text));
}

#[test]
fn a_text_of_nothing_but_marks_is_taken_apart_all_the_same() {
    for mark in ["*", "_", "**", "~~", "`", "> ", "- ", "```\n", "@", "h"] {
        let text = mark.repeat(16 * 1024 / mark.len());
        assert!(!blocks(&text).is_empty());
    }
}

#[test]
fn texts_of_nothing_but_marks_and_brackets_are_taken_apart_without_a_wait() {
    let parts = [
        "**a ",
        "*a ",
        " _a",
        "~~a",
        "*a_b~~c**d",
        "`a",
        "@A",
        "https://",
        "- a\n",
        "> a\n",
        "```\n",
        "```a\nb\n",
        "(",
        "*",
        "\u{301}",
        "\u{202e}",
    ];
    for part in parts {
        let text = part.repeat(MAX_TEXT / part.len());
        assert!(!blocks(&text).is_empty(), "{part:?}");
    }
    let brackets = format!("https://x.example/{}", ")".repeat(MAX_TEXT));
    assert_eq!(
        stretches(&brackets).first(),
        Some(&Address("https://x.example/"))
    );
}

#[test]
fn a_text_calls_whom_it_mentions_outside_of_quotes_and_code() {
    let names = ["Ada Lovelace".to_owned(), "Ada".to_owned()];
    let calls = |text, own| super::calls(text, &names, own);
    for text in [
        "@Ada!",
        "well, **look here, @Ada**",
        "- one\n- for @Ada",
        "> once said\n\nand now you, @Ada",
    ] {
        assert!(calls(text, "Ada"), "{text}");
    }
    for text in [
        "Ada",
        "@Adam",
        "ada@Ada",
        "`@Ada`",
        "```\n@Ada\n```",
        "> @Ada",
        "@Ada Lovelace",
    ] {
        assert!(!calls(text, "Ada"), "{text}");
    }
    assert!(calls("@Ada Lovelace", "Ada Lovelace"));
}

#[test]
fn plain_words_are_what_is_said_without_the_marks() {
    let text = "**bold _and_ italic** ~~no~~ `code`\n> said @Ada\n- one\n- *two*\n```rust\nlet a = 1;\n```\n2 * 3 * 4";
    assert_eq!(
        plain(text),
        "bold and italic no code\nsaid @Ada\none\ntwo\nlet a = 1;\n2 * 3 * 4"
    );
    assert_eq!(plain(""), "");
    assert_eq!(plain("https://example.org/_a_"), "https://example.org/_a_");
    let most = "*".repeat(MAX_TEXT);
    assert_eq!(plain(&most), most);
}
