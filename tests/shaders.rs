//! Every shader variant is valid WGSL and stays within what every WebGPU device must offer.

use inferkit_widget::engine::gpu;
use naga::{
    AddressSpace,
    valid::{Capabilities, ValidationFlags, Validator},
};

/// WebGPU's default limits.
const STORAGE_BUFFERS: usize = 8;
const UNIFORM_BUFFERS: usize = 12;
const WORKGROUP_BYTES: u32 = 16 * 1024;
const INVOCATIONS: u32 = 256;

fn check(name: &str, wgsl: &str) {
    let module = naga::front::wgsl::parse_str(wgsl)
        .unwrap_or_else(|error| panic!("{name}: {}\n{wgsl}", error.emit_to_string(wgsl)));
    // Packing and unpacking halves is in core WGSL; naga names it because older APIs lack it. Nothing else.
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16_IN_FLOAT32);
    validator.validate(&module).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(wgsl)));

    let bound = |wanted: fn(&AddressSpace) -> bool| {
        module.global_variables.iter().filter(|(_, variable)| wanted(&variable.space)).count()
    };
    let storage = bound(|space| matches!(space, AddressSpace::Storage { .. }));
    assert!(storage <= STORAGE_BUFFERS, "{name} binds {storage} storage buffers");
    assert!(bound(|space| matches!(space, AddressSpace::Uniform)) <= UNIFORM_BUFFERS, "{name}");
    let numbers: Vec<u32> = module
        .global_variables
        .iter()
        .filter_map(|(_, variable)| variable.binding.as_ref())
        .map(|binding| {
            assert_eq!(binding.group, 0, "{name}");
            binding.binding
        })
        .collect();
    assert!(numbers.iter().copied().eq(0..numbers.len() as u32), "{name}: bindings are not numbered in their order");

    let shared = module.global_variables.iter().filter(|(_, variable)| variable.space == AddressSpace::WorkGroup);
    let bytes: u32 =
        shared.map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx()).next_multiple_of(16)).sum();
    assert!(bytes <= WORKGROUP_BYTES, "{name} takes {bytes} bytes of workgroup memory");

    let [entry] = module.entry_points.as_slice() else {
        panic!("{name} has {} entry points", module.entry_points.len())
    };
    assert_eq!(entry.name, "main", "{name}");
    assert!(entry.workgroup_size.iter().product::<u32>() <= INVOCATIONS, "{name}: {:?}", entry.workgroup_size);
}

#[test]
fn every_variant_is_valid_and_stays_within_the_default_limits() {
    let catalogue = gpu::catalogue();
    for (name, wgsl) in &catalogue {
        check(name, wgsl);
    }
    eprintln!("{} variants", catalogue.len());
}

#[test]
fn every_kernel_file_is_in_the_catalogue() {
    let catalogue = gpu::catalogue();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/gpu/kernels");
    for file in std::fs::read_dir(folder).expect("the kernels' folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "wgsl") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert!(
            catalogue.iter().any(|(name, _)| name.split(' ').next() == Some(stem)),
            "{stem}.wgsl is in no row of `every_kernel` in kernels/mod.rs"
        );
        assert!(path.with_extension("rs").exists(), "{stem}.wgsl has no twin");
    }
}
