//! What a site can say and what it hears, as one table: every option and every event, by name.
//!
//! Whatever else lists them is written from here by `tests/lists.rs`, and compared with it: the types in
//! `public/inferkit.d.ts`, the loader's `public/loader/names.js`, the events that cross a frame, the README. Only the
//! names reach the widget's module.
//!
//! To add an option: a row here, its reading in `options`, a line in `tests/e2e/types/usage.ts`. To add an event: a row
//! here, its telling in `events`, a line in the same `usage.ts`. Then `INFERKIT_BLESS=1 cargo test --test lists`.

use super::choices::{Builtin, Choice, ColorScheme, Consent, Density, Embed, Launcher, Persist};
use crate::{answer::remote::ApiKind, gate::Mode, wire::BackendChoice};

/// An option, or a member of one.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in JavaScript; as an attribute it is written in kebab-case.
    pub name: &'static str,
    /// What values it takes.
    pub takes: Takes,
    /// What holds where it is not given, as Markdown; empty where nothing does.
    pub default: &'static str,
    /// What it is, as Markdown.
    pub about: &'static str,
}

/// The values that an option takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A text.
    Text,
    /// A number, or a text that spells one.
    Number,
    /// Yes or no.
    Flag,
    /// A list of texts; as an attribute, one on each line.
    Texts,
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// An object with these members. The first is the name of its type, where the site's types name it.
    Members(Option<&'static str>, &'static [Row]),
    /// A text for each name of [`Word`](crate::locale::Word).
    Strings,
    /// A text that selects an element, or the element.
    Place,
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub struct EventRow {
    /// Its name; the element puts `inferkit:` before it.
    pub name: &'static str,
    /// Where it arises.
    pub told_by: ToldBy,
    /// What its listeners are given.
    pub detail: Detail,
    /// When it is told, as Markdown.
    pub about: &'static str,
}

/// Where an event arises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// In the loader, which knows panels and lives.
    Loader,
    /// In the conversation; a frame passes it on.
    Conversation,
}

/// What an event's listeners are given.
#[derive(Clone, Copy, Debug)]
pub enum Detail {
    /// An object with nothing in it.
    Empty,
    /// An object of this type.
    Named(&'static str),
    /// An object with these members: names, types as TypeScript has them, and what they are.
    Members(&'static [(&'static str, &'static str, &'static str)]),
}

const fn row(name: &'static str, takes: Takes, default: &'static str, about: &'static str) -> Row {
    Row { name, takes, default, about }
}

/// Members of `model`.
const MODEL: &[Row] = &[
    row("url", Takes::Text, "", "An absolute address of a GGUF file."),
    row("sha256", Takes::Text, "", "SHA-256 of the whole file, hexadecimal. Without it what arrives is not verified."),
    row("bytes", Takes::Number, "", "The file's length, shown before the download begins."),
    row("name", Takes::Text, "", "What to call it in `status` events."),
];

/// Members of `theme`.
const THEME: &[Row] = &[
    row("colorScheme", Takes::OneOf(ColorScheme::NAMES), "`auto`", "`auto`: as the visitor's device has it."),
    row("accent", Takes::Text, "", "A CSS colour."),
    row("radius", Takes::Number, "", "Of the panel's corners, in CSS pixels: 0 to 48."),
    row("density", Takes::OneOf(Density::NAMES), "`comfortable`", "How much room stands between things."),
];

/// Members of `knowledge`.
const KNOWLEDGE: &[Row] = &[row(
    "url",
    Takes::Text,
    "",
    "The folder that `cargo xtask index` wrote: an absolute address. Pages are named from the folder that it lies in.",
)];

/// Members of `handoff`.
const HANDOFF: &[Row] = &[
    row("label", Takes::Text, "in the visitor’s language", "What the button says, such as “Talk to Maria”."),
    row("url", Takes::Text, "", "Where it leads: an address with `https:`, `http:`, `mailto:` or `tel:`."),
];

