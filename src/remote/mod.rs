//! What the page's module and the module `remote` say to each other.
//!
//! Requests and challenges are for visitors whose question, or whose site, needs a server, and what asks the browser's own
//! model is for browsers that have one. They are a module of their own, so that the first paint does not wait for them: the page imports it with the first thing that is asked of it,
//! through `ModuleHandle`, and `line` is the other side. Messages travel as [`wire`](crate::wire)'s bytes do, by plain calls on one page.

use crate::{
    answer::remote::{Heard, Outgoing},
    gate::challenge::Outcome,
    wire::Message,
};
use serde::{Deserialize, Serialize};

#[cfg(all(feature = "widget", target_arch = "wasm32"))]
mod web;

#[cfg(all(feature = "widget", target_arch = "wasm32"))]
pub use web::ModuleHandle;

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
mod line;

#[cfg(all(feature = "remote", target_arch = "wasm32"))]
pub use line::Line;

/// Raised by one whenever a message changes its meaning: a cache may hold one module and not the other.
pub const PROTOCOL: u32 = 4;

/// From the page's module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Send a request. Answered by [`Told::Server`] with the same `id`, until one that [is the last](Heard::is_last).
    Send {
        /// Its name, not in use by another request under way.
        id: u32,
        /// The request.
        outgoing: Outgoing,
    },
    /// Ask the browser's own model. Answered as [`Ask::Send`] is.
    Prompt {
        /// Its name, as a request's.
        id: u32,
        /// The conversation; its last message is the question.
        messages: Vec<Message>,
        /// Of the panel; the question may be in another.
        language: String,
    },
    /// End a request, or an answer of the browser's model; nothing more is told of it.
    Abort(u32),
    /// Solve a challenge, unless one is being solved, which then is shared. Answered by [`Told::Challenge`].
    Solve {
        /// The public key of Cloudflare's widget.
        site_key: String,
        /// The page that shows it, unless HOST's own does.
        challenge_url: Option<String>,
        /// The visitor's language.
        language: String,
    },
    /// End the challenge; nothing more is told of it.
    Cancel,
    /// End everything, for good.
    End,
}

/// To the page's module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// What came of a request, or of the browser's model.
    Server {
        /// Its name.
        id: u32,
        /// What came.
        heard: Heard,
    },
    /// What came of a challenge.
    Challenge(Outcome),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer::remote::{Request, SiteConfig, Turnstile},
        error::{Code, Failure, Reference},
        wire::{self, ModelSource, Role},
    };
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    fn travels<M: Serialize + DeserializeOwned + PartialEq + Debug>(message: &M) {
        assert_eq!(wire::decode::<M>(&wire::encode(message)).as_ref(), Ok(message));
    }

    #[test]
    fn what_is_asked_arrives() {
        travels(&Ask::Send {
            id: 7,
            outgoing: Outgoing {
                request: Request::Completion,
                url: "https://api.example/v1/chat/completions".into(),
                headers: vec![("Authorization".into(), "Bearer ik_pub_x".into())],
                body: Some("{}".into()),
            },
        });
        let messages = vec![Message { role: Role::User, content: "مرحبا".into() }];
        travels(&Ask::Prompt { id: 8, messages, language: "ar".into() });
        travels(&Ask::Solve { site_key: "1x00".into(), challenge_url: None, language: "ar".into() });
        [Ask::Abort(u32::MAX), Ask::Cancel, Ask::End].iter().for_each(travels);
    }

    #[test]
    fn what_is_told_arrives() {
        let config = SiteConfig {
            paid: true,
            remote_enabled: true,
            remote_model: Some("large".into()),
            turnstile: Some(Turnstile { site_key: "1x00".into(), challenge_url: Some("https://h.example/".into()) }),
            model: Some(ModelSource {
                url: "https://h.example/m.gguf".into(),
                bytes: Some(7),
                ..ModelSource::default()
            }),
            look: vec![("strings.heading".into(), "مرحبا".into())],
        };
        for heard in [
            Heard::Config(config),
            Heard::Session { token: "s".into(), seconds: u64::MAX },
            Heard::Text("é".into()),
            Heard::Done,
        ] {
            travels(&Told::Server { id: 0, heard });
        }
        travels(&Told::Challenge(Outcome::Solved("token".into())));
        travels(&Told::Challenge(Outcome::Failed { code: Code::ChallengeTimeout, message: "m".into() }));
    }

    #[test]
    fn a_failure_keeps_its_row_on_the_way() {
        let mint = || Reference::client([7; 8]);
        for failure in [
            // Its name is nobody's; how to go on, only the status said.
            Failure::server(503, Some("reactor_cold"), "m", Some("req-123456"), mint),
            Failure::server(429, None, "m", None, mint),
            Failure::client(Code::NetworkError, "m", mint()),
        ] {
            let message =
                Told::Server { id: 1, heard: Heard::Failed { failure: failure.clone(), retry_after: Some(3) } };
            let Ok(Told::Server { heard: Heard::Failed { failure: arrived, .. }, .. }) =
                wire::decode(&wire::encode(&message))
            else {
                panic!("{failure}: another message");
            };
            assert_eq!((arrived.row(), &arrived), (failure.row(), &failure));
        }
    }
}
