//! The engine from bytes to words, natively: loading in pieces, refusing what it must, answering, stopping, going on.

mod support;

use futures_util::future::FutureExt;
use inferkit_widget::{
    engine::{
        either::Either,
        error::EngineError,
        loader::{self, Expected},
        pace::Pace,
        quant::Format,
        session::{Answer, Question, Session},
        source::{ByteSource, CHUNK, SliceSource},
        worker::{self, Inbox, LoadRequest, Platform},
    },
    error::Code,
    wire::{ALIVE_MS, BackendChoice, Finish, FromEngine, Message, ModelSource, PROTOCOL, Role, Sampling, ToEngine},
};
use pollster::block_on;
use sha2::{Digest, Sha256};
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};
use support::tiny::{TinyFormats, TinyShape, Vocabulary, tiny_model_synthetic, tiny_writer};

fn tiny() -> Vec<u8> {
    tiny_model_synthetic(TinyFormats::all(Format::Q8_0), 1)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn load(bytes: &[u8], piece: usize, total: Option<u64>, expected: &Expected) -> Result<Session<Either>, EngineError> {
    let source = SliceSource { bytes, piece, total };
    let open = async |plan: &_| Either::open(BackendChoice::Cpu, plan, &Pace::new()).await;
    block_on(loader::load(source, expected, &Pace::new(), |_, _| {}, open))
}

fn whole(bytes: &[u8]) -> Session<Either> {
    load(bytes, 1 << 16, Some(bytes.len() as u64), &Expected::default()).expect("a tiny model loads")
}

fn say(role: Role, content: &str) -> Message {
    Message { role, content: content.into() }
}

fn question(messages: Vec<Message>, max_tokens: usize) -> Question {
    let sampling = Sampling { temperature: 0.0, repetition_penalty: 1.0, ..Sampling::default() };
    Question { messages, sampling, max_tokens, stop: Vec::new() }
}

fn ask(session: &mut Session<Either>, question: &Question) -> (String, Answer) {
    let mut text = String::new();
    let answer = block_on(session.answer(question, &Pace::new(), |piece| text.push_str(piece)));
    (text, answer.expect("a tiny model answers"))
}

#[test]
fn the_pieces_in_which_a_file_arrives_do_not_matter() {
    let bytes = tiny();
    let asked = question(vec![say(Role::User, "What is a rainbow?")], 12);
    let expected = ask(&mut whole(&bytes), &asked).0;
    assert!(!expected.is_empty());
    for piece in [7, 1000, 4096, 1 << 20] {
        for total in [None, Some(bytes.len() as u64)] {
            let mut session = load(&bytes, piece, total, &Expected::default()).expect("it loads");
            assert_eq!(ask(&mut session, &asked).0, expected, "in pieces of {piece}");
        }
    }
}

#[test]
fn progress_counts_every_byte_once() {
    let shape = TinyShape { layers: 12, feed_forward: 640, ..TinyShape::default() };
    let bytes = tiny_writer(&Vocabulary::synthetic(), shape, TinyFormats::all(Format::F32), 3).finish();
    let mut heard = Vec::new();
    let source = SliceSource { bytes: &bytes, piece: 100_000, total: Some(bytes.len() as u64) };
    let open = async |plan: &_| Either::open(BackendChoice::Cpu, plan, &Pace::new()).await;
    let progress = |done, total| heard.push((done, total));
    assert!(block_on(loader::load(source, &Expected::default(), &Pace::new(), progress, open)).is_ok());
    assert!(heard.len() > 2, "{heard:?}");
    assert!(heard.is_sorted());
    assert_eq!(heard.last(), Some(&(bytes.len() as u64, Some(bytes.len() as u64))));
}

#[test]
fn bytes_are_held_against_what_was_promised() {
    let bytes = tiny();
    let len = bytes.len() as u64;
    let pinned = Expected { sha256: Some(sha256(&bytes)), bytes: Some(len) };
    assert!(load(&bytes, 1000, Some(len), &pinned).is_ok());

    let code = |bytes: &[u8], total, expected: &Expected| {
        load(bytes, 1000, total, expected).map(|_| ()).map_err(|error| error.code())
    };
    let mut flipped = bytes.clone();
    let last = flipped.len() - 5;
    flipped[last] ^= 1;
    assert_eq!(code(&flipped, Some(len), &pinned), Err(Some(Code::ModelIntegrity)), "a flipped weight");
    let mut flipped = bytes.clone();
    flipped[4] ^= 0x40;
    assert_eq!(code(&flipped, Some(len), &pinned), Err(Some(Code::ModelIntegrity)), "a flipped header");
    assert_eq!(code(&bytes[..bytes.len() - 9], None, &pinned), Err(Some(Code::ModelIntegrity)), "a short file");
    assert_eq!(code(&bytes, Some(len + 1), &pinned), Err(Some(Code::ModelIntegrity)), "another length");
    let page = b"<!doctype html><title>Sign in</title>";
    assert_eq!(code(page, None, &pinned), Err(Some(Code::ModelIntegrity)), "a page in place of the pinned model");

    let free = Expected::default();
    assert_eq!(code(page, None, &free), Err(Some(Code::ModelUnsupported)), "not a GGUF");
    assert_eq!(code(b"", None, &free), Err(Some(Code::ModelUnsupported)), "nothing");
    for cut in [10, 500, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(code(&bytes[..cut], None, &free), Err(Some(Code::ModelUnsupported)), "cut at {cut}");
    }
    let right = Expected { sha256: Some(sha256(page)), bytes: None };
    assert_eq!(code(page, None, &right), Err(Some(Code::ModelUnsupported)), "the pinned bytes are no model");
}

/// A server that goes on after the file, and after anything else.
struct Endless<'a> {
    bytes: &'a [u8],
    taken: &'a Cell<usize>,
}

