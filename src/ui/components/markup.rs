//! What a message's text means: the little Markdown that people use in chats, addresses, and names that are called.
//!
//! `**bold**`, `*italic*` or `_italic_`, `~~struck~~`, `` `code` ``; lines that begin with `> `, `- `, `* ` or `1. `; and
//! between lines of three backticks, code. Everything else stays as it was typed. There is no nesting beyond words in words,
//! and nothing ever becomes HTML of its own.

use crate::ui::i18n::letters;

/// Farthest that a mark's end is looked for, in bytes: nobody sets pages in bold, and a text of nothing but marks must not
/// take long.
const MAX_SPAN: usize = 2_000;
/// How deep words stand in words: bold in italic in struck, and no more.
const MAX_DEPTH: usize = 3;

/// A paragraph, a list or the like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block<'a> {
    /// Lines as they are.
    Lines(Vec<Stretch<'a>>),
    /// What somebody else said.
    Quote(Vec<Stretch<'a>>),
    /// Entries of a list; numbered from the first's number.
    List {
        /// The first number of a numbered list.
        from: Option<u32>,
        /// The entries.
        entries: Vec<Vec<Stretch<'a>>>,
    },
    /// Code, line by line.
    Code(&'a str),
}

/// A stretch of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stretch<'a> {
    /// Words.
    Words(&'a str),
    /// A web address.
    Address(&'a str),
    /// A name that is called, with its `@`.
    Mention(&'a str),
    /// Code in a line.
    Code(&'a str),
    /// Words with a meaning.
    Styled(Style, Vec<Stretch<'a>>),
}

/// How words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Italic,
    Struck,
}

/// The longer marks first: `**` is no empty pair of `*`.
const MARKS: [(&str, Style); 5] = [
    ("**", Style::Bold),
    ("__", Style::Bold),
    ("~~", Style::Struck),
    ("*", Style::Italic),
    ("_", Style::Italic),
];

/// Takes a text apart. `names` are those that can be called, the longest first.
pub(super) fn blocks<'a>(text: &'a str, names: &[String]) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    let mut rest = text;
    // Lines that mean nothing, kept together as one stretch of the text.
    let mut plain = 0;
    while !rest.is_empty() {
        let line = rest.split('\n').next().unwrap_or(rest);
        let block = fence(rest)
            .or_else(|| {
                group(rest, |line| quoted(line).is_some())
                    .map(|len| (quote(head(rest, len), names), len))
            })
            .or_else(|| list(rest, names));
        let Some((block, length)) = block else {
            let length = (line.len() + 1).min(rest.len());
            plain += length;
            rest = tail(rest, length);
            continue;
        };
        push_lines(text, rest, plain, names, &mut blocks);
        plain = 0;
        blocks.push(block);
        rest = tail(rest, length);
    }
    push_lines(text, rest, plain, names, &mut blocks);
    blocks
}

fn head(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

fn tail(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

/// The plain lines that end where `rest` begins.
fn push_lines<'a>(
    text: &'a str,
    rest: &str,
    length: usize,
    names: &[String],
    blocks: &mut Vec<Block<'a>>,
) {
    let end = text.len() - rest.len();
    let lines = text.get(end - length..end).unwrap_or_default();
    let lines = lines.strip_suffix('\n').unwrap_or(lines);
    if length > 0 {
        blocks.push(Block::Lines(stretches(lines, names, 0)));
    }
}

/// A block of code at the beginning, and how long it is with its fences.
fn fence(text: &str) -> Option<(Block<'_>, usize)> {
    let inner = text.strip_prefix("```")?;
    let (first, after) = inner.split_once('\n')?;
    // The name of a language may stand there, and nothing else.
    if first.trim().contains(char::is_whitespace) || first.contains('`') {
        return None;
    }
    let end = after.find("\n```")?;
    let start = text.len() - after.len();
    let closing = start + end + "\n```".len();
    let line_end = tail(text, closing).split('\n').next()?;
    if !line_end.trim().is_empty() {
        return None;
    }
    let length = (closing + line_end.len() + 1).min(text.len());
    Some((Block::Code(head(after, end)), length))
}

/// How long the lines at the beginning are for which this holds; `None` if there are none.
fn group(text: &str, holds: impl Fn(&str) -> bool) -> Option<usize> {
    let lines = text.split_inclusive('\n').take_while(|line| holds(line));
    let length: usize = lines.map(str::len).sum();
    (length > 0).then_some(length)
}

fn quoted(line: &str) -> Option<&str> {
    let words = line.strip_prefix('>')?;
    words
        .strip_prefix(' ')
        .or((words.trim().is_empty()).then_some(words))
}

fn quote<'a>(lines: &'a str, names: &[String]) -> Block<'a> {
    let mut all = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        if number > 0 {
            all.push(Stretch::Words("\n"));
        }
        all.extend(stretches(quoted(line).unwrap_or_default(), names, 0));
    }
    Block::Quote(all)
}

fn list<'a>(text: &'a str, names: &[String]) -> Option<(Block<'a>, usize)> {
    let first = text.split('\n').next()?;
    let (from, _) = entry(first)?;
    let same =
        |line: &str| entry(line).is_some_and(|(number, _)| number.is_some() == from.is_some());
    let length = group(text, same)?;
    let entries = head(text, length).lines().filter_map(entry);
    let entries = entries
        .map(|(_, words)| stretches(words, names, 0))
        .collect();
    Some((Block::List { from, entries }, length))
}

