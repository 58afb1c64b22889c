//! Files that crashed, hung or robbed other parsers, each with where that is told, and the usual malformed ones.
//!
//! Numbers with `#` are issues and pull requests of ggml-org/llama.cpp unless another project is named. Every file is
//! tried with and without a known length; neither way may it be read, ask for bytes without end, or allocate more
//! than the bytes that are there justify.

use crate::{
    memory,
    support::{
        gguf_writer::{GgufWriter, Value, put_string},
        header,
        tiny::{TinyFormats, TinyShape, Vocabulary, tiny_writer},
    },
};
use inferkit_widget::engine::{
    gguf::{GgufError, MAX_HEADER, Parsed, parse},
    quant::Format,
    tokenizer::Tokenizer,
};

const F32: u32 = 0;
const Q4_0: u32 = 2;
const Q4_K: u32 = 12;

/// Parses a file as a stream of unknown length would be, and with its length.
fn errors(file: &[u8]) -> [GgufError; 2] {
    [None, Some(file.len() as u64)].map(|file_len| {
        let (result, bytes) = memory::peak(|| parse(file, file_len));
        assert!(bytes <= 64 * file.len() + 4096, "{bytes} bytes allocated for a file of {}", file.len());
        match result {
            Err(error) => error,
            // At the end of a stream its length is known.
            Ok(Parsed::NeedMore(_)) if file_len.is_none() => match parse(file, Some(file.len() as u64)) {
                Err(error) => error,
                other => panic!("a file gave {other:?}"),
            },
            other => panic!("a file of length {file_len:?} gave {other:?}"),
        }
    })
}

/// The file is refused both ways, and the developer is told something that contains `message`.
fn refused(file: &[u8], message: &str) {
    for error in errors(file) {
        let shown = error.to_string();
        assert!(shown.contains(message), "{shown:?} does not say {message:?}");
    }
}

/// The file claims more than it has. Where only its length tells, the message is about the length.
fn refused_as_too_long(file: &[u8]) {
    for error in errors(file) {
        assert!(
            matches!(error, GgufError::TooLarge { .. } | GgufError::Truncated { .. }),
            "{error:?} is not about length"
        );
    }
}

fn one_tensor(dims: &[u64], format: u32, bytes: usize) -> GgufWriter {
    GgufWriter::new().tensor("weight", dims, format, vec![0; bytes])
}

#[test]
fn issue_18674_a_product_of_dimensions_wraps_around() {
    // The elements wrap in 64 bits to a harmless 4,194,304; to zero; to one.
    refused(&one_tensor(&[(1 << 42) + 1, 1 << 22], F32, 64).finish(), "overflows");
    refused(&one_tensor(&[1 << 32, 1 << 32], F32, 64).finish(), "overflows");
    refused(&one_tensor(&[u64::MAX, u64::MAX], F32, 64).finish(), "overflows");
    // The elements fit, their bytes do not.
    refused(&one_tensor(&[1 << 31, 1 << 31], F32, 64).finish(), "overflows");
    refused(&one_tensor(&[1 << 16, 1 << 16, 1 << 16, 1 << 15], F32, 64).finish(), "overflows");
}

#[test]
fn issue_24759_a_tensor_whose_padding_would_wrap() {
    // 2⁶⁴ - 4 bytes: rounding the length up to the alignment gives zero.
    refused(&one_tensor(&[u64::MAX / 4], F32, 64).finish(), "overflows");
}

#[test]
fn mlx_4244_a_length_that_is_small_only_in_32_bits() {
    let mut writer = one_tensor(&[1 << 16, 1 << 16], F32, 64);
    assert!(matches!(
        parse(&writer.finish(), Some(u64::from(u32::MAX))),
        Err(GgufError::Tensor { problem, .. }) if problem.contains("ends at byte")
    ));
    let Parsed::Header(header) = parse(&writer.finish(), None).unwrap() else { panic!("the header is whole") };
    assert_eq!(header.tensors[0].bytes, 1 << 34);
    // An offset that is zero in 32 bits is not at the start.
    writer.tensor_mut("weight").offset = Some(1 << 32);
    writer.tensor_mut("weight").dims = vec![16];
    let Parsed::Header(header) = parse(&writer.finish(), None).unwrap() else { panic!("the header is whole") };
    assert_eq!(header.tensors[0].offset, header.data_start + (1 << 32));
}

#[test]
fn issue_19856_strings_without_bounds() {
    for len in [100, 1 << 28, 1 << 30, 1 << 31, 1 << 32, 1 << 63, u64::MAX - 7, u64::MAX] {
        let text = Value::Raw(8, len.to_le_bytes().to_vec());
        refused_as_too_long(&GgufWriter::new().pair("general.name", text).finish());
        // As a key, and as a tensor's name.
        refused_as_too_long(&raw_header(0, 1, &[len.to_le_bytes().as_slice(), &[0; 16]]));
        refused_as_too_long(&raw_header(1, 0, &[len.to_le_bytes().as_slice(), &[0; 32]]));
    }
}