impl ByteSource for Endless<'_> {
    fn total(&self) -> Option<u64> {
        None
    }

    async fn next(&mut self, chunk: &mut Vec<u8>, pace: &Pace) -> Result<bool, EngineError> {
        pace.check()?;
        assert!(self.taken.get() < 64 << 20, "nobody agreed to so much");
        let rest = self.bytes.get(self.taken.get()..).unwrap_or_default();
        chunk.clear();
        chunk.extend_from_slice(&rest[..rest.len().min(CHUNK)]);
        chunk.resize(CHUNK, b' ');
        self.taken.set(self.taken.get() + CHUNK);
        Ok(true)
    }
}

#[test]
fn l08_a_server_that_never_ends_is_left_where_the_model_ends() {
    let bytes = tiny();
    let (promised, hash) = (Some(bytes.len() as u64), Some(sha256(&bytes)));
    let page = b"<!doctype html><title>Sign in</title>".as_slice();
    for (bytes, expected, code, most) in [
        (
            bytes.as_slice(),
            Expected { bytes: promised, sha256: hash.clone() },
            Code::ModelIntegrity,
            bytes.len() + CHUNK,
        ),
        (bytes.as_slice(), Expected { bytes: promised, sha256: None }, Code::ModelIntegrity, bytes.len() + CHUNK),
        // Where nobody said how long the file is, its header does.
        (
            bytes.as_slice(),
            Expected { bytes: None, sha256: hash.clone() },
            Code::ModelIntegrity,
            bytes.len() + 3 * CHUNK,
        ),
        (bytes.as_slice(), Expected::default(), Code::ModelIntegrity, bytes.len() + 3 * CHUNK),
        (page, Expected { bytes: promised, sha256: hash }, Code::ModelIntegrity, bytes.len() + CHUNK),
        (page, Expected::default(), Code::ModelUnsupported, CHUNK),
    ] {
        let taken = Cell::new(0);
        let open = async |plan: &_| Either::open(BackendChoice::Cpu, plan, &Pace::new()).await;
        let loaded = block_on(loader::load(Endless { bytes, taken: &taken }, &expected, &Pace::new(), |_, _| {}, open));
        assert_eq!(loaded.err().and_then(|error| error.code()), Some(code), "{expected:?}");
        assert!(taken.get() <= most, "{} bytes with {expected:?}", taken.get());
    }
}

#[test]
fn the_next_turn_reads_only_what_is_new() {
    let mut session = whole(&tiny());
    let mut messages = vec![say(Role::System, "Be brief."), say(Role::User, "Hello")];
    let (first, answer) = ask(&mut session, &question(messages.clone(), 8));
    assert_eq!(answer.reused_tokens, 0);

    messages.push(say(Role::Assistant, &first));
    messages.push(say(Role::User, "And then?"));
    let again = question(messages, 8);
    let (text, second) = ask(&mut session, &again);
    assert!(second.reused_tokens >= answer.prompt_tokens, "{second:?} after {answer:?}");
    let (fresh, _) = ask(&mut whole(&tiny()), &again);
    assert_eq!(text, fresh, "a cache changes the time, not the answer");
}

