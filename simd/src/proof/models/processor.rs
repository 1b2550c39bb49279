//! The models against the processor: each instruction as the backends call it, on words at
//! the ends of what anything reads, each with each, and on a million random ones.

use super::*;
use crate::isa::{avx2, avx512ifma};

/// How many random words each instruction gets.
const RANDOM: usize = 1_000_000;

/// Words at the ends of lanes, halves, limbs and signs.
fn corners() -> Vec<u64> {
    let mut corners = vec![0, 1, 2, 3, 18, 19, 31, 63, 64, 65, 0x5555_5555_5555_5555];
    for bit in [25, 26, 31, 32, 47, 48, 51, 52, 62, 63] {
        let power = 1_u64 << bit;
        corners.extend([power - 1, power, power + 1, power.wrapping_neg()]);
    }
    corners.push(u64::MAX);
    corners
}

/// Three words at once: corners, each with each, then random ones (splitmix64).
fn operands() -> impl Iterator<Item = [u64; 3]> {
    let corners = corners();
    let count = corners.len();
    let at_corners = (0..count * count * 3).map(move |i| {
        [
            corners[i % count],
            corners[i / count % count],
            corners[(i * 7 + i / count) % count],
        ]
    });
    let mut state = 0x853c_49e6_748f_ea9b_u64;
    let mut word = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    at_corners.chain((0..RANDOM).map(move |_| [word(), word(), word()]))
}

/// Compares an instruction with its model on all operands, so many lanes at a time.
fn compare<const LANES: usize>(
    name: &str,
    processor: impl Fn([[u64; LANES]; 3]) -> [u64; LANES],
    model: impl Fn([u64; 3]) -> u64,
) {
    let mut compared = 0;
    let mut operands = operands().fuse();
    loop {
        let lanes: Vec<_> = operands.by_ref().take(LANES).collect();
        if lanes.len() < LANES {
            break;
        }
        let words =
            core::array::from_fn(|operand| core::array::from_fn(|lane| lanes[lane][operand]));
        let found = processor(words);
        for (lane, found) in lanes.into_iter().zip(found) {
            assert_eq!(found, model(lane), "{name} of {lane:x?}");
            compared += 1;
        }
    }
    assert!(compared >= RANDOM, "{name}");
    println!("{name}: the model is the processor on {compared} words");
}

/// Compares the instructions of a backend.
macro_rules! compare_all {
    ($isa:ident, $detected:ident, $lanes:literal;
     $($name:literal: |$a:ident, $b:ident, $c:ident| $processor:expr, $model:expr;)*) => {
        $(compare::<$lanes>(
            $name,
            |words| {
                let [$a, $b, $c] = words.map(|words| $isa::limits::vector($detected, &words));
                let _ = ($a, $b, $c);
                $isa::limits::words($processor)
            },
            |[$a, $b, $c]: [u64; 3]| {
                let _ = ($a, $b, $c);
                $model
            },
        );)*
    };
}

#[test]
fn avx512ifma_models_are_the_processor() {
    use avx512ifma::{Avx512Ifma, Vector};
    let Some(isa) = Avx512Ifma::detect() else {
        println!("NOT COMPARED: the models of AVX-512, which this CPU lacks");
        return;
    };
    compare_all! { avx512ifma, isa, 8;
        "vpaddq": |a, b, c| a.add(b), vpaddq(a, b);
        "vpsubq": |a, b, c| a.sub(b), vpsubq(a, b);
        "vpandq": |a, b, c| a.and(b), vpand(a, b);
        "vporq": |a, b, c| a.or(b), vpor(a, b);
        "vpxorq": |a, b, c| a.xor(b), vpxor(a, b);
        "vpmadd52luq": |a, b, c| a.add_low(b, c), vpmadd52luq(a, b, c);
        "vpmadd52huq": |a, b, c| a.add_high(b, c), vpmadd52huq(a, b, c);
        "vpsllq by 12": |a, b, c| a.shl::<12>(), vpsllq(a, 12);
        "vpsllq by 63": |a, b, c| a.shl::<63>(), vpsllq(a, 63);
        "vpsrlq by 1": |a, b, c| a.shr::<1>(), vpsrlq(a, 1);
        "vpsrlq by 52": |a, b, c| a.shr::<52>(), vpsrlq(a, 52);
        "vpsraq by 52": |a, b, c| a.shr_signed::<52>(), vpsraq(a, 52);
        "vpsraq by 63": |a, b, c| a.shr_signed::<63>(), vpsraq(a, 63);
        "vpsraq by 48": |a, b, c| a.shr_signed::<48>(), vpsraq(a, 48);
        "vpsllvq": |a, b, c| a.shl_by(b), vpsllvq(a, b);
        "vpsllvq by less than 65": |a, b, c| a.shl_by(b.and(b.splat(64)).or(c.and(c.splat(63)))),
            vpsllvq(a, b & 64 | c & 63);
        "vpsrlvq": |a, b, c| a.shr_by(b), vpsrlvq(a, b);
        "vpsrlvq by less than 128": |a, b, c| a.shr_by(b.and(b.splat(127))), vpsrlvq(a, b & 127);
        "vptestmq, vpblendmq": |a, b, c| Vector::select(&a.test(b), b, c), vpblendmq(vptestmq(a, b), c, b);
        "vptestnmq": |a, b, c| Vector::select(&a.test_not(b), b, c), vpblendmq(vptestnmq(a, b), c, b);
        "vptestnmq of one bit": |a, b, c| Vector::select(&a.test_not(b.and(b.splat(1))), b, c),
            vpblendmq(vptestnmq(a, b & 1), c, b);
        "vpsubq with a mask": |a, b, c| a.sub_if(&a.test(a.splat(1)), b, c), vpsubq_mask(c, a & 1 == 1, a, b);
        "vpternlogq with a mask": |a, b, c| a.not_if(&b.test(b.splat(1))), vpternlogq_not_mask(a, b & 1 == 1);
        "vpermt2q": |a, b, c| a.and(a.splat(31)).lookup(&TABLE),
            vpermt2q(a, &core::array::from_fn(|i| TABLE[i + (a & 16) as usize]));
    }
}

