//! The few vector operations that the kernels are made of, the same names for every instruction set.
//!
//! A vector is 128 bits wide, because that is what WebAssembly has: [`Words`] (8 × i16), [`Ints`] (4 × i32) and
//! [`Floats`] (4 × f32). The operations:
//!
//! | | |
//! |---|---|
//! | [`words`] | 8 quantised activations from memory |
//! | [`nibbles`] | 16 bytes to their 32 nibbles, in the order of [`ORDER`] |
//! | [`signed_bytes`] | 16 signed bytes to words, in the order of [`ORDER`] |
//! | [`dot`] | products of words, added in adjacent pairs |
//! | [`add_ints`], [`sum_each`] | the end of a dot product: four vectors to four sums |
//! | [`halves`] | half precision to single precision, two per lane |
//! | [`load`], [`store`], [`splat`], [`zero`], [`add`], [`mul`], [`sum_each_float`] | single precision |
//!
//! On WebAssembly the kernels carry the feature they need, so that the module may be built without a flag; there it is
//! the whole module that needs the feature, and so a call needs no check. The operations are inlined into them, which
//! a build for size would not do unasked. `portable` is written in plain Rust for every other machine, where the
//! compiler finds the vectors by itself, and is what the others are tested against.

#[cfg(any(test, not(any(target_arch = "wasm32", target_arch = "x86_64"))))]
mod portable;
#[cfg(target_arch = "wasm32")]
mod wasm32;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
pub use portable::*;
#[cfg(target_arch = "wasm32")]
pub use wasm32::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

/// Where element `i` of a block of 32 lies among the four vectors of words that [`nibbles`] gives, and two calls of
/// [`signed_bytes`]: even elements of the first half, odd ones, even elements of the second half, odd ones.
///
/// Seen as words, a vector of bytes falls apart in this order with a mask or a shift each, where the natural order
/// would take a widening shuffle more. Activations are put into this order once, when they are quantised.
pub const ORDER: [usize; 32] = {
    let mut order = [0; 32];
    let mut element = 0;
    while element < 32 {
        order[element] = element / 16 * 16 + element % 2 * 8 + element % 16 / 2;
        element += 1;
    }
    order
};

/// 2^112: a half-precision exponent in single precision's place is this much too small.
const HALF_EXPONENT: f32 = f32::from_bits((127 + 112) << 23);

/// Sign, exponent and mantissa of a half-precision number, once they lie in single precision's places.
const HALF_BITS: u32 = 0x8fff_e000;

#[cfg(test)]
mod tests {
    use super::{ORDER, portable};
    use proptest::prelude::*;

    fn ints(v: super::Ints) -> [f32; 4] {
        // A vector summed with zeros in a transposition of itself shows its total only; four of them show all lanes.
        super::store(super::sum_each([v; 4]))
    }

    proptest! {
        #[test]
        fn the_instruction_set_agrees_with_plain_rust(
            bytes in any::<[u8; 16]>(),
            activations in prop::array::uniform8(-127i16..=127),
            floats in prop::array::uniform4(-9.0f32..9.0),
        ) {
            let (x, y) = (super::words(&activations), portable::words(&activations));
            for (fast, plain) in super::nibbles(&bytes).into_iter().zip(portable::nibbles(&bytes)) {
                let (fast, plain) = (super::dot(fast, x), portable::dot(plain, y));
                prop_assert_eq!(ints(fast), portable::store(portable::sum_each([plain; 4])));
            }
            for (fast, plain) in super::signed_bytes(&bytes).into_iter().zip(portable::signed_bytes(&bytes)) {
                let (fast, plain) = (super::dot(fast, x), portable::dot(plain, y));
                prop_assert_eq!(ints(super::add_ints(fast, fast)), ints_of(portable::add_ints(plain, plain)));
            }
            let (f, g) = (super::load(&floats), portable::load(&floats));
            let fast = super::add(super::mul(f, super::splat(3.0)), super::zero());
            let plain = portable::add(portable::mul(g, portable::splat(3.0)), portable::zero());
            prop_assert_eq!(super::store(fast), portable::store(plain));
            prop_assert!(super::NAME != portable::NAME || cfg!(not(any(target_arch = "wasm32", target_arch = "x86_64"))));
            let rows = [1.0, 2.0, 4.0, 8.0];
            prop_assert_eq!(
                super::store(super::sum_each_float(rows.map(|r| super::mul(f, super::splat(r))))),
                portable::store(portable::sum_each_float(rows.map(|r| portable::mul(g, portable::splat(r)))))
            );
        }

        #[test]
        fn halves_are_exact(pairs in any::<[u32; 4]>()) {
            // The largest exponent means infinity or NaN, which no weight has.
            let pairs = pairs.map(|pair| if pair & 0x7c00 == 0x7c00 { pair & !0x4000 } else { pair });
            let pairs = pairs.map(|pair| if pair & 0x7c00_0000 == 0x7c00_0000 { pair & !0x4000_0000 } else { pair });
            let (low, high) = super::halves(pairs);
            let exact = |bits: u32| half::f16::from_bits(bits as u16).to_f32();
            prop_assert_eq!(super::store(low), pairs.map(exact));
            prop_assert_eq!(super::store(high), pairs.map(|pair| exact(pair >> 16)));
            prop_assert_eq!((super::store(low), super::store(high)), portable::halves(pairs));
        }
    }

    fn ints_of(v: portable::Ints) -> [f32; 4] {
        portable::store(portable::sum_each([v; 4]))
    }

    #[test]
    fn sums_keep_their_rows_apart() {
        let ones = super::words(&[1; 8]);
        let rows = [1, 10, 100, 1000].map(|weight| super::dot(super::words(&[weight; 8]), ones));
        assert_eq!(super::store(super::sum_each(rows)), [8.0, 80.0, 800.0, 8000.0]);
    }

    #[test]
    fn the_order_is_what_unpacking_gives() {
        // Byte j holds element j in its low nibble and element j + 16 in its high one; elements are told apart by
        // dotting with a single one at the place where the order says that they are.
        for element in 0..32 {
            let mut bytes = [0u8; 16];
            bytes[element % 16] = if element < 16 { 5 } else { 5 << 4 };
            let mut places = [0i16; 32];
            places[ORDER[element]] = 1;
            let total: f32 = super::nibbles(&bytes)
                .into_iter()
                .zip(places.as_chunks().0)
                .map(|(weights, places)| ints(super::dot(weights, super::words(places)))[0])
                .sum();
            assert_eq!(total, 5.0, "nibble {element}");
        }
        for element in 0..16 {
            let mut bytes = [0u8; 16];
            bytes[element] = (-5i8).cast_unsigned();
            let mut places = [0i16; 16];
            places[ORDER[element]] = 1;
            let total: f32 = super::signed_bytes(&bytes)
                .into_iter()
                .zip(places.as_chunks().0)
                .map(|(weights, places)| ints(super::dot(weights, super::words(places)))[0])
                .sum();
            assert_eq!(total, -5.0, "byte {element}");
        }
    }
}
