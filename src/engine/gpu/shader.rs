//! A kernel's WGSL, put together from files and constants.
//!
//! Kernels and loaders are plain WGSL but for one construct: the lines between `#for pair in PAIRS` and `#end` are
//! repeated for each number below the constant (or literal), with `$pair` replaced by the number. Sums then have names
//! instead of indices, so that they live in registers even where a compiler does not unroll loops: one that guards
//! every loop against endlessness, as browsers do, rarely can.

use crate::engine::quant::Format;
use std::fmt::Write;

/// Functions that read four numbers of one or two words; the formats' loaders are written with them.
pub const UNPACK: &str = include_str!("kernels/shared/unpack.wgsl");

/// What a shader is made of. Two that are equal are one pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Shader {
    name: &'static str,
    counts: Vec<(&'static str, u32)>,
    numbers: Vec<(&'static str, f32)>,
    loaders: Vec<(&'static str, Format)>,
    sources: Vec<&'static str>,
}

impl Shader {
    /// A shader of the kernel `name`, whose own source comes first.
    pub fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, counts: Vec::new(), numbers: Vec::new(), loaders: Vec::new(), sources: vec![source] }
    }

    /// Adds `const name: u32`.
    pub fn count(mut self, name: &'static str, value: u32) -> Self {
        self.counts.push((name, value));
        self
    }

    /// Adds `const name: f32`.
    pub fn number(mut self, name: &'static str, value: f32) -> Self {
        self.numbers.push((name, value));
        self
    }

    /// Adds a shared source.
    pub fn with(mut self, source: &'static str) -> Self {
        self.sources.push(source);
        self
    }

    /// Adds the loader of a matrix that the kernel binds as `<matrix>_quants` and `<matrix>_scales`.
    pub fn loader(mut self, matrix: &'static str, format: Format) -> Self {
        if self.loaders.is_empty() {
            self.sources.push(UNPACK);
        }
        self.loaders.push((matrix, format));
        self
    }

    /// The kernel's name with its formats, for labels and messages.
    pub fn label(&self) -> String {
        self.loaders.iter().fold(self.name.to_owned(), |label, (_, format)| format!("{label} {format:?}"))
    }

    /// The whole text.
    pub fn wgsl(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.counts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "const {name}: u32 = {value}u;");
        }
        for (name, value) in &self.numbers {
            let _ = writeln!(text, "const {name}: f32 = {};", literal(*value));
        }
        for source in &self.sources {
            self.repeat(&mut source.lines(), &[], &mut text);
        }
        for (matrix, format) in &self.loaders {
            text.push_str(&loader(*format).replace("weights_", &format!("{matrix}_")));
        }
        text
    }

    /// Copies lines up to `#end`, or to the end, with the numbers of the enclosing repetitions filled in.
    fn repeat<'a>(
        &self,
        lines: &mut (impl Iterator<Item = &'a str> + Clone),
        numbers: &[(&str, u32)],
        text: &mut String,
    ) {
        while let Some(line) = lines.next() {
            let directive = line.trim_start();
            if directive == "#end" {
                return;
            }
            let Some((name, count)) = directive.strip_prefix("#for ").and_then(|rest| rest.split_once(" in ")) else {
                let mut line = line.to_owned();
                for (name, number) in numbers {
                    line = line.replace(&format!("${name}"), &number.to_string());
                }
                text.push_str(&line);
                text.push('\n');
                continue;
            };
            let body = lines.clone();
            for number in 0..self.times(count) {
                let numbers = [numbers, &[(name, number)]].concat();
                self.repeat(&mut body.clone(), &numbers, text);
            }
            skip(lines);
        }
    }

    /// A constant's value, or a literal's.
    fn times(&self, count: &str) -> u32 {
        let constant = self.counts.iter().find(|(name, _)| *name == count).map(|(_, value)| *value);
        constant.or_else(|| count.parse().ok()).unwrap_or(0)
    }
}

