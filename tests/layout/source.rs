//! Reads Rust sources well enough to know which paths they name: no parser, only a lexer and the grammar of `use`.

/// One source file of the workspace.
pub(crate) struct Source {
    /// Its path from the workspace's root, with `/` between the parts.
    pub(crate) file: String,
    /// Its whole text.
    pub(crate) text: String,
}

/// A text in quotes; places are counted in characters.
pub(crate) struct Literal {
    pub(crate) line: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) text: String,
}

/// A path that the code names, `crate`, `self` and `super` resolved to `crate::...`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    PathSeparator,
    Sign(char),
}

impl Source {
    /// The text with the contents of comments, strings and characters blanked, and lines kept.
    pub(crate) fn code(&self) -> String {
        blank(&self.text).0
    }

    /// Every text in quotes outside of comments.
    pub(crate) fn literals(&self) -> Vec<Literal> {
        let chars: Vec<char> = self.text.chars().collect();
        let literal = |(start, end): (usize, usize)| Literal {
            line: 1 + chars[..start].iter().filter(|c| **c == '\n').count(),
            start,
            end,
            text: chars[start..end].iter().collect(),
        };
        blank(&self.text).1.into_iter().map(literal).collect()
    }

    /// Every path the code outside of `#[cfg(test)]` modules names: in `use`, and written out with `::`.
    pub(crate) fn paths(&self) -> Vec<Named> {
        let module = self.module();
        let tokens = without_test_modules(&tokens(&self.code()));
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let (line, token) = &tokens[at];
            match token {
                Token::Word(word)
                    if word == "use"
                        && !matches!(tokens.get(at + 1), Some((_, Token::Sign('<')))) =>
                {
                    let mut paths = Vec::new();
                    at = use_tree(&tokens, at + 1, &[], &mut paths);
                    found.extend(paths.into_iter().map(|segments| Named {
                        line: *line,
                        segments,
                    }));
                }
                Token::Word(_) => {
                    let (end, segments) = written_path(&tokens, at);
                    if segments.len() > 1 {
                        found.push(Named {
                            line: *line,
                            segments,
                        });
                    }
                    at = end;
                }
                _ => at += 1,
            }
        }
        for named in &mut found {
            named.segments = resolve(&named.segments, &module);
        }
        found
    }

    /// The module the file is, below its crate's root.
    fn module(&self) -> Vec<String> {
        let inside = self.file.rsplit_once("src/").map_or("", |(_, rest)| rest);
        let mut parts: Vec<String> = inside
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        if parts
            .last()
            .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
        {
            parts.pop();
        }
        parts
    }
}

fn resolve(segments: &[String], module: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = segments;
    let mut relative = false;
    while let Some((first, tail)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "self" => (),
            "super" => {
                base.pop();
            }
            _ => break,
        }
        relative = true;
        rest = tail;
    }
    if !relative {
        return segments.to_vec();
    }
    std::iter::once("crate".to_owned())
        .chain(base)
        .chain(rest.iter().cloned())
        .collect()
}

/// Reads one tree of a `use` item; answers the position after it.
fn use_tree(
    tokens: &[(usize, Token)],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map(|(_, token)| token) {
            Some(Token::Word(word)) if word == "as" => at += 2,
            Some(Token::Word(word)) => {
                // `a::{self}` names `a`.
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                at += 1;
            }
            Some(Token::PathSeparator) => at += 1,
            Some(Token::Sign('*')) => {
                path.push("*".to_owned());
                at += 1;
            }
            Some(Token::Sign('{')) => {
                at += 1;
                while at < tokens.len() && tokens[at].1 != Token::Sign('}') {
                    at = use_tree(tokens, at, &path, found);
                    if tokens
                        .get(at)
                        .is_some_and(|(_, token)| *token == Token::Sign(','))
                    {
                        at += 1;
                    }
                }
                return at + 1;
            }
            _ => {
                found.push(path);
                return at;
            }
        }
    }
}

fn written_path(tokens: &[(usize, Token)], mut at: usize) -> (usize, Vec<String>) {
    let mut segments = Vec::new();
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        segments.push(word.clone());
        at += 1;
        if tokens
            .get(at)
            .is_some_and(|(_, token)| *token == Token::PathSeparator)
        {
            at += 1;
        } else {
            break;
        }
    }
    (at, segments)
}

