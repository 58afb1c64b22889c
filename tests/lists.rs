//! What lists options, events or strings lists exactly those that there are: the types, the loader, the scripts of a
//! frame, the README.
//!
//! The tables are `src/embed/table.rs` and the words of `src/locale/text.rs`. With `INFERKIT_BLESS=1` the lists are
//! written; without, they are compared. A list stands between two lines that name it, `<options>` and `</options>`.

use inferkit_widget::{
    embed::table::{Detail, EVENTS, EventRow, OPTIONS, Row, Takes, ToldBy},
    locale::Word,
};
use std::{env, fs, path::Path};

/// How long a line of the types may be.
const WIDTH: usize = 120;

#[test]
fn the_types_list_what_there_is() {
    check(
        "public/inferkit.d.ts",
        &[
            ("model", model),
            ("events", event_types),
            ("strings", strings),
            ("options", options),
            ("listeners", listeners),
        ],
    );
}

#[test]
fn the_loader_knows_every_option_and_event() {
    let path = "public/loader/names.js";
    compare(path, &read(path).unwrap_or_default(), &names());
}

#[test]
fn frames_pass_on_what_a_conversation_tells() {
    check("public/frame.js", &[("events", || passed_on(""))]);
    check("public/embed.js", &[("events", || passed_on("  "))]);
}

#[test]
fn the_readme_lists_every_option_and_event() {
    check("README.md", &[("options", option_rows), ("events", event_rows)]);
}

/// Members of the type `Model`.
fn model() -> String {
    let named = OPTIONS.iter().find_map(|row| match row.takes {
        Takes::Members(Some("Model"), members) => Some(members),
        _ => None,
    });
    let mut first = true;
    // Its address is what makes a model.
    let member = |row: &Row| member(row, "  ", !std::mem::replace(&mut first, false));
    named.unwrap_or_default().iter().map(member).collect()
}

fn options() -> String {
    OPTIONS.iter().map(|row| member(row, "  ", true)).collect()
}

/// A member of an interface, with its documentation.
fn member(row: &Row, indent: &str, optional: bool) -> String {
    let default = if row.default.is_empty() { String::new() } else { format!(" By default {}.", row.default) };
    let documentation = comment(&format!("{}{default}", row.about), indent);
    let mark = if optional { "?" } else { "" };
    format!("{documentation}{indent}{}{mark}: {};\n", row.name, typed(row, indent))
}

/// A type, as TypeScript writes it.
fn typed(row: &Row, indent: &str) -> String {
    match row.takes {
        Takes::Text => "string".into(),
        Takes::Number => "number".into(),
        Takes::Flag => "boolean".into(),
        Takes::Texts => "string[]".into(),
        Takes::OneOf(names) => quoted(names, " | "),
        Takes::Members(Some(name), _) => name.into(),
        Takes::Members(None, members) => {
            let inner = format!("{indent}  ");
            let members: String = members.iter().map(|row| member(row, &inner, true)).collect();
            format!("{{\n{members}{indent}}}")
        }
        Takes::Strings => "{ [Name in StringName]?: string }".into(),
        Takes::Place => "string | Element".into(),
    }
}

/// The detail of each event.
fn event_types() -> String {
    let detail = |event: &EventRow| match event.detail {
        Detail::Empty => "Record<string, never>".to_owned(),
        Detail::Named(name) => name.to_owned(),
        Detail::Members(members) if members.iter().all(|(.., about)| about.is_empty()) => {
            let members: Vec<_> = members.iter().map(|(name, typed, _)| format!("{name}: {typed}")).collect();
            format!("{{ {} }}", members.join("; "))
        }
        Detail::Members(members) => {
            let member =
                |(name, typed, about): &(&str, &str, &str)| format!("{}    {name}: {typed};\n", comment(about, "    "));
            format!("{{\n{}  }}", members.iter().map(member).collect::<String>())
        }
    };
    EVENTS.iter().map(|event| format!("{}  {}: {};\n", comment(event.about, "  "), event.name, detail(event))).collect()
}

/// The element's events, by their full names.
fn listeners() -> String {
    EVENTS
        .iter()
        .map(|EventRow { name, .. }| format!("    'inferkit:{name}': CustomEvent<Events['{name}']>;\n"))
        .collect()
}

/// The names of the strings, and which braces they must have.
fn strings() -> String {
    let camel = |name: &str| format!("{}{}", name[..1].to_lowercase(), &name[1..]);
    let names: Vec<String> = Word::ALL.iter().map(|(_, name, _)| camel(name)).collect();
    let filled = Word::ALL.iter().filter(|(.., takes)| !takes.is_empty()).map(|(_, name, takes)| {
        let braces: Vec<_> = takes.iter().map(|given| format!("`{{{given}}}`")).collect();
        format!("`{}` {}", camel(name), braces.join(" and "))
    });
    let about = format!(
        "Something that the widget says. What stands in braces in our own words must stand in the site's too: {}.",
        filled.collect::<Vec<_>>().join(", ")
    );
    let mut lines = vec![String::from(" ")];
    for name in names {
        let name = format!(" | '{name}'");
        match lines.last_mut() {
            Some(line) if line.len() + name.len() < WIDTH => line.push_str(&name),
            _ => lines.push(format!(" {name}")),
        }
    }
    format!("{}export type StringName =\n{};\n", comment(&about, ""), lines.join("\n"))
}