/// The number of an entry of a list, if it has one, and its words.
fn entry(line: &str) -> Option<(Option<u32>, &str)> {
    let line = line.trim_end_matches('\n');
    let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
    if let Some(words) = bullet {
        return (!words.trim().is_empty()).then_some((None, words));
    }
    let (number, words) = line.split_once(". ")?;
    let is_number =
        !number.is_empty() && number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && !words.trim().is_empty()).then(|| Some((number.parse().ok(), words)))?
}

/// Takes a line apart.
pub(super) fn stretches<'a>(text: &'a str, names: &[String], depth: usize) -> Vec<Stretch<'a>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(c) = tail(text, at).chars().next() {
        let before = head(text, at).chars().next_back();
        match special(text, at, before, names, depth) {
            Some((stretch, length)) => {
                if from < at {
                    found.push(Stretch::Words(tail(head(text, at), from)));
                }
                found.push(stretch);
                at += length;
                from = at;
            }
            None => at += c.len_utf8(),
        }
    }
    if from < text.len() {
        found.push(Stretch::Words(tail(text, from)));
    }
    found
}

/// What begins here, and how long it is.
fn special<'a>(
    text: &'a str,
    at: usize,
    before: Option<char>,
    names: &[String],
    depth: usize,
) -> Option<(Stretch<'a>, usize)> {
    let rest = tail(text, at);
    let begins_word = !before.is_some_and(letters::is_letter_or_digit);
    match rest.as_bytes().first()? {
        b'`' => {
            let inner = rest.strip_prefix('`')?;
            let end = inner
                .find(['`', '\n'])
                .filter(|end| tail(inner, *end).starts_with('`'))?;
            (end > 0).then(|| (Stretch::Code(head(inner, end)), end + 2))
        }
        b'h' if begins_word => {
            let length = address(rest)?;
            Some((Stretch::Address(head(rest, length)), length))
        }
        b'@' if begins_word => {
            let length = mention(rest, names)?;
            Some((Stretch::Mention(head(rest, length)), length))
        }
        b'*' | b'_' | b'~' if depth < MAX_DEPTH => {
            let (mark, style) = *MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
            let inner = tail(rest, mark.len());
            let end = closing(inner, mark, begins_word)?;
            let words = stretches(head(inner, end), names, depth + 1);
            Some((Stretch::Styled(style, words), end + 2 * mark.len()))
        }
        _ => None,
    }
}

/// Where a mark closes that was opened before `inner`: words touch both marks, and underscores within a word are none.
fn closing(inner: &str, mark: &str, begins_word: bool) -> Option<usize> {
    let first = inner.chars().next()?;
    if first.is_whitespace() || inner.starts_with(mark) || (mark.starts_with('_') && !begins_word) {
        return None;
    }
    let line = inner.split('\n').next()?;
    let line = head(line, line.floor_char_boundary(MAX_SPAN));
    line.match_indices(mark).map(|(end, _)| end).find(|end| {
        let last = head(line, *end).chars().next_back();
        let after = tail(line, end + mark.len()).chars().next();
        let longer =
            mark.len() == 1 && (last == mark.chars().next() || after == mark.chars().next());
        let in_word = mark.starts_with('_') && after.is_some_and(letters::is_letter_or_digit);
        last.is_some_and(|last| !last.is_whitespace()) && !longer && !in_word
    })
}

/// How long the called name is, with its `@`.
fn mention(rest: &str, names: &[String]) -> Option<usize> {
    let called = rest.strip_prefix('@')?;
    let fits = |name: &&String| {
        let after = called.strip_prefix(name.as_str());
        after.is_some_and(|after| {
            !after
                .chars()
                .next()
                .is_some_and(letters::is_letter_or_digit)
        })
    };
    names.iter().find(fits).map(|name| name.len() + 1)
}

/// How long the web address is that begins here.
fn address(text: &str) -> Option<usize> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let length = address_length(text);
    (length > text.len() - host.len()).then_some(length)
}

/// How far an address goes: to white space, quotes, or anything that could make it look like another one; without the
/// punctuation of the sentence around it.
fn address_length(text: &str) -> usize {
    let end = text
        .find(|c: char| {
            c.is_whitespace() || c.is_control() || is_deceptive(c) || "<>\"`".contains(c)
        })
        .unwrap_or(text.len());
    let mut address = text.get(..end).unwrap_or(text);
    while let Some(last) = address.chars().next_back() {
        let opens = match last {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => None,
        };
        let trailing = match opens {
            Some(open) => address.matches(last).count() > address.matches(open).count(),
            None => ".,;:!?'\u{201d}\u{201c}\u{2019}*_~".contains(last),
        };
        if !trailing {
            break;
        }
        address = address
            .get(..address.len() - last.len_utf8())
            .unwrap_or_default();
    }
    address.len()
}

/// Marks that change the writing direction or can't be seen.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::Stretch::{Address, Code, Mention, Styled, Words};
    use super::*;

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
}
