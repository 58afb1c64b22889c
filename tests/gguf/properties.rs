//! Whatever the bytes are: no panic, no allocation beyond what they justify, no endless asking, no header that lies.

use crate::{
    memory,
    streaming::every_type,
    support::{
        gguf_writer::GgufWriter,
        tiny::{TinyFormats, TinyShape, Vocabulary, tiny_writer},
    },
};
use inferkit_widget::engine::{
    gguf::{Parsed, parse},
    models,
    quant::Format,
    tokenizer::Tokenizer,
};
use proptest::prelude::*;

/// Numbers at which arithmetic goes wrong.
const AWKWARD: [u64; 16] = [
    0,
    1,
    31,
    33,
    0x7f,
    0xffff,
    1 << 16,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 42) + 1,
    1 << 61,
    1 << 63,
    u64::MAX - 31,
    u64::MAX,
];

/// Parses a prefix and checks what holds of every answer.
fn check(prefix: &[u8], file_len: Option<u64>) {
    let (result, bytes) = memory::peak(|| parse(prefix, file_len));
    // The most generous ratio is that of many little pairs.
    assert!(bytes <= 64 * prefix.len() + 4096, "{bytes} bytes allocated for {}", prefix.len());
    match result {
        Err(error) => assert!(error.to_string().len() < 1000, "{error}"),
        Ok(Parsed::NeedMore(more)) => {
            assert!(more > prefix.len(), "{more} bytes asked of {}", prefix.len());
            assert!(file_len.is_none_or(|file| more as u64 <= file), "{more} bytes asked of a file of {file_len:?}");
        }
        Ok(Parsed::Header(header)) => {
            assert!(file_len.is_none_or(|file| header.tensors.is_empty() || header.data_end() <= file));
            for tensor in &header.tensors {
                assert!(tensor.offset >= header.data_start && tensor.offset.checked_add(tensor.bytes).is_some());
                assert!((1..=4).contains(&tensor.dims.len()) && tensor.bytes > 0);
            }
            // A header that is well formed may still be no model, but it must not bring its readers down.
            let _ = models::plan(&header);
            if let Ok(tokenizer) = Tokenizer::from_metadata(&header.metadata) {
                let mut ids = Vec::new();
                tokenizer.encode("Grüße at the <|im_end|>\n\n", &mut ids);
                assert!(ids.iter().all(|id| (*id as usize) < tokenizer.vocab()), "{ids:?}");
            }
        }
    }
}

/// As a stream, as a whole file, and cut off.
fn check_all(file: &[u8], cut: usize) {
    check(file, None);
    check(file, Some(file.len() as u64));
    let prefix = &file[..cut.min(file.len())];
    check(prefix, None);
    check(prefix, Some(file.len() as u64));
    check(prefix, Some(prefix.len() as u64));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..400) {
        check_all(&bytes, cut);
    }

    #[test]
    fn arbitrary_bytes_after_a_plausible_preamble(
        bytes in prop::collection::vec(prop_oneof![3 => 0_u8..13, 1 => any::<u8>()], 0..400),
        (tensors, pairs) in (0_u64..4, 0_u64..4),
        cut in 0_usize..400,
    ) {
        let preamble = GgufWriter { tensor_count: Some(tensors), pair_count: Some(pairs), ..GgufWriter::new() };
        check_all(&[preamble.header(), bytes].concat(), cut);
    }

    #[test]
    fn a_valid_file_with_flipped_bytes(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = every_type().finish();
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] ^= byte;
        }
        check_all(&file, cut.index(file.len()));
    }

    #[test]
    fn a_valid_file_with_awkward_numbers(
        numbers in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&AWKWARD[..])), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = every_type().finish();
        for (at, number) in numbers {
            let at = at.index(file.len() - 8);
            file[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        check_all(&file, cut.index(file.len()));
    }

    #[test]
    fn a_valid_file_with_a_piece_missing_or_doubled(
        (from, len, doubled) in (any::<prop::sample::Index>(), 1_usize..64, any::<bool>()),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = every_type().finish();
        let from = from.index(file.len() - len);
        if doubled {
            let piece = file[from..from + len].to_vec();
            file.splice(from..from, piece);
        } else {
            file.drain(from..from + len);
        }
        check_all(&file, cut.index(file.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_tiny_model_with_flipped_bytes(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let shape = TinyShape { layers: 1, ..TinyShape::default() };
        let writer = tiny_writer(&Vocabulary::synthetic(), shape, TinyFormats::all(Format::Q4_1), 1);
        let (mut file, header) = (writer.finish(), writer.header().len());
        for (at, byte) in flips {
            file[at.index(header)] ^= byte;
        }
        check(&file, Some(file.len() as u64));
    }
}

#[test]
fn an_awkward_number_at_every_place() {
    let file = every_type().finish();
    for at in 0..every_type().header().len() - 8 {
        for number in AWKWARD {
            let mut file = file.clone();
            file[at..at + 8].copy_from_slice(&number.to_le_bytes());
            check(&file, None);
            check(&file, Some(file.len() as u64));
        }
    }
}