#[test]
fn issue_19003_arrays_without_bounds() {
    for count in [1000, 1 << 28, 1 << 30, 1 << 31, 1 << 32, 1 << 60, 1 << 61, 1 << 63, u64::MAX] {
        for element in [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12] {
            let array = Value::Array(element, count, vec![0; 64]);
            refused_as_too_long(&GgufWriter::new().pair("tokenizer.ggml.tokens", array).finish());
        }
    }
}

#[test]
fn issue_27188_an_array_of_2_to_the_63_does_not_hang() {
    let endless = |element| GgufWriter::new().pair("list", Value::Array(element, 1 << 63, vec![])).finish();
    // It is refused by the array's first bytes, without waiting for more.
    for element in [0, 8, 12] {
        let result = parse(&endless(element), None);
        assert!(matches!(result, Err(GgufError::TooLarge { .. })), "{result:?}");
    }
    // An array of empty arrays would be as long without having a byte.
    refused(&endless(9), "is an array of arrays");
}

#[test]
fn arrays_do_not_nest() {
    let mut inner = Vec::new();
    for _ in 0..10_000 {
        inner.extend(9_u32.to_le_bytes());
        inner.extend(1_u64.to_le_bytes());
    }
    refused(&GgufWriter::new().pair("deep", Value::Array(9, 1, inner)).finish(), "is an array of arrays");
}

#[test]
fn issue_26690_an_array_of_the_wrong_element_type_is_not_read_as_another() {
    let file = GgufWriter::new()
        .pair("tokenizer.ggml.scores", Value::Array(0, 4, vec![1, 2, 3, 4]))
        .pair("tokenizer.ggml.token_type", Value::f32s(&[1.0]))
        .pair("tokenizer.ggml.tokens", Value::u32s(&[1, 2]))
        .pair("tokenizer.ggml.merges", Value::string("a b"))
        .finish();
    let metadata = header(&file).metadata;
    assert_eq!(metadata.f32s("tokenizer.ggml.scores"), None);
    assert_eq!(metadata.i32s("tokenizer.ggml.token_type"), None);
    assert_eq!(metadata.u32s("tokenizer.ggml.token_type"), None);
    assert_eq!(metadata.strings("tokenizer.ggml.tokens"), None);
    assert_eq!(metadata.strings("tokenizer.ggml.merges"), None);
}

#[test]
fn issue_25969_byte_tokens_that_name_no_byte() {
    const BYTE: i32 = 6;
    let odd = ["<0x-1>", "<0x>", "<0xGG>", "<0x100>", "<0xffffffffffffffff>", "<0x"];
    let plain = tiny_writer(&Vocabulary::synthetic(), TinyShape::default(), TinyFormats::all(Format::F32), 1);
    let metadata = header(&plain.finish()).metadata;
    let tokens = metadata.strings("tokenizer.ggml.tokens").unwrap();
    let types = metadata.i32s("tokenizer.ggml.token_type").unwrap();
    let tokens = Value::strings(tokens.iter().chain(odd.iter().map(|text| text.as_bytes())));
    let types = Value::i32s(&[types, &[BYTE; 6]].concat());
    let file = plain.set("tokenizer.ggml.tokens", tokens).set("tokenizer.ggml.token_type", types).finish();

    let tokenizer = Tokenizer::from_metadata(&header(&file).metadata).unwrap();
    let vocab = tokenizer.vocab() as u32;
    let odd_ids = vocab - odd.len() as u32..vocab;
    for text in odd.into_iter().chain(["\0", "\u{ff}", "the 0x100"]) {
        let mut ids = Vec::new();
        tokenizer.encode(text, &mut ids);
        assert!(ids.iter().all(|id| *id < odd_ids.start), "{text:?} became {ids:?}");
        let back: Vec<u8> = ids.iter().flat_map(|id| tokenizer.bytes(*id)).copied().collect();
        assert_eq!(back, text.as_bytes());
    }
    for (id, text) in odd_ids.zip(odd) {
        assert!(tokenizer.bytes(id).is_empty() || tokenizer.bytes(id) == text.as_bytes(), "{text:?}");
    }
}

#[test]
fn issue_24997_and_others_alignments_of_no_use() {
    for alignment in [0, 3, 33, 1 << 21, 1 << 31, u32::MAX] {
        refused(&GgufWriter::new().alignment(alignment).finish(), "is not a power of two up to 1048576");
    }
}

