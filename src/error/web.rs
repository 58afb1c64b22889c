//! Where the randomness in a reference comes from.

use super::Reference;

/// Bytes of the platform's cryptographic source.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    debug_assert!(filled, "every browser with WebAssembly has `crypto.getRandomValues`");
    bytes
}

/// A new reference for a failure that no server knows of.
#[must_use]
pub fn reference() -> Reference {
    Reference::client(random())
}
