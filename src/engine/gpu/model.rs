//! A model on a device: weights go in, tokens come out.

use super::{
    buffers::Activations,
    device::Device,
    graph::{Dispatch, Graph, Home, Weights},
    kernels::{NO_TOKEN, RECENT, SAMPLED, Shape, attention::MAX_HEAD_DIM},
    submit::{AHEAD_MS, Flight, Speed, cost, encoder, record},
    upload::Upload,
};
use crate::{
    engine::{
        backend::Backend,
        clock::now_ms,
        error::EngineError,
        models::{Hyperparameters, Plan, Slot},
        pace::Pace,
        rotary,
    },
    wire::Sampling,
};

/// Milliseconds that one decoded token may take as one submission. Watchdogs of drivers bite at two seconds; a
/// software adapter has none, and a stop need not wait for either.
const LONGEST_TOKEN_MS: f64 = 1000.0;
const LONGEST_SOFTWARE_TOKEN_MS: f64 = 4000.0;

/// A model in a device's memory.
#[derive(Debug)]
pub struct Model {
    device: Device,
    config: Hyperparameters,
    shape: Shape,
    weights: Weights,
    /// Per tensor of `weights.homes`: what has arrived.
    arrivals: Vec<Arrival>,
    activations: Activations,
    graph: Graph,
    sealed: bool,
    /// Valid positions of the cache.
    filled: usize,
    /// How the running answer is sampled. None before an answer, and after one that broke off.
    answer: Option<Answer>,
    /// Speed with a chunk of a prompt.
    chunk_speed: Speed,
    /// Speed with single tokens.
    token_speed: Speed,
    /// Compute passes of the last decoded token.
    passes: u32,
}

/// An answer under way.
#[derive(Clone, Copy, Debug)]
struct Answer {
    greedy: bool,
    /// Tokens sampled in it.
    step: u32,
}

/// How much of a tensor has come.
#[derive(Debug, Default)]
struct Arrival {
    bytes: u64,
    /// Rows of a matrix on their way.
    upload: Option<Upload>,
    /// A vector, gathered whole.
    vector: Vec<u8>,
}

impl Model {
    /// Makes room for a model's weights and for `context` positions, or as many as the model knows, and compiles its
    /// kernels.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] for a shape that the kernels cannot walk, [`EngineError::GpuOutOfMemory`],
    /// [`EngineError::GpuLost`], and [`EngineError::Internal`] with the text where the device refuses our shaders.
    pub async fn new(device: &Device, plan: &Plan, context: usize, pace: &Pace) -> Result<Self, EngineError> {
        check_shape(&plan.config)?;
        let capacity = context.clamp(1, plan.config.context.max(1));
        // Enough inputs that a block of weights is decoded seldom, few enough that their sums stay in registers.
        let chunk = if device.is_software() { 8 } else { 16 };
        let shape = Shape::new(&plan.config, capacity, chunk);
        let (weights, activations, graph) = device
            .checked(pace, async || {
                let weights = Weights::new(device, plan)?;
                let activations = Activations::new(device, &shape, plan.config.layers)?;
                pace.breathe().await?;
                let graph = Graph::new(device, plan, &shape, &weights, &activations, pace).await?;
                Ok((weights, activations, graph))
            })
            .await?;
        Ok(Self {
            arrivals: weights.homes.iter().map(|_| Arrival::default()).collect(),
            device: device.clone(),
            config: plan.config.clone(),
            shape,
            weights,
            activations,
            graph,
            sealed: false,
            filled: 0,
            answer: None,
            chunk_speed: Speed::cautious(device.is_software(), chunk),
            token_speed: Speed::cautious(device.is_software(), 1),
            passes: 1,
        })
    }

    /// The device that it lives on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Dispatches of one decoded token, its sampling included.
    #[must_use]
    pub fn dispatches_per_token(&self) -> u32 {
        let longest = self.graph.greedy.len().max(self.graph.drawn.len());
        u32::try_from(self.graph.token.len() + longest).unwrap_or(u32::MAX)
    }