#[test]
fn issue_26318_an_alignment_of_the_wrong_type() {
    for (alignment, name) in [
        (Value::I32(32), "i32"),
        (Value::U64(32), "u64"),
        (Value::U8(32), "u8"),
        (Value::F32(32.0), "f32"),
        (Value::Bool(true), "bool"),
        (Value::string("32"), "a string"),
        (Value::u32s(&[32]), "an array"),
    ] {
        refused(&GgufWriter::new().pair("general.alignment", alignment).finish(), &format!("is {name}, not u32"));
    }
}

#[test]
fn cve_2025_49847_a_token_longer_than_a_signed_integer() {
    for len in [1 << 31, (1 << 32) - 1, 1 << 32] {
        let mut tokens = Vec::new();
        put_string(&mut tokens, b"a");
        tokens.extend(u64::to_le_bytes(len));
        tokens.extend([b'b'; 64]);
        refused_as_too_long(&GgufWriter::new().pair("tokenizer.ggml.tokens", Value::Array(8, 2, tokens)).finish());
    }
}

#[test]
fn cve_2026_7482_a_tensor_that_is_larger_than_the_file() {
    // The shape asks for a mebibyte, the file ends after 64 bytes.
    let file = one_tensor(&[1 << 18], F32, 64).finish();
    let result = parse(&file, Some(file.len() as u64));
    assert!(
        matches!(&result, Err(GgufError::Tensor { problem, .. }) if problem.contains("ends at byte")),
        "{result:?}"
    );
    // So it is when one byte is missing.
    let file = one_tensor(&[16], F32, 64).finish();
    assert!(parse(&file, Some(file.len() as u64)).is_ok());
    assert!(parse(&file, Some(file.len() as u64 - 1)).is_err());
    // A stream of unknown length learns from the header where the file has to end.
    let Ok(Parsed::Header(header)) = parse(&file, None) else { panic!("the header is whole") };
    assert_eq!(header.data_end(), file.len() as u64);
}

#[test]
fn cve_2024_21802_more_tensors_than_memory() {
    for count in [1 << 17, u64::MAX / 88, u64::MAX / 2, u64::MAX] {
        let mut writer = one_tensor(&[16], F32, 64);
        writer.tensor_count = Some(count);
        refused_as_too_long(&writer.finish());
    }
}

#[test]
fn cve_2024_23605_more_pairs_than_memory() {
    for count in [1 << 17, u64::MAX / 56, u64::MAX / 2, u64::MAX] {
        let mut writer = GgufWriter::new().pair("a", Value::U8(1));
        writer.pair_count = Some(count);
        refused_as_too_long(&writer.finish());
    }
}

#[test]
fn cve_2024_23496_a_string_whose_terminator_wraps_around() {
    // A buffer of length + 1 bytes is one of none.
    refused_as_too_long(&GgufWriter::new().pair("a", Value::Raw(8, u64::MAX.to_le_bytes().to_vec())).finish());
}

#[test]
fn cve_2024_21825_an_array_of_strings_whose_table_wraps_around() {
    // Sixteen bytes for each of 2⁶⁰ + 1 strings are sixteen bytes.
    refused_as_too_long(&GgufWriter::new().pair("a", Value::Array(8, (1 << 60) + 1, vec![0; 64])).finish());
}

#[test]
fn cve_2024_21836_and_gguf_tools_25_more_dimensions_than_four() {
    for rank in [0, 5, 9, 1 << 31, u32::MAX] {
        let mut writer = one_tensor(&[16], F32, 64);
        writer.tensor_mut("weight").rank = Some(rank);
        refused(&writer.finish(), &format!("has {rank} dimensions"));
    }
}

#[test]
fn counts_that_promise_more_than_the_file_has_are_refused_at_once() {
    let mut writer = GgufWriter::new();
    writer.tensor_count = Some(1000);
    let file = writer.finish();
    assert!(matches!(parse(&file, Some(file.len() as u64)), Err(GgufError::Truncated { .. })));
    assert_eq!(parse(&file, None), Ok(Parsed::NeedMore(24 + 32 * 1000)));
}

#[test]
fn a_header_has_an_end() {
    let len = MAX_HEADER - 56;
    let file = |len: u64| GgufWriter::new().pair("a", Value::Raw(8, len.to_le_bytes().to_vec())).finish();
    assert!(matches!(parse(&file(len), None), Ok(Parsed::NeedMore(_))));
    assert!(matches!(parse(&file(len + 56), None), Err(GgufError::TooLarge { .. })));
}

#[test]
fn other_files_are_told_from_models() {
    refused(b"<!DOCTYPE html><title>404</title>", "is not a GGUF model");
    refused(b"PK\x03\x04 and so on, much longer than a preamble", "is not a GGUF model");
    refused(&[0; 64], "is not a GGUF model");
    // By the first byte.
    assert_eq!(parse(b"<", None), Err(GgufError::NotGguf));
    assert_eq!(parse(b"GGML", None), Err(GgufError::NotGguf));
}

