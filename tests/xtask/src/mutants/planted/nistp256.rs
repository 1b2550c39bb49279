//! Bugs in the formulas, recodings, loops and tables of P-256.

use crate::mutants::mutant::Kind::{Constant, Formula, Recoding, Select, Sign, Table};
use crate::mutants::mutant::{Mutant, bug, harmless};

const POINT: &str = "nistp256/point.rs";
const MULTIPLES: &str = "nistp256/multiples.rs";
const WINDOW: &str = "nistp256/window.rs";
const COMB: &str = "nistp256/comb.rs";
const TABLE: &str = "tables/nistp256.rs";
const INVERSION: &str = "isa/field/gfp256.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(POINT, Formula, "let beta4 = F::sum(&F::mul(&F::reduce(&p.x), &gamma4));", "let beta4 = F::sum(&F::mul(&F::reduce(&p.x), &alpha));"),
    bug(POINT, Formula, "let x = F::minus(&alpha_squared, &twice::<F>(&beta4));", "let x = F::minus(&alpha_squared, &beta4);"),
    bug(POINT, Formula, "let z = F::carry(&F::mul(&twice_y1, &p.z));", "let z = F::carry(&F::square(&p.z));"),
    bug(POINT, Formula, "let rr_hhh = F::minus(&F::sum(&F::square(r)), &F::sum(&hhh));", "let rr_hhh = F::plus(&F::sum(&F::square(r)), &F::sum(&hhh));"),
    bug(POINT, Formula, "z: F::add(&hz, &hz),", "z: F::carry(&hz),"),
    bug(POINT, Sign, "(F::mul(x, &zz), F::negate_if(negative, &F::mul(y, &zzz)))", "(F::mul(x, &zz), F::sum(&F::mul(y, &zzz)))"),
    bug(POINT, Constant, "let zz3 = triple::<F>(&F::sum(&zz));", "let zz3 = twice::<F>(&F::sum(&zz));"),
    bug(POINT, Formula, "z: F::add(&F::mul(&yz, &minus), &F::mul(&xy, &v)),", "z: F::sub(&F::mul(&yz, &minus), &F::mul(&xy, &v)),"),
    bug(POINT, Formula, "let right = F::minus(&right, &triple::<F>(&F::sum(x)));", "let right = F::plus(&right, &triple::<F>(&F::sum(x)));"),
    harmless(
        POINT, Formula, "F::plus(&twice::<F>(a), a)", "F::plus(a, &twice::<F>(a))",
        "addition is commutative",
    ),
    bug(MULTIPLES, Formula, "let x = F::minus(&F::minus(&F::sum(&F::square(&r)), &u1), &u2);", "let x = F::minus(&F::minus(&F::sum(&F::square(&r)), &u1), &u1);"),
    bug(MULTIPLES, Formula, "let cube = product::<F>(&square, &inverse);", "let cube = product::<F>(&square, &square);"),
    bug(WINDOW, Recoding, "I::window(scalar, 1 + WIDTH * i, WIDTH)", "I::window(scalar, WIDTH * i, WIDTH)"),
    bug(WINDOW, Recoding, "for i in (1..WINDOWS - 1).rev() {", "for i in (2..WINDOWS - 1).rev() {"),
    bug(WINDOW, Select, "x: F::select(&here, &point.x, &found.x),", "x: F::select(&here, &found.x, &point.x),"),
    bug(WINDOW, Sign, "let last = find::<I, F>(table, &index).signed(isa, &negative);", "let last = find::<I, F>(table, &index).signed(isa, &nowhere::<F>(isa));"),
    bug(COMB, Recoding, "I::window(scalar, 1 + WIDTH * i, WIDTH)", "I::window(scalar, 1 + WIDTH * i, WIDTH - 1)"),
    bug(COMB, Select, "y: F::lookup(&entries[1], index),", "y: F::lookup(&entries[0], index),"),
    bug(TABLE, Table, "let (hhh, v) = (mul(&h, &hh), mul(&u1, &hh));", "let (hhh, v) = (mul(&h, &hh), mul(&u2, &hh));"),
    bug(TABLE, Table, "while bit < WIDTH {", "while bit < WIDTH - 1 {"),
    bug(INVERSION, Formula, "let upper = append::<F>(&upper, 128, &ones32);", "let upper = append::<F>(&upper, 127, &ones32);"),
    bug(INVERSION, Constant, "append::<F>(&upper, 2, a)", "append::<F>(&upper, 2, &ones2)"),
];
