//! How long silence is no failure yet.
//!
//! A [`Watch`] keeps no timer. It is told what happens and when, says when it wants to be asked, and answers then
//! whether the attempt is over. Moments are milliseconds on any clock that only goes forward.

use super::stream::StreamItem;
use crate::error::Code;

/// How long the headers of a configuration or a session may take.
pub const HEADERS_MS: u64 = 15_000;

/// How long the headers of a completion may take: a cold server loads its model.
pub const COMPLETION_HEADERS_MS: u64 = 60_000;

/// How long nothing at all may come once an answer has begun, or a server has shown that it sends signs of life.
pub const IDLE_MS: u64 = 30_000;

/// How long an answer may go on without any of its text, whatever signs of life come.
pub const CONTENT_MS: u64 = 120_000;

/// By how much a timer may be late on a page that is awake.
pub const LATE_MS: u64 = 2_000;

/// What a server gets whose deadline passed while the page slept.
pub const GRACE_MS: u64 = 5_000;

/// What an attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The headers of a short request: configuration, session.
    Headers,
    /// The headers of a completion.
    CompletionHeaders,
    /// A body that is read whole: a configuration, a session, an error.
    Whole,
    /// The body of a stream.
    Stream,
}

/// Watches one attempt.
#[derive(Clone, Debug)]
pub struct Watch {
    awaited: Awaited,
    /// When it was sent, the headers came, or the last text came.
    content: u64,
    /// When the last byte came.
    byte: u64,
    /// Silence of [`IDLE_MS`] counts.
    lively: bool,
    /// Until when silence is forgiven, because the page slept; once for each silence.
    grace: Option<u64>,
}

impl Watch {
    /// An attempt that is sent now; `awaited` are its headers.
    #[must_use]
    pub fn new(awaited: Awaited, now: u64) -> Self {
        Self { awaited, content: now, byte: now, lively: false, grace: None }
    }

    /// The headers have come; `awaited` is the body.
    pub fn headers(&mut self, awaited: Awaited, now: u64) {
        *self = Self { awaited, content: now, byte: now, lively: awaited == Awaited::Whole, grace: None };
    }

    /// Bytes have come, whatever they mean.
    pub fn bytes(&mut self, now: u64) {
        self.byte = self.byte.max(now);
        self.grace = None;
    }

    /// The page slept, and the server's words with it: a deadline that has passed is put off a little, once.
    pub fn forgive(&mut self, now: u64) {
        if self.grace.is_none() && now >= self.deadline() {
            self.grace = Some(now.saturating_add(GRACE_MS));
        }
    }

    /// The bytes said something. The first text or ping arms the limit on silence: from then on the server is known to
    /// be at work, where before it may still be reading the question.
    pub fn said(&mut self, said: &StreamItem, now: u64) {
        match said {
            StreamItem::Text(_) => self.content = self.content.max(now),
            StreamItem::Ping | StreamItem::Finished(_) => {}
            StreamItem::Done | StreamItem::Failed(_) => return,
        }
        self.lively = true;
        self.bytes(now);
    }

    /// When to ask again. It moves back with every sign of life; the first of a stream may bring it closer.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        let idle = self.byte.saturating_add(if self.lively { IDLE_MS } else { u64::MAX });
        let content = match self.awaited {
            Awaited::Headers => HEADERS_MS,
            Awaited::CompletionHeaders => COMPLETION_HEADERS_MS,
            Awaited::Whole | Awaited::Stream => CONTENT_MS,
        };
        idle.min(self.content.saturating_add(content)).max(self.grace.unwrap_or_default())
    }

    /// Whether the attempt is over, and as what: `timeout` where nothing of an answer was there, or only a short one's
    /// body was missing; `stream_stalled` for a stream.
    #[must_use]
    pub fn check(&self, now: u64) -> Option<Code> {
        let code = if self.awaited == Awaited::Stream { Code::StreamStalled } else { Code::Timeout };
        (now >= self.deadline()).then_some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer::remote::FinishReason, error::Code};

    fn check(watch: &Watch, deadline: u64, code: Code) {
        assert_eq!(watch.deadline(), deadline);
        assert_eq!(watch.check(deadline - 1), None);
        assert_eq!(watch.check(deadline), Some(code));
        assert_eq!(watch.check(u64::MAX), Some(code));
    }

    fn text() -> StreamItem {
        StreamItem::Text("a".into())
    }

    #[test]
    fn headers_have_their_time() {
        check(&Watch::new(Awaited::Headers, 1_000), 16_000, Code::Timeout);
        check(&Watch::new(Awaited::CompletionHeaders, 1_000), 61_000, Code::Timeout);
    }

    #[test]
    fn a_whole_body_must_not_fall_silent_or_drip_for_ever() {
        let mut watch = Watch::new(Awaited::Headers, 0);
        watch.headers(Awaited::Whole, 14_000);
        check(&watch, 44_000, Code::Timeout);
        for second in 15..130 {
            watch.bytes(second * 1_000);
        }
        check(&watch, 134_000, Code::Timeout);
    }

    #[test]
    fn a_stream_that_reads_its_question_may_be_silent_longer() {
        let mut watch = Watch::new(Awaited::CompletionHeaders, 0);
        watch.headers(Awaited::Stream, 50_000);
        check(&watch, 170_000, Code::StreamStalled);
        // Half of a line is no sign that signs will follow.
        watch.bytes(60_000);
        check(&watch, 170_000, Code::StreamStalled);
        watch.said(&StreamItem::Ping, 61_000);
        check(&watch, 91_000, Code::StreamStalled);
    }

    #[test]
    fn any_byte_breaks_the_silence_and_only_text_is_content() {
        let mut watch = Watch::new(Awaited::CompletionHeaders, 0);
        watch.headers(Awaited::Stream, 0);
        watch.said(&text(), 10_000);
        check(&watch, 40_000, Code::StreamStalled);
        watch.bytes(39_999);
        check(&watch, 69_999, Code::StreamStalled);
        for second in (40..=125).step_by(5) {
            watch.said(&StreamItem::Ping, second * 1_000);
        }
        check(&watch, 130_000, Code::StreamStalled);
        watch.said(&text(), 129_000);
        check(&watch, 159_000, Code::StreamStalled);
        watch.said(&StreamItem::Finished(FinishReason::Stop), 130_000);
        check(&watch, 160_000, Code::StreamStalled);
    }

    #[test]
    fn no_moment_is_too_late_or_too_early() {
        let mut watch = Watch::new(Awaited::CompletionHeaders, u64::MAX - 5);
        assert_eq!(watch.check(u64::MAX - 1), None);
        watch.headers(Awaited::Stream, 100);
        watch.said(&text(), 100);
        watch.said(&text(), 7);
        assert_eq!(watch.deadline(), 100 + IDLE_MS);
    }
}