#[test]
fn other_byte_orders_and_versions_are_told() {
    let mut swapped = GgufWriter::new();
    swapped.magic = *b"FUGG";
    refused(&swapped.finish(), "big-endian");
    for version in 1..=3_u32 {
        refused(&GgufWriter::new().version(version.swap_bytes()).finish(), "big-endian");
    }
    for version in [0, 1, 4, 100, u32::MAX] {
        refused(&GgufWriter::new().version(version).finish(), &format!("has version {version}"));
    }
}

#[test]
fn malformed_metadata_is_refused() {
    let pair = |value| GgufWriter::new().pair("the.key", value).finish();
    refused(&pair(Value::Raw(13, vec![0; 16])), "\"the.key\" has the unknown type number 13");
    refused(&pair(Value::Raw(u32::MAX, vec![0; 16])), "unknown type number");
    refused(&pair(Value::Array(13, 1, vec![0; 16])), "is an array of the unknown type number 13");
    refused(&pair(Value::Array(77, 0, vec![])), "is an array of the unknown type number 77");
    refused(&pair(Value::Raw(7, vec![2])), "has the truth value 2");
    refused(&pair(Value::Array(7, 3, vec![0, 1, 255])), "has the truth value 255");
    refused(&pair(Value::String(vec![0xff])), "a metadata string is not UTF-8");
    let twice = GgufWriter::new().pair("a", Value::U8(1)).pair("b", Value::U8(1)).pair("a", Value::string("x"));
    refused(&twice.finish(), "\"a\" appears twice");
    refused(&raw_header(0, 1, &[&1_u64.to_le_bytes(), &[0xff], &[0; 16]]), "a metadata key is not UTF-8");
}

#[test]
fn malformed_tensors_are_refused() {
    refused(&one_tensor(&[0], F32, 64).finish(), "has the empty shape [0]");
    refused(&one_tensor(&[16, 0, 2], F32, 64).finish(), "has the empty shape");
    refused(&one_tensor(&[48, 2], Q4_0, 54).finish(), "has rows of 48 elements, not whole blocks of 32");
    // As many elements as whole blocks have, but no row is one.
    refused(&one_tensor(&[16, 2], Q4_0, 18).finish(), "has rows of 16 elements");
    refused(&one_tensor(&[256], Q4_K, 144).finish(), "the weight format Q4_K of tensor \"weight\" is not supported");
    refused(&one_tensor(&[256], 30, 512).finish(), "the weight format BF16 of");
    refused(&one_tensor(&[256], u32::MAX, 512).finish(), "the weight format number 4294967295 of");
    let twice = one_tensor(&[8], F32, 32).tensor("weight", &[8], F32, vec![0; 32]);
    refused(&twice.finish(), "\"weight\" appears twice");
    let long = GgufWriter::new().tensor(&"n".repeat(65), &[8], F32, vec![0; 32]);
    refused(&long.finish(), "the length of a tensor's name is 65, more than 64");
    let mut name = one_tensor(&[8], F32, 32);
    name.tensor_mut("weight").name = vec![0xff];
    refused(&name.finish(), "a tensor's name is not UTF-8");
}

#[test]
fn tensors_that_lie_where_they_must_not_are_refused() {
    let at = |offset| {
        let mut writer = one_tensor(&[8], F32, 32).tensor("second", &[8], F32, vec![0; 32]);
        writer.tensor_mut("second").offset = Some(offset);
        writer.finish()
    };
    assert_eq!(header(&at(32)).tensors.len(), 2);
    refused(&at(0), "tensors \"weight\" and \"second\" overlap");
    refused(&at(33), "is at offset 33, not aligned to 32");
    refused(&at(u64::MAX - 31), "which overflows");
    refused(&at(u64::MAX), "not aligned");
    // Within another that starts before it, and is not its neighbour in the header.
    let mut inside =
        one_tensor(&[64], F32, 256).tensor("b", &[8], F32, vec![0; 32]).tensor("c", &[8], F32, vec![0; 32]);
    inside.tensor_mut("c").offset = Some(64);
    refused(&inside.finish(), "tensors \"weight\" and \"c\" overlap");
    // Out of order and with gaps is fine.
    let mut apart = one_tensor(&[8], F32, 32).tensor("second", &[8], F32, vec![0; 32]);
    apart.tensor_mut("weight").offset = Some(32);
    apart.tensor_mut("second").offset = Some(0);
    assert_eq!(header(&apart.finish()).tensors[1].offset, header(&apart.finish()).data_start);
}

/// A file of a preamble and bytes of which the writer would make nothing so wrong.
fn raw_header(tensors: u64, pairs: u64, parts: &[&[u8]]) -> Vec<u8> {
    let preamble = GgufWriter { tensor_count: Some(tensors), pair_count: Some(pairs), ..GgufWriter::new() };
    [preamble.header(), parts.concat()].concat()
}
