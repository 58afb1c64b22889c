//! The list of dispatches, built once: for a chunk of a prompt, for one token, and for choosing the next.

use super::{
    buffers::{Activations, Matrix, Rows, buffer, rows_per_part},
    device::Device,
    kernels::{
        Kernel, Part, Shape, argmax, attention, candidates, embed, gate_up, head, padded, project, qkv, rows::Tile,
        sample,
    },
    pipelines::Pipelines,
};
use crate::engine::{
    error::EngineError,
    models::{Plan, Slot, Weight},
    pace::Pace,
    quant::Format,
};

/// One kernel with everything that it is bound to.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub pipeline: wgpu::ComputePipeline,
    pub bindings: wgpu::BindGroup,
    pub groups: [u32; 3],
    /// Roughly how much work it is, in bytes of weights.
    pub cost: f64,
}

/// What runs when.
#[derive(Debug)]
pub struct Graph {
    /// A chunk of a prompt through all layers.
    pub chunk: Vec<Dispatch>,
    /// One token through all layers.
    pub token: Vec<Dispatch>,
    /// The last token's logits, and the likeliest token.
    pub greedy: Vec<Dispatch>,
    /// The last token's logits, and a token drawn from the likeliest.
    pub drawn: Vec<Dispatch>,
}

/// Where a tensor goes.
#[derive(Debug)]
pub enum Home {
    /// Rows of `Weights::matrices[matrix]`, from `first` on.
    Rows { matrix: usize, first: u32 },
    /// `Weights::vectors[_]`, in single precision.
    Vector(usize),
    /// The host itself: the rotary frequencies' divisors become a table.
    Host,
}

/// The weights' buffers, and which tensor lives in which.
#[derive(Debug, Default)]
pub struct Weights {
    pub matrices: Vec<Matrix>,
    pub vectors: Vec<wgpu::Buffer>,
    pub homes: Vec<(Weight, Home)>,
}

impl Weights {
    fn vector(&self, slot: Slot) -> Result<&wgpu::Buffer, EngineError> {
        self.homes
            .iter()
            .find_map(|(weight, home)| match home {
                Home::Vector(index) if weight.slot == slot => self.vectors.get(*index),
                _ => None,
            })
            .ok_or_else(|| missing(slot))
    }

    fn matrix(&self, slot: Slot) -> Result<&Matrix, EngineError> {
        self.homes
            .iter()
            .find_map(|(weight, home)| match home {
                Home::Rows { matrix, .. } if weight.slot == slot => self.matrices.get(*matrix),
                _ => None,
            })
            .ok_or_else(|| missing(slot))
    }

    /// Allocates buffers for every tensor of a plan.
    ///
    /// Q, K and V of a layer lie in one matrix where their formats agree, so that one dispatch multiplies them all;
    /// gate and up are split at the same rows, for their kernel reads both.
    pub fn new(device: &Device, plan: &Plan) -> Result<Self, EngineError> {
        let mut weights = Self::default();
        for weight in &plan.weights {
            let home = match weight.slot {
                Slot::RopeFreqs => Home::Host,
                Slot::OutputNorm | Slot::AttnNorm(_) | Slot::FfnNorm(_) => weights.add_vector(device, weight)?,
                // With V, below: all three are there then.
                Slot::Q(_) | Slot::K(_) => continue,
                Slot::V(layer) => {
                    weights.add_qkv(device, plan, layer)?;
                    continue;
                }
                Slot::Gate(layer) | Slot::Up(layer) => {
                    let (gate, up) = (find(plan, Slot::Gate(layer))?, find(plan, Slot::Up(layer))?);
                    let cols = count(weight.cols)?;
                    let part = rows_per_part(device, gate.format, cols)?.min(rows_per_part(device, up.format, cols)?);
                    weights.add_matrix(device, weight.format, count(weight.rows)?, cols, part)
                }
                Slot::Embedding | Slot::Output | Slot::O(_) | Slot::Down(_) => {
                    let cols = count(weight.cols)?;
                    let part = rows_per_part(device, weight.format, cols)?;
                    weights.add_matrix(device, weight.format, count(weight.rows)?, cols, part)
                }
            };
            weights.homes.push((weight.clone(), home));
        }
        Ok(weights)
    }