#[test]
fn a_conversation_that_outgrows_the_context_drops_its_oldest_turns() {
    let mut session = whole(&tiny());
    let mut messages = vec![say(Role::System, "Always answer in rhyme.")];
    for turn in 0..12 {
        messages.push(say(Role::User, &format!("Question number {turn}, at some length.")));
        messages.push(say(Role::Assistant, "An answer."));
    }
    messages.push(say(Role::User, "The last question"));
    let (_, answer) = ask(&mut session, &question(messages.clone(), 20));
    assert!(answer.prompt_tokens <= 256 - 20, "{answer:?}");

    // What it read is the system prompt, then whole turns up to the last question.
    let kept: Vec<Message> = [&messages[..1], &messages[messages.len() - 3..]].concat();
    let (_, least) = ask(&mut whole(&tiny()), &question(kept, 20));
    assert!(answer.prompt_tokens >= least.prompt_tokens);
    let shared = question(vec![messages[0].clone(), say(Role::User, "Other")], 2);
    let (_, other) = ask(&mut session, &shared);
    assert!(other.reused_tokens > 10, "the system prompt is still at the beginning: {other:?}");
}

#[test]
fn l12_a_full_context_is_read_anew_once_in_a_while_and_not_for_every_question() {
    let shape = TinyShape { context: 1024, ..TinyShape::default() };
    let bytes = tiny_writer(&Vocabulary::synthetic(), shape, TinyFormats::all(Format::Q8_0), 1).finish();
    let mut session = whole(&bytes);
    let mut messages = vec![say(Role::System, "Be brief.")];
    let mut read = Vec::new();
    for turn in 0..48 {
        messages.push(say(Role::User, &format!("Question number {turn}?")));
        let (text, answer) = ask(&mut session, &question(messages.clone(), 8));
        assert!(answer.prompt_tokens + 8 <= 1024, "{answer:?}");
        read.push(answer.prompt_tokens - answer.reused_tokens);
        messages.push(say(Role::Assistant, &text));
    }
    // A turn has some fifty tokens, so twenty fill the context.
    let anew: Vec<usize> = (0..read.len()).filter(|turn| read[*turn] > 150).collect();
    assert!(!anew.is_empty(), "the context never filled: {read:?}");
    assert!(anew.len() <= 4, "read anew for questions {anew:?}: {read:?}");
    assert!(anew.windows(2).all(|pair| pair[1] - pair[0] >= 6), "{anew:?}");
    assert!(read.iter().all(|tokens| *tokens <= 640), "half of the context is left out: {read:?}");
}

#[test]
fn l11_a_stop_is_heard_before_a_long_text_is_read() {
    let mut session = whole(&tiny());
    let pace = Pace::new();
    pace.stop();
    let long = question(vec![say(Role::User, &"word ".repeat(200_000))], 8);
    let began = std::time::Instant::now();
    let answer = block_on(session.answer(&long, &pace, |_| {}));
    assert_eq!(answer.map_err(|error| error.code()), Err(None));
    let (all, heard) = (std::time::Instant::now(), began.elapsed());
    let mut tokens = Vec::new();
    session.tokenizer().encode(&long.messages[0].content, &mut tokens);
    assert!(heard < all.elapsed() / 2, "stopped after {heard:?}; reading all of it takes {:?}", all.elapsed());
}

#[test]
fn a_question_longer_than_the_context_is_an_error_and_not_a_panic() {
    let mut session = whole(&tiny());
    let long = question(vec![say(Role::User, &"word ".repeat(400))], 8);
    let answer = block_on(session.answer(&long, &Pace::new(), |_| {}));
    assert_eq!(answer.map_err(|error| error.code()), Err(Some(Code::QuestionTooLong)));
    assert!(!ask(&mut session, &question(vec![say(Role::User, "Hi")], 4)).0.is_empty(), "and the session goes on");
}

