//! Reads a site's options.
//!
//! They have the names of the embedding contract; a member of an object is `model.url`. Attributes of an element are
//! text, so that numbers are taken as text too. Whatever is invalid is refused with a sentence for the developer, and
//! everything else still counts; an unknown name is a warning, for it may belong to a newer version. No
//! sentence ever repeats a value that could be a key.

use super::{
    choices::{Builtin, Consent, Density, Embed, Launcher, Persist},
    look::{Look, Theme},
    reader::{Given, Reader},
    table::NAMES,
};
use crate::{
    answer::remote::{ApiKind, Server},
    chat::Settings,
    gate::Mode,
    wire::{BackendChoice, ModelSource, Sampling},
};

/// The most tokens of an answer, unless the site says otherwise.
const MAX_TOKENS: u32 = 512;

/// How an address begins that a hand-off may lead to.
const LEADS: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];

/// What a site wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What concerns the conversation.
    pub settings: Settings,
    /// What concerns the panel.
    pub look: Look,
    /// A conversation that the page before left.
    pub saved: Option<String>,
    /// Models for which the visitor agreed to a download before.
    pub agreed: Vec<String>,
    /// Whether the storage of the page around our frame is full, where that page says so.
    pub storage_full: Option<bool>,
    /// Wanted languages as BCP 47 tags, most wanted first: the site's, then the page's.
    pub languages: Vec<String>,
    /// What is invalid, for the developer. Nothing can be answered before it is mended.
    pub refused: Vec<String>,
    /// What looks like a mistake, for the developer.
    pub warnings: Vec<String>,
}

impl Options {
    /// Reads what a site gave, names with values. What it gave as `null` or `undefined` is not among them. `host` is
    /// the origin that the widget comes from, where its API is unless the site says otherwise.
    #[must_use]
    pub fn read(given: Vec<(String, Given)>, host: &str) -> Self {
        let mut reader = Reader { given, refused: Vec::new() };
        let warnings = reader.unknown();
        let mode = reader.choice("mode").unwrap_or(Mode::Auto);
        let server = reader.server(mode, host);
        // The loader sees to these two; here they are only found wrong.
        let _: Option<Embed> = reader.choice("embed");
        let _: Option<Persist> = reader.choice("persist");
        let mut sampling = Sampling::default();
        if let Some(temperature) = reader.number("temperature", 0, 5) {
            sampling.temperature = temperature as f32;
            if temperature == 0.0 {
                // A site that asks for the likeliest words means them.
                sampling.repetition_penalty = 1.0;
            }
        }
        let mut languages = Vec::new();
        languages.extend(reader.text("locale"));
        languages.extend(reader.text("lang"));
        Self {
            settings: Settings {
                mode,
                server,
                remote_consent_granted: reader.choice("remoteConsent") == Some(Consent::Granted),
                model: reader.model(),
                builtin: reader.choice("builtin") != Some(Builtin::Off),
                backend: reader.choice("backend").unwrap_or(BackendChoice::Auto),
                consent_granted: reader.choice("consent") == Some(Consent::Granted),
                knowledge: reader.knowledge(),
                system_prompt: reader.text("systemPrompt"),
                max_tokens: reader.whole("maxTokens", 65_536).unwrap_or(MAX_TOKENS),
                sampling,
            },
            look: Look {
                heading: reader.text("heading"),
                greeting: reader.text("greeting"),
                prompts: reader.list("prompts"),
                disclaimer: reader.text("disclaimer"),
                handoff: reader.handoff(),
                strings: reader.strings(),
                theme: reader.theme(),
                floating: reader.choice("launcher") == Some(Launcher::Floating) || reader.flag("closable"),
            },
            saved: reader.text("saved"),
            agreed: reader.list("agreed"),
            storage_full: reader.value("storageFull").map(|_| reader.flag("storageFull")),
            languages,
            refused: reader.refused,
            warnings,
        }
    }

    /// Reads what a server's configuration says of words and looks, under the names that the options have. The page
    /// does not answer for it: whatever is invalid counts as not said.
    #[must_use]
    pub fn defaults(configured: Vec<(String, String)>) -> Look {
        let given = configured.into_iter().map(|(name, text)| {
            let number = text.parse::<u32>().ok().map(f64::from);
            (name, Given::Text(text, number))
        });
        let mut reader = Reader { given: given.collect(), refused: Vec::new() };
        Look { strings: reader.strings(), theme: reader.theme(), ..Look::default() }
    }
}

impl Reader {
    fn unknown(&self) -> Vec<String> {
        // A loop: `collect` would hold `unknown` twice, for the first and for the others.
        let mut warnings = Vec::new();
        for (name, _) in &self.given {
            if !name.contains('.') && !NAMES.contains(&name.as_str()) {
                warnings.push(unknown(name));
            }
        }
        warnings
    }

    /// Where questions may go, if anywhere.
    fn server(&mut self, mode: Mode, host: &str) -> Option<Server> {
        let kind = self.choice("apiKind").unwrap_or(ApiKind::InferKit);
        let before = self.refused.len();
        let api_key = self.key(kind == ApiKind::OpenAi);
        let base = self.text("apiBase");
        let model = self.text("remoteModel");
        if base.as_ref().is_some_and(|base| !is_address(base)) {
            self.refuse("apiBase", "must be an absolute address: https://…");
        }
        let missing = match kind {
            _ if mode == Mode::Local && (kind == ApiKind::OpenAi || api_key.is_none()) => return None,
            ApiKind::OpenAi if base.is_none() => {
                Some(("apiBase", "is missing: apiKind openai has no address of its own"))
            }
            ApiKind::OpenAi if model.is_none() => {
                Some(("remoteModel", "is missing: apiKind openai needs a model's name"))
            }
            ApiKind::InferKit if api_key.is_none() && mode == Mode::Remote => {
                Some(("apiKey", "is missing: without it no server answers"))
            }
            ApiKind::InferKit if api_key.is_none() => return None,
            _ => None,
        };
        if self.refused.len() > before {
            return None;
        }
        if let Some((name, why)) = missing {
            self.refuse(name, why);
            return None;
        }
        let base = base.unwrap_or_else(|| host.to_owned());
        Some(Server { kind, base, api_key, embed_origin: self.text("embedOrigin"), model })
    }