    fn add_vector(&mut self, device: &Device, weight: &Weight) -> Result<Home, EngineError> {
        let bytes = 4 * u64::from(padded(count(weight.cols)?));
        self.vectors.push(buffer(device, "gain", bytes, wgpu::BufferUsages::STORAGE));
        Ok(Home::Vector(self.vectors.len() - 1))
    }

    fn add_matrix(&mut self, device: &Device, format: Format, rows: u32, cols: u32, part_rows: u32) -> Home {
        self.matrices.push(Matrix::new(device, format, rows, cols, part_rows));
        Home::Rows { matrix: self.matrices.len() - 1, first: 0 }
    }

    /// One matrix for each run of equal formats among Q, K and V.
    fn add_qkv(&mut self, device: &Device, plan: &Plan, layer: u16) -> Result<(), EngineError> {
        let three = [find(plan, Slot::Q(layer))?, find(plan, Slot::K(layer))?, find(plan, Slot::V(layer))?];
        for run in three.chunk_by(|a, b| a.format == b.format) {
            let Some(weight) = run.first() else { continue };
            let cols = count(weight.cols)?;
            let rows = run.iter().map(|weight| weight.rows).sum();
            let part = rows_per_part(device, weight.format, cols)?;
            self.matrices.push(Matrix::new(device, weight.format, count(rows)?, cols, part));
            let matrix = self.matrices.len() - 1;
            let mut first = 0;
            for weight in run {
                self.homes.push(((*weight).clone(), Home::Rows { matrix, first }));
                first += count(weight.rows)?;
            }
        }
        Ok(())
    }
}

impl Graph {
    /// Compiles what the plan needs and binds it.
    pub async fn new(
        device: &Device,
        plan: &Plan,
        shape: &Shape,
        weights: &Weights,
        activations: &Activations,
        pace: &Pace,
    ) -> Result<Self, EngineError> {
        let mut builder = Builder { device, shape, weights, activations, pipelines: Pipelines::default() };
        let layers = count(plan.config.layers)? as u16;
        let chunk = builder.layers(layers, shape.chunk, pace).await?;
        let token = builder.layers(layers, 1, pace).await?;
        let logits = builder.logits()?;
        let greedy = [logits.clone(), builder.choice(argmax::kernel(shape), true)].concat();
        let drawn = [logits, builder.choice(candidates::kernel(shape), false)].concat();
        Ok(Self { chunk, token, greedy, drawn })
    }
}

struct Builder<'a> {
    device: &'a Device,
    shape: &'a Shape,
    weights: &'a Weights,
    activations: &'a Activations,
    pipelines: Pipelines,
}

