//! One widget's line: its index, the question that is being looked up, and the answer that is being checked.

use crate::{
    knowledge::{
        Checker, Files, Index, LookUp, LookedUp, PROTOCOL, format::MANIFEST, format::MOST_FILE_BYTES, ground,
        is_chatter,
    },
    lives::{Lives, Registry},
    wire,
};
use js_sys::{Function, Object, Reflect, Uint8Array};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{
    AbortController, ReadableStream, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit,
    Response, Url,
};

/// Most passages that are asked of an index: some of the found may be left out.
const MOST_FOUND: usize = 6;

#[wasm_bindgen]
extern "C" {
    /// Of the Compression Streams standard; web-sys' own takes a stream apart that we hand on whole.
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    #[wasm_bindgen(js_name = ReadableStream)]
    type Piped;

    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Piped, through: &DecompressionStream) -> Result<ReadableStream, JsValue>;
}

/// One widget's line to this module.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Line(Rc<Inner>);

struct Inner {
    tell: Function,
    lives: Lives,
    /// The index of the folder that was asked last.
    index: RefCell<Option<(String, Index)>>,
    /// What the look-up under way fetches with, and its number: those before it have nothing more to say.
    fetching: RefCell<Option<AbortController>>,
    turn: Cell<u32>,
    checker: RefCell<Option<Checker>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Line {
    /// Opens a line for one widget: `lives` is the registry of its generation, and `tell` hears a [`LookedUp`] as bytes.
    /// None for a page's module of another `protocol`.
    pub fn open(protocol: u32, lives: Registry, tell: Function) -> Option<Self> {
        (protocol == PROTOCOL).then(|| {
            Self(Rc::new(Inner {
                tell,
                lives: Lives::from(lives),
                index: RefCell::default(),
                fetching: RefCell::default(),
                turn: Cell::default(),
                checker: RefCell::default(),
            }))
        })
    }
}

#[wasm_bindgen]
impl Line {
    /// Takes the members of a [`LookUp`], in place of the one before.
    pub fn look_up(&self, id: u32, url: String, question: String, before: String) {
        let asked = LookUp { id, url, question, before: Some(before).filter(|before| !before.is_empty()) };
        self.end();
        let inner = self.0.clone();
        let turn = inner.turn.get();
        let controller = AbortController::new().ok().inspect(|controller| inner.lives.keep(controller));
        *inner.fetching.borrow_mut() = controller.clone();
        spawn_local(async move {
            let found = inner.find(&asked, turn, controller.as_ref()).await;
            if inner.turn.get() == turn {
                inner.let_go();
                let told = LookedUp { id: asked.id, found };
                let bytes = Uint8Array::from(wire::encode(&told).as_slice());
                // The page's function throws for a module that has crashed, and then nobody listens any more.
                let _told = inner.tell.call1(&JsValue::NULL, &bytes);
            }
        });
    }

    /// Ends the look-up under way. Nothing more is told of it.
    pub fn end(&self) {
        self.0.turn.set(self.0.turn.get().wrapping_add(1));
        self.0.let_go();
    }

    /// What may be shown of the answer to the question that was looked up last, once this piece of it has come. `first`:
    /// the answer begins, perhaps anew; `last`: it ends.
    pub fn check(&self, piece: &str, first: bool, last: bool) -> String {
        let mut checker = self.0.checker.borrow_mut();
        let Some(checker) = checker.as_mut() else { return String::new() };
        if first {
            checker.begin();
        }
        checker.push(piece, last)
    }
}

impl Inner {
    fn let_go(&self) {
        if let Some(controller) = self.fetching.borrow_mut().take() {
            controller.abort();
            self.lives.release(&controller);
        }
    }

