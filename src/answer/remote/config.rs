//! What a server says of a site: `GET /v1/widget/config` (contract, 4).
//!
//! Everything in it may be missing or of another type. What concerns money or leaving the device then has the careful
//! value (no plan known, nothing remote); a model without a usable address is none.

use crate::{
    error::json::{self, Value},
    wire::ModelSource,
};
use serde::{Deserialize, Serialize};

/// A site's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteConfig {
    /// The plan has remote answers: any tier that has a name, other than `free`.
    pub paid: bool,
    /// `remote.enabled`: the site's owner wants them.
    pub remote_enabled: bool,
    /// `remote.model`: what to ask for, unless the site says otherwise.
    pub remote_model: Option<String>,
    /// `turnstile`: how a visitor proves to be human, where that is asked.
    pub turnstile: Option<Turnstile>,
    /// The first of `models`: what the device answers with, unless the site says otherwise.
    pub model: Option<ModelSource>,
    /// Members of `strings` and `theme`, texts and whole numbers, as the page's options have them: `theme.accent`.
    pub look: Vec<(String, String)>,
}

/// How a visitor proves to be human.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnstile {
    /// The public key of Cloudflare's widget.
    pub site_key: String,
    /// The page that shows it, unless HOST's own does.
    pub challenge_url: Option<String>,
}

impl SiteConfig {
    /// Reads the body of a 2xx; None when it is no JSON object, and so from something else than our API.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let config = json::parse(body).filter(Value::is_object)?;
        let remote = config.get("remote");
        let remote = remote.as_ref();
        let tier = config.get("tier").and_then(text);
        let model = config.get("models").and_then(|models| models.elements()?.into_iter().find_map(model));
        Some(Self {
            paid: tier.is_some_and(|tier| tier != "free"),
            remote_enabled: remote.and_then(|remote| remote.get("enabled")?.boolean()) == Some(true),
            remote_model: remote.and_then(|remote| text(remote.get("model")?)),
            turnstile: config.get("turnstile").and_then(turnstile),
            model,
            look: ["strings", "theme"].into_iter().flat_map(|group| look(&config, group)).collect(),
        })
    }
}

/// A text that says something.
fn text(value: Value) -> Option<String> {
    value.string().filter(|text| !text.is_empty())
}

fn turnstile(value: Value) -> Option<Turnstile> {
    let challenge_url = value.get("challenge_url").and_then(text).filter(|url| url.starts_with("http"));
    Some(Turnstile { site_key: text(value.get("site_key")?)?, challenge_url })
}

fn model(value: Value) -> Option<ModelSource> {
    let url = text(value.get("url")?).filter(|url| url.starts_with("http"))?;
    let sha256 = value.get("sha256").and_then(text).map(|sum| sum.to_ascii_lowercase());
    let bytes = value.get("bytes").and_then(|bytes| bytes.integer());
    Some(ModelSource { url, sha256, bytes, name: value.get("name").and_then(text) })
}

fn look(config: &Value, group: &str) -> Vec<(String, String)> {
    let members = config.get(group).and_then(|group| group.members()).into_iter().flatten();
    let said = members.filter_map(|(name, value)| {
        let number = value.integer();
        let said = text(value).or_else(|| number.map(|number| number.to_string()))?;
        Some(([group, ".", &name].concat(), said))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Tree, json};

    fn read(config: &Tree) -> SiteConfig {
        SiteConfig::read(config.to_string().as_bytes()).expect("an object")
    }

    #[test]
    fn a_whole_configuration() {
        let config = read(&json!({
            "tier": "pro",
            "remote": { "enabled": true, "model": "large" },
            "turnstile": { "site_key": "1x00", "challenge_url": "https://h.example/c.html" },
            "models": [
                { "name": "no address" },
                { "name": "M", "url": "https://h.example/m.gguf", "sha256": "AB", "bytes": 98_362_432, "context": 2048 },
            ],
            "strings": { "heading": "Hallo", "send": 7, "stop": "" },
            "theme": { "accent": "#a04", "radius": 8, "density": null },
        }));
        assert_eq!(
            config,
            SiteConfig {
                paid: true,
                remote_enabled: true,
                remote_model: Some("large".into()),
                turnstile: Some(Turnstile {
                    site_key: "1x00".into(),
                    challenge_url: Some("https://h.example/c.html".into())
                }),
                model: Some(ModelSource {
                    url: "https://h.example/m.gguf".into(),
                    sha256: Some("ab".into()),
                    bytes: Some(98_362_432),
                    name: Some("M".into()),
                }),
                look: [
                    ("strings.heading", "Hallo"),
                    ("strings.send", "7"),
                    ("theme.accent", "#a04"),
                    ("theme.radius", "8"),
                ]
                .map(|(name, said)| (name.into(), said.into()))
                .into(),
            }
        );
    }

    #[test]
    fn what_is_missing_or_wrong_allows_nothing() {
        for config in [
            json!({}),
            json!({ "tier": "free", "remote": null, "turnstile": null, "models": null, "strings": null, "theme": 7 }),
            json!({ "tier": "", "remote": true, "turnstile": "key", "models": {}, "strings": [] }),
            json!({ "tier": 3, "remote": { "enabled": "true", "model": 1 }, "turnstile": { "site_key": "" } }),
            json!({ "models": [{ "url": "javascript:alert(1)" }, { "url": 7 }, 3] }),
        ] {
            assert_eq!(read(&config), SiteConfig::default(), "{config}");
        }
        assert!(read(&json!({ "tier": "enterprise" })).paid, "a tier that nobody here knows is not the free one");
        for other in ["", "[]", "null", "<html>", "{", "7", "\"{}\""] {
            assert_eq!(SiteConfig::read(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(body: Vec<u8>) {
            let _read = SiteConfig::read(&body);
        }
    }
}
