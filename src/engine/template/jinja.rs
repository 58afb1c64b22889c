//! What a chat template writes, read off its text without running it.
//!
//! A template is text with tags: `{{ expression }}` writes, `{% statement %}` decides, `{# comment #}` is silent. This
//! reads the expressions that are sums of string literals, a message's fields and names; whatever else there is
//! becomes [`Item::Other`], which fits no pattern. Whitespace around tags goes as in the reference implementation of
//! chat templates, which sets Jinja's `trim_blocks` and `lstrip_blocks`.

/// Longest template in bytes. Real ones have a few kilobytes.
const MAX_LENGTH: usize = 1 << 18;

/// How deep parentheses may be nested in what is read.
const MAX_DEPTH: usize = 8;

/// Filters that leave a message's content as it is, or do so wherever these families use them.
const HARMLESS_FILTERS: &[&str] = &["trim", "tojson", "length", "string"];

/// Something that a template writes, or where it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Text as it stands. No two neighbours are texts.
    Text(String),
    /// The role of the message at hand.
    Role,
    /// The content of the message at hand or of the first one.
    Content {
        /// Whether whitespace around it goes.
        trim: bool,
    },
    /// `bos_token`.
    Begin,
    /// Another variable.
    Name(String),
    /// What follows, up to the next break, is not written but kept in this variable.
    Set(String),
    /// An expression that is not understood.
    Other,
    /// A statement: what follows may be written or not.
    Break,
}

/// A word of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(String),
    /// A name, a keyword or a number.
    Word(String),
    Symbol(char),
}

/// Reads a template. The error says what stands in the way.
pub fn read(source: &str) -> Result<Vec<Item>, String> {
    if source.len() > MAX_LENGTH {
        return Err(format!("it has {} bytes, more than {MAX_LENGTH}", source.len()));
    }
    let mut items = Vec::new();
    // Jinja drops one line break at the end of a template.
    let mut rest = source.strip_suffix('\n').unwrap_or(source);
    while let Some(at) = find_tag(rest) {
        let (text, tag) = rest.split_at(at);
        let kind = tag.as_bytes().get(1).copied().unwrap_or_default();
        let body = &tag[2..];
        push(&mut items, Item::Text(before_tag(text, body, kind).to_owned()));
        let (tokens, after) = if kind == b'#' { (Vec::new(), skip_comment(body)?) } else { lex(body, kind)? };
        check_content(&tokens)?;
        match kind {
            b'{' => expression(&tokens, 0, &mut items),
            b'%' => statement(&tokens, &mut items)?,
            _ => {}
        }
        rest = after_tag(body, after, kind);
    }
    push(&mut items, Item::Text(rest.to_owned()));
    Ok(items)
}

/// Appends an item; neighbouring texts become one.
fn push(items: &mut Vec<Item>, item: Item) {
    match (items.last_mut(), item) {
        (_, Item::Text(text)) if text.is_empty() => {}
        (Some(Item::Text(before)), Item::Text(text)) => before.push_str(&text),
        (_, item) => items.push(item),
    }
}

/// Where the next tag begins.
fn find_tag(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))
}

/// The text before a tag, less the whitespace that the tag takes away.
fn before_tag<'text>(text: &'text str, body: &str, kind: u8) -> &'text str {
    if body.starts_with('-') {
        return text.trim_end();
    }
    if kind == b'{' || body.starts_with('+') {
        return text;
    }
    // lstrip_blocks: a statement's indentation, when nothing else stands before it on its line.
    let line = text.trim_end_matches([' ', '\t']);
    if line.is_empty() || line.ends_with('\n') { line } else { text }
}

/// What follows a tag, less the whitespace that the tag takes away. `after` begins behind the closing braces.
fn after_tag<'text>(body: &str, after: &'text str, kind: u8) -> &'text str {
    let inside = body.len().saturating_sub(after.len() + 2);
    match body.as_bytes().get(..inside).and_then(<[u8]>::last) {
        Some(b'-') => after.trim_start(),
        Some(b'+') => after,
        // trim_blocks: the line break behind a statement.
        _ if kind != b'{' => after.strip_prefix('\n').unwrap_or(after),
        _ => after,
    }
}

fn skip_comment(body: &str) -> Result<&str, String> {
    body.split_once("#}").map(|(_, after)| after).ok_or_else(|| "a comment has no end".into())
}

