//! An exchange in a browser: its timer, its abort, and what hears of it.

use super::Course;
use crate::{
    answer::remote::{Heard, LATE_MS},
    error::Reference,
    lives::{Lives, Timer},
};
use futures_channel::oneshot;
use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::{Rc, Weak},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

/// For how long answers are read without a pause, in milliseconds; drawing what they say comes on top.
pub(in crate::answer) const HELD_MS: u64 = 12;

/// How long an exchange that broke is not told of, in milliseconds: a browser that goes to another page may break what is
/// under way before the page hears that it ends, and what was kept then would say that the answer failed.
const LEAVING_MS: u32 = 300;

/// An exchange under way. Dropping it ends it, and nothing more is heard.
pub struct Exchange(Rc<Line<dyn Course>>);

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What an exchange and the work for it share.
pub(in crate::answer) struct Line<C: ?Sized> {
    controller: Option<AbortController>,
    hear: Box<dyn Fn(Heard)>,
    mint: fn() -> Reference,
    /// With the moment at which it fires.
    timer: Cell<Option<(u64, Timer)>>,
    lives: Lives,
    ended: Cell<bool>,
    course: RefCell<C>,
}

impl Exchange {
    /// Begins one; `hear` hears what comes of it, never before this has returned. `work` brings the other side, and feeds
    /// what that says; where it fails without a word, it broke.
    pub(in crate::answer) fn start<C: Course + 'static, W: Future<Output = Result<(), JsValue>> + 'static>(
        course: C,
        lives: Lives,
        mint: fn() -> Reference,
        hear: impl Fn(Heard) + 'static,
        work: impl FnOnce(Weak<Line<C>>, Option<AbortSignal>) -> W,
    ) -> Self {
        let own = Rc::new(Line {
            controller: AbortController::new().ok().inspect(|controller| lives.keep(controller)),
            hear: Box::new(hear),
            mint,
            timer: Cell::default(),
            lives,
            ended: Cell::new(false),
            course: RefCell::new(course),
        });
        let work = work(Rc::downgrade(&own), own.controller.as_ref().map(AbortController::signal));
        let line: Rc<Line<dyn Course>> = own;
        line.wait_for_deadline();
        let weak = Rc::downgrade(&line);
        spawn_local(async move {
            let ended = work.await;
            // However it ended: the course knows how far it had come.
            let Some(line) = weak.upgrade() else { return };
            match ended {
                Ok(()) => line.close(),
                Err(_) => line.break_off(),
            }
        });
        Self(line)
    }
}

impl<C: Course + 'static> Line<C> {
    /// The other side said something.
    pub(in crate::answer) fn feed(
        self: &Rc<Self>,
        feed: impl FnOnce(&mut C, &mut dyn FnMut() -> Reference) -> Vec<Heard>,
    ) {
        if self.ended.get() {
            return;
        }
        let heard = feed(&mut self.course.borrow_mut(), &mut self.mint.clone());
        let line: Rc<Line<dyn Course>> = self.clone();
        line.tell(heard);
    }
}

impl Line<dyn Course> {
    fn tell(self: &Rc<Self>, heard: Vec<Heard>) {
        let over = self.course.borrow().is_over();
        if over {
            self.end_work();
        } else {
            self.wait_for_deadline();
        }
        for heard in heard {
            // Whoever hears a piece may end all that would follow.
            if !self.ended.get() {
                (self.hear)(heard);
            }
        }
    }

    fn close(self: &Rc<Self>) {
        if !self.ended.get() {
            let heard = self.course.borrow_mut().closed(&mut self.mint.clone());
            self.tell(heard);
        }
    }

    /// One timer at a time. A deadline that has moved back is found when the timer fires; one that has come closer, as
    /// when a stream first shows life, needs another timer.
    fn wait_for_deadline(self: &Rc<Self>) {
        let deadline = self.course.borrow().deadline();
        if let Some((due, timer)) = self.timer.take() {
            if due <= deadline {
                return self.timer.set(Some((due, timer)));
            }
            drop(timer);
        }
        let left = u32::try_from(deadline.saturating_sub(now())).unwrap_or(i32::MAX as u32);
        let weak = Rc::downgrade(self);
        let timer = self.lives.after(left, move || {
            if let Some(line) = weak.upgrade() {
                line.judge(now().saturating_sub(deadline));
            }
        });
        self.timer.set(Some((deadline, timer)));
    }

    /// The timer has fired, so many milliseconds late. What has arrived meanwhile is let in first; and where the page
    /// slept, whatever was on its way has slept with it.
    fn judge(self: &Rc<Self>, late: u64) {
        let weak = Rc::downgrade(self);
        let judged = self.lives.after(0, move || {
            let Some(line) = weak.upgrade().filter(|line| !line.ended.get()) else { return };
            line.timer.take();
            if late > LATE_MS {
                line.course.borrow_mut().forgive(now());
            }
            let heard = line.course.borrow_mut().check(now(), &mut line.mint.clone());
            line.tell(heard);
        });
        // Until then no other timer need run.
        self.timer.set(Some((0, judged)));
    }

    /// The other side is gone, or the page is about to go.
    fn break_off(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let told = self.lives.after(LEAVING_MS, move || {
            let Some(line) = weak.upgrade() else { return };
            line.timer.take();
            line.close();
        });
        // No deadline is left to be kept.
        self.timer.set(Some((0, told)));
    }

    fn end(&self) {
        self.ended.set(true);
        self.end_work();
    }

    fn end_work(&self) {
        drop(self.timer.take());
        if let Some(controller) = &self.controller {
            controller.abort();
            self.lives.release(controller);
        }
    }
}

/// Gives the page its turn, for the work of an exchange that has much to read. False where the exchange is gone after it.
pub(in crate::answer) async fn turn<C>(line: &Weak<Line<C>>) -> bool {
    let Some(line) = line.upgrade() else { return false };
    let (turned, turn) = oneshot::channel();
    line.lives.soon(move || {
        // The exchange may be gone.
        let _gone = turned.send(());
    });
    drop(line);
    turn.await.is_ok()
}

/// Milliseconds on a clock that only goes forward.
pub(in crate::answer) fn now() -> u64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now()) as u64
}
