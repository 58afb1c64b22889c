//! The frame of `challenge.html`: does what a [`Challenge`] commands, and tells it what the frame says.
//!
//! Through the port goes `{epoch, siteKey, cData, language}` for each solve, and back comes
//! `{epoch, event, detail, code, at}`; see `public/challenge.js`.

use super::challenge::{Callback, Challenge, Command, Input, LATE_MS, Outcome};
use crate::{
    frame::{HostFrame, field, nonce},
    lives::{Lives, Timer, drop_later},
};
use js_sys::{Date, Object, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, HtmlIFrameElement, MessageChannel, MessageEvent, MessagePort};

/// What Turnstile's page may do. Its popups are Cloudflare's terms and its form for feedback.
const SANDBOX: &str = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox";

/// Room for a checkbox of 65 px; the frame is never `display: none`, in which nothing would be laid out or solved.
const LOOKS: [(&str, &str); 5] =
    [("display", "block"), ("border", "0"), ("width", "100%"), ("min-width", "300px"), ("height", "72px")];

/// Solves challenges in a frame of HOST. Dropping it removes all of it at once, and nothing more is heard.
pub struct ChallengeFrame(Rc<Inner>);

struct Inner {
    base: String,
    place: HtmlElement,
    hear: Box<dyn Fn(Outcome)>,
    challenge: RefCell<Challenge>,
    wish: RefCell<Wish>,
    link: RefCell<Option<Link>>,
    lives: Lives,
    timer: RefCell<Option<Timer>>,
    /// A deadline has come close, and what has arrived is let in before it is judged.
    judging: Cell<bool>,
}

/// What the next solve is about.
#[derive(Clone, Default)]
struct Wish {
    page: String,
    site_key: String,
    language: String,
}

impl std::fmt::Debug for ChallengeFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ChallengeFrame").field(&self.0.challenge).finish()
    }
}

impl ChallengeFrame {
    /// `base` is the address of HOST's folder, with a slash at its end. The frame comes into `place` with the first
    /// solve and takes over its `aria-label` as its name; whether the visitor sees `place` is the caller's part, but it
    /// must be laid out. `hear` may solve, cancel, and drop.
    pub fn new(base: &str, place: HtmlElement, lives: Lives, hear: impl Fn(Outcome) + 'static) -> Self {
        Self(Rc::new(Inner {
            base: base.into(),
            place,
            hear: Box::new(hear),
            challenge: RefCell::default(),
            wish: RefCell::default(),
            link: RefCell::default(),
            lives,
            timer: RefCell::default(),
            judging: Cell::new(false),
        }))
    }

    /// Solves, unless a solve is under way, which then is shared. `challenge_url` is the page in place of HOST's own.
    pub fn solve(&self, site_key: &str, challenge_url: Option<&str>, language: &str) {
        let page = challenge_url.map_or_else(|| format!("{}challenge.html", self.0.base), Into::into);
        *self.0.wish.borrow_mut() = Wish { page, site_key: site_key.into(), language: language.into() };
        self.0.tell(Input::Ask);
    }

    /// Ends the solve under way, if there is one; nothing more is heard of it.
    pub fn cancel(&self) {
        self.0.tell(Input::Abort);
    }
}

impl Drop for ChallengeFrame {
    fn drop(&mut self) {
        self.0.tell(Input::Abort);
        self.0.discard();
    }
}

impl Inner {
    fn tell(self: &Rc<Self>, event: Input) {
        self.challenge.borrow_mut().tell(event, now());
        while let Some(command) = self.next() {
            match command {
                Command::Execute { epoch } => {
                    if let Err(error) = self.execute(epoch) {
                        let words = error.as_string().or_else(|| field(&error, "message")).unwrap_or_default();
                        self.tell(Input::Lost(words));
                    }
                }
                Command::Discard => self.discard(),
                Command::Tell(outcome) => (self.hear)(outcome),
            }
        }
        let deadline = self.challenge.borrow().deadline();
        *self.timer.borrow_mut() = deadline.map(|deadline| {
            let this = Rc::downgrade(self);
            let ms = deadline.saturating_sub(now()).try_into().unwrap_or(i32::MAX as u32);
            self.lives.after(ms, move || {
                if let Some(this) = this.upgrade() {
                    this.judge(now().saturating_sub(deadline));
                }
            })
        });
    }

