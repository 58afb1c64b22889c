//! A header arrives in pieces: what is asked for, and that the pieces do not matter.

use crate::support::{
    default_model_bytes,
    gguf_writer::{GgufWriter, Value},
    header,
};
use inferkit_widget::engine::{
    gguf::{Array, GgufError, Parsed, parse},
    quant::Format,
};

/// A file with a value of every type.
pub fn every_type() -> GgufWriter {
    GgufWriter::new()
        .pair("a.u8", Value::U8(200))
        .pair("a.i8", Value::I8(-3))
        .pair("a.u16", Value::U16(60_000))
        .pair("a.i16", Value::I16(-300))
        .pair("a.u32", Value::U32(4_000_000_000))
        .pair("a.i32", Value::I32(7))
        .pair("a.u64", Value::U64(1 << 40))
        .pair("a.i64", Value::I64(-1))
        .pair("a.f32", Value::F32(1.5))
        .pair("a.f64", Value::F64(0.25))
        .pair("a.bool", Value::Bool(true))
        .pair("a.string", Value::string("grüß"))
        .pair("a.empty", Value::string(""))
        .pair("b.strings", Value::strings(["", "ab", "c"]))
        .pair("b.bytes", Value::strings([b"\xff\x00".as_slice()]))
        .pair("b.none", Value::strings([""; 0]))
        .pair("b.u32", Value::u32s(&[1, 2, 3]))
        .pair("b.i32", Value::i32s(&[-1, 1]))
        .pair("b.f32", Value::f32s(&[0.5]))
        .pair("b.u8", Value::Array(0, 2, vec![1, 2]))
        .pair("b.i8", Value::Array(1, 1, vec![0xff]))
        .pair("b.u16", Value::Array(2, 1, vec![1, 1]))
        .pair("b.i16", Value::Array(3, 1, vec![0xff, 0xff]))
        .pair("b.bool", Value::Array(7, 2, vec![1, 0]))
        .pair("b.u64", Value::Array(10, 1, vec![1; 8]))
        .pair("b.i64", Value::Array(11, 1, vec![0xff; 8]))
        .pair("b.f64", Value::Array(12, 1, 2.0_f64.to_le_bytes().to_vec()))
        .tensor("one", &[3], Format::F32.id(), vec![1; 12])
        .tensor("two", &[32, 2], Format::Q4_1.id(), vec![2; 40])
}

#[test]
fn every_type_of_value_is_read() {
    for version in [2, 3] {
        let header = header(&every_type().version(version).finish());
        let metadata = &header.metadata;
        assert_eq!(header.version, version);
        assert_eq!(
            ["a.u8", "a.u16", "a.u32", "a.i32", "a.u64"].map(|key| metadata.u64(key)),
            [Some(200), Some(60_000), Some(4_000_000_000), Some(7), Some(1 << 40)]
        );
        // Negative numbers are no counts, and neither are texts.
        assert_eq!(["a.i8", "a.i16", "a.i64", "a.string", "no"].map(|key| metadata.u64(key)), [None; 5]);
        assert_eq!(["a.f32", "a.f64", "a.u8"].map(|key| metadata.f32(key)), [Some(1.5), Some(0.25), None]);
        assert_eq!(["a.bool", "a.u8"].map(|key| metadata.bool(key)), [Some(true), None]);
        assert_eq!(["a.string", "a.empty", "a.u8"].map(|key| metadata.str(key)), [Some("grüß"), Some(""), None]);
        let strings = metadata.strings("b.strings").unwrap();
        assert_eq!(strings.iter().collect::<Vec<_>>(), [b"".as_slice(), b"ab", b"c"]);
        assert_eq!([0, 1, 2, 3].map(|at| strings.get(at)), [Some(b"".as_slice()), Some(b"ab"), Some(b"c"), None]);
        assert_eq!(metadata.strings("b.bytes").unwrap().get(0), Some(b"\xff\x00".as_slice()));
        assert!(metadata.strings("b.none").unwrap().is_empty());
        assert_eq!(metadata.u32s("b.u32"), Some([1, 2, 3].as_slice()));
        assert_eq!(metadata.i32s("b.i32"), Some([-1, 1].as_slice()));
        assert_eq!(metadata.f32s("b.f32"), Some([0.5].as_slice()));
        let arrays = ["b.u8", "b.i8", "b.u16", "b.i16", "b.bool", "b.u64", "b.i64", "b.f64"];
        assert_eq!(
            arrays.map(|key| metadata.get(key).cloned()),
            [
                Array::U8(vec![1, 2]),
                Array::I8(vec![-1]),
                Array::U16(vec![257]),
                Array::I16(vec![-1]),
                Array::Bool(vec![true, false]),
                Array::U64(vec![0x0101_0101_0101_0101]),
                Array::I64(vec![-1]),
                Array::F64(vec![2.0]),
            ]
            .map(|array| Some(inferkit_widget::engine::gguf::Value::Array(array)))
        );
        assert_eq!(metadata.iter().count(), every_type().pairs.len());
    }
}