/// Thirty-two words that differ.
const TABLE: [u64; 32] = {
    let mut table = [0; 32];
    let mut i = 0;
    while i < 32 {
        table[i] = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(i as u64 + 1);
        i += 1;
    }
    table
};

#[test]
fn avx2_models_are_the_processor() {
    use avx2::{Avx2, Vector};
    let Some(isa) = Avx2::detect() else {
        println!("NOT COMPARED: the models of AVX2, which this CPU lacks");
        return;
    };
    compare_all! { avx2, isa, 4;
        "vpaddq (AVX2)": |a, b, c| a.add(b), vpaddq(a, b);
        "vpsubq (AVX2)": |a, b, c| a.sub(b), vpsubq(a, b);
        "vpmuludq (AVX2)": |a, b, c| a.mul(b), vpmuludq(a, b);
        "vpand (AVX2)": |a, b, c| a.and(b), vpand(a, b);
        "vpor (AVX2)": |a, b, c| a.or(b), vpor(a, b);
        "vpxor (AVX2)": |a, b, c| a.xor(b), vpxor(a, b);
        "vpsllq by 18 (AVX2)": |a, b, c| a.shl::<18>(), vpsllq(a, 18);
        "vpsllq by 63 (AVX2)": |a, b, c| a.shl::<63>(), vpsllq(a, 63);
        "vpsrlq by 1 (AVX2)": |a, b, c| a.shr::<1>(), vpsrlq(a, 1);
        "vpsrlq by 26 (AVX2)": |a, b, c| a.shr::<26>(), vpsrlq(a, 26);
        "vpsllvq (AVX2)": |a, b, c| a.shl_by(b), vpsllvq(a, b);
        "vpsllvq by less than 128 (AVX2)": |a, b, c| a.shl_by(b.and(b.splat(127))), vpsllvq(a, b & 127);
        "vpsrlvq (AVX2)": |a, b, c| a.shr_by(b), vpsrlvq(a, b);
        "vpsrlvq by less than 128 (AVX2)": |a, b, c| a.shr_by(b.and(b.splat(127))), vpsrlvq(a, b & 127);
        "vpcmpeqq, vpblendvb": |a, b, c| Vector::select(&a.equals(b), b, c), vpblendvb(c, b, vpcmpeqq(a, b));
        "vpcmpeqq of one bit": |a, b, c| Vector::select(&a.and(a.splat(1)).equals(b.and(b.splat(1))), b, c),
            vpblendvb(c, b, vpcmpeqq(a & 1, b & 1));
        "vpermd": |a, b, c| a.and(a.splat(7)).lookup(&HALVES).and(a.splat(0xffff_ffff)),
            vpermd(a & 7, &core::array::from_fn(|i| u64::from(HALVES[i]))) & 0xffff_ffff;
        "vpermd, both halves": |a, b, c| a.and(a.splat(BOTH)).lookup(&HALVES),
            vpermd(a & BOTH, &core::array::from_fn(|i| u64::from(HALVES[i])));
    }
}

/// Of both halves of a lane, an index into eight.
const BOTH: u64 = 7 << 32 | 7;

/// Thirty-two words of 32 bits that differ.
const HALVES: [u32; 32] = {
    let mut table = [0; 32];
    let mut i = 0;
    while i < 32 {
        table[i] = (TABLE[i] >> 32) as u32;
        i += 1;
    }
    table
};
