//! Bugs in the fields of the AVX-512 IFMA backend.

use crate::mutants::mutant::Kind::{
    Bound, Carry, Constant, Limb, Mask, Recoding, Select, Shift, Sign,
};
use crate::mutants::mutant::{Mutant, bug, harmless};

const F25519: &str = "isa/avx512ifma/gf25519.rs";
const FP256: &str = "isa/avx512ifma/gfp256.rs";
const LIMBS: &str = "isa/avx512ifma/limbs.rs";
const WORDS: &str = "isa/avx512ifma/words.rs";
const LOOKUP: &str = "isa/avx512ifma/lookup.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(F25519, Constant, "const FOLD: u64 = 19 << 5;", "const FOLD: u64 = 19 << 4;"),
    bug(F25519, Constant, "const OFFSET_FIRST: u64 = 19 << 11;", "const OFFSET_FIRST: u64 = 18 << 11;"),
    bug(F25519, Constant, "const OFFSET_LAST: u64 = (1 << 58) - (1 << 6);", "const OFFSET_LAST: u64 = (1 << 58) - (1 << 5);"),
    bug(F25519, Limb, "let sum = zip(zip(a.0, a.0, Vector::add), b.0, Vector::add);", "let sum = zip(zip(a.0, b.0, Vector::add), b.0, Vector::add);"),
    bug(F25519, Sign, "let sum = zip(a.0, b.0, Vector::add);", "let sum = zip(a.0, b.0, Vector::sub);"),
    bug(F25519, Constant, "let a24 = f.splat(121_665);", "let a24 = f.splat(121_666);"),
    bug(F25519, Mask, "const LAST: u64 = (1 << 47) - 1;", "const LAST: u64 = (1 << 46) - 1;"),
    bug(F25519, Mask, "    e = e.and(e.splat(LAST));\n", ""),
    bug(F25519, Carry, "    j = j.add(i.shr::<52>());\n    j.debug", "    j.debug"),
    bug(F25519, Carry, "    let c = c.add(b.shr::<52>());\n", ""),
    bug(LIMBS, Carry, "    c = c.add(b.shr_signed::<52>());\n", ""),
    bug(LIMBS, Mask, "        c.and(mask),\n        d.and(mask),\n        e.and(mask),", "        c,\n        d.and(mask),\n        e.and(mask),"),
    bug(LIMBS, Sign, "zero.sub_if(mask, d, d),", "zero.sub_if(mask, d, e),"),
    bug(LIMBS, Limb, "operation(d, i),", "operation(d, h),"),
    bug(F25519, Carry, "a = a.add_low(e.shr::<47>(), e.splat(19));", "a = a.add(e.shr::<47>());"),
    bug(F25519, Sign, "    b = b.add(a.shr_signed::<52>());", "    b = b.add(a.shr::<52>());"),
    bug(F25519, Limb, "c = c.add_low(h, fold).add_high(g, fold);", "c = c.add_low(g, fold).add_high(h, fold);"),
    bug(LIMBS, Limb, "for sum in &mut sums[1..9] {", "for sum in &mut sums[1..8] {"),
    bug(LIMBS, Shift, "c.shr::<24>().or(d.shl::<28>()),", "c.shr::<24>().or(d.shl::<29>()),"),
    bug(F25519, Shift, "quotient = quotient.add(e).shr::<47>();", "quotient = quotient.add(e).shr::<46>();"),
    bug(LIMBS, Select, "Vector::select(mask, c, h),", "Vector::select(mask, h, c),"),
    bug(F25519, Bound, "self.0[4].debug_assert_in(0..(1 << 47) + (1 << 12));", "self.0[4].debug_assert_in(0..(1 << 47) + (1 << 6));"),
    bug(FP256, Constant, "let fifth = sums[0].splat((1 << 48) - (1 << 16));", "let fifth = sums[0].splat((1 << 48) - (1 << 15));"),
    bug(FP256, Constant, "const R_SQUARED: Integer = power_of_two(520);", "const R_SQUARED: Integer = power_of_two(519);"),
    bug(FP256, Limb, "sums[i + 3] = sums[i + 3].add_low(quotient, fourth);", "sums[i + 3] = sums[i + 3].add_high(quotient, fourth);"),
    bug(FP256, Carry, ".add_low(quotient, second)\n            .add(quotient.shr_signed::<52>());", ".add_low(quotient, second);"),
    bug(FP256, Sign, ".add(quotient.shr_signed::<52>());", ".add(quotient.shr::<52>());"),
    bug(FP256, Sign, "        *sum = zero.sub(*sum);", "        *sum = zero.add(*sum);"),
    bug(FP256, Shift, "d.sub(excess.shl::<36>()),", "d.sub(excess.shl::<35>()),"),
    bug(FP256, Mask, "let negative = reduced[4].test(zero.splat(1 << 51));", "let negative = reduced[4].test(zero.splat(1 << 40));"),
    bug(FP256, Select, "GfP256::select(&negative, &Factor(value), &Factor(reduced)).0", "GfP256::select(&negative, &Factor(reduced), &Factor(value)).0"),
    bug(FP256, Bound, "check(&self.0, -(1 << 61)..1 << 61);", "check(&self.0, -(1 << 60)..1 << 60);"),
    harmless(
        FP256, Mask, "let negative = reduced[4].test(zero.splat(1 << 51));", "let negative = reduced[4].test(zero.splat(1 << 50));",
        "the last limb is below 2^49 where the difference is not negative, and at least 2^52 - 2^48 where it is: bits 50 and 51 are the same",
    ),
    bug(WORDS, Recoding, "b.xor(b.shr::<1>().or(c.shl::<63>())),", "b.xor(b.shr::<1>().or(c.shl::<62>())),"),
    bug(WORDS, Recoding, "let negative = window.test_not(window.splat(half));", "let negative = window.test(window.splat(half));"),
    bug(WORDS, Shift, "if word < 3 { 64 - shift } else { 64 }", "if word < 3 { 63 - shift } else { 64 }"),
    bug(LOOKUP, Select, "self.test(self.splat(16))", "self.test(self.splat(8))"),
];