/// `public/loader/names.js`.
fn names() -> String {
    let mut members = Vec::new();
    for row in OPTIONS {
        if let Takes::Members(_, its) = row.takes {
            members.extend(its.iter().map(|member| format!("{}-{}", row.name, member.name)));
        }
    }
    format!(
        "// @ts-check\n// Written by tests/lists.rs from src/embed/table.rs.\n{}{}{}",
        declared("OPTION_NAMES", "Options, in camelCase.", &OPTIONS.map(|row| row.name)),
        declared("OPTION_MEMBERS", "Members of options, behind a hyphen.", &members),
        declared("EVENT_NAMES", "What a site is told.", &EVENTS.map(|event| event.name)),
    )
}

/// Names in one text, which is shorter than a list.
fn declared(constant: &str, about: &str, names: &[impl AsRef<str>]) -> String {
    let mut lines = vec![String::new()];
    for name in names {
        let name = name.as_ref();
        match lines.last_mut() {
            Some(line) if line.len() + name.len() < WIDTH - 32 => line.push_str(name),
            _ => lines.push(name.to_owned()),
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
        }
    }
    let text = lines.join("' +\n  '");
    format!("/** {about} */\nconst {constant} = '{}';\n", text.trim_end())
}

/// The events that a frame passes on.
fn passed_on(indent: &str) -> String {
    let told = EVENTS.iter().filter(|event| event.told_by == ToldBy::Conversation);
    let names: Vec<_> = told.map(|event| event.name).collect();
    format!("{indent}const CONVERSATION = [{}];\n", quoted(&names, ", "))
}

fn option_rows() -> String {
    let mut rows = String::from("| option | values | default | |\n|---|---|---|---|\n");
    for row in OPTIONS {
        let values = match row.takes {
            Takes::Text => "a text".into(),
            Takes::Number => "a number".into(),
            Takes::Flag => "`true`, `false`".into(),
            Takes::Texts => "texts".into(),
            Takes::OneOf(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            Takes::Members(_, members) => {
                format!("`{{{}}}`", members.iter().map(|row| row.name).collect::<Vec<_>>().join(", "))
            }
            Takes::Strings => "texts by name".into(),
            Takes::Place => "a selector, an element".into(),
        };
        rows += &format!("| `{}` | {values} | {} | {} |\n", row.name, row.default, row.about);
    }
    rows
}

fn event_rows() -> String {
    let mut rows = String::from("| event | detail | |\n|---|---|---|\n");
    for event in EVENTS {
        let detail = match event.detail {
            Detail::Empty => String::new(),
            Detail::Named("InferKitError") => "`{code, message, request_id, reference}`".into(),
            Detail::Named(name) => format!("`{name}`"),
            Detail::Members(members) => {
                format!("`{{{}}}`", members.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", "))
            }
        };
        rows += &format!("| `{}` | {detail} | {} |\n", event.name, event.about);
    }
    rows
}

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(between)
}

/// A documentation comment, on one line where it fits.
fn comment(text: &str, indent: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let short = format!("{indent}/** {text} */\n");
    if short.chars().count() <= WIDTH {
        return short;
    }
    let mut lines = vec![format!("{indent} *")];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() < WIDTH => line.extend([" ", word]),
            _ => lines.push(format!("{indent} * {word}")),
        }
    }
    format!("{indent}/**\n{}\n{indent} */\n", lines.join("\n"))
}

/// A list: its name, and what it should be.
type List = (&'static str, fn() -> String);

/// Compares the lists of a file, or writes them.
fn check(path: &str, lists: &[List]) {
    let text = read(path).expect("a file of the repository");
    let expected = lists.iter().fold(text.clone(), |text, (name, list)| replaced(&text, name, &list(), path));
    compare(path, &text, &expected);
}

/// The text with another list between the lines that name it.
fn replaced(text: &str, name: &str, list: &str, path: &str) -> String {
    let (before, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{path} has no <{name}>"));
    let (opening, rest) = rest.split_once('\n').expect("a line that ends");
    let (old, after) = rest.split_once(&format!("</{name}>")).unwrap_or_else(|| panic!("{path} has no </{name}>"));
    let closing = old.rfind('\n').map_or(old, |end| &old[end + 1..]);
    format!("{before}<{name}>{opening}\n{list}{closing}</{name}>{after}")
}

fn compare(path: &str, found: &str, expected: &str) {
    if found == expected {
        return;
    }
    if env::var_os("INFERKIT_BLESS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), expected).expect("a file that can be written");
        return;
    }
    let line = expected.lines().zip(found.lines()).position(|(ours, theirs)| ours != theirs);
    let line = line.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    panic!(
        "{path} differs from the table in line {}: {:?} should be {:?}. Run this test with INFERKIT_BLESS=1.",
        line + 1,
        found.lines().nth(line).unwrap_or_default(),
        expected.lines().nth(line).unwrap_or_default(),
    );
}

fn read(path: &str) -> std::io::Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
}

#[test]
fn a_list_is_replaced_between_its_lines() {
    let text = "a\n// <x> about\nold\nold\n  // </x>\nb\n";
    assert_eq!(replaced(text, "x", "new\n", "here"), "a\n// <x> about\nnew\n  // </x>\nb\n");
}
