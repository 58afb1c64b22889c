//! Server-sent events: from bytes, in whatever pieces they arrive, to events.
//!
//! The format is the WHATWG's ("9.2.6 Interpreting an event stream"). Three things are our own: an event has a limit;
//! `retry` is ignored, for this client never reconnects; and [`Parser::finish`] hands over an event that the stream's
//! end cut off, which the standard drops, because servers do forget the last blank line. Its reader decides whether
//! it is worth anything.

use std::mem;

/// The most bytes of one event, or of a comment.
pub const MOST_EVENT_BYTES: usize = 1024 * 1024;

/// What a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An event that a blank line ended.
    Event(ServerEvent),
    /// A comment, which servers send to show that they are still there.
    Comment,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its `event` field; empty without one, which the standard calls a `message`.
    pub name: String,
    /// Its `data` fields, a line feed between them.
    pub data: String,
    /// The last `id` field that the stream has had, in this event or in one before.
    pub id: String,
}

/// An event or a line is longer than [`MOST_EVENT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The first line, where a byte order mark is none of the text, has been read.
    began: bool,
    /// The last byte was a carriage return: a line feed after it ends no further line.
    after_return: bool,
    name: String,
    /// None until there is a `data` field: without one there is no event.
    data: Option<String>,
    id: String,
    too_long: bool,
}

impl Parser {
    /// Takes the stream's next bytes and appends what they complete.
    ///
    /// # Errors
    /// When an event is too long. What was complete before it has been appended; nothing comes after.
    pub fn push(&mut self, bytes: &[u8], items: &mut Vec<Item>) -> Result<(), TooLong> {
        let mut rest = bytes;
        if mem::take(&mut self.after_return) {
            match rest {
                [] => self.after_return = true,
                [b'\n', after @ ..] => rest = after,
                _ => {}
            }
        }
        while !self.too_long {
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.grow(rest)?;
                return Ok(());
            };
            let (head, tail) = rest.split_at(length);
            self.grow(head)?;
            rest = match tail {
                [b'\r', b'\n', after @ ..] => after,
                [b'\r'] => {
                    self.after_return = true;
                    &[]
                }
                [_, after @ ..] => after,
                [] => &[],
            };
            let line = mem::take(&mut self.line);
            items.extend(self.line(&line));
        }
        Err(TooLong)
    }

    /// The stream has ended: the event that was under way, if any. The standard knows no such event.
    #[must_use]
    pub fn finish(mut self) -> Option<ServerEvent> {
        if self.too_long {
            return None;
        }
        let line = mem::take(&mut self.line);
        if !line.is_empty() {
            self.line(&line);
        }
        self.dispatch()
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        let event = self.name.len() + self.data.as_ref().map_or(0, String::len);
        if event + self.line.len() + bytes.len() > MOST_EVENT_BYTES {
            self.too_long = true;
            return Err(TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// A line without its end.
    fn line(&mut self, line: &[u8]) -> Option<Item> {
        // A mark is one only at the very beginning.
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(after) if !self.began => after,
            _ => line,
        };
        self.began = true;
        if line.is_empty() {
            return self.dispatch().map(Item::Event);
        }
        // A line's end is no part of any other character, so each line can be decoded by itself.
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Some(Item::Comment),
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<ServerEvent> {
        let name = mem::take(&mut self.name);
        let data = self.data.take()?;
        Some(ServerEvent { name, data, id: self.id.clone() })
    }
}
