// s(p, t) = Σ_k (first(p, k), second(p, k)) · x(t, k): pairs of rows times inputs.
//
// An invocation takes PAIRS pairs and TOKENS inputs, so that a block of weights is decoded once for all inputs and a
// block of an input is read once for all rows. LANES invocations share the blocks of a row; their sums meet in
// workgroup memory. The kernel supplies first_block, second_block, input_vector and store.
//
// Where the weights are integers with a scale, so are the inputs, as in ggml and engine::cpu: 32 of them share a scale.
// A block's share of a product is then d · scale · Σ w q + m · scale · Σ q, where Σ w q is exact in single precision.

const GROUPS: u32 = WORKGROUP / LANES;

var<workgroup> sh_sums: array<vec2<f32>, PAIRS * TOKENS * WORKGROUP>; // (PAIRS, TOKENS, WORKGROUP)

// A block of an input.
struct Input {
    values: array<vec4<f32>, 8>, // (32) as they are
    integers: array<vec4<f32>, 8>, // (32) whole numbers in -127 ..= 127; x ≈ scale · integer
    scale: f32,
    sum: f32, // scale · Σ integers
}

fn input_block(token: u32, block: u32, factor: f32) -> Input {
    var input: Input;
    #for i in 8
    let x_$i = input_vector(token, block * 8u + $iu, factor);
    input.values[$i] = x_$i;
    #end
    if FIRST_INTEGER || SECOND_INTEGER {
        var largest = abs(x_0);
        #for i in 8
        largest = max(largest, abs(x_$i));
        #end
        let scale = quotient(max(max(largest.x, largest.y), max(largest.z, largest.w)), 127.0);
        let inverse = select(0.0, 1.0 / scale, scale > 0.0);
        var total = vec4<f32>(0.0);
        #for i in 8
        let q_$i = round(x_$i * inverse);
        input.integers[$i] = q_$i;
        total += q_$i;
        #end
        let rounded = half(vec2<f32>(scale, scale * dot(total, vec4<f32>(1.0))));
        input.scale = rounded.x;
        input.sum = rounded.y;
    }
    return input;
}

fn dot_block(a: array<vec4<f32>, 8>, b: array<vec4<f32>, 8>) -> f32 {
    return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3])
        + dot(a[4], b[4]) + dot(a[5], b[5]) + dot(a[6], b[6]) + dot(a[7], b[7]);
}

fn add_block(sum: f32, weights: Block, input: Input, integer: bool) -> f32 {
    if integer {
        let product = dot_block(weights.numbers, input.integers) * (weights.scale * input.scale);
        return sum + product + weights.offset * input.sum;
    }
    return sum + dot_block(weights.numbers, input.values);
}

fn rows(workgroup: u32, local: u32) {
    prepare(local);
    let lane = local % LANES;
    let begin = (workgroup * GROUPS + local / LANES) * PAIRS;
    // Behind the last pair the last one is computed again, and not stored.
    #for pair in PAIRS
    let pair_$pair = min(begin + $pairu, PART_PAIRS - 1u);
    #end
    #for token in TOKENS
    let factor_$token = input_factor($tokenu);
    #for pair in PAIRS
    var sum_$pair_$token = vec2<f32>(0.0);
    #end
    #end

    for (var block = lane; block < BLOCKS; block += LANES) {
        #for pair in PAIRS
        let first_$pair = first_block(pair_$pair, block);
        let second_$pair = second_block(pair_$pair, block);
        #end
        #for token in TOKENS
        let input_$token = input_block($tokenu, block, factor_$token);
        #for pair in PAIRS
        sum_$pair_$token = vec2<f32>(
            add_block(sum_$pair_$token.x, first_$pair, input_$token, FIRST_INTEGER),
            add_block(sum_$pair_$token.y, second_$pair, input_$token, SECOND_INTEGER),
        );
        #end
        #end
    }

    if LANES == 1u {
        #for pair in PAIRS
        if begin + $pairu < PART_PAIRS {
            #for token in TOKENS
            store(begin + $pairu, $tokenu, sum_$pair_$token);
            #end
        }
        #end
    } else {
        #for token in TOKENS
        #for pair in PAIRS
        sh_sums[($pairu * TOKENS + $tokenu) * WORKGROUP + local] = sum_$pair_$token;
        #end
        #end
        workgroupBarrier();
        for (var i = local; i < GROUPS * PAIRS * TOKENS; i += WORKGROUP) {
            let group = i / (PAIRS * TOKENS);
            let sum_at = (i % (PAIRS * TOKENS)) * WORKGROUP + group * LANES;
            let token = i % TOKENS;
            var sum = vec2<f32>(0.0);
            for (var other = 0u; other < LANES; other++) {
                sum += sh_sums[sum_at + other];
            }
            let pair = (workgroup * GROUPS + group) * PAIRS + (i / TOKENS) % PAIRS;
            if pair < PART_PAIRS {
                store(pair, token, sum);
            }
        }
    }
}