#[test]
fn tensors_are_found_where_their_bytes_are() {
    for alignment in [1, 8, 32, 64, 4096, 1 << 20] {
        let file = every_type().alignment(alignment).finish();
        let header = header(&file);
        assert_eq!(header.data_start % u64::from(alignment), 0);
        let bytes = |at: usize| {
            let tensor = &header.tensors[at];
            &file[tensor.offset as usize..(tensor.offset + tensor.bytes) as usize]
        };
        assert_eq!(bytes(0), [1; 12], "alignment {alignment}");
        assert_eq!(bytes(1), [2; 40], "alignment {alignment}");
        assert_eq!(header.data_end(), file.len() as u64);
        assert_eq!((header.tensors[1].dims.as_slice(), header.tensors[1].format), ([32, 2].as_slice(), Format::Q4_1));
    }
}

#[test]
fn every_prefix_asks_for_more_until_the_header_is_whole() {
    let writer = every_type();
    let (file, needed) = (writer.finish(), writer.header().len());
    let whole = header(&file);
    for len in 0..=file.len() {
        for file_len in [None, Some(file.len() as u64)] {
            match parse(&file[..len], file_len).unwrap() {
                Parsed::NeedMore(more) => {
                    assert!(len < needed, "{len} bytes are the whole header");
                    assert!(more > len && more >= (2 * len).min(file.len()), "{len} bytes, then {more}");
                    assert!(file_len.is_none() || more <= file.len(), "{more} bytes of a file of {}", file.len());
                }
                Parsed::Header(header) => {
                    assert!(len >= needed, "{len} bytes are not the whole header");
                    assert_eq!(header, whole);
                }
            }
        }
    }
}

#[test]
fn a_file_that_ends_within_its_header_is_cut_off() {
    let file = every_type().header();
    for len in 0..file.len() {
        let result = parse(&file[..len], Some(len as u64));
        assert!(matches!(result, Err(GgufError::Truncated { .. })), "{len} bytes gave {result:?}");
    }
}

#[test]
fn a_file_without_tensors_needs_no_padding() {
    let file = GgufWriter::new().pair("general.architecture", Value::string("llama")).finish();
    assert_eq!(header(&file).tensors, []);
    assert_eq!(header(&GgufWriter::new().finish()).metadata.iter().count(), 0);
}

#[test]
fn bytes_after_the_end_of_the_file_are_not_looked_at() {
    let writer = every_type();
    let result = parse(&writer.finish(), Some(40));
    assert!(matches!(result, Err(GgufError::Truncated { file: 40, .. })), "{result:?}");
}

#[test]
fn the_default_model_is_parsed_a_handful_of_times() {
    let Some(file) = default_model_bytes("the_default_model_is_parsed_a_handful_of_times") else { return };
    for file_len in [None, Some(file.len() as u64)] {
        let (mut prefix, mut calls) = (0, 0);
        let header = loop {
            calls += 1;
            match parse(&file[..prefix.min(file.len())], file_len).unwrap() {
                Parsed::NeedMore(more) => prefix = more,
                Parsed::Header(header) => break header,
            }
        };
        assert!(calls <= 8, "{calls} calls");
        assert_eq!((header.tensors.len(), header.data_start), (272, 1_785_664));
        assert_eq!(header.data_end(), file.len() as u64);
        assert_eq!(header.metadata.strings("tokenizer.ggml.tokens").unwrap().len(), 49_152);
    }
}
