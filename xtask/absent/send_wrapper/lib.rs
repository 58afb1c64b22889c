//! In the place of `send_wrapper`, with which Leptos stores what can't be sent to another thread where its types ask
//! for `Send`.
//!
//! The real crate asks at every access whether this is still the thread of the beginning, and to ask needs the standard
//! library's notion of a thread: 2 KB that every visitor would download. A page's module has one thread, so here nobody
//! asks. Where there could be a second this does not compile.

#![cfg(target_arch = "wasm32")]

#[cfg(target_feature = "atomics")]
compile_error!("with threads, values must be watched: take `send_wrapper` out of [patch.crates-io]");

use std::ops::{Deref, DerefMut};

/// A value that stays on the thread that made it, the only one.
#[derive(Clone, Debug)]
pub struct SendWrapper<T>(T);

// SAFETY: without atomics a module has one thread, so that nothing is ever sent to another or shared with it.
unsafe impl<T> Send for SendWrapper<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for SendWrapper<T> {}

impl<T> SendWrapper<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Whether this is the value's thread: there is no other.
    pub const fn valid(&self) -> bool {
        true
    }

    /// The value.
    pub fn take(self) -> T {
        self.0
    }
}

impl<T> Deref for SendWrapper<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for SendWrapper<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

#[cfg(feature = "futures")]
mod futures {
    use super::SendWrapper;
    use futures_util::Stream;
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    impl<T> SendWrapper<T> {
        fn pinned(self: Pin<&mut Self>) -> Pin<&mut T> {
            // SAFETY: the value is pinned with its wrapper: nothing here moves it out of a pinned one.
            unsafe { self.map_unchecked_mut(|wrapper| &mut wrapper.0) }
        }
    }

    impl<F: Future> Future for SendWrapper<F> {
        type Output = F::Output;

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
            self.pinned().poll(context)
        }
    }

    impl<S: Stream> Stream for SendWrapper<S> {
        type Item = S::Item;

        fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
            self.pinned().poll_next(context)
        }
    }
}