/// Splits a tag into words; returns them and what follows its closing braces.
fn lex(body: &str, kind: u8) -> Result<(Vec<Token>, &str), String> {
    let close = if kind == b'{' { "}}" } else { "%}" };
    let mut tokens = Vec::new();
    let mut rest = body;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(close) {
            // The sign of whitespace control at either end is no word.
            let signs = ['-', '+'].map(Token::Symbol);
            if body.starts_with(['-', '+']) {
                tokens.remove(0);
            }
            if tokens.last().is_some_and(|last| signs.contains(last)) {
                tokens.pop();
            }
            return Ok((tokens, after));
        }
        let Some(first) = rest.chars().next().filter(|_| !rest.starts_with("{%")) else {
            return Err("a tag has no end".into());
        };
        if matches!(first, '\'' | '"') {
            let (literal, after) = literal(&rest[1..], first)?;
            tokens.push(Token::Literal(literal));
            rest = after;
            continue;
        }
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = if word > 0 { word } else { first.len_utf8() };
        let (head, after) = rest.split_at(length);
        tokens.push(if word > 0 { Token::Word(head.to_owned()) } else { Token::Symbol(first) });
        rest = after;
    }
}

/// Reads a string literal behind its opening quote.
fn literal(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut literal = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => literal.push('\n'),
                Some('t') => literal.push('\t'),
                Some('r') => literal.push('\r'),
                Some(escaped @ ('\\' | '\'' | '"')) => literal.push(escaped),
                other => return Err(format!("a string has the escape {:?}", other.unwrap_or(c))),
            },
            c if c == quote => return Ok((literal, chars.as_str())),
            c => literal.push(c),
        }
    }
    Err("a string has no end".into())
}

/// Refuses what would change a message's content: a slice, a method, a filter.
fn check_content(tokens: &[Token]) -> Result<(), String> {
    for (at, token) in tokens.iter().enumerate() {
        let next = match token {
            Token::Word(word) if word == "content" => at + 1,
            Token::Literal(field) if field == "content" && tokens.get(at + 1) == Some(&Token::Symbol(']')) => at + 2,
            _ => continue,
        };
        let operation = match tokens.get(next..).unwrap_or_default() {
            [Token::Symbol('['), ..] => "[…]",
            [Token::Symbol('.'), Token::Word(method), ..] if method != "strip" => method,
            [Token::Symbol('|'), Token::Word(filter), ..] if !HARMLESS_FILTERS.contains(&filter.as_str()) => filter,
            _ => continue,
        };
        return Err(format!("it changes a message's content with {operation:.32}"));
    }
    Ok(())
}

/// Reads a statement. Only an assignment has something that may be written.
fn statement(tokens: &[Token], items: &mut Vec<Item>) -> Result<(), String> {
    push(items, Item::Break);
    match tokens {
        [Token::Word(set), Token::Word(name), Token::Symbol('='), value @ ..] if set == "set" => {
            push(items, Item::Set(name.clone()));
            expression(value, 0, items);
            push(items, Item::Break);
        }
        [Token::Word(word), ..] if matches!(word.as_str(), "raw" | "macro" | "include" | "filter" | "call") => {
            return Err(format!("it has the statement {word}"));
        }
        _ => {}
    }
    Ok(())
}