    async fn find(
        &self,
        asked: &LookUp,
        turn: u32,
        controller: Option<&AbortController>,
    ) -> Result<crate::knowledge::Ground, String> {
        let folder = Folder { url: asked.url.clone(), signal: controller.cloned() };
        let kept = self.index.borrow_mut().take().filter(|(url, _)| *url == asked.url);
        let unfetched = |unfetched: crate::knowledge::Unfetched| {
            ["the index in ", &asked.url, ": ", &unfetched.file, ": ", &unfetched.why].concat()
        };
        let mut index = match kept {
            Some((_, index)) => index,
            None => Index::open(&folder).await.map_err(unfetched)?,
        };
        let found = index.look_up(&folder, &asked.question, asked.before.as_deref(), MOST_FOUND).await;
        let ground = found
            .map(|found| ground(found, is_chatter(&asked.question), |page| folder.page(page), encode))
            .map_err(unfetched);
        if let (Ok(ground), true) = (&ground, self.turn.get() == turn) {
            let texts = ground.passages.iter().map(|passage| passage.split_once("] ").map_or("", |(_, said)| said));
            *self.checker.borrow_mut() = Some(index.checker(&asked.question, texts));
        }
        *self.index.borrow_mut() = Some((asked.url.clone(), index));
        ground
    }
}

/// `encodeURIComponent`, where the browser can show the words that a link names.
fn encode(words: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let can = Reflect::has(&document, &"fragmentDirective".into()).unwrap_or_default();
    can.then(|| js_sys::encode_uri_component(words).into())
}

/// A folder on a server.
#[derive(Clone)]
struct Folder {
    url: String,
    signal: Option<AbortController>,
}

impl Folder {
    /// The absolute address of a page: pages are named from the folder that the index lies in.
    fn page(&self, page: &str) -> Option<String> {
        let root = Url::new_with_base("..", &self.url).ok()?;
        let url = Url::new_with_base(page, &root.href()).ok()?;
        // A page may be named `javascript:…` by whoever can write the index.
        (["http:", "https:"].contains(&url.protocol().as_str())).then(|| url.href())
    }

    async fn file(&self, name: &str) -> Result<Uint8Array, JsValue> {
        let is_manifest = name == MANIFEST;
        let first = if is_manifest { RequestCache::NoCache } else { RequestCache::Default };
        match self.fetch(name, first).await {
            // Offline: what was there the last time.
            Err(_) if is_manifest => self.fetch(name, RequestCache::ForceCache).await,
            done => done,
        }
    }

    async fn fetch(&self, name: &str, cache: RequestCache) -> Result<Uint8Array, JsValue> {
        let init = RequestInit::new();
        init.set_cache(cache);
        init.set_credentials(RequestCredentials::SameOrigin);
        init.set_signal(self.signal.as_ref().map(AbortController::signal).as_ref());
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let response = JsFuture::from(window.fetch_with_str_and_init(&[&self.url, name].concat(), &init)).await?;
        let response: Response = response.dyn_into()?;
        if !response.ok() {
            return Err(["status ", &response.status().to_string()].concat().into());
        }
        let body = response.body().ok_or("it is empty")?;
        let plain = body.unchecked_ref::<Piped>().pipe_through(&DecompressionStream::new("deflate-raw")?)?;
        let reader: ReadableStreamDefaultReader = plain.get_reader().unchecked_into();
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let chunk = JsFuture::from(reader.read()).await?;
            let value = Reflect::get(&chunk, &"value".into())?;
            if value.is_undefined() {
                return Ok(Uint8Array::from(bytes.as_slice()));
            }
            let piece = Uint8Array::new(&value);
            if bytes.len() + piece.length() as usize > MOST_FILE_BYTES {
                return Err("it is too large".into());
            }
            bytes.extend(piece.to_vec());
        }
    }
}

impl Files for Folder {
    /// The page bounds the wait for the whole look-up, and [`Line::end`] aborts it.
    async fn get(&self, files: &[String]) -> Vec<Result<Rc<[u8]>, String>> {
        // Begun side by side, and then waited for one after the other.
        let mut coming = Vec::new();
        for name in files {
            let (folder, name) = (self.clone(), name.clone());
            coming.push(future_to_promise(async move { folder.file(&name).await.map(JsValue::from) }));
        }
        let mut got = Vec::new();
        for file in coming {
            got.push(match JsFuture::from(file).await {
                Ok(bytes) => Ok(Uint8Array::new(&bytes).to_vec().into()),
                Err(why) => Err(why.as_string().unwrap_or_else(|| String::from(Object::from(why).to_string()))),
            });
        }
        got
    }
}
