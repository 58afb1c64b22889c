//! Shaders compiled, each once.

use super::{
    device::Device,
    shader::{Binding, Shader, bindings},
};

/// A compiled shader and the layout of its bindings.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// Every pipeline so far.
#[derive(Debug, Default)]
pub struct Pipelines(Vec<(Shader, Pipeline)>);

impl Pipelines {
    /// The shader's pipeline, compiled on first use.
    pub fn get(&mut self, device: &Device, shader: Shader) -> Pipeline {
        if let Some((_, pipeline)) = self.0.iter().find(|(known, _)| *known == shader) {
            return pipeline.clone();
        }
        let pipeline = compile(device, &shader);
        self.0.push((shader, pipeline.clone()));
        pipeline
    }
}

/// Compiles. The layout has every binding that the text declares, in its order, whether or not the variant uses it:
/// formats without scales bind a placeholder.
fn compile(device: &Device, shader: &Shader) -> Pipeline {
    let device = &device.device;
    let label = shader.label();
    let wgsl = shader.wgsl();
    let entries: Vec<_> = (0..)
        .zip(bindings(&wgsl))
        .map(|(binding, usage)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match usage {
                    Binding::Uniform => wgpu::BufferBindingType::Uniform,
                    Binding::Read => wgpu::BufferBindingType::Storage { read_only: true },
                    Binding::ReadWrite => wgpu::BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let layout =
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(&label), entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(&label),
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(&label),
        source: wgpu::ShaderSource::Wgsl(wgsl.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(&label),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            // Every kernel writes its workgroup memory before it reads it; SwiftShader takes seconds to compile the
            // zeros.
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    Pipeline { pipeline, layout }
}