    /// A deadline has come, so many milliseconds ago. What has arrived meanwhile is let in first; and where the page
    /// slept, the others have had no time either.
    fn judge(self: &Rc<Self>, late: u64) {
        if self.judging.replace(true) {
            return;
        }
        let this = Rc::downgrade(self);
        self.lives.soon(move || {
            let Some(this) = this.upgrade() else { return };
            this.judging.set(false);
            if late > LATE_MS {
                this.challenge.borrow_mut().forgive(now());
            }
            this.tell(Input::Deadline);
        });
    }

    fn next(&self) -> Option<Command> {
        self.challenge.borrow_mut().next(now())
    }

    fn execute(self: &Rc<Self>, epoch: u32) -> Result<(), JsValue> {
        let Wish { page, site_key, language } = self.wish.borrow().clone();
        if self.link.borrow().as_ref().is_some_and(|link| link.page != page) {
            self.discard();
        }
        if self.link.borrow().is_none() {
            let link = Link::open(page, &self.place, &self.lives, Rc::downgrade(self))?;
            *self.link.borrow_mut() = Some(link);
        }
        let words = Object::new();
        Reflect::set(&words, &"epoch".into(), &epoch.into())?;
        for (name, value) in [("siteKey", &site_key), ("language", &language), ("cData", &nonce()?)] {
            Reflect::set(&words, &name.into(), &value.as_str().into())?;
        }
        match &*self.link.borrow() {
            Some(link) => link.port.post_message(&words),
            None => Ok(()),
        }
    }

    fn discard(&self) {
        if let Some(link) = self.link.take() {
            link.close();
            // Later: what calls this may belong to the link.
            drop_later(link);
        }
    }
}

fn report(inner: &Weak<Inner>, event: Input) {
    if let Some(inner) = inner.upgrade() {
        inner.tell(event);
    }
}

/// A frame that is there, or on its way. What is said before it listens waits in the port.
struct Link {
    page: String,
    port: MessagePort,
    frame: HostFrame,
    lives: Lives,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Link {
    fn open(page: String, place: &HtmlElement, lives: &Lives, inner: Weak<Inner>) -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        let (port, theirs) = (channel.port1(), channel.port2());
        let dress = |frame: &HtmlIFrameElement| {
            for (name, value) in LOOKS {
                frame.style().set_property(name, value)?;
            }
            frame.set_title(&place.get_attribute("aria-label").unwrap_or_default());
            frame.set_attribute("sandbox", SANDBOX)
        };
        let lost = inner.clone();
        let gone = move |words: &str| report(&lost, Input::Lost(words.into()));
        let frame = HostFrame::open(&page, place, theirs, lives, dress, gone)?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(event) = heard(&event.data()) {
                report(&inner, event);
            }
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        lives.keep(&port);
        Ok(Self { page, port, frame, lives: lives.clone(), _on_message: on_message })
    }

    fn close(&self) {
        self.port.set_onmessage(None);
        self.port.close();
        self.lives.release(&self.port);
        self.frame.close();
    }
}

/// What the frame said; nothing for what is no message of its.
fn heard(data: &JsValue) -> Option<Input> {
    let number = |name: &str| Reflect::get(data, &name.into()).ok()?.as_f64();
    let detail = field(data, "detail").unwrap_or_default();
    let said = match field(data, "event")?.as_str() {
        "rendered" => Callback::Rendered,
        "executing" => Callback::Executing,
        "interactive" => Callback::Interactive,
        "quiet" => Callback::Quiet,
        // The clock of the day goes on while a page sleeps; the frame read the same one.
        "solved" => Callback::Solved { token: detail, age: (Date::now() - number("at")?).max(0.0) as u64 },
        "error" => Callback::Error(detail),
        "expired" => Callback::Expired,
        "timeout" => Callback::TimedOut,
        "unsupported" => Callback::Unsupported,
        "absent" => Callback::Absent(detail),
        "threw" => Callback::Threw { code: field(data, "code").unwrap_or_default(), words: detail },
        _ => return None,
    };
    Some(Input::Callback { epoch: number("epoch")? as u32, said })
}

/// Milliseconds since the page began.
fn now() -> u64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0, |clock| clock.now() as u64)
}