/// Every option of a site.
pub const OPTIONS: [Row; 27] = [
    row("apiKey", Takes::Text, "", "A publishable key, `ik_pub_…`. Without one nothing is asked of InferKit's API."),
    row("apiBase", Takes::Text, "the loader's origin", "Where remote answers come from."),
    row(
        "apiKind",
        Takes::OneOf(ApiKind::NAMES),
        "`inferkit`",
        "What kind of server that is. `openai`: any OpenAI-compatible one; it needs `apiBase` and `remoteModel`.",
    ),
    row("remoteModel", Takes::Text, "", "The model that remote answers come from."),
    row("target", Takes::Place, "the page's body", "Where `init` puts the element: an element or a selector."),
    row("embed", Takes::OneOf(Embed::NAMES), "`element`", "`iframe`: in a frame of the loader's origin."),
    row(
        "launcher",
        Takes::OneOf(Launcher::NAMES),
        "`floating` for a script tag and for `init` without a target, otherwise `none`",
        "Whether a floating button opens the panel.",
    ),
    row("mode", Takes::OneOf(Mode::NAMES), "`auto`", "Where answers are made. `auto`: on the device where possible."),
    row(
        "backend",
        Takes::OneOf(BackendChoice::NAMES),
        "`auto`",
        "What to compute with. `auto`: WebGPU on a real GPU, otherwise SIMD on the CPU.",
    ),
    row(
        "model",
        Takes::Members(Some("Model"), MODEL),
        "",
        "The model that answers on the device: a GGUF file (v2, v3) of the llama architecture in F32, F16, Q8_0, Q4_0 or \
         Q4_1, served with CORS and without compression.",
    ),
    row(
        "builtin",
        Takes::OneOf(Builtin::NAMES),
        "`auto`",
        "Whether a model that the browser has of its own may answer. `auto`: before a download of ours is offered, where it is \
         there and ready in the page’s language; no model is downloaded for it. How freely it chooses words is the browser’s.",
    ),
    row(
        "knowledge",
        Takes::Members(None, KNOWLEDGE),
        "",
        "The index of the site's own pages. Where there is one, every question is looked up there first, and answered from \
         what was found or not at all.",
    ),
    row(
        "handoff",
        Takes::Members(None, HANDOFF),
        "",
        "A way to a person: a button in the header, under a failure, and under what the pages don’t tell or the visitor \
         found not helpful.",
    ),
    row(
        "consent",
        Takes::OneOf(Consent::NAMES),
        "`ask`",
        "Whether the visitor is asked before the model is downloaded.",
    ),
    row(
        "remoteConsent",
        Takes::OneOf(Consent::NAMES),
        "`ask`",
        "Whether the visitor is asked before questions leave the device.",
    ),
    row("locale", Takes::Text, "the page's language", "A BCP 47 tag."),
    row(
        "strings",
        Takes::Strings,
        "",
        "The site's own words in place of ours. What is unknown or lacks its braces is left as it was, with a warning.",
    ),
    row("theme", Takes::Members(None, THEME), "", "Colours and shapes."),
    row("heading", Takes::Text, "", "The panel's heading."),
    row("greeting", Takes::Text, "", "The first words of an empty conversation."),
    row("prompts", Takes::Texts, "", "Questions to begin with, a button each. In an attribute one on each line."),
    row("disclaimer", Takes::Text, "", "The caution below the composer."),
    row(
        "persist",
        Takes::OneOf(Persist::NAMES),
        "`session`",
        "How long a conversation, and what stands in its composer, lasts in the site's storage of the visitor's browser; in \
         a frame's stead the page keeps it. `session`: from page to page until the tab is closed; `local`: until the \
         visitor begins a new one; `none`: as long as its page. Several widgets of a page are told apart by the element's \
         `id`, or without one by their order.",
    ),
    row("systemPrompt", Takes::Text, "", "What the model is told before the conversation."),
    row("maxTokens", Takes::Number, "512", "The most tokens of an answer."),
    row("temperature", Takes::Number, "0.7", "How freely words are chosen; 0 is greedy."),
    row("debug", Takes::Flag, "`false`", "Also writes failures to the console that a listener hears."),
];

/// What the loader and our own frames add: the page's language, the conversation that the page before left, the models
/// whose download was agreed to before, whether the storage of the page around our iframe is full, the origin of that
/// page, and whether the panel can be closed although its launcher is outside.
pub const INNER: [&str; 6] = ["lang", "saved", "agreed", "storageFull", "embedOrigin", "closable"];