    /// Compute passes of the token decoded last: one, unless the device is so slow that a token was cut to pieces.
    #[must_use]
    pub fn passes_per_token(&self) -> u32 {
        self.passes
    }

    /// (context, rope_dims / 2) of (cos, sin)
    fn turns(&self, divisors: &[f32]) -> Vec<f32> {
        let frequencies = rotary::frequencies(&self.config, divisors);
        let positions = 0..self.shape.context as usize;
        let turns = positions.flat_map(|position| frequencies.iter().map(move |f| rotary::turn(position, *f)));
        turns.flat_map(<[f32; 2]>::from).collect()
    }

    /// Tells the device where the model reads next, and which tokens.
    fn write_state(&self, position: usize, tokens: &[u32]) {
        let mut state = vec![position as u32, tokens.len() as u32, 0, 0];
        state.extend_from_slice(tokens);
        self.device.queue.write_buffer(&self.activations.state, 0, bytemuck::cast_slice(&state));
    }

    /// Tells the device how to sample an answer to `prompt`.
    fn write_sampling(&self, sampling: &Sampling, prompt: &[u32]) {
        // Where a number has no meaning, it is as if it were not there. Asked this way round, a NaN has none.
        let warm = sampling.temperature > 0.0;
        let some = |meant: bool, number: f32, otherwise: f32| if meant { number } else { otherwise };
        let mut words = vec![
            some(warm, sampling.temperature, 0.0).to_bits(),
            some(sampling.top_p < 1.0, sampling.top_p, 1.0).to_bits(),
            some(sampling.min_p > 0.0, sampling.min_p, 0.0).to_bits(),
            some(sampling.repetition_penalty > 0.0, sampling.repetition_penalty, 1.0).to_bits(),
            sampling.top_k,
            sampling.seed,
            0,
        ];
        let recent = &prompt[prompt.len().saturating_sub(RECENT as usize)..];
        words.push(recent.len() as u32 % RECENT);
        words.extend_from_slice(recent);
        words.resize(8 + RECENT as usize, NO_TOKEN);
        self.device.queue.write_buffer(&self.activations.sampling, 0, bytemuck::cast_slice(&words));
    }

    /// The dispatches that end a token.
    fn choice(&self, greedy: bool) -> &[Dispatch] {
        if greedy { &self.graph.greedy } else { &self.graph.drawn }
    }

    /// Waits for the tokens sampled since `step`, `count` of them, and appends them.
    async fn collect(&self, step: u32, count: u32, out: &mut Vec<u32>, pace: &Pace) -> Result<(), EngineError> {
        let ring = self.device.read(&self.activations.readback, SAMPLED as usize, pace).await?;
        for step in step..step.wrapping_add(count) {
            let token = ring.get((step % SAMPLED) as usize).copied().unwrap_or(NO_TOKEN);
            if token as usize >= self.config.vocab {
                return Err(EngineError::Internal("the device sampled a token that does not exist".to_owned()));
            }
            out.push(token);
        }
        Ok(())
    }

    /// Refuses what a careful caller never asks.
    fn check_prompt(&self, prompt: &[u32], reuse: usize) -> Result<(), EngineError> {
        let wrong = if !self.sealed {
            "the weights are not in place yet"
        } else if prompt.len() > self.capacity() {
            "the prompt is longer than the cache"
        } else if reuse >= prompt.len() || reuse > self.filled {
            "the cache does not hold the tokens to be reused"
        } else if prompt.iter().any(|token| *token as usize >= self.config.vocab) {
            "the prompt has a token that the model does not know"
        } else {
            return Ok(());
        };
        Err(EngineError::Internal(wrong.to_owned()))
    }
}

