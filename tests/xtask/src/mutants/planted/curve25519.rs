//! Bugs in the formulas, recodings, loops and tables of curve25519.

use crate::mutants::mutant::Kind::{Constant, Formula, Limb, Recoding, Select, Sign, Table};
use crate::mutants::mutant::{Mutant, bug, harmless};

const LADDER: &str = "curve25519/ladder.rs";
const COMB: &str = "curve25519/comb.rs";
const TABLE: &str = "tables/curve25519.rs";
const WINDOWS: &str = "isa/avx512ifma/windows.rs";
const INVERSION: &str = "isa/field/gf25519.rs";
const SHARED: &str = "isa/field/mod.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(LADDER, Formula, "let (da, cb) = (F::mul(&d, &a), F::mul(&c, &b));", "let (da, cb) = (F::mul(&d, &b), F::mul(&c, &a));"),
    bug(LADDER, Formula, "let z2 = F::mul(&e, &F::add_a24_times(&aa, &e));", "let z2 = F::mul(&e, &F::add_a24_times(&bb, &e));"),
    bug(LADDER, Formula, "let z3 = F::mul(x1, &difference);", "let z3 = difference; let z3 = F::mul(&z3, &z3);"),
    bug(LADDER, Sign, "let e = F::sub(&aa, &bb);", "let e = F::sub(&bb, &aa);"),
    bug(LADDER, Select, "let aa = F::square(&F::select(swap, &c, &a));", "let aa = F::square(&F::select(swap, &a, &c));"),
    bug(LADDER, Recoding, "for t in (0..255).rev() {", "for t in (0..254).rev() {"),
    bug(LADDER, Recoding, "let swaps = I::gray(scalars);", "let swaps = *scalars;"),
    harmless(
        LADDER, Formula, "let x3 = F::square(&F::add(&da, &cb));", "let x3 = F::square(&F::add(&cb, &da));",
        "addition is commutative",
    ),
    bug(COMB, Formula, "z: F::mul(&f, &g),\n        t: F::mul(&e, &h),", "z: F::mul(&f, &h),\n        t: F::mul(&e, &g),"),
    bug(COMB, Sign, "let c = F::mul(&F::negate_if(&negative, &sum.t), &dxy);", "let c = F::mul(&F::carry(&sum.t), &dxy);"),
    bug(COMB, Select, "&F::select(&negative, &plus, &minus),", "&F::select(&negative, &minus, &plus),"),
    bug(COMB, Recoding, "I::window(integers, 3 + WIDTH * i, WIDTH);", "I::window(integers, 2 + WIDTH * i, WIDTH);"),
    bug(COMB, Constant, "t: F::constant(isa, &START[2]),", "t: F::constant(isa, &START[1]),"),
    bug(COMB, Formula, "*denominator = F::sub(&sum.z, &sum.y);", "*denominator = F::sub(&sum.z, &sum.x);"),
    bug(TABLE, Table, "0x5203_6cee_2b6f_fe73,", "0x5203_6cee_2b6f_fe72,"),
    bug(TABLE, Table, "14 15 16 17 18 19 20", "14 15 16 17 19 18 20"),
    bug(WINDOWS, Limb, "windows[window][coordinate][limb][entry] = limbs[limb];\n            limb += 1;\n        }\n        i += 1;\n    }\n    windows\n};\n\n/// The windows of P-256", "windows[window][coordinate][limb][entry] = limbs[limb] & !(1 << 51);\n            limb += 1;\n        }\n        i += 1;\n    }\n    windows\n};\n\n/// The windows of P-256"),
    bug(INVERSION, Formula, "let ones50 = append::<F>(&ones40, 10, &ones10);", "let ones50 = append::<F>(&ones40, 11, &ones10);"),
    bug(INVERSION, Constant, "append::<F>(&ones250, 5, &a11)", "append::<F>(&ones250, 5, &a9)"),
    bug(SHARED, Formula, "inverse = product::<F>(&inverse, &nonzero);", "inverse = product::<F>(&inverse, element);"),
    bug(SHARED, Select, "*element = F::select(&is_zero, &zero, &inverted);", "*element = F::select(&is_zero, &one, &inverted);"),
];
