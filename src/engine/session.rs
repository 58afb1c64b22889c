//! One model and the conversation in its cache: turns messages into an answer.

use super::{
    backend::Backend,
    clock::now_ms,
    error::EngineError,
    pace::Pace,
    template::Template,
    tokenizer::{Tokenizer, Utf8Stream},
};
use crate::wire::{Finish, Message, Role, Sampling};

/// The least room for an answer: a conversation leaves this many positions free, or drops its oldest turns.
const LEAST_ANSWER: usize = 16;

/// Tokens asked of the backend at once, after the first: it may give fewer, at the pace of its device.
const BATCH: usize = 8;

/// What to answer, and how.
#[derive(Clone, Debug)]
pub struct Question {
    /// Oldest first, ending with the visitor's.
    pub messages: Vec<Message>,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// The most tokens to generate.
    pub max_tokens: usize,
    /// Texts that end the answer. The widget has none; a server's callers may.
    pub stop: Vec<String>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the rendered conversation.
    pub prompt_tokens: usize,
    /// How many of them were in the cache already.
    pub reused_tokens: usize,
    /// Tokens of the answer, its end token not counted.
    pub completion_tokens: usize,
    /// Milliseconds from the question to the first token.
    pub prefill_ms: f64,
    /// Milliseconds from the first token to the last.
    pub decode_ms: f64,
}

impl Answer {
    /// An answer that was stopped before its first token was asked for.
    pub(super) fn stopped() -> Self {
        Self { finish: Finish::Stopped, ..Self::of(0, 0) }
    }

    /// An answer without a token yet.
    fn of(prompt_tokens: usize, reused_tokens: usize) -> Self {
        Self {
            finish: Finish::Length,
            prompt_tokens,
            reused_tokens,
            completion_tokens: 0,
            prefill_ms: 0.0,
            decode_ms: 0.0,
        }
    }
}

/// A model that is ready to answer.
pub struct Session<B> {
    backend: B,
    tokenizer: Tokenizer,
    template: Template,
    name: String,
    /// Tokens whose keys and values are in the backend's cache, in order.
    cached: Vec<u32>,
}

impl<B: Backend> Session<B> {
    /// Takes over a backend whose weights are in place.
    pub fn new(backend: B, tokenizer: Tokenizer, template: Template, name: String) -> Self {
        Self { backend, tokenizer, template, name, cached: Vec::new() }
    }

    /// The model's name, as its file has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What computes.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// What computes, to ask it for logits.
    pub fn backend_mut(&mut self) -> &mut B {
        &mut self.backend
    }