/// Reads a sum.
fn expression(tokens: &[Token], depth: usize, items: &mut Vec<Item>) {
    let mut nesting = 0_usize;
    let operands = tokens.split(|token| {
        match token {
            Token::Symbol('(' | '[' | '{') => nesting += 1,
            Token::Symbol(')' | ']' | '}') => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        nesting == 0 && matches!(token, Token::Symbol('+' | '~'))
    });
    for operand in operands {
        match inside_parentheses(operand).filter(|_| depth < MAX_DEPTH) {
            Some(inside) => expression(inside, depth + 1, items),
            None => push(items, value(operand)),
        }
    }
}

/// What is between parentheses that enclose all of the tokens.
fn inside_parentheses(tokens: &[Token]) -> Option<&[Token]> {
    let [Token::Symbol('('), inside @ .., Token::Symbol(')')] = tokens else {
        return None;
    };
    let mut nesting = 1_usize;
    for token in inside {
        match token {
            Token::Symbol('(') => nesting += 1,
            Token::Symbol(')') => nesting -= 1,
            _ => {}
        }
        if nesting == 0 {
            return None;
        }
    }
    Some(inside)
}

/// Reads one operand of a sum.
fn value(tokens: &[Token]) -> Item {
    match tokens {
        [Token::Literal(text)] => return Item::Text(text.clone()),
        [Token::Word(word)] if word == "bos_token" => return Item::Begin,
        [Token::Word(word)] => return Item::Name(word.clone()),
        _ => {}
    }
    let (field, rest) = match tokens {
        [Token::Word(messages), Token::Symbol('['), Token::Word(zero), Token::Symbol(']'), rest @ ..]
            if messages == "messages" && zero == "0" =>
        {
            rest
        }
        [Token::Word(message), rest @ ..] if message != "messages" => rest,
        _ => return Item::Other,
    }
    .split_field();
    match (field, rest) {
        (Some("role"), []) => Item::Role,
        (Some("content"), []) => Item::Content { trim: false },
        (Some("content"), [Token::Symbol('|'), Token::Word(filter)]) if filter == "trim" => {
            Item::Content { trim: true }
        }
        (Some("content"), [Token::Symbol('.'), Token::Word(strip), Token::Symbol('('), Token::Symbol(')')])
            if strip == "strip" =>
        {
            Item::Content { trim: true }
        }
        _ => Item::Other,
    }
}

/// Reads `.field` or `['field']` at the start of some tokens.
trait SplitField {
    fn split_field(&self) -> (Option<&str>, &[Token]);
}

impl SplitField for [Token] {
    fn split_field(&self) -> (Option<&str>, &[Token]) {
        match self {
            [Token::Symbol('.'), Token::Word(field), rest @ ..]
            | [Token::Symbol('['), Token::Literal(field), Token::Symbol(']'), rest @ ..] => (Some(field), rest),
            _ => (None, self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[Item]) {
        assert_eq!(read(source).as_deref(), Ok(expected), "{source:?}");
    }

    fn check_refused(source: &str, reason: &str) {
        let error = read(source).expect_err("the template is refused");
        assert!(error.contains(reason), "{source:?} is refused for {error:?}");
    }

    fn text(text: &str) -> Item {
        Item::Text(text.into())
    }

    #[test]
    fn sums_of_literals_and_fields() {
        check(r#"{{ 'a\n' + "b\"'" ~ 'c' }}d"#, &[text("a\nb\"'cd")]);
        check("{{'<' + message['role'] + '>'}}", &[text("<"), Item::Role, text(">")]);
        check("{{ m.role }}{{ messages[0].content | trim }}", &[Item::Role, Item::Content { trim: true }]);
        check("{{ ('a' + (m.content.strip())) }}", &[text("a"), Item::Content { trim: true }]);
        check("{{ bos_token + content }}", &[Item::Begin, Item::Name("content".into())]);
    }

    #[test]
    fn what_is_not_understood_fits_no_pattern() {
        check("{{ f(x) + 'a' }}", &[Item::Other, text("a")]);
        check("{{ 'a' if b else 'c' }}", &[Item::Other]);
        check("{{ messages[1].content }}", &[Item::Other]);
        check("{{ ('a') + ('b' + 1 }}", &[text("a"), Item::Other]);
        check(&format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)), &[Item::Other]);
    }

    #[test]
    fn statements_break_and_assignments_are_kept_apart() {
        let set = [text("a"), Item::Break, Item::Set("x".into()), Item::Begin, text("b"), Item::Break, text("c")];
        check("a{% set x = bos_token + 'b' %}c", &set);
        check("{% if a %}b{% endif %}", &[Item::Break, text("b"), Item::Break]);
        check("a{# {{ no }} #}b", &[text("ab")]);
        check("{{ '%} }} {{' }}", &[text("%} }} {{")]);
    }

    #[test]
    fn whitespace_around_tags() {
        check("a \n {%- if x -%} \n b", &[text("a"), Item::Break, text("b")]);
        check("a\n  {% if x %}\n  b\n", &[text("a\n"), Item::Break, text("  b")]);
        check("a {%+ if x +%}\nb", &[text("a "), Item::Break, text("\nb")]);
        check("a {{ 'b' }}\nc \n\n", &[text("a b\nc \n")]);
        check("a {{- 'b' -}} \n c", &[text("abc")]);
        check("a {#- b -#} c", &[text("ac")]);
    }

    #[test]
    fn changes_of_content_are_refused() {
        check_refused("{{ message.content.split('x')[1] }}", "split");
        check_refused("{{ message['content'][1:] }}", "[…]");
        check_refused("{% set x = m['content'] | upper %}", "upper");
        check_refused("{% if content.startswith('x') %}", "startswith");
    }

    #[test]
    fn broken_templates_are_refused() {
        check_refused("{{ 'a", "no end");
        check_refused("{{ 'a\\", "escape");
        check_refused("{{ a", "no end");
        check_refused("{% a", "no end");
        check_refused("{% a {% b %}", "no end");
        check_refused("{# a", "no end");
        check_refused("{{-", "no end");
        check_refused("{% raw %}", "raw");
        check_refused(&"x".repeat(MAX_LENGTH + 1), "more than");
    }
}
