//! The model's tensors, byte for byte as the file has them.

use super::reserved;
use crate::engine::{
    error::EngineError,
    models::{Hyperparameters, Plan, Slot, Weight},
    quant::Format,
};

/// A matrix of weights, or a vector as one row.
pub struct Matrix {
    /// How its numbers are stored.
    pub format: Format,
    /// Rows: the outputs.
    pub rows: usize,
    /// Elements of a row: the inputs.
    pub cols: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// What has arrived: in the end (rows, row_bytes).
    pub bytes: Vec<u8>,
}

/// One transformer block.
pub struct Layer {
    attn_norm: Vector,
    /// (q_dim, embedding)
    pub q: Matrix,
    /// (kv_dim, embedding)
    pub k: Matrix,
    /// (kv_dim, embedding)
    pub v: Matrix,
    /// (embedding, q_dim)
    pub o: Matrix,
    ffn_norm: Vector,
    /// (feed_forward, embedding)
    pub gate: Matrix,
    /// (feed_forward, embedding)
    pub up: Matrix,
    /// (embedding, feed_forward)
    pub down: Matrix,
}

/// All of them.
pub struct Weights {
    /// (vocab, embedding)
    pub embedding: Matrix,
    /// One after the other.
    pub layers: Vec<Layer>,
    output_norm: Vector,
    output: Option<Matrix>,
    rope_freqs: Option<Vector>,
}

/// A vector of weights: small, and so decoded when it is complete.
struct Vector {
    stored: Matrix,
    decoded: Vec<f32>,
}

impl Weights {
    /// Makes room for a plan's tensors.
    pub fn new(plan: &Plan) -> Result<Self, EngineError> {
        let matrix = |slot| Matrix::new(plan, slot);
        let vector = |slot| Vector::new(plan, slot);
        let has = |slot| plan.weights.iter().any(|weight| weight.slot == slot);
        let layer = |index| -> Result<Layer, EngineError> {
            Ok(Layer {
                attn_norm: vector(Slot::AttnNorm(index))?,
                q: matrix(Slot::Q(index))?,
                k: matrix(Slot::K(index))?,
                v: matrix(Slot::V(index))?,
                o: matrix(Slot::O(index))?,
                ffn_norm: vector(Slot::FfnNorm(index))?,
                gate: matrix(Slot::Gate(index))?,
                up: matrix(Slot::Up(index))?,
                down: matrix(Slot::Down(index))?,
            })
        };
        let layers = u16::try_from(plan.config.layers)
            .map_err(|_| EngineError::Unsupported("the model has too many layers".into()))?;
        Ok(Self {
            embedding: matrix(Slot::Embedding)?,
            layers: (0..layers).map(layer).collect::<Result<_, _>>()?,
            output_norm: vector(Slot::OutputNorm)?,
            output: has(Slot::Output).then(|| matrix(Slot::Output)).transpose()?,
            rope_freqs: has(Slot::RopeFreqs).then(|| vector(Slot::RopeFreqs)).transpose()?,
        })
    }

    /// Appends bytes to a tensor.
    pub fn write(&mut self, slot: Slot, offset: u64, bytes: &[u8]) -> Result<(), EngineError> {
        let Some(matrix) = self.slot(slot) else {
            return Err(EngineError::Internal(format!("the model has no tensor {slot:?}")));
        };
        if offset != matrix.bytes.len() as u64 || bytes.len() > matrix.missing() {
            return Err(EngineError::Internal(format!("bytes of {slot:?} arrived out of order")));
        }
        matrix.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Checks that everything is there and decodes the vectors. Gives the divisors of the rotary frequencies, if any.
    pub fn seal(&mut self) -> Result<Vec<f32>, EngineError> {
        self.embedding.check_complete()?;
        for layer in &mut self.layers {
            for matrix in [&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down] {
                matrix.check_complete()?;
            }
            layer.attn_norm.decode()?;
            layer.ffn_norm.decode()?;
        }
        self.output_norm.decode()?;
        if let Some(output) = &self.output {
            output.check_complete()?;
        }
        let Some(divisors) = &mut self.rope_freqs else { return Ok(Vec::new()) };
        divisors.decode()?;
        Ok(divisors.decoded.clone())
    }

    /// (embedding), once sealed.
    pub fn output_norm(&self) -> &[f32] {
        &self.output_norm.decoded
    }

    /// (vocab, embedding): the output's own matrix, or the embedding's once more.
    pub fn output(&self) -> &Matrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }

