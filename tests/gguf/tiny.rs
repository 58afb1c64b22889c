//! The tiny models and the rounding behind them, for what other tests build on has to hold.

use crate::support::{
    default_model_bytes, header,
    quantise::quantise,
    tiny::{Random, TinyFormats, tiny_model, tiny_model_synthetic},
};
use inferkit_widget::engine::{models, quant::Format};
use std::iter;

/// The largest error of a rounding, as a share of the largest number of a block.
fn error(format: Format, values: &[f32]) -> f32 {
    let bytes = quantise(format, values);
    assert_eq!(bytes.len(), values.len() / format.block_len() * format.block_bytes());
    let mut back = vec![f32::NAN; values.len()];
    format.decode_row(&bytes, &mut back);
    let most = values.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    values.iter().zip(&back).map(|(x, y)| (x - y).abs() / most).fold(0.0, f32::max)
}

#[test]
fn rounding_is_as_close_as_the_format_allows() {
    let mut random = Random(7);
    let values: Vec<f32> = iter::repeat_with(|| random.signed()).take(32 * 64).collect();
    // Half a step, and a little for the halved precision of the scale; Q4_0 also loses the step above 7.
    for (format, bound) in [
        (Format::F32, 0.0),
        (Format::F16, 0.0005),
        (Format::Q8_0, 0.0045),
        (Format::Q4_0, 0.127),
        (Format::Q4_1, 0.068),
    ] {
        let error = error(format, &values);
        assert!(error <= bound, "{format:?}: {error} > {bound}");
    }
    for format in Format::ALL {
        let error = error(format, &[1.0; 32]);
        assert!(error < 0.001, "{format:?}: a constant block is off by {error}");
        let mut back = [f32::NAN; 32];
        format.decode_row(&quantise(format, &[0.0; 32]), &mut back);
        assert_eq!(back, [0.0; 32], "{format:?}: zeros");
    }
}

#[test]
fn the_synthetic_model_comes_in_every_format() {
    for format in Format::ALL {
        for output in [None, Some(format)] {
            let formats = TinyFormats { output, ..TinyFormats::all(format) };
            let file = tiny_model_synthetic(formats, 3);
            assert_eq!(file, tiny_model_synthetic(formats, 3), "one seed, one file");
            assert_ne!(file, tiny_model_synthetic(formats, 4), "two seeds, two files");
            let plan = models::plan(&header(&file)).unwrap();
            assert_eq!(plan.weights.len(), 20 + usize::from(output.is_some()));
        }
    }
}

#[test]
fn the_synthetic_vocabulary_writes_every_byte_once() {
    let header = header(&tiny_model_synthetic(TinyFormats::all(Format::F32), 1));
    let tokens = header.metadata.strings("tokenizer.ggml.tokens").unwrap();
    let token = |id: usize| std::str::from_utf8(tokens.get(id).unwrap()).unwrap();
    // The bytes follow the three controls. A space, a line feed, a delete and a soft hyphen are not printable.
    assert_eq!(
        [b'A', b' ', b'\n', 0x7f, 0xad, 0xff].map(|byte| token(3 + usize::from(byte))),
        ["A", "Ġ", "Ċ", "ġ", "Ń", "ÿ"]
    );
    let mut bytes: Vec<&str> = (3..259).map(token).collect();
    bytes.sort_unstable();
    bytes.dedup();
    assert_eq!(bytes.len(), 256);
    assert!(bytes.iter().all(|token| token.chars().count() == 1));
}

#[test]
fn a_tiny_model_keeps_a_closed_part_of_the_vocabulary() {
    let Some(file) = default_model_bytes("a_tiny_model_keeps_a_closed_part_of_the_vocabulary") else { return };
    let whole = header(&file);
    let tiny = header(&tiny_model(&whole, TinyFormats::all(Format::Q4_1), 1));
    let plan = models::plan(&tiny).unwrap();
    assert_eq!(plan.config.vocab, 4096);

    let tokens = tiny.metadata.strings("tokenizer.ggml.tokens").unwrap();
    let same = whole.metadata.strings("tokenizer.ggml.tokens").unwrap();
    assert!(tokens.iter().eq(same.iter().take(4096)));
    let known: std::collections::HashSet<&[u8]> = tokens.iter().collect();
    let merges = tiny.metadata.strings("tokenizer.ggml.merges").unwrap();
    assert!(merges.len() > 3500, "{} merges", merges.len());
    for merge in merges.iter() {
        let parts: Vec<&[u8]> = merge.split(|byte| *byte == b' ').collect();
        assert!(parts.len() == 2 && parts.iter().all(|part| known.contains(part)));
        assert!(known.contains(parts.concat().as_slice()));
    }
    for key in ["bos", "eos", "unknown", "padding"] {
        let key = format!("tokenizer.ggml.{key}_token_id");
        assert_eq!(tiny.metadata.u64(&key), whole.metadata.u64(&key), "{key}");
    }
    for key in ["tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.chat_template"] {
        assert_eq!(tiny.metadata.str(key), whole.metadata.str(key), "{key}");
    }
    assert_eq!(tiny.metadata.i32s("tokenizer.ggml.token_type").map(<[i32]>::len), Some(4096));
}
