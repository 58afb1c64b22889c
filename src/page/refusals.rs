//! A server's 402: it holds for as long as the page lives, whatever widgets come and go.

use crate::{chat::State, error::Code};
use std::cell::RefCell;

/// To whom it was said: the server's address and the site's key.
type Caller = (String, Option<String>);

thread_local! {
    static REFUSED: RefCell<Vec<(Caller, Code)>> = const { RefCell::new(Vec::new()) };
}

/// What any widget of this page was refused is told to this one, and the other way round.
pub(super) fn share(state: &mut State) {
    REFUSED.with_borrow_mut(|refused| {
        let Some((base, key)) = state.caller() else { return };
        let known = refused.iter().find(|((known, other), _)| known == base && other.as_deref() == key);
        match (known.map(|(_, code)| *code), state.refused()) {
            (Some(code), None) => state.refuse(code),
            (None, Some(code)) => refused.push(((base.to_owned(), key.map(str::to_owned)), code)),
            _ => {}
        }
    });
}