#[test]
fn a_stop_text_is_never_shown() {
    let mut session = whole(&tiny());
    let asked = question(vec![say(Role::User, "Tell me")], 24);
    let (full, _) = ask(&mut session, &asked);
    let chars: Vec<char> = full.chars().collect();
    let stop: String = chars[chars.len() / 2..chars.len() / 2 + 2].iter().collect();
    let stopped = Question { stop: vec![stop.clone()], ..asked };
    let (text, answer) = ask(&mut session, &stopped);
    assert_eq!(answer.finish, Finish::Stop);
    assert_eq!(text, full[..full.find(&stop).expect("it is in there")]);
}

#[test]
fn max_tokens_is_a_length_and_zero_is_none() {
    let mut session = whole(&tiny());
    let messages = vec![say(Role::User, "Count")];
    let (_, answer) = ask(&mut session, &question(messages.clone(), 5));
    assert!(answer.completion_tokens <= 5);
    let (text, answer) = ask(&mut session, &question(messages, 0));
    assert_eq!((text.as_str(), answer.completion_tokens, answer.finish), ("", 0, Finish::Length));
}

#[test]
fn a_stop_keeps_what_stands_and_the_session_goes_on() {
    let mut session = whole(&tiny());
    let asked = question(vec![say(Role::User, "Go on and on")], 60);
    let (full, _) = ask(&mut whole(&tiny()), &asked);
    let pace = Pace::new();
    let mut text = String::new();
    let answer = block_on(session.answer(&asked, &pace, |piece| {
        text.push_str(piece);
        pace.stop();
    }));
    assert_eq!(answer.map(|answer| answer.finish), Ok(Finish::Stopped));
    assert!(!text.is_empty() && text.len() < full.len());
    assert_eq!(ask(&mut session, &asked).0, full, "asked again, the answer is whole");
}

/// A platform whose network is a slice.
#[derive(Default)]
struct Bench {
    bytes: Vec<u8>,
    said: Rc<RefCell<Vec<FromEngine>>>,
    /// Called with every message, for tests that answer back.
    inbox: Rc<RefCell<Option<Inbox>>>,
    /// How often the event loop turns before the network answers.
    turns: usize,
    /// Stops when the model has come, before it is told.
    stops_at_the_end: bool,
}

impl Platform for Bench {
    type Backend = Either;

