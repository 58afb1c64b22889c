//! InferKit's visitor widget: an assistant that a website embeds and that answers in the visitor's own browser.
//!
//! This page is for the engineer who changes the code; `README.md` is for the developer who puts the widget on a page.
//!
//! # The flow
//!
//! ```text
//!  the site's origin                                           HOST, our origin
//!  inferkit.js, the loader ── import() ──▶ widget module       engine.html ─▶ worker: engine module
//!   │ lives    embed ─▶ ui ─▶ page ◀─▶ chat ─▶ gate               ▲
//!   │            ▲      ▲      │                                  │
//!   │            │   locale    ├── answer::local ───── port ──────┴─ worker ─▶ session ─▶ gpu | cpu
//!   │            └── events ───┤                                    model ◀─ fetch (GGUF)
//!   └─ panel.js                ├── calls ─▶ knowledge module: the site's pages ◀─ fetch (an index)
//!                              └── calls ─▶ remote module
//!                                            answer::remote ─ fetch ─▶ the API
//!                                            answer::builtin ─▶ the browser's own model
//!                                            gate::challenge ─ port ─▶ challenge.html ─▶ Turnstile
//! ```
//!
//! A question travels **embed → ui → page → chat → gate → answer → ui**: `chat` decides, `page` carries out. A failure
//! travels **error → locale → ui** and ends as friendly words with a `Ref:` for the visitor, and as one object
//! `{code, message, request_id, reference}` for the site's developer.
//!
//! The crate becomes four WebAssembly modules. `bin/widget.rs` (feature `widget`) is what a page paints with;
//! `bin/knowledge.rs` (feature `knowledge`) looks questions up in the site's pages, and is fetched with the first one;
//! `bin/remote.rs` (feature `remote`) talks to servers and to the browser's own model, solves challenges, and is fetched
//! when one is needed;
//! `bin/engine.rs` (feature `engine`) is fetched when a visitor has agreed to a download, and runs in a worker, so that
//! typing stays smooth and a panic ends a worker and not a page. A page of another origin can't start a worker of
//! ours: `public/engine.html` is a hidden frame of HOST that starts it and hands over a `MessagePort`.
//!
//! # Glossary
//!
//! One noun is one thing, in the code as in the comments.
//!
//! | noun | is |
//! |---|---|
//! | visitor | the person who chats |
//! | developer | the person who builds the site that embeds the widget |
//! | site | the page around the widget, and its origin |
//! | HOST | the origin that our files come from |
//! | loader | `inferkit.js`: the element, the launcher, `InferKit.init`; joined from `public/loader/`; in `engine`, what loads a model |
//! | module | one of the four WebAssembly files with its glue |
//! | generation | one life of a widget in an element, from its mounting to its end; the loader owns what lives in it |
//! | life | a frame, worker, port, timer or listener: whatever must end, [`lives`] |
//! | page | the controller of one generation: `page`; what HOST serves into a frame is called by its file |
//! | conversation | what visitor and assistant said, and what goes on now: [`chat::State`] |
//! | gate | the decision whether a question leaves the device: [`gate`] |
//! | consent | the visitor's yes to the download, or to leaving the device |
//! | engine | what makes words of a model's weights: `engine`, in a worker |
//! | the browser's model | what some browsers have of their own: `LanguageModel`, Chrome's Prompt API; `builtin` in code |
//! | server | what answers remotely: InferKit's API, or one that speaks OpenAI's |
//! | session | a server's leave to ask for a while, bought with a challenge; in `engine`, one loaded model |
//! | passage | a section of the site's pages, or a part of it: what is found, shown and cited; [`knowledge`] has more nouns |
//! | ground | the passages that an answer must stand on: [`knowledge::Ground`] |
//! | source | a passage as the visitor sees it: [`knowledge::Source`] |
//! | failure | one thing that went wrong: [`error::Failure`] |
//! | code | a failure's stable name: [`error::Code`] |
//! | reference | the number of a failure that the visitor can quote: [`error::Reference`] |
//! | word | something that the widget says: [`locale::Word`] |
//!
//! # The code
//!
//! - `embed`: what a site says to us and hears from us: options, events, and the table of both.
//! - `ui`: Leptos components. They draw [`chat::State`] and turn gestures into [`chat::Event`]s.
//! - [`chat`]: the conversation, pure: `(State, Event) → Effects`.
//!   `chat::grounding` has it looked up first and holds the answer against what was found; `chat::admission` takes each question through the gate, `chat::builtin` to the browser's model, `chat::remote` through session, answer and retries;
//!   `chat::saved` is what the next page goes on with.
//! - [`gate`]: may this question leave the device? Pure. And the proof that a person asks: [`gate::challenge`].
//! - `page`: the controller: carries out what the conversation asks for, and hears the silences.
//! - [`lives`]: the loader's registry of everything that is started.
//! - [`frame`]: pages of HOST inside the site's page: `engine.html`, `challenge.html`.
//! - [`answer`]: where tokens come from: `answer::local`, the engine's port; [`answer::remote`], one request to a server
//!   from its sending to its end; [`answer::builtin`], one question to the browser's model; [`answer::retry`], what follows
//!   a failure.
//! - [`remote`]: what the page's module and the remote module say to each other.
//! - [`knowledge`]: the site's own pages: the index of them, the look-up of a question, and the check of an answer.
//! - `engine`: inference: GGUF, tokenizer, chat template, kernels, sampling, the worker's loop. Builds natively too.
//! - [`wire`]: what the page and the worker say to each other, with a protocol number.
//! - [`error`]: the catalog of codes, the reference, the four-field object.
//! - [`locale`]: every sentence a visitor can read.
//!
//! Outside `src`: `public` is served as it is, but for the loader; `style` has one sheet per component of `ui`; `tests` are
//! native, `tests/gateway` is the contract's server, `tests/e2e` drives real browsers; `xtask` is every command.
//!
//! # To add one
//!
//! The row or sentence itself, and where else; what is forgotten does not compile, or the test in the last column names it.
//! What is written from a table is written by `INFERKIT_BLESS=1 cargo test --test <that test>`.
//!
//! | one more | goes into | and into | named by |
//! |---|---|---|---|
//! | error code | `error/catalog.rs` | `tests/catalog.rs` · `tests/e2e/causes.mjs` · `public/playground/causes.js` | the compiler; `tests/catalog.rs`; `e2e` `matrix` and `demo`. `tests/error_page.rs` writes `errors.md` |
//! | language | `locale/text/<tag>.rs` | a row of `languages!` in `locale/text.rs` | the compiler |
//! | string | `locale/text.rs` | each language | the compiler. `tests/lists.rs` writes the types |
//! | option | `embed/table.rs` | its reading in `embed/options.rs` · `tests/e2e/types/usage.ts` | `embed::options::tests::every_row_of_the_table_is_read`; the types. `tests/lists.rs` writes types, loader, README |
//! | event | `embed/table.rs` | its telling in `embed/events.rs` · `tests/e2e/types/usage.ts` | `embed::events::tests`; the types. `tests/lists.rs` writes types, loader, frames, README |
//! | weight format | `engine/quant/<format>.rs` and `.wgsl` | a row in `engine/quant/mod.rs` | `tests/tidy.rs`, `tests/shaders.rs` |
//! | kernel | `engine/gpu/kernels/<kernel>.rs` and `.wgsl` | a row in `engine/gpu/kernels/mod.rs` | `tests/tidy.rs`, `tests/shaders.rs` |
//! | folder of `src` | the folder | `lib.rs` · `tests/tidy.rs` | `tests/tidy.rs` |
//! | part of `cargo xtask setup` | `xtask/src/setup/<part>.rs` | a row in `xtask/src/setup/mod.rs` | the compiler |
//!
//! # Invariants
//!
//! - `chat`, `gate`, `error`, `locale`, `wire`, `remote` and the engine's parsers know no browser and are tested natively;
//!   `page` is, over fakes and a clock that the tests drive.
//! - In any folder `web.rs` is the only file that names `web_sys`, `js_sys` or `wasm_bindgen`, besides `bin` and `ui`.
//! - `engine::gpu` is the only folder that names `wgpu`. `answer::local` does not know the engine.
//! - The widget's module holds no wgpu, no WGSL and no model code: [`wire`] is all that it shares with the engine, besides
//!   the codes of [`error`].
//! - What a visitor reads is made of [`locale`]'s sentences and a reference. [`chat::Notice`] can't hold a code, a
//!   status, an address or a key.
//! - A link in an answer leads to a source, and no model can make one.
//! - Model output reaches the page as text nodes. There is no HTML string anywhere, not even a static one: a page under
//!   `require-trusted-types-for 'script'` is a page like any other.
//! - Every life has an owner and an end, every wait a bound and an abort, every amount a limit. A panic never crosses the
//!   wasm boundary unannounced.
//! - A weight format's numbers are described once per side: `engine/quant/<format>.rs` and `.wgsl`. Kernels are
//!   templates over a format's loader, so formats and kernels never multiply.
//!
//! `tests/tidy.rs` holds the arrows between the folders as a table, and `tests/engine_tree.rs` those inside the engine,
//! with every wait that the engine may make.

pub mod answer;
pub mod chat;
#[cfg(feature = "widget")]
pub mod embed;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
pub mod frame;
pub mod gate;
pub mod knowledge;
pub mod lives;
pub mod locale;
#[cfg(feature = "widget")]
pub mod page;
pub mod remote;
#[cfg(all(feature = "widget", target_arch = "wasm32"))]
pub mod ui;
pub mod wire;
