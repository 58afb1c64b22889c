//! Questions that each passage answers, written by a language model when the index is made: `--ask URL`.
//!
//! Visitors' questions seldom have a page's words. A model that reads a passage and asks what it answers has visitors'
//! words, and its questions are found as the passage's own text is (Nogueira, Lin: *From doc2query to docTTTTTquery*,
//! 2019). They are never shown.
//!
//! Any server with OpenAI's `/chat/completions` will do. What it wrote is kept in a file by the passage's hash, so that only
//! what is new is asked, and so that an index can be made of the file alone.

use std::{collections::BTreeMap, fmt::Write as _, fs, io::ErrorKind, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::{page::Page, passages, source::Remark};

/// Most questions for a passage, and most characters of one.
const MOST_QUESTIONS: usize = 3;
const MOST_CHARACTERS: usize = 200;

/// Fewest words of a passage that answers anything.
const LEAST_WORDS: usize = 5;

/// How long a server may take for a passage.
const DEADLINE: Duration = Duration::from_secs(60);

/// Most bytes of a server's answer.
const MOST_BYTES: u64 = 1 << 20;

/// After how many failures in a row the server is taken to be gone.
const MOST_FAILURES: usize = 3;

/// After how many passages what was written is put into the file: so much is lost with an interrupted run.
const SAVED_AFTER: usize = 20;

const PROMPT: &str = "You are given a section of a website. Write three short questions that visitors who have not read it \
                      might type and that it answers, in its language, in everyday words other than its own where \
                      possible. One question a line, nothing else.";

/// Whom to ask.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// The address before `/chat/completions`, such as `http://localhost:8080/v1`; none where only the file is used.
    pub url: Option<String>,
    /// The model, where the server has several.
    pub model: Option<String>,
    /// The key that it wants, if any.
    pub key: Option<String>,
    /// The file that keeps what was written.
    pub cache: PathBuf,
}

/// Questions by the [`key`] of their passage.
pub type Questions = BTreeMap<String, Vec<String>>;

