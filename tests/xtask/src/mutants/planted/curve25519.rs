//! Bugs in the formulas, recodings, loops and tables of curve25519.

use crate::mutants::mutant::Kind::{Constant, Formula, Limb, Recoding, Select, Sign, Table};
use crate::mutants::mutant::{Mutant, bug, harmless};

const LADDER: &str = "curve25519/ladder.rs";
const COMB: &str = "curve25519/comb.rs";
const EDWARDS: &str = "curve25519/edwards.rs";
const VARTIME: &str = "curve25519/vartime.rs";
const CONSTANTS: &str = "tables/curve25519/constants.rs";
const TABLE: &str = "../build/curve25519.rs";
const WINDOWS: &str = "isa/avx512ifma/windows.rs";
const INVERSION: &str = "isa/field/gf25519.rs";
const SHARED: &str = "isa/field/inversion.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(LADDER, Formula, "let (da, cb) = (&d * &a, &c * &b);", "let (da, cb) = (&d * &b, &c * &a);"),
    bug(LADDER, Formula, "let z2 = &e * &aa.add_a24_times(&e);", "let z2 = &e * &bb.add_a24_times(&e);"),
    bug(LADDER, Formula, "let z3 = x1 * &difference;", "let z3 = difference.square();"),
    bug(LADDER, Sign, "let e = aa - bb;", "let e = bb - aa;"),
    bug(LADDER, Select, "let aa = Factor::select(swap, &c, &a).square();", "let aa = Factor::select(swap, &a, &c).square();"),
    bug(LADDER, Recoding, "for t in (0..255).rev() {", "for t in (0..254).rev() {"),
    bug(LADDER, Recoding, "let swaps = I::gray(scalars);", "let swaps = *scalars;"),
    harmless(
        LADDER, Formula, "let x3 = (da + cb).square();", "let x3 = (cb + da).square();",
        "addition is commutative",
    ),
    bug(COMB, Formula, "z: &f * &g,\n        t: &e * &h,", "z: &f * &h,\n        t: &e * &g,"),
    bug(COMB, Sign, "let c = &sum.t.negate_if(&negative) * &dxy;", "let c = &sum.t.carry() * &dxy;"),
    bug(COMB, Select, "&Factor::select(&negative, &plus, &minus);", "&Factor::select(&negative, &minus, &plus);"),
    bug(COMB, Recoding, "I::window(integers, 3 + WIDTH * i, WIDTH);", "I::window(integers, 2 + WIDTH * i, WIDTH);"),
    bug(COMB, Constant, "t: Product::constant(isa, &START[2]),", "t: Product::constant(isa, &START[1]),"),
    bug(COMB, Formula, "*denominator = sum.z - sum.y;", "*denominator = sum.z - sum.x;"),
    bug(EDWARDS, Formula, "e: a.add_sub(b, sum),", "e: a.add_sub(sum, b),"),
    bug(EDWARDS, Formula, "f: zz.twice_add_sub(a, b),", "f: zz.twice_add_sub(b, a),"),
    bug(EDWARDS, Sign, "f: d - c,", "f: d + c,"),
    bug(EDWARDS, Formula, "let a = &(p.y - p.x) * &q.minus;", "let a = &(p.y - p.x) * &q.plus;"),
    bug(EDWARDS, Formula, "let t = &self.e * &self.h;", "let t = &self.e * &self.g;"),
    bug(VARTIME, Sign, "(addend, [p.z + p.z, zero - t])", "(addend, [p.z + p.z, t - zero])"),
    bug(TABLE, Table, "[plus, minus, dxy, negative(&dxy)]", "[minus, plus, dxy, negative(&dxy)]"),
    bug(CONSTANTS, Table, "0x5203_6cee_2b6f_fe73,", "0x5203_6cee_2b6f_fe72,"),
    bug(TABLE, Table, "bases[i + 1] = double_times(&bases[i], WIDTH);", "bases[i + 1] = double_times(&bases[i], WIDTH + i % 2);"),
    bug(WINDOWS, Limb, "let split = limbs(&curve25519::MULTIPLES[window][entry][coordinate]);", "let split = limbs(&curve25519::MULTIPLES[window][entry ^ 1][coordinate]);"),
    bug(INVERSION, Formula, "let ones50 = &append(ones40, 10, ones10);", "let ones50 = &append(ones40, 11, ones10);"),
    bug(INVERSION, Constant, "append(&ones250, 5, &a11).0", "append(&ones250, 4, &a11).0"),
    bug(INVERSION, Constant, "append(&ones(a).0, 2, a)", "append(&ones(a).0, 3, a)"),
    bug(SHARED, Formula, "inverse = (&inverse * &nonzero).carry();", "inverse = (&inverse * element).carry();"),
    bug(SHARED, Select, "let zero = Product::constant(isa, &[0; 4]).carry();", "let zero = Product::constant(isa, &[1, 0, 0, 0]).carry();"),
];