    /// A publishable key, or for another kind of server any key that is not ours. What is refused is said nowhere.
    fn key(&mut self, other: bool) -> Option<String> {
        let key = match self.value("apiKey")? {
            Given::Text(key, _) => key,
            _ => String::new(),
        };
        let fits = if other { !key.is_empty() && !key.starts_with("ik_") } else { key.starts_with("ik_pub_") };
        if fits {
            return Some(key);
        }
        let secret = ["ik_", "sk-", "sk_"].iter().any(|start| key.starts_with(start));
        self.refuse(
            "apiKey",
            match (secret, other) {
                (true, false) => {
                    "this looks like a secret key. It stands in a page that everyone can read: revoke it, and use a \
                 publishable key, which begins with ik_pub_"
                }
                (false, false) => "a publishable key begins with ik_pub_",
                (_, true) => {
                    "with apiKind openai, a key of that server; if this is a secret key of InferKit, revoke it"
                }
            },
        );
        None
    }

    fn model(&mut self) -> Option<ModelSource> {
        let before = self.refused.len();
        if self.value("model")? != Given::Object {
            self.refuse("model", "must be an object with url, and sha256, bytes and name if known");
        }
        let url = self.text("model.url");
        let sha256 = self.text("model.sha256").map(|text| text.to_ascii_lowercase());
        let bytes = self.whole("model.bytes", u32::MAX).map(u64::from);
        let name = self.text("model.name");
        if url.as_ref().is_some_and(|url| !is_address(url)) {
            self.refuse("model.url", "must be an absolute address: https://…");
        }
        if url.is_none() && (sha256.is_some() || bytes.is_some() || name.is_some()) {
            self.refuse("model.url", "is missing");
        }
        if sha256.as_ref().is_some_and(|sum| sum.len() != 64 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            self.refuse("model.sha256", "must be 64 hexadecimal digits");
        }
        let source = url.map(|url| ModelSource { url, sha256, bytes, name });
        source.filter(|_| self.refused.len() == before)
    }

    fn knowledge(&mut self) -> Option<String> {
        if self.value("knowledge")? != Given::Object {
            self.refuse("knowledge", "must be an object with url");
        }
        let mut url = self.text("knowledge.url");
        if let Some(url) = &mut url
            && !url.ends_with('/')
            && !url.contains(['?', '#'])
        {
            url.push('/');
        }
        if url.as_ref().is_some_and(|url| !is_address(url) || !url.ends_with('/')) {
            self.refuse("knowledge.url", "must be an absolute address of a folder: https://…/");
            return None;
        }
        url
    }

    /// The label of the button; an empty one where the language's own words do.
    fn handoff(&mut self) -> Option<String> {
        let given = self.value("handoff")?;
        if given != Given::Object {
            self.refuse("handoff", "must be an object with label, url or both");
        }
        // The loader opens it: a frame of ours could only open it within itself.
        let url = self.text("handoff.url");
        if url.is_some_and(|url| !LEADS.iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len())) {
            self.refuse("handoff.url", "must begin with https://, http://, mailto: or tel:");
        }
        Some(self.text("handoff.label").unwrap_or_default())
    }

    fn theme(&mut self) -> Theme {
        if self.value("theme").is_some_and(|theme| theme != Given::Object) {
            self.refuse("theme", "must be an object");
        }
        let color_scheme = self.choice("theme.colorScheme");
        let accent = self.text("theme.accent").filter(|accent| {
            let fits = is_colour(accent);
            if !fits {
                self.refuse("theme.accent", "must be a CSS colour");
            }
            fits
        });
        let radius = self.number("theme.radius", 0, 48).map(|radius| radius as u32);
        let compact = self.choice("theme.density").map(|density: Density| density == Density::Compact);
        Theme { color_scheme, accent, radius, compact }
    }

    /// The site's own words.
    fn strings(&mut self) -> Vec<(String, String)> {
        if self.value("strings").is_some_and(|strings| strings != Given::Object) {
            self.refuse("strings", "must be an object");
        }
        let mut own = Vec::new();
        let mut at = 0;
        while let Some(name) = self.given.get(at).map(|(name, _)| name.clone()) {
            at += 1;
            if let Some(word) = name.strip_prefix("strings.")
                && let Some(text) = self.text(&name)
            {
                own.push((word.to_owned(), text));
            }
        }
        own
    }
}

/// Whether it could be a CSS colour: nothing that fetches something, or begins something else.
fn is_colour(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"#(),.%+-/ ".contains(&byte);
    text.bytes().all(plain) && !text.to_ascii_lowercase().split('(').any(|part| part.ends_with("url"))
}

fn is_address(url: &str) -> bool {
    ["https://", "http://", "blob:"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
}

fn unknown(name: &str) -> String {
    // No further than two letters away.
    let mut closest = (3, "");
    for known in NAMES {
        let found = (distance(&name.to_ascii_lowercase(), &known.to_ascii_lowercase()), known);
        if found < closest {
            closest = found;
        }
    }
    match closest {
        (3, _) => ["unknown option ", name].concat(),
        (_, known) => ["unknown option ", name, ": did you mean ", known, "?"].concat(),
    }
}

/// How many letters to insert, delete or replace to turn one word into the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