impl Builder<'_> {
    /// The embedding and all layers for `tokens` tokens.
    async fn layers(&mut self, layers: u16, tokens: u32, pace: &Pace) -> Result<Vec<Dispatch>, EngineError> {
        let Self {
            shape,
            weights,
            activations: Activations { state, hidden, query, attended, inner, turns, caches, .. },
            ..
        } = *self;
        let mut list = Vec::new();
        let embedding = weights.matrix(Slot::Embedding)?;
        for rows in &embedding.parts {
            let kernel = embed::kernel(shape, tokens, part(embedding, rows, 0));
            list.push(self.dispatch(kernel, &[state, &rows.quants, &rows.scales, hidden], 0.0));
        }
        for (layer, cache) in (0..layers).zip(caches) {
            pace.breathe().await?;
            let gain = weights.vector(Slot::AttnNorm(layer))?;
            // Q, K and V may share matrices: each is walked once, its rows counted on through all three.
            let mut first = 0;
            let mut last: Option<&Matrix> = None;
            for slot in [Slot::Q(layer), Slot::K(layer), Slot::V(layer)] {
                let matrix = weights.matrix(slot)?;
                if last.is_some_and(|last| std::ptr::eq(last, matrix)) {
                    continue;
                }
                last = Some(matrix);
                for rows in &matrix.parts {
                    let kernel = qkv::kernel(shape, self.tile(matrix, tokens), part(matrix, rows, first));
                    let bound = [state, hidden, gain, &rows.quants, &rows.scales, turns, query, cache];
                    list.push(self.dispatch(kernel, &bound, cost(matrix, rows)));
                }
                first += matrix.rows;
            }

            let kernel = attention::kernel(shape, tokens);
            list.push(self.dispatch(kernel, &[state, query, cache, attended], f64::from(shape.kv_dim() * 256)));
            self.project(Slot::O(layer), attended, tokens, &mut list)?;

            let gain = weights.vector(Slot::FfnNorm(layer))?;
            let (gate, up) = (weights.matrix(Slot::Gate(layer))?, weights.matrix(Slot::Up(layer))?);
            for (gate_rows, up_rows) in gate.parts.iter().zip(&up.parts) {
                let kernel = gate_up::kernel(shape, self.tile(gate, tokens), part(gate, gate_rows, 0), up.format);
                let Rows { quants: gate_quants, scales: gate_scales, .. } = gate_rows;
                let bound = [hidden, gain, gate_quants, gate_scales, &up_rows.quants, &up_rows.scales, inner];
                list.push(self.dispatch(kernel, &bound, cost(gate, gate_rows) + cost(up, up_rows)));
            }
            self.project(Slot::Down(layer), inner, tokens, &mut list)?;
        }
        Ok(list)
    }

    /// A product added to the hidden states.
    fn project(
        &mut self,
        slot: Slot,
        input: &wgpu::Buffer,
        tokens: u32,
        list: &mut Vec<Dispatch>,
    ) -> Result<(), EngineError> {
        let matrix = self.weights.matrix(slot)?;
        for rows in &matrix.parts {
            let kernel =
                project::kernel(self.shape, self.tile(matrix, tokens), padded(matrix.cols), part(matrix, rows, 0));
            let bound = [input, &rows.quants, &rows.scales, &self.activations.hidden];
            list.push(self.dispatch(kernel, &bound, cost(matrix, rows)));
        }
        Ok(())
    }

    /// The last norm and the logits.
    fn logits(&mut self) -> Result<Vec<Dispatch>, EngineError> {
        let Self { shape, weights, activations: Activations { state, hidden, logits, .. }, .. } = *self;
        let gain = weights.vector(Slot::OutputNorm)?;
        let matrix = weights.matrix(Slot::Output).or_else(|_| weights.matrix(Slot::Embedding))?;
        let mut list = Vec::new();
        for rows in &matrix.parts {
            let kernel = head::kernel(shape, self.tile(matrix, 1), part(matrix, rows, 0));
            let bound = [state, hidden, gain, &rows.quants, &rows.scales, logits];
            list.push(self.dispatch(kernel, &bound, cost(matrix, rows)));
        }
        Ok(list)
    }

    /// The best of the logits by `kernel`, and one of them.
    fn choice(&mut self, kernel: Kernel, after_argmax: bool) -> Vec<Dispatch> {
        let Activations { state, sampling, logits, candidates, sampled, .. } = self.activations;
        vec![
            self.dispatch(kernel, &[sampling, logits, candidates], 0.0),
            self.dispatch(sample::kernel(self.shape, after_argmax), &[state, sampling, candidates, sampled], 0.0),
        ]
    }

    fn tile(&self, matrix: &Matrix, tokens: u32) -> Tile {
        Tile::new(self.device.is_software(), padded(matrix.cols), tokens)
    }

    fn dispatch(&mut self, kernel: Kernel, buffers: &[&wgpu::Buffer], cost: f64) -> Dispatch {
        let groups = kernel.groups;
        let pipeline = self.pipelines.get(self.device, kernel.shader);
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = self.device.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        Dispatch { pipeline: pipeline.pipeline, bindings, groups, cost: cost + DISPATCH_COST }
    }
}

/// What a dispatch costs beside its weights, in bytes of weights.
const DISPATCH_COST: f64 = 16384.0;

fn cost(matrix: &Matrix, rows: &Rows) -> f64 {
    (u64::from(rows.rows) * Matrix::row_bytes(matrix.format, matrix.cols)) as f64
}

/// A part whose rows count from `base` on.
fn part(matrix: &Matrix, rows: &Rows, base: u32) -> Part {
    Part { format: matrix.format, first: base + rows.first, rows: rows.rows }
}

fn find(plan: &Plan, slot: Slot) -> Result<&Weight, EngineError> {
    plan.weights.iter().find(|weight| weight.slot == slot).ok_or_else(|| missing(slot))
}

fn missing(slot: Slot) -> EngineError {
    EngineError::Unsupported(format!("the model has no tensor for {slot:?}"))
}

/// A length as the device counts.
fn count(length: usize) -> Result<u32, EngineError> {
    u32::try_from(length).map_err(|_| EngineError::Unsupported("a tensor is too long".to_owned()))
}