/// Leaves out `#[cfg(test)] mod name { ... }`: tests may look at anything.
fn without_test_modules(tokens: &[(usize, Token)]) -> Vec<(usize, Token)> {
    let sign = |c| Token::Sign(c);
    let word = |w: &str| Token::Word(w.to_owned());
    let head = [
        sign('#'),
        sign('['),
        word("cfg"),
        sign('('),
        word("test"),
        sign(')'),
        sign(']'),
        word("mod"),
    ];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|(_, token)| token).take(head.len());
        let opens = at + head.len() + 1;
        if here.eq(head.iter())
            && tokens
                .get(opens)
                .is_some_and(|(_, token)| *token == sign('{'))
        {
            let mut depth = 0_usize;
            at = opens;
            while let Some((_, token)) = tokens.get(at) {
                at += 1;
                if *token == sign('{') {
                    depth += 1;
                } else if *token == sign('}') {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\n' {
            line += 1;
        } else if is_word(c) {
            let mut word = String::from(c);
            while let Some(next) = rest.next_if(|next| is_word(*next)) {
                word.push(next);
            }
            found.push((line, Token::Word(word)));
        } else if c == ':' && rest.next_if_eq(&':').is_some() {
            found.push((line, Token::PathSeparator));
        } else if !c.is_whitespace() {
            found.push((line, Token::Sign(c)));
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What the lexer is inside of.
enum Inside {
    Code,
    LineComment,
    BlockComment(usize),
    /// A literal that ends with this sign, with escapes.
    Quoted(char),
    /// A raw string that ends with a quote and this many hashes.
    Raw(usize),
}

/// The code with everything else blanked out, a character for a character; and where its texts in double quotes are.
fn blank(text: &str) -> (String, Vec<(usize, usize)>) {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut literals = Vec::new();
    let mut begun = 0;
    let mut inside = Inside::Code;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1).copied();
        // How many characters this step eats; they are kept only in code.
        let mut eaten = 1;
        let mut keep = false;
        match inside {
            Inside::Code => match (c, next) {
                ('/', Some('/')) => inside = Inside::LineComment,
                ('/', Some('*')) => {
                    inside = Inside::BlockComment(1);
                    eaten = 2;
                }
                ('"', _) => {
                    inside = Inside::Quoted('"');
                    begun = at;
                }
                ('\'', Some('\\')) => inside = Inside::Quoted('\''),
                // `'x'` is a character, `'x` a lifetime.
                ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => eaten = 3,
                ('r', Some('"' | '#'))
                    if at == 0 || !is_word(chars[at - 1]) || chars[at - 1] == 'b' =>
                {
                    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                    if chars.get(at + 1 + hashes) == Some(&'"') {
                        inside = Inside::Raw(hashes);
                        eaten = hashes + 2;
                    } else {
                        keep = true;
                    }
                }
                _ => keep = true,
            },
            Inside::LineComment if c == '\n' => inside = Inside::Code,
            Inside::BlockComment(depth) if (c, next) == ('/', Some('*')) => {
                inside = Inside::BlockComment(depth + 1);
                eaten = 2;
            }
            Inside::BlockComment(depth) if (c, next) == ('*', Some('/')) => {
                inside = if depth == 1 {
                    Inside::Code
                } else {
                    Inside::BlockComment(depth - 1)
                };
                eaten = 2;
            }
            Inside::Quoted(_) if c == '\\' => eaten = 2,
            Inside::Quoted(end) if c == end => {
                inside = Inside::Code;
                if end == '"' {
                    literals.push((begun, at + 1));
                }
            }
            Inside::Raw(hashes)
                if c == '"'
                    && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes =>
            {
                inside = Inside::Code;
                eaten = hashes + 1;
            }
            _ => (),
        }
        for blanked in chars.iter().skip(at).take(eaten) {
            out.push(if keep || *blanked == '\n' {
                *blanked
            } else {
                ' '
            });
        }
        at += eaten;
    }
    (out, literals)
}