    /// Turns text into tokens and back.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Answers the last message; `emit` hears the answer piece by piece, never half a character.
    ///
    /// A stop by the visitor is an answer whose [`Finish`] is `Stopped`, not an error.
    pub async fn answer(
        &mut self,
        question: &Question,
        pace: &Pace,
        mut emit: impl FnMut(&str),
    ) -> Result<Answer, EngineError> {
        let began = now_ms();
        let prompt = self.fit(question, pace).await?;
        let reused = self.reusable(&prompt);
        let most = question.max_tokens.min(self.backend.capacity() - prompt.len());
        let mut answer = Answer::of(prompt.len(), reused);
        if most == 0 {
            return Ok(answer);
        }

        let mut sequence = prompt;
        let first = self.backend.start(&sequence, reused, &question.sampling, pace).await;
        let mut fresh = match first {
            Ok(token) => vec![token],
            Err(error) => return self.stopped(error, sequence, answer),
        };
        let first_at = now_ms();
        answer.prefill_ms = first_at - began;

        let mut text = Text::new(&self.tokenizer, &question.stop);
        'answer: loop {
            for &token in &fresh {
                if self.tokenizer.is_end(token) {
                    answer.finish = Finish::Stop;
                    break 'answer;
                }
                answer.completion_tokens += 1;
                if text.push(token, &mut emit) {
                    answer.finish = Finish::Stop;
                    break 'answer;
                }
                if answer.completion_tokens == most {
                    break 'answer;
                }
            }
            sequence.append(&mut fresh);
            let want = BATCH.min(most - answer.completion_tokens);
            if let Err(error) = self.backend.next(want, &mut fresh, pace).await {
                text.finish(&mut emit);
                sequence.append(&mut fresh);
                answer.decode_ms = now_ms() - first_at;
                return self.stopped(error, sequence, answer);
            }
        }
        text.finish(&mut emit);
        answer.decode_ms = now_ms() - first_at;
        sequence.append(&mut fresh);
        self.remember(sequence);
        Ok(answer)
    }

    /// Tokens of the conversation, its oldest turns dropped until an answer has room. The system prompt stays.
    ///
    /// Turns go half a context at a time: where the conversation then begins depends on nothing but what was said
    /// before, so the questions that follow find the same beginning in the cache until that half is full again.
    async fn fit(&self, question: &Question, pace: &Pace) -> Result<Vec<u32>, EngineError> {
        let capacity = self.backend.capacity();
        let room = question.max_tokens.clamp(LEAST_ANSWER, (capacity / 4).max(LEAST_ANSWER));
        let messages = question.messages.as_slice();
        let whole = self.tokens(messages, pace).await?;
        if whole.len() + room <= capacity {
            return Ok(whole);
        }
        let system = usize::from(messages.first().is_some_and(|message| message.role == Role::System));
        let history = system..messages.len().saturating_sub(1).max(system);
        let (mut dropped, mut goal) = (0, (capacity / 2).max(1));
        for at in history.clone() {
            // A turn is a question with its answer: the conversation that is left begins with a question again.
            let begins = messages.get(at + 1).is_some_and(|next| next.role == Role::User);
            dropped += self.length(&messages[at..=at], pace).await?;
            if !begins || dropped < goal {
                continue;
            }
            if whole.len().saturating_sub(dropped) + room <= capacity {
                return self.tokens(&[&messages[..history.start], &messages[at + 1..]].concat(), pace).await;
            }
            goal += capacity / 2;
        }
        // Only the question is left: it may take the answer's room, but not all of it.
        let least = [&messages[..history.start], &messages[history.end..]].concat();
        let tokens = self.tokens(&least, pace).await?;
        if tokens.len() + LEAST_ANSWER <= capacity {
            return Ok(tokens);
        }
        Err(EngineError::TooLong(format!(
            "the question has {} tokens; the context of {capacity} leaves no room for an answer",
            tokens.len()
        )))
    }

    /// The conversation's tokens, made in steps between which a stop is heard.
    async fn tokens(&self, messages: &[Message], pace: &Pace) -> Result<Vec<u32>, EngineError> {
        let mut tokens: Vec<u32> = self.tokenizer.bos().into_iter().collect();
        for (at, piece) in self.template.render(messages).iter().enumerate() {
            if let Some(mut text) = self.template.append(&self.tokenizer, piece, at == 0, &mut tokens)? {
                while !text.step(&mut tokens) {
                    pace.breathe().await?;
                }
            }
            pace.breathe().await?;
        }
        Ok(tokens)
    }

    /// How many tokens messages add to a conversation.
    async fn length(&self, messages: &[Message], pace: &Pace) -> Result<usize, EngineError> {
        // Behind a system prompt, for a template may put one of its own before anything else.
        let nothing = Message { role: Role::System, content: String::new() };
        let without = self.tokens(std::slice::from_ref(&nothing), pace).await?.len();
        let with = self.tokens(&[&[nothing], messages].concat(), pace).await?.len();
        Ok(with.saturating_sub(without))
    }

    /// Length of the prefix that the cache and the prompt share; the last token is always read again, for its logits.
    fn reusable(&self, prompt: &[u32]) -> usize {
        let shared = self.cached.iter().zip(prompt).take_while(|(cached, new)| cached == new).count();
        shared.min(prompt.len().saturating_sub(1)).min(self.backend.filled())
    }

    fn remember(&mut self, mut sequence: Vec<u32>) {
        sequence.truncate(self.backend.filled());
        self.cached = sequence;
    }

    /// A stop is an answer; anything else is the failure that it is.
    fn stopped(&mut self, error: EngineError, sequence: Vec<u32>, answer: Answer) -> Result<Answer, EngineError> {
        self.remember(sequence);
        match error {
            EngineError::Stopped => Ok(Answer { finish: Finish::Stopped, ..answer }),
            error => Err(error),
        }
    }
}

/// Tokens become text: whole characters, and nothing of a stop text.
struct Text<'a> {
    tokenizer: &'a Tokenizer,
    utf8: Utf8Stream,
    stop: &'a [String],
    /// Decoded, and not shown while it may be the beginning of a stop text.
    held: String,
}

impl<'a> Text<'a> {
    fn new(tokenizer: &'a Tokenizer, stop: &'a [String]) -> Self {
        Self { tokenizer, utf8: Utf8Stream::default(), stop, held: String::new() }
    }

    /// True when a stop text appeared: what stood before it has been shown, the rest never will.
    fn push(&mut self, token: u32, emit: &mut impl FnMut(&str)) -> bool {
        self.held.push_str(&self.utf8.push(self.tokenizer.bytes(token)));
        self.release(emit)
    }

    /// The answer ends: what was held back is shown, unless it is a stop text after all.
    fn finish(mut self, emit: &mut impl FnMut(&str)) {
        self.held.push_str(&self.utf8.finish());
        if !self.release(emit) && !self.held.is_empty() {
            emit(&self.held);
        }
    }

    fn release(&mut self, emit: &mut impl FnMut(&str)) -> bool {
        let found = self.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| self.held.find(stop.as_str()));
        if let Some(at) = found.min() {
            if at > 0 {
                emit(&self.held[..at]);
            }
            self.held.clear();
            return true;
        }
        let safe = self.held.len() - self.stop.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        if safe > 0 {
            emit(&self.held[..safe]);
            self.held.drain(..safe);
        }
        false
    }
}

/// Length in bytes of the longest end of `text` with which `stop` begins.
fn overlap(text: &str, stop: &str) -> usize {
    let starts = text.char_indices().map(|(at, _)| at).filter(|at| text.len() - at < stop.len());
    starts.map(|at| &text[at..]).find(|end| stop.starts_with(end)).map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn an_end_that_may_become_a_stop_text_is_found() {
        assert_eq!(overlap("Hello <|", "<|end|>"), 2);
        assert_eq!(overlap("Hello <|e", "<|end|>"), 3);
        assert_eq!(overlap("Hello", "<|end|>"), 0);
        assert_eq!(overlap("aaa", "aab"), 2);
        assert_eq!(overlap("naï", "ïve"), 2);
        assert_eq!(overlap("", "x"), 0);
    }
}