/// Every event.
pub const EVENTS: [EventRow; 15] = [
    EventRow { name: "ready", told_by: ToldBy::Loader, detail: Detail::Empty, about: "The widget stands." },
    EventRow { name: "open", told_by: ToldBy::Loader, detail: Detail::Empty, about: "The panel is shown." },
    EventRow { name: "close", told_by: ToldBy::Loader, detail: Detail::Empty, about: "The panel is hidden." },
    EventRow {
        name: "message",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[("role", "'user' | 'assistant'", ""), ("text", "string", "")]),
        about: "A whole message of either side.",
    },
    EventRow {
        name: "token",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[("text", "string", "")]),
        about: "A piece of an answer.",
    },
    EventRow {
        name: "error",
        told_by: ToldBy::Conversation,
        detail: Detail::Named("InferKitError"),
        about: "A failure that the visitor sees.",
    },
    EventRow {
        name: "progress",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[("done", "number", ""), ("total", "number | null", "")]),
        about: "A download moves on; in bytes.",
    },
    EventRow {
        name: "consent",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[("kind", "'download' | 'leave'", ""), ("granted", "boolean | null", "")]),
        about: "The visitor was asked (`null`), agreed or declined: to download the model, or to let questions leave the \
                device.",
    },
    EventRow {
        name: "unread",
        told_by: ToldBy::Loader,
        detail: Detail::Members(&[("count", "number", "")]),
        about: "How many answers arrived while the panel was closed; 0 when it opens.",
    },
    EventRow {
        name: "status",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[
            (
                "state",
                "'idle' | 'consent' | 'loading' | 'ready' | 'verifying' | 'waiting' | 'thinking' | 'answering'",
                "`verifying`: the visitor proves to be human; `waiting`: until a busy server may be asked again.",
            ),
            ("backend", "'webgpu' | 'cpu' | 'builtin' | 'remote' | null", "What answers, once that is known."),
            ("adapter", "string | null", "The adapter's or the instruction set's name."),
            ("model", "string | null", "The model's name."),
            ("storage", "'full' | null", "`full`: the site's storage has no room to keep the conversation."),
        ]),
        about: "What the widget does now.",
    },
    EventRow {
        name: "sources",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[(
            "passages",
            "{ title: string; path: string; quote: string; url: string }[]",
            "Best first; an answer cites them from `[1]` on.",
        )]),
        about: "What the site's pages have for a question.",
    },
    EventRow {
        name: "unanswered",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[("question", "string", "")]),
        about: "The site's pages have no answer to a question.",
    },
    EventRow {
        name: "feedback",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[
            ("message", "string", "The answer; where passages stand in its place, their sentences, one on each line."),
            ("rating", "'up' | 'down' | null", "`null`: the visitor took it back."),
        ]),
        about: "The visitor found an answer helpful, or not. Nobody but the site is told.",
    },
    EventRow {
        name: "handoff",
        told_by: ToldBy::Conversation,
        detail: Detail::Members(&[
            (
                "transcript",
                "{ role: 'user' | 'assistant'; text: string }[]",
                "Oldest first. Nobody but the site is told.",
            ),
            ("reference", "string | null", "Of the failure that led here, or of the newest one."),
        ]),
        about: "The visitor wants to talk to a person. `handoff.url` is opened then, unless a listener returns `false` or \
                calls `preventDefault()` of the element’s event.",
    },
    EventRow {
        name: "destroy",
        told_by: ToldBy::Loader,
        detail: Detail::Empty,
        about: "All has ended; nothing follows.",
    },
];

/// Every option's name, a site's and ours.
pub(super) const NAMES: [&str; OPTIONS.len() + INNER.len()] = {
    let mut names = [""; OPTIONS.len() + INNER.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = if at < OPTIONS.len() { OPTIONS[at].name } else { INNER[at - OPTIONS.len()] };
        at += 1;
    }
    names
};

/// Whether `name` stands in the table; a member is `model.url`.
#[cfg(debug_assertions)]
pub(super) fn is_known(name: &str) -> bool {
    let Some((name, member)) = name.split_once('.') else { return NAMES.contains(&name) };
    OPTIONS.iter().filter(|row| row.name == name).any(|row| match row.takes {
        Takes::Members(_, members) => members.iter().any(|row| row.name == member),
        Takes::Strings => true,
        _ => false,
    })
}