impl Backend for Model {
    fn write(&mut self, slot: Slot, offset: u64, bytes: &[u8]) -> Result<(), EngineError> {
        let Some(index) = self.weights.homes.iter().position(|(weight, _)| weight.slot == slot) else {
            return Err(EngineError::Internal(format!("the model has no tensor for {slot:?}")));
        };
        let ((weight, home), arrival) = (&self.weights.homes[index], &mut self.arrivals[index]);
        if offset != arrival.bytes || bytes.len() as u64 > weight.bytes - arrival.bytes {
            return Err(EngineError::Internal(format!("bytes of {slot:?} that nobody expects at {offset}")));
        }
        arrival.bytes += bytes.len() as u64;
        let whole = arrival.bytes == weight.bytes;
        let queue = &self.device.queue;
        match home {
            Home::Rows { matrix, first } => {
                let matrix = &self.weights.matrices[*matrix];
                let mut upload = arrival.upload.take().unwrap_or_else(|| Upload::new(matrix, *first));
                upload.write(matrix, bytes, queue)?;
                if whole {
                    upload.finish(matrix, queue)?;
                } else {
                    arrival.upload = Some(upload);
                }
            }
            Home::Vector(vector) => {
                arrival.vector.extend_from_slice(bytes);
                if whole {
                    let mut numbers = vec![0.0; weight.cols];
                    weight.format.decode_row(&std::mem::take(&mut arrival.vector), &mut numbers);
                    queue.write_buffer(&self.weights.vectors[*vector], 0, bytemuck::cast_slice(&numbers));
                }
            }
            Home::Host => arrival.vector.extend_from_slice(bytes),
        }
        Ok(())
    }

    async fn seal(&mut self, pace: &Pace) -> Result<(), EngineError> {
        let mut divisors = Vec::new();
        for ((weight, home), arrival) in self.weights.homes.iter().zip(&mut self.arrivals) {
            if arrival.bytes != weight.bytes {
                return Err(EngineError::Internal(format!("{:?} has not arrived whole", weight.slot)));
            }
            if matches!(home, Home::Host) {
                divisors = vec![1.0; weight.cols];
                weight.format.decode_row(&arrival.vector, &mut divisors);
            }
        }
        let turns = self.turns(&divisors);
        self.device.queue.write_buffer(&self.activations.turns, 0, bytemuck::cast_slice(&turns));
        // Writes are only sent along with a submission.
        self.device.queue.submit([]);
        self.device.done(pace).await?;
        self.sealed = true;
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.shape.context as usize
    }

    fn filled(&self) -> usize {
        self.filled
    }

    async fn start(
        &mut self,
        prompt: &[u32],
        reuse: usize,
        sampling: &Sampling,
        pace: &Pace,
    ) -> Result<u32, EngineError> {
        self.check_prompt(prompt, reuse)?;
        self.answer = None;
        self.filled = reuse;
        // Asked this way round, a NaN is greedy, too.
        let warm = sampling.temperature > 0.0;
        let greedy = !warm;
        self.write_sampling(sampling, prompt);

        let device = self.device.clone();
        let mut flight = Flight::new(&device, pace);
        for tokens in prompt[reuse..].chunks(self.shape.chunk as usize) {
            let position = self.filled;
            self.write_state(position, tokens);
            if tokens.len() == 1 {
                flight.submit(&self.graph.token, &mut self.token_speed).await?;
            } else {
                flight.submit(&self.graph.chunk, &mut self.chunk_speed).await?;
            }
            // Whatever reads these positions comes later in the queue.
            self.filled = position + tokens.len();
        }
        flight.land(&mut self.chunk_speed).await?;

        let mut encoder = encoder(&device);
        record(&mut encoder, self.choice(greedy));
        let Activations { sampled, readback, .. } = &self.activations;
        encoder.copy_buffer_to_buffer(sampled, 0, readback, 0, readback.size());
        device.queue.submit([encoder.finish()]);
        let mut first = Vec::with_capacity(1);
        self.collect(0, 1, &mut first, pace).await?;
        self.answer = Some(Answer { greedy, step: 1 });
        first.pop().ok_or_else(|| EngineError::Internal("the device sampled nothing".to_owned()))
    }

