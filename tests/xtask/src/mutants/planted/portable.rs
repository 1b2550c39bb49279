//! Bugs in the portable backend: its fields, its bits and its lookups.

use crate::mutants::mutant::Kind::{Bound, Carry, Constant, Limb, Mask, Select, Shift, Sign};
use crate::mutants::mutant::{Mutant, bug};

const M25519: &str = "modular/gf25519.rs";
const MP256: &str = "modular/gfp256.rs";
const F25519: &str = "isa/portable/gf25519.rs";
const FP256: &str = "isa/portable/gfp256.rs";
const COMB: &str = "isa/portable/comb.rs";
const ORDER: &str = "modular/order.rs";
const DIGITS: &str = "digits.rs";
const INTEGER: &str = "integer.rs";
const ISA: &str = "isa/portable/mod.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(M25519, Constant, "[4 * (LIMB - 18), 4 * LIMB", "[4 * (LIMB - 19), 4 * LIMB"),
    bug(M25519, Constant, "if i + j < 5 { b[j] } else { 19 * b[j] };", "if i + j < 5 { b[j] } else { 38 * b[j] };"),
    bug(M25519, Carry, "            sums[i + 1] += sums[i] >> 51;", "            sums[i + 1] += sums[i] >> 52;"),
    bug(M25519, Carry, "    limbs[1] += (folded >> 51) as u64;\n", ""),
    bug(M25519, Limb, "if i + j < 5 {", "if i + j < 6 {"),
    bug(M25519, Shift, "limbs[2] >> 26 | limbs[3] << 25,", "limbs[2] >> 26 | limbs[3] << 26,"),
    bug(M25519, Mask, "    result[4] &= LIMB;\n    result\n}\n\n/// Carries from each limb to the next, but", "    result\n}\n\n/// Carries from each limb to the next, but"),
    bug(M25519, Bound, "const PRODUCT_LIMIT: u64 = 1 << 52;", "const PRODUCT_LIMIT: u64 = 1 << 51;"),
    bug(M25519, Constant, "let mut quotient = (a[0] + 19) >> 51;", "let mut quotient = (a[0] + 20) >> 51;"),
    bug(M25519, Limb, "a[3] + a[3] + b[3] + OFFSET[3] - c[3],", "a[3] + b[3] + b[3] + OFFSET[3] - c[3],"),
    bug(M25519, Carry, "    carry(&[\n        a[0] + a[0]", "    carry_chain([\n        a[0] + a[0]"),
    bug(ORDER, Carry, "let (_, keep) = sub_borrow(top, 0, borrow);", "let (_, keep) = sub_borrow(0, 0, borrow);"),
    bug(ORDER, Select, "if keep == 0 { reduced } else { a }", "if keep == 0 { a } else { reduced }"),
    bug(ORDER, Constant, "sums[0].wrapping_mul(self.quotient);", "sums[1].wrapping_mul(self.quotient);"),
    bug(ORDER, Sign, "sub_integers(&self.modulus, a).0", "sub_integers(a, &self.modulus).0"),
    bug(ORDER, Bound, "sub_integers(a, &self.modulus).1 != 0", "sub_integers(&self.modulus, a).1 == 0"),
    bug(ORDER, Constant, "sub_integers(&self.modulus, &[2, 0, 0, 0]);", "sub_integers(&self.modulus, &[3, 0, 0, 0]);"),
    bug(ORDER, Constant, "while i < 512 {", "while i < 511 {"),
    bug(ORDER, Sign, "    inverse.wrapping_neg()\n", "    inverse\n"),
    bug(DIGITS, Shift, "let high = (next << 1) << (63 - shift);", "let high = next << (63 - shift);"),
    bug(DIGITS, Sign, "(window.abs_diff(half), window < half)", "(window.abs_diff(half), window > half)"),
    bug(DIGITS, Bound, "if WIDTH * (i + 1) >= 256 {", "if WIDTH * (i + 1) > 256 {"),
    bug(DIGITS, Constant, "let bit = WIDTH * i + WIDTH - 1;", "let bit = WIDTH * i + WIDTH - 2;"),
    bug(F25519, Constant, "mul(&b.0, &[121_665, 0, 0, 0, 0]);", "mul(&b.0, &[121_666, 0, 0, 0, 0]);"),
    bug(F25519, Select, "Self::select(mask, &negated, &Factor(a.0))", "Self::select(mask, &Factor(a.0), &negated)"),
    bug(MP256, Constant, "const R_SQUARED: Integer = power_of_two(512);", "const R_SQUARED: Integer = power_of_two(511);"),
    bug(MP256, Carry, "    sums[5] += carry;\n", ""),
    bug(MP256, Carry, "(_, keep) = sub_borrow(top, 0, borrow);", "(_, keep) = sub_borrow(0, 0, borrow);"),
    bug(FP256, Sign, "Element(choose_secretly(borrow, &wrapped, &difference))", "Element(choose_secretly(borrow, &difference, &wrapped))"),
    bug(FP256, Select, "Self(choose_secretly(keep, &a, &reduced))", "Self(choose_secretly(keep, &reduced, &a))"),
    bug(COMB, Select, "result = Self::select(&found, &gf25519::Factor(*limbs), &result);", "result = Self::select(&found, &result, &gf25519::Factor(*limbs));"),
    bug(INTEGER, Carry, "(sum[i], carry) = add_carry(a[i], b[i], carry);", "(sum[i], carry) = add_carry(a[i], b[i], 0);"),
    bug(INTEGER, Mask, "b[2] ^ (mask & (a[2] ^ b[2])),", "b[2] ^ (mask & a[2]),"),
    bug(INTEGER, Carry, "sub_borrow(a[i], b[i], borrow);", "sub_borrow(a[i], b[i], 0);"),
    bug(F25519, Limb, "integer[0] | integer[1] | integer[2] | integer[3]", "integer[0] | integer[1] | integer[2] | integer[2]"),
    bug(FP256, Limb, "Mask::is_zero(a.0[0] | a.0[1] | a.0[2] | a.0[3])", "Mask::is_zero(a.0[0] | a.0[1] | a.0[2])"),
    bug(FP256, Constant, "mul_integers(&element.0, &[1, 0, 0, 0])", "mul_integers(&element.0, &[2, 0, 0, 0])"),
    bug(FP256, Constant, "let (wrapped, _) = add_integers(&difference, &PRIME);", "let (wrapped, _) = add_integers(&difference, &a.0);"),
    bug(FP256, Sign, "Self::sub(&Self::mul(a, b), &Self::mul(c, d))", "Self::sub(&Self::mul(c, d), &Self::mul(a, b))"),
    bug(FP256, Select, "Self::select(mask, &Self::sub(&Element([0; 4]), a), a)", "Self::select(mask, a, &Self::sub(&Element([0; 4]), a))"),
    bug(COMB, Select, "result = Self::select(&found, &Element(*integer), &result);", "result = Self::select(&found, &result, &Element(*integer));"),
    bug(ISA, Sign, "((value | value.wrapping_neg()) >> 63) ^ 1", "(value | value.wrapping_neg()) >> 63"),
    bug(ISA, Select, "b ^ (self.0 & (a ^ b))", "a ^ (self.0 & (a ^ b))"),
    bug(ISA, Shift, "b ^ (b >> 1 | c << 63),", "b ^ (b >> 1 | c << 62),"),
    bug(ISA, Limb, "c ^ (c >> 1 | d << 63),", "c ^ (c >> 1 | a << 63),"),
    bug(ISA, Shift, "(integers[position / 64] >> (position % 64)) & 1", "(integers[position / 64] >> (position % 32)) & 1"),
    bug(ISA, Shift, "let high = (next << 1) << (63 - shift);", "let high = next << (63 - shift);"),
    bug(ISA, Mask, "(low | high) & ((1 << width) - 1)", "(low | high) & (1 << width)"),
    bug(ISA, Sign, "let negative = ((window >> (width - 1)) & 1) ^ 1;", "let negative = (window >> (width - 1)) & 1;"),
    bug(ISA, Mask, "(window & (half - 1)) ^ flip)", "(window & half) ^ flip)"),
];
