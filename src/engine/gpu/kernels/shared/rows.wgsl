// s(p, t) = Σ_k (first(p, k), second(p, k)) · x(t, k): pairs of rows times inputs.
//
// An invocation takes PAIRS pairs and TOKENS inputs, so that a block of weights is decoded once for all inputs and a
// block of an input is read once for all rows. LANES invocations share the blocks of a row; their sums meet in
// workgroup memory. The kernel supplies first_block, second_block, input_block and store.

const GROUPS: u32 = WORKGROUP / LANES;

var<workgroup> sh_sums: array<vec2<f32>, PAIRS * TOKENS * WORKGROUP>; // (PAIRS, TOKENS, WORKGROUP)
var<workgroup> sh_squares: array<f32, TOKENS * WORKGROUP>; // (TOKENS, WORKGROUP)

fn dot_block(a: array<vec4<f32>, 8>, b: array<vec4<f32>, 8>) -> f32 {
    return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3])
        + dot(a[4], b[4]) + dot(a[5], b[5]) + dot(a[6], b[6]) + dot(a[7], b[7]);
}

fn rows(workgroup: u32, local: u32) {
    let lane = local % LANES;
    let begin = (workgroup * GROUPS + local / LANES) * PAIRS;
    // Behind the last pair the last one is computed again, and not stored.
    #for pair in PAIRS
    let pair_$pair = min(begin + $pairu, PART_PAIRS - 1u);
    #end
    #for token in TOKENS
    var squares_$token = 0.0;
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
        let input_$token = input_block($tokenu, block);
        squares_$token += input_$token.squares;
        #for pair in PAIRS
        sum_$pair_$token += vec2<f32>(
            dot_block(first_$pair, input_$token.values),
            dot_block(second_$pair, input_$token.values),
        );
        #end
        #end
    }

    if LANES == 1u {
        #for pair in PAIRS
        if begin + $pairu < PART_PAIRS {
            #for token in TOKENS
            store(begin + $pairu, $tokenu, sum_$pair_$token, squares_$token);
            #end
        }
        #end
    } else {
        #for token in TOKENS
        sh_squares[$tokenu * WORKGROUP + local] = squares_$token;
        #for pair in PAIRS
        sh_sums[($pairu * TOKENS + $tokenu) * WORKGROUP + local] = sum_$pair_$token;
        #end
        #end
        workgroupBarrier();
        for (var i = local; i < GROUPS * PAIRS * TOKENS; i += WORKGROUP) {
            let group = i / (PAIRS * TOKENS);
            let sum_at = (i % (PAIRS * TOKENS)) * WORKGROUP + group * LANES;
            let token = i % TOKENS;
            let squares_at = token * WORKGROUP + group * LANES;
            var sum = vec2<f32>(0.0);
            var squares = 0.0;
            for (var other = 0u; other < LANES; other++) {
                sum += sh_sums[sum_at + other];
                squares += sh_squares[squares_at + other];
            }
            let pair = (workgroup * GROUPS + group) * PAIRS + (i / TOKENS) % PAIRS;
            if pair < PART_PAIRS {
                store(pair, token, sum, squares);
            }
        }
    }
}