    async fn next(&mut self, want: usize, out: &mut Vec<u32>, pace: &Pace) -> Result<(), EngineError> {
        // Broken off on every way out but the last: the device may be further than we know.
        let Some(Answer { greedy, step }) = self.answer.take() else {
            return Err(EngineError::Internal("there is no answer to go on with".to_owned()));
        };
        let room = self.capacity() - self.filled;
        if want == 0 || room == 0 {
            return Err(EngineError::Internal("the cache has no room for another token".to_owned()));
        }
        pace.breathe().await?;
        let choice = self.choice(greedy);
        let work = cost(&self.graph.token) + cost(choice);
        let each = self.token_speed.estimate(work);
        let count = ((AHEAD_MS / each) as usize).clamp(1, want.min(room).min(SAMPLED as usize));

        let began = now_ms();
        let device = self.device.clone();
        let Activations { sampled, readback, .. } = &self.activations;
        let longest = if device.is_software() { LONGEST_SOFTWARE_TOKEN_MS } else { LONGEST_TOKEN_MS };
        let mut passes = 1;
        let mut speed = self.token_speed;
        for last in (1..=count).map(|token| token == count) {
            let mut encoder = encoder(&device);
            if each <= longest {
                record(&mut encoder, self.graph.token.iter().chain(choice));
            } else {
                let mut flight = Flight::new(&device, pace);
                flight.submit(&self.graph.token, &mut speed).await?;
                record(&mut encoder, choice);
                passes += flight.passes();
            }
            if last {
                encoder.copy_buffer_to_buffer(sampled, 0, readback, 0, readback.size());
            }
            // One by one, so that the device begins while the next is recorded.
            device.queue.submit([encoder.finish()]);
        }
        self.collect(step, count as u32, out, pace).await?;
        self.token_speed = speed;
        self.token_speed.learn(work * count as f64, now_ms() - began);
        self.passes = passes;
        self.filled += count;
        self.answer = Some(Answer { greedy, step: step.wrapping_add(count as u32) });
        Ok(())
    }

    async fn logits(&mut self) -> Result<Vec<f32>, EngineError> {
        let (logits, pace) = (&self.activations.logits, Pace::new());
        let device = self.device.clone();
        let copy = device
            .checked(&pace, async || {
                Ok(device.device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some("logits"),
                    size: logits.size(),
                    usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                }))
            })
            .await?;
        let mut encoder = encoder(&device);
        encoder.copy_buffer_to_buffer(logits, 0, &copy, 0, logits.size());
        device.queue.submit([encoder.finish()]);
        let words = device.read(&copy, self.config.vocab, &pace).await?;
        copy.destroy();
        Ok(words.into_iter().map(f32::from_bits).collect())
    }
}

/// Refuses shapes that the kernels could not walk.
fn check_shape(config: &Hyperparameters) -> Result<(), EngineError> {
    let Hyperparameters { embedding, layers, heads, kv_heads, head_dim, feed_forward, vocab, rope_dims, .. } = *config;
    let refusal = if [embedding, layers, heads, kv_heads, head_dim, feed_forward, vocab].contains(&0) {
        "one of the model's lengths is zero"
    } else if !heads.is_multiple_of(kv_heads) || rope_dims > head_dim || !rope_dims.is_multiple_of(2) {
        "the model's heads do not fit each other"
    } else if !head_dim.is_multiple_of(4) || head_dim > MAX_HEAD_DIM {
        "the model's heads have a length that the kernels do not know"
    } else if !embedding.is_multiple_of(2) || embedding.max(feed_forward).max(heads * head_dim) > 1 << 20 {
        "the model's states have a length that the kernels do not know"
    } else {
        return Ok(());
    };
    Err(EngineError::Unsupported(refusal.to_owned()))
}