    async fn load(
        &self,
        request: &LoadRequest,
        pace: &Pace,
        progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Session<Either>, EngineError> {
        for _ in 0..self.turns {
            turn().await;
        }
        let source = SliceSource { bytes: &self.bytes, piece: 4096, total: None };
        let open = async |plan: &_| Either::open(request.backend, plan, pace).await;
        let loaded = loader::load(source, &(&request.model).into(), pace, progress, open).await;
        if self.stops_at_the_end
            && let Some(inbox) = &*self.inbox.borrow()
        {
            inbox.accept(ToEngine::Stop);
        }
        loaded
    }

    fn post(&self, message: FromEngine) {
        let token = matches!(message, FromEngine::Token { .. });
        self.said.borrow_mut().push(message);
        // The visitor presses Stop at the first token of question 2.
        let second = matches!(self.said.borrow().last(), Some(FromEngine::Token { id: 2, .. }));
        if token
            && second
            && let Some(inbox) = &*self.inbox.borrow()
        {
            inbox.accept(ToEngine::Stop);
        }
    }

    async fn pause(&self, ms: u32) {
        assert_eq!(ms, ALIVE_MS);
        turn().await;
    }
}

/// Lets the event loop turn once.
async fn turn() {
    let mut turned = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut turned, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn load_message(protocol: u32) -> ToEngine {
    let model = ModelSource { url: "memory:".into(), ..ModelSource::default() };
    ToEngine::Load { protocol, model, backend: BackendChoice::Cpu, fresh: false }
}

fn generate(id: u32) -> ToEngine {
    let Question { messages, sampling, .. } = question(vec![say(Role::User, "Hello there")], 8);
    ToEngine::Generate { id, messages, sampling, max_tokens: 30 }
}

/// Everything that a worker says to these messages, all sent before it begins.
fn converse(messages: Vec<ToEngine>) -> Vec<FromEngine> {
    converse_with(Bench { bytes: tiny(), ..Bench::default() }, messages)
}

fn converse_with(bench: Bench, messages: Vec<ToEngine>) -> Vec<FromEngine> {
    let (inbox, queue) = Inbox::new();
    *bench.inbox.borrow_mut() = Some(inbox.clone());
    for message in messages {
        inbox.accept(message);
    }
    let (said, polls) = (bench.said.clone(), bench.turns + 1);
    let mut worker = Box::pin(worker::run(bench, inbox, queue));
    for _ in 0..polls {
        // The loop waits for more when it has answered everything.
        assert_eq!(worker.as_mut().now_or_never(), None);
    }
    said.take()
}

/// What a worker said, a word each.
fn outline(said: &[FromEngine]) -> String {
    let words = said.iter().filter_map(|message| {
        Some(match message {
            FromEngine::Ready { .. } => "ready",
            FromEngine::Alive => "alive",
            FromEngine::Progress { .. } | FromEngine::Token { .. } => return None,
            FromEngine::Loaded { .. } => "loaded",
            FromEngine::Stopped { load: true } => "stopped",
            FromEngine::Stopped { load: false } => "nothing",
            FromEngine::Done { finish: Finish::Stopped, .. } => "done-stopped",
            FromEngine::Done { .. } => "done",
            FromEngine::Failed { .. } => "failed",
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_worker_answers_what_was_said_before_it_listened() {
    let said = converse(vec![load_message(PROTOCOL), generate(1)]);
    assert_eq!(said.first(), Some(&FromEngine::Ready { protocol: PROTOCOL }));
    assert!(said.iter().any(|message| matches!(message, FromEngine::Loaded { model, .. } if model == "Tiny")));
    assert!(said.iter().any(|message| matches!(message, FromEngine::Token { id: 1, .. })));
    assert_eq!(outline(&said), "ready alive loaded alive done");
}

#[test]
fn a_worker_that_works_says_that_it_lives() {
    let bench = Bench { bytes: tiny(), turns: 3, ..Bench::default() };
    let said = converse_with(bench, vec![load_message(PROTOCOL), generate(1)]);
    assert_eq!(outline(&said), "ready alive alive alive loaded alive done");
    // Not when it has nothing to do.
    assert_eq!(outline(&converse_with(Bench { turns: 9, ..Bench::default() }, Vec::new())), "ready");
}

#[test]
fn a_stop_ends_only_what_came_before_it_and_is_always_answered() {
    let said = converse(vec![load_message(PROTOCOL), generate(2)]);
    let tokens = said.iter().filter(|message| matches!(message, FromEngine::Token { .. })).count();
    assert!(tokens < 30, "{tokens} tokens after a stop at the first");
    assert_eq!(outline(&said), "ready alive loaded alive done-stopped");

    let told = |messages: &[ToEngine]| outline(&converse(messages.to_vec()));
    let (load, ask, stop) = (load_message(PROTOCOL), generate(1), ToEngine::Stop);
    assert_eq!(
        told(&[load.clone(), stop.clone(), load.clone(), ask.clone()]),
        "ready alive stopped alive loaded alive done"
    );
    assert_eq!(told(std::slice::from_ref(&stop)), "ready nothing");
    assert_eq!(told(&[stop.clone(), load.clone(), stop.clone(), stop.clone()]), "ready nothing alive stopped nothing");
    assert_eq!(told(&[load.clone(), ask.clone(), stop.clone()]), "ready alive stopped alive done-stopped");
    let late = Bench { bytes: tiny(), stops_at_the_end: true, ..Bench::default() };
    assert_eq!(outline(&converse_with(late, vec![load])), "ready alive stopped", "a stop as the load ends");
}

#[test]
fn l06_a_question_that_is_too_long_leaves_the_model_where_it_is() {
    let messages = vec![say(Role::User, &"word ".repeat(400))];
    let sampling = question(Vec::new(), 0).sampling;
    let long = ToEngine::Generate { id: 9, messages, sampling, max_tokens: 8 };
    let said = converse(vec![load_message(PROTOCOL), long, generate(1)]);
    assert_eq!(outline(&said), "ready alive loaded alive failed alive done");
    let failed =
        |message: &FromEngine| matches!(message, FromEngine::Failed { id: Some(9), code: Code::QuestionTooLong, .. });
    assert!(said.iter().any(failed), "{said:?}");
}

#[test]
fn another_protocol_and_a_question_without_a_model_are_failures() {
    for (messages, id) in [(vec![load_message(PROTOCOL + 1)], None), (vec![generate(1)], Some(1))] {
        let said = converse(messages);
        assert!(
            matches!(said.last(), Some(FromEngine::Failed { id: of, code: Code::EngineFailed, .. }) if *of == id),
            "{said:?}"
        );
    }
}