/// A finite number in WGSL's hexadecimal notation: exact, and without std's decimal printing, which would add kilobytes to the module.
fn literal(value: f32) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    // 23 bits of fraction are six hexadecimal digits with a bit to spare.
    let fraction = (bits & 0x7f_ffff) << 1;
    match (bits >> 23 & 0xff) as i32 {
        0 => format!("{sign}0x0.{fraction:06x}p-126f"),
        exponent => format!("{sign}0x1.{fraction:06x}p{}f", exponent - 127),
    }
}

/// Passes over the lines of a repetition and its `#end`.
fn skip<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let mut depth = 1;
    for line in lines {
        match line.trim_start() {
            "#end" => depth -= 1,
            inner if inner.starts_with("#for ") => depth += 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// A format's `weights_block(index) -> array<vec4<f32>, 8>`: 32 numbers from block `index`.
fn loader(format: Format) -> &'static str {
    match format {
        Format::F32 => include_str!("../quant/f32.wgsl"),
        Format::F16 => include_str!("../quant/f16.wgsl"),
        Format::Q8_0 => include_str!("../quant/q8_0.wgsl"),
        Format::Q4_0 => include_str!("../quant/q4_0.wgsl"),
        Format::Q4_1 => include_str!("../quant/q4_1.wgsl"),
    }
}

/// How a binding is used, read from a shader's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// `var<uniform>`
    Uniform,
    /// `var<storage, read>`
    Read,
    /// `var<storage, read_write>`
    ReadWrite,
}

/// The bindings of group 0 in their order, which in our kernels is that of their numbers.
pub fn bindings(wgsl: &str) -> Vec<Binding> {
    let declarations = wgsl.lines().filter_map(|line| line.strip_prefix("var<"));
    declarations
        .filter_map(|rest| match rest.split_once('>')?.0 {
            "uniform" => Some(Binding::Uniform),
            "storage, read" => Some(Binding::Read),
            "storage, read_write" => Some(Binding::ReadWrite),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &'static str, expected: &str) {
        let shader = Shader::new("test", source).count("PAIRS", 2).count("NONE", 0);
        let text = shader.wgsl();
        assert_eq!(text, format!("const PAIRS: u32 = 2u;\nconst NONE: u32 = 0u;\n{expected}"));
    }

    #[test]
    fn lines_between_for_and_end_are_repeated() {
        check("a\nb\n", "a\nb\n");
        check("#for pair in PAIRS\nx_$pair = $pairu;\n#end\nz", "x_0 = 0u;\nx_1 = 1u;\nz\n");
        check("#for i in 2\n#for pair in PAIRS\n$i$pair\n#end\n-\n#end\nz", "00\n01\n-\n10\n11\n-\nz\n");
        check("#for i in NONE\n#for pair in PAIRS\n$i$pair\n#end\n#end\nz", "z\n");
    }

    #[test]
    fn numbers_are_exact() {
        for (value, text) in [
            (1.0, "0x1.000000p0f"),
            (1e-5, "0x1.4f8b58p-17f"),
            (-0.15625, "-0x1.400000p-3f"),
            (0.0, "0x0.000000p-126f"),
            (f32::MAX, "0x1.fffffep127f"),
            (f32::from_bits(1), "0x0.000002p-126f"),
        ] {
            assert_eq!(literal(value), text);
        }
    }

    #[test]
    fn a_loader_takes_its_matrix_s_name() {
        let text = Shader::new("test", "").loader("gate", Format::Q8_0).loader("up", Format::Q4_1).wgsl();
        assert!(text.contains("fn gate_block(") && text.contains("gate_scales[") && text.contains("up_quants["));
        assert!(!text.contains("weights_"));
    }

    #[test]
    fn bindings_are_read_from_the_text() {
        let text = "@group(0) @binding(0)\nvar<uniform> a: A;\n@group(0) @binding(1)\nvar<storage, read> b: B;\n\
            @group(0) @binding(2)\nvar<storage, read_write> c: C;\nvar<workgroup> d: D;\nvar<private> e: E;\n";
        assert_eq!(bindings(text), [Binding::Uniform, Binding::Read, Binding::ReadWrite]);
    }
}
