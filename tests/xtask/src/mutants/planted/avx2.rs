//! Bugs in the fields of the AVX2 backend.

use crate::mutants::mutant::Kind::{
    Bound, Carry, Constant, Limb, Mask, Recoding, Select, Shift, Sign,
};
use crate::mutants::mutant::{Mutant, bug, harmless};

const F25519: &str = "isa/avx2/gf25519.rs";
const FP256: &str = "isa/avx2/gfp256.rs";
const WORDS: &str = "isa/avx2/words.rs";
const LOOKUP: &str = "isa/avx2/lookup.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(F25519, Constant, "let excess = if i == 0 { 18 } else { 0 };", "let excess = if i == 0 { 17 } else { 0 };"),
    bug(F25519, Limb, "let sum = a.0[i].add(a.0[i]).add(b.0[i]);", "let sum = a.0[i].add(b.0[i]).add(b.0[i]);"),
    bug(F25519, Sign, "let sum = a.0[i].add(b.0[i]);", "let sum = a.0[i].sub(b.0[i]);"),
    bug(F25519, Constant, "excess[9].mul(nineteen) };", "excess[9] };"),
    bug(F25519, Shift, "excess.add(excess.shl::<3>()).shl::<1>();", "excess.add(excess.shl::<2>()).shl::<1>();"),
    bug(F25519, Carry, "(self.excess, self.limbs[k]) = split(sum.add(self.excess), k);", "(self.excess, self.limbs[k]) = split(sum, k);"),
    bug(F25519, Carry, "        carry_one(&mut self.limbs, 0);\n", ""),
    bug(F25519, Limb, "chain.push(k, sum.add(odd.add(odd)));", "chain.push(k, sum.add(odd));"),
    bug(F25519, Limb, "if i % 2 == 1 && (k + i) % 2 == 1 {", "if i % 2 == 1 && k % 2 == 1 {"),
    bug(F25519, Limb, "twice = twice.add(four.add(four));", "twice = twice.add(four);"),
    bug(F25519, Mask, "limbs[9] = limbs[9].and(limbs[9].splat(limb_mask(9)));", "limbs[9] = limbs[9].and(limbs[9].splat(limb_mask(8)));"),
    bug(F25519, Select, "Self::select(mask, &negated, &Factor(a.0))", "Self::select(mask, &Factor(a.0), &negated)"),
    bug(F25519, Bound, "self.0[i].debug_assert_below((1 << width(i)) + (1 << 19));", "self.0[i].debug_assert_below((1 << width(i)) + (1 << 10));"),
    harmless(
        F25519, Bound, "self.0[i].debug_assert_below((1 << width(i)) + (1 << 19));", "self.0[i].debug_assert_below((1 << width(i)) + (1 << 11));",
        "what comes to the second limb after the last carry is at most 1711: 19 times the excess of ten products of an even and an odd limb",
    ),
    bug(F25519, Sign, "limbs[i] = a.0[i].add(a.0[i].splat(offset(i))).sub(b.0[i]);", "limbs[i] = a.0[i].sub(b.0[i]);"),
    harmless(
        F25519, Carry, "for i in 0..20 {", "for i in 0..10 {",
        "one round leaves a value below 2^255 + 2^26 with every limb but the first at most its width, and the carry of the quotient finds the rest",
    ),
    bug(FP256, Constant, "let ninth = sums[0].splat((1 << 22) - 1);", "let ninth = sums[0].splat(1 << 22);"),
    bug(FP256, Constant, "excess = add(&excess, &power_of_two(33 + WIDTH * i));", "excess = add(&excess, &power_of_two(32 + WIDTH * i));"),
    bug(FP256, Carry, "        sums[i + 1] = sums[i + 1].add(sums[i].shr::<26>());\n", ""),
    bug(FP256, Shift, "sums[i + 7] = sums[i + 7].add(quotient.shl::<10>());", "sums[i + 7] = sums[i + 7].add(quotient.shl::<11>());"),
    bug(FP256, Limb, "limbs[7] = limbs[7].sub(excess.shl::<10>());", "limbs[6] = limbs[6].sub(excess.shl::<10>());"),
    bug(FP256, Limb, "sums[i + j] = sums[i + j].add(twice.mul(a.0[j]));", "sums[i + j] = sums[i + j].add(a.0[i].mul(a.0[j]));"),
    bug(FP256, Mask, "const LAST: u64 = (1 << 22) - 1;", "const LAST: u64 = (1 << 23) - 1;"),
    bug(FP256, Sign, "Vector::select(mask, zero.sub(a.0[i]), a.0[i]);", "Vector::select(mask, a.0[i], zero.sub(a.0[i]));"),
    bug(FP256, Bound, "limbs[i].debug_assert_below(1 << 34);", "limbs[i].debug_assert_below(1 << 33);"),
    bug(FP256, Select, "GfP256::select(&is_prime, &Factor([zero; 10]), &Factor(value)).0", "value"),
    bug(WORDS, Recoding, "let negative = window.and(half).is_zero();", "let negative = window.and(low).is_zero();"),
    bug(WORDS, Shift, "limbs[i].shr_by(zero.splat(64 - shift))", "limbs[i].shr_by(zero.splat(63 - shift))"),
    bug(LOOKUP, Select, "self.and(self.splat(16)).equals(zero);", "self.and(self.splat(4)).equals(zero);"),
];