    /// The tensor of a slot.
    fn slot(&mut self, slot: Slot) -> Option<&mut Matrix> {
        let (index, pick): (u16, fn(&mut Layer) -> &mut Matrix) = match slot {
            Slot::Embedding => return Some(&mut self.embedding),
            Slot::OutputNorm => return Some(&mut self.output_norm.stored),
            Slot::Output => return self.output.as_mut(),
            Slot::RopeFreqs => return self.rope_freqs.as_mut().map(|vector| &mut vector.stored),
            Slot::AttnNorm(index) => (index, |layer| &mut layer.attn_norm.stored),
            Slot::Q(index) => (index, |layer| &mut layer.q),
            Slot::K(index) => (index, |layer| &mut layer.k),
            Slot::V(index) => (index, |layer| &mut layer.v),
            Slot::O(index) => (index, |layer| &mut layer.o),
            Slot::FfnNorm(index) => (index, |layer| &mut layer.ffn_norm.stored),
            Slot::Gate(index) => (index, |layer| &mut layer.gate),
            Slot::Up(index) => (index, |layer| &mut layer.up),
            Slot::Down(index) => (index, |layer| &mut layer.down),
        };
        self.layers.get_mut(usize::from(index)).map(pick)
    }
}

impl Layer {
    /// (embedding), once sealed.
    pub fn attn_norm(&self) -> &[f32] {
        &self.attn_norm.decoded
    }

    /// (embedding), once sealed.
    pub fn ffn_norm(&self) -> &[f32] {
        &self.ffn_norm.decoded
    }
}

impl Matrix {
    /// Makes room for a tensor of the plan, which must have the shape that its purpose asks for.
    fn new(plan: &Plan, slot: Slot) -> Result<Self, EngineError> {
        let Some(weight) = plan.weights.iter().find(|weight| weight.slot == slot) else {
            return Err(EngineError::Unsupported(format!("the model lacks the tensor {slot:?}")));
        };
        let &Weight { format, rows, cols, .. } = weight;
        let row_bytes = format.bytes_of(cols).filter(|_| (rows, cols) == shape(&plan.config, slot));
        let Some((row_bytes, total)) = row_bytes.and_then(|bytes| Some((bytes, bytes.checked_mul(rows)?))) else {
            return Err(EngineError::Unsupported(format!("the tensor {slot:?} has an impossible shape")));
        };
        Ok(Self { format, rows, cols, row_bytes, bytes: reserved(total, "the model's weights")? })
    }

    /// The bytes of a row, once sealed.
    pub fn row(&self, index: usize) -> &[u8] {
        &self.bytes[index * self.row_bytes..][..self.row_bytes]
    }

    /// How many bytes have not arrived.
    fn missing(&self) -> usize {
        self.rows * self.row_bytes - self.bytes.len()
    }

    fn check_complete(&self) -> Result<(), EngineError> {
        match self.missing() {
            0 => Ok(()),
            missing => Err(EngineError::Integrity(format!("{missing} bytes of a tensor never arrived"))),
        }
    }
}

impl Vector {
    fn new(plan: &Plan, slot: Slot) -> Result<Self, EngineError> {
        Ok(Self { stored: Matrix::new(plan, slot)?, decoded: Vec::new() })
    }

    fn decode(&mut self) -> Result<(), EngineError> {
        self.stored.check_complete()?;
        self.decoded = super::zeros(self.stored.cols, "the model's weights")?;
        self.stored.format.decode_row(&self.stored.bytes, &mut self.decoded);
        Ok(())
    }
}

/// The (rows, cols) that a purpose asks for.
fn shape(config: &Hyperparameters, slot: Slot) -> (usize, usize) {
    match slot {
        Slot::Embedding | Slot::Output => (config.vocab, config.embedding),
        Slot::OutputNorm | Slot::AttnNorm(_) | Slot::FfnNorm(_) => (1, config.embedding),
        Slot::RopeFreqs => (1, config.rope_dims / 2),
        Slot::Q(_) => (config.q_dim(), config.embedding),
        Slot::K(_) | Slot::V(_) => (config.kv_dim(), config.embedding),
        Slot::O(_) => (config.embedding, config.q_dim()),
        Slot::Gate(_) | Slot::Up(_) => (config.feed_forward, config.embedding),
        Slot::Down(_) => (config.embedding, config.feed_forward),
    }
}
