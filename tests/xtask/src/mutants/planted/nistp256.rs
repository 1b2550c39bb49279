//! Bugs in the formulas, recodings, loops and tables of P-256.

use crate::mutants::mutant::Kind::{Constant, Formula, Recoding, Select, Sign, Table};
use crate::mutants::mutant::{Mutant, bug, harmless};

const POINT: &str = "nistp256/point.rs";
const MULTIPLES: &str = "nistp256/multiples.rs";
const WINDOW: &str = "nistp256/window.rs";
const COMB: &str = "nistp256/comb.rs";
const TABLE: &str = "../build/nistp256.rs";
const OPERATORS: &str = "isa/field/operators.rs";
const INVERSION: &str = "isa/field/gfp256.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(POINT, Formula, "let beta4 = (&p.x.reduce() * &gamma4).sum();", "let beta4 = (&p.x.reduce() * &alpha).sum();"),
    bug(POINT, Formula, "let x = alpha_squared - beta4.twice();", "let x = alpha_squared - beta4;"),
    bug(POINT, Formula, "let z = (&twice_y1 * &p.z).carry();", "let z = p.z.square().carry();"),
    bug(POINT, Formula, "let x = r.square().sum() - hhh.sum() - v.twice();", "let x = r.square().sum() + hhh.sum() - v.twice();"),
    bug(POINT, Formula, "z: hz + hz,", "z: hz.carry(),"),
    bug(POINT, Sign, "(y * &zzz).sum_negated_if(negative))", "(y * &zzz).sum())"),
    bug(POINT, Constant, "let zz3 = zz.sum().triple();", "let zz3 = zz.sum().twice();"),
    bug(POINT, Formula, "z: &yz * &minus + &xy * &v,", "z: &yz * &minus - &xy * &v,"),
    bug(POINT, Formula, "let right = cube.sum() + b.sum() - x.sum().triple();", "let right = cube.sum() + b.sum() + x.sum().triple();"),
    harmless(
        OPERATORS, Formula, "self.twice() + self", "self + self.twice()",
        "addition is commutative",
    ),
    bug(MULTIPLES, Formula, "let x = r.square().sum() - u1 - u2;", "let x = r.square().sum() - u1 - u1;"),
    bug(MULTIPLES, Formula, "let cube = (&square * &inverse).carry();", "let cube = square.square().carry();"),
    bug(WINDOW, Recoding, "I::window(scalar, 1 + WIDTH * i, WIDTH)", "I::window(scalar, WIDTH * i, WIDTH)"),
    bug(WINDOW, Recoding, "for i in (1..WINDOWS - 1).rev() {", "for i in (2..WINDOWS - 1).rev() {"),
    bug(WINDOW, Select, "x: Factor::select(&here, &point.x, &found.x),", "x: Factor::select(&here, &found.x, &point.x),"),
    bug(WINDOW, Sign, "let last = find::<I, F>(table, &index).signed(isa, &negative);", "let last = find::<I, F>(table, &index).signed(isa, &nowhere::<F>(isa));"),
    bug(COMB, Recoding, "I::window(scalar, 1 + WIDTH * i, WIDTH)", "I::window(scalar, 1 + WIDTH * i, WIDTH - 1)"),
    bug(COMB, Select, "y: Factor(F::lookup(&entries[1], index)),", "y: Factor(F::lookup(&entries[0], index)),"),
    bug(TABLE, Table, "let (hhh, v) = (mul(&h, &hh), mul(&u1, &hh));", "let (hhh, v) = (mul(&h, &hh), mul(&u2, &hh));"),
    bug(TABLE, Table, "[x, twice_y, sub(&[0; 4], &twice_y)]", "[x, twice_y, twice_y]"),
    bug(TABLE, Table, "bases[i] = (0..WIDTH).fold", "bases[i] = (1..WIDTH).fold"),
    bug(INVERSION, Formula, "let upper = &append(upper, 128, ones32);", "let upper = &append(upper, 127, ones32);"),
    bug(INVERSION, Constant, "append(upper, 2, a).0", "append(upper, 2, ones2).0"),
];
