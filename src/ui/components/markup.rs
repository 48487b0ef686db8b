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

/// What a text says, without its marks: where there is no room for more than words.
pub(super) fn plain(text: &str) -> String {
    fn say(stretches: &[Stretch<'_>], out: &mut String) {
        for stretch in stretches {
            match stretch {
                Stretch::Words(words)
                | Stretch::Address(words)
                | Stretch::Mention(words)
                | Stretch::Code(words) => out.push_str(words),
                Stretch::Styled(_, inner) => say(inner, out),
            }
        }
    }
    let mut out = String::new();
    for block in blocks(text, &[]) {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Lines(words) | Block::Quote(words) => say(&words, &mut out),
            Block::Code(code) => out.push_str(code),
            Block::List { entries, .. } => {
                for (number, entry) in entries.iter().enumerate() {
                    if number > 0 {
                        out.push('\n');
                    }
                    say(entry, &mut out);
                }
            }
        }
    }
    out
}

/// Whether a text calls the person of this name. `names` are those that can be called.
pub(crate) fn calls(text: &str, names: &[String], own: &str) -> bool {
    fn among(stretches: &[Stretch<'_>], own: &str) -> bool {
        stretches.iter().any(|stretch| match stretch {
            Stretch::Mention(called) => called.strip_prefix('@') == Some(own),
            Stretch::Styled(_, inner) => among(inner, own),
            Stretch::Words(_) | Stretch::Address(_) | Stretch::Code(_) => false,
        })
    }
    blocks(text, names).iter().any(|block| match block {
        Block::Lines(line) => among(line, own),
        Block::List { entries, .. } => entries.iter().any(|entry| among(entry, own)),
        // What somebody else said once calls nobody now.
        Block::Quote(_) | Block::Code(_) => false,
    })
}

/// Takes a line apart.
pub(super) fn stretches<'a>(text: &'a str, names: &[String], depth: usize) -> Vec<Stretch<'a>> {
    let mut found = Vec::new();
    let mut closers = Closers::default();
    let mut from = 0;
    let mut at = 0;
    while let Some(c) = tail(text, at).chars().next() {
        match special(text, at, &mut closers, names, depth) {
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
    closers: &mut Closers,
    names: &[String],
    depth: usize,
) -> Option<(Stretch<'a>, usize)> {
    let rest = tail(text, at);
    let before = head(text, at).chars().next_back();
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
            let number = MARKS.iter().position(|(mark, _)| rest.starts_with(mark))?;
            let (mark, style) = *MARKS.get(number)?;
            let inner = tail(rest, mark.len());
            if !opens(inner, mark, begins_word) {
                return None;
            }
            let end = closers.next(text, number, at + mark.len())?;
            let words = stretches(head(inner, end), names, depth + 1);
            Some((Stretch::Styled(style, words), end + 2 * mark.len()))
        }
        _ => None,
    }
}

/// Whether a mark before `inner` opens: words touch it, and underscores within a word are none.
fn opens(inner: &str, mark: &str, begins_word: bool) -> bool {
    let touched = inner.chars().next().is_some_and(|c| !c.is_whitespace());
    touched && !inner.starts_with(mark) && (begins_word || !mark.starts_with('_'))
}

/// Where each kind of mark can close, in bytes from the beginning of a text. Found once for all marks that open: a text of
/// nothing but those must not be read again for each.
#[derive(Default)]
struct Closers([Option<Vec<usize>>; MARKS.len()]);

impl Closers {
    /// Where the mark of this number closes whose words begin at `from`: how long they are.
    fn next(&mut self, text: &str, number: usize, from: usize) -> Option<usize> {
        let (mark, _) = MARKS.get(number)?;
        let places = self.0.get_mut(number)?;
        let places = places.get_or_insert_with(|| closers(text, mark));
        let next = places.partition_point(|place| *place <= from);
        let end = places.get(next)?.checked_sub(from)?;
        let words = tail(text, from).get(..end)?;
        (end + mark.len() <= MAX_SPAN && !words.contains('\n')).then_some(end)
    }
}

/// Every place where a mark can close: words touch it, and underscores within a word are none.
fn closers(text: &str, mark: &str) -> Vec<usize> {
    let closes = |place: &usize| {
        let last = head(text, *place).chars().next_back();
        let after = tail(text, place + mark.len()).chars().next();
        let longer =
            mark.len() == 1 && (last == mark.chars().next() || after == mark.chars().next());
        let in_word = mark.starts_with('_') && after.is_some_and(letters::is_letter_or_digit);
        last.is_some_and(|last| !last.is_whitespace()) && !longer && !in_word
    };
    let places = text.match_indices(mark).map(|(place, _)| place);
    places.filter(closes).collect()
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
    // How many more brackets of a kind close than open. Counted once: an address may be nothing but brackets.
    let surplus = |open, close| {
        let count = |one: char| address.matches(one).count() as isize;
        count(close) - count(open)
    };
    let mut surplus = [surplus('(', ')'), surplus('[', ']'), surplus('{', '}')];
    while let Some(last) = address.chars().next_back() {
        let kind = ")]}".find(last).and_then(|kind| surplus.get_mut(kind));
        let trailing = match kind {
            Some(surplus) => {
                *surplus -= 1;
                *surplus >= 0
            }
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
mod tests;