/// What a passage is known by: the same words under the same headings have the same questions.
pub fn key(title: &str, path: &[String], text: &str) -> String {
    let digest = Sha256::digest([title, &path.join("\n"), text].join("\n\n"));
    digest.iter().take(12).fold(String::new(), |mut key, byte| {
        // A string takes everything.
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// The questions for all passages of the pages, as far as they can be had. What can't is a remark with the page's name.
///
/// # Errors
/// A sentence, when the file can't be read or written.
pub fn questions(
    pages: &[Page],
    server: &Server,
    mut asking: impl FnMut(&str),
) -> Result<(Questions, Vec<Remark>), String> {
    let failed =
        |what: &str, error: &dyn std::fmt::Display| format!("{} could not be {what}: {error}.", server.cache.display());
    let mut kept: Questions = match fs::read(&server.cache) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed("understood", &error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => Questions::new(),
        Err(error) => return Err(failed("read", &error)),
    };
    let save = |kept: &Questions| {
        let part = server.cache.with_extension("part");
        let text = serde_json::to_vec_pretty(kept).map_err(|error| failed("written", &error))?;
        fs::write(&part, text)
            .and_then(|()| fs::rename(&part, &server.cache))
            .map_err(|error| failed("written", &error))
    };
    let mut found = Questions::new();
    let mut remarks = Vec::new();
    let mut failures = 0;
    let mut unsaved = 0;
    let agent = agent();
    for page in pages {
        for section in &page.sections {
            for text in passages::cut(section) {
                let key = key(&page.title, &section.path, &text);
                if let Some(known) = kept.get(&key) {
                    found.insert(key, bounded(known.iter().map(String::as_str)));
                    continue;
                }
                let Some(url) = server.url.as_ref().filter(|_| failures < MOST_FAILURES) else { continue };
                if text.split_whitespace().count() < LEAST_WORDS && text.chars().count() < 2 * LEAST_WORDS {
                    continue;
                }
                asking(&page.url);
                let passage = format!("{}\n{}\n\n{text}", page.title, section.path.join(" > "));
                match ask(&agent, url, server, &passage) {
                    Ok(questions) => {
                        failures = 0;
                        kept.insert(key.clone(), questions.clone());
                        found.insert(key, questions);
                        unsaved += 1;
                    }
                    Err(what) => {
                        failures += 1;
                        let given_up = if failures == MOST_FAILURES { "; no more are asked for" } else { "" };
                        let what = format!("no questions were written for a passage of it: {what}{given_up}");
                        remarks.push(Remark { file: page.url.clone(), what, skipped: false });
                    }
                }
                if unsaved == SAVED_AFTER {
                    save(&kept)?;
                    unsaved = 0;
                }
            }
        }
    }
    if unsaved > 0 {
        save(&kept)?;
    }
    Ok((found, remarks))
}

/// A client that trusts whom the machine trusts, and waits no longer than [`DEADLINE`].
fn agent() -> Agent {
    // A machine without certificates can still ask a server of its own by `http`.
    let trusted = rustls_native_certs::load_native_certs().certs;
    let trusted: Vec<Certificate<'static>> =
        trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(trusted)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Agent::config_builder().tls_config(tls).timeout_global(Some(DEADLINE)).build().into()
}

/// Asks for one passage's questions.
fn ask(agent: &Agent, url: &str, server: &Server, passage: &str) -> Result<Vec<String>, String> {
    let mut body = json!({
        "messages": [{ "role": "system", "content": PROMPT }, { "role": "user", "content": passage }],
        "temperature": 0,
    });
    if let Some(model) = &server.model {
        body["model"] = json!(model);
    }
    let url = format!("{}/chat/completions", url.trim_end_matches('/'));
    let mut request = agent.post(&url).header("content-type", "application/json");
    if let Some(key) = &server.key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let mut answer = request.send(body.to_string()).map_err(|error| error.to_string())?;
    let text = answer.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let content = answer["choices"][0]["message"]["content"].as_str().ok_or("the server's answer has no message")?;
    // What a model thinks before it answers is none of its answer.
    let questions = bounded(content.rsplit("</think>").next().unwrap_or_default().lines());
    if questions.is_empty() { Err("the server's answer has no questions".into()) } else { Ok(questions) }
}

/// The questions of some lines, without numbers and bullets, as many and as long as they may be.
fn bounded<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_mark = |c: char| c.is_whitespace() || c.is_ascii_digit() || "-*.)•\"“".contains(c);
    let plain = lines.map(|line| line.trim_start_matches(is_mark).trim_end_matches(['"', '”', '*', ' ', '\r']));
    let is_question =
        |line: &&str| line.chars().filter(|c| c.is_alphabetic()).count() > 2 && !line.ends_with([':', '：']);
    let cut = |line: &str| line.chars().take(MOST_CHARACTERS).collect();
    plain.filter(is_question).take(MOST_QUESTIONS).map(cut).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        sync::mpsc,
        thread,
    };

    use super::*;
    use crate::page::Section;

    /// A server that gives these answers, one each, and tells the bodies that it was sent.
    fn server(answers: Vec<(u16, String)>) -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/v1/", listener.local_addr().expect("an address"));
        let (sent, received) = mpsc::channel();
        thread::spawn(move || {
            for (status, answer) in answers {
                let (stream, _) = listener.accept().expect("a client");
                let mut reader = BufReader::new(&stream);
                let (mut head, mut length) = (String::new(), 0);
                while reader.read_line(&mut head).expect("a line") > 2 {
                    let line = head.lines().last().unwrap_or_default().to_lowercase();
                    length = line.strip_prefix("content-length: ").and_then(|own| own.parse().ok()).unwrap_or(length);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a body");
                let _ = sent.send(format!("{head}{}", String::from_utf8_lossy(&body)));
                let size = answer.len();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n");
                (&stream).write_all(format!("{head}{answer}").as_bytes()).expect("an answer");
            }
        });
        (url, received)
    }

    fn said(content: &str) -> (u16, String) {
        (200, json!({ "choices": [{ "message": { "content": content } }] }).to_string())
    }

    fn pages(texts: &[&str]) -> Vec<Page> {
        let section = |text: &&str| Section { text: (*text).into(), path: vec!["Hours".into()], ..Section::default() };
        vec![Page { url: "a.html".into(), title: "Shop".into(), sections: texts.iter().map(section).collect() }]
    }

    #[test]
    fn questions_are_asked_for_once_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let (url, received) = server(vec![said(
            "<think>Hm?</think>Here they are:\n1. When may I come?\n- Sundays too?\n\nc\n* How late?\n4. x y z",
        )]);
        let cache = folder.path().join("questions.json");
        let server = Server { url: Some(url), model: Some("m".into()), key: Some("k".into()), cache };
        let pages = pages(&["We open at ten on all days.", "Short."]);
        let (found, remarks) = questions(&pages, &server, |_| {}).expect("a file");
        assert_eq!(found.values().collect::<Vec<_>>(), [&["When may I come?", "Sundays too?", "How late?"]]);
        assert_eq!(remarks, []);
        let request = received.recv().expect("a request");
        assert!(request.starts_with("POST /v1/chat/completions ") && request.contains("Bearer k"), "{request}");
        assert!(request.contains("We open at ten") && request.contains("\"model\":\"m\""), "{request}");
        // The server is gone by now.
        assert_eq!(questions(&pages, &server, |_| panic!("asked again")).expect("a file"), (found.clone(), vec![]));
        let alone = Server { url: None, ..server };
        assert_eq!(questions(&pages, &alone, |_| {}).expect("a file").0, found);
    }

    #[test]
    fn what_a_server_can_not_do_is_a_remark() {
        let folder = tempfile::tempdir().expect("a folder");
        let answers =
            vec![(500, String::new()), said(""), said("Open when?"), (200, "no JSON".into()), (200, "{}".into())];
        let cache = folder.path().join("questions.json");
        let server = Server { url: Some(server(answers).0), cache, ..Server::default() };
        let texts = ["a", "b", "c", "d", "e", "f", "g"].map(|word| [word; 5].join(" "));
        let (found, remarks) =
            questions(&pages(&texts.each_ref().map(String::as_str)), &server, |_| {}).expect("a file");
        assert_eq!((found.len(), remarks.len()), (1, 5), "{remarks:?}");
        assert!(remarks.iter().all(|remark| remark.file == "a.html" && !remark.skipped));
        assert!(remarks[4].what.contains("no more are asked for"), "{remarks:?}");
        fs::write(&server.cache, "[").expect("a file");
        assert!(questions(&[], &server, |_| {}).expect_err("nonsense").contains("questions.json"));
    }
}
