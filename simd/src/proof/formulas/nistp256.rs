//! The formulas of P-256, y^2 = f(x) = x^3 - 3 x + b, against chord and tangent.
//!
//! Every point with Z other than zero is (x Z^2 : y Z^3 : Z) in Jacobian and (x Z : y Z : Z) in
//! projective coordinates, with t = 2 y where a formula has 2 Y. So the identities, in x, y and Z,
//! hold for all points but the identity O.
//!
//! **Doubling** gives the tangent's point over the denominator 2 y Z, which is zero only for points
//! of order two. **Additions** give the chord's point over a multiple of x' - x times the old
//! denominator, which is zero only for equal and opposite points. Both hold for any b: that the
//! points are on the curve is not used. Where the kernels call them, `windows.rs` and `comb.rs` in
//! this proof show that neither occurs.
//!
//! **The complete addition** is the chord's for points of different x, the tangent's for a point
//! and itself, O for opposite points, and the other point where one is O. Its result is never
//! (0 : 0 : 0):
//! * for different x, Z is (x' - x)^3 times y of P - Q, taken by the chord;
//! * for P and itself it is (2 y)^3;
//! * for P and -P, Y is (2 y)^3 times y of 2 P, taken by the tangent;
//! * with O it is a multiple of y.
//!
//! None of these is zero, for no point has order two (`orders.rs`): y is zero for no point. The
//! argument of Renes, Costello and Batina (2016) is not needed.

use num_bigint::BigInt;

use crate::{
    isa::field::{
        big::{big, prime_p256},
        operators::{Factor, Product, Sum as Terms},
    },
    nistp256::{
        B, multiples,
        point::{self, Affine, AffineDoubled, Doubled, Jacobian, Projective},
    },
    proof::{
        algebra::Polynomials,
        obligations::{Obligations, Score},
        polynomial::{Polynomial, number, variables},
        program::{Operation, Program, RecordedP256, Recorder, inputs, step},
    },
};

fn vanishes(difference: &Polynomial) -> bool {
    difference.vanishes_modulo(&prime_p256())
}

/// x^3 - 3 x + b.
fn f(x: &Polynomial) -> Polynomial {
    x.pow(3) - 3 * x + number(BigInt::from(big(&B)))
}

/// The numerators of a point's coordinates.
struct Sum {
    x: Polynomial,
    y: Polynomial,
}

/// `p + q` by the chord: x over (x' - x)^2 and y over (x' - x)^3.
fn chord([x1, y1]: [&Polynomial; 2], [x2, y2]: [&Polynomial; 2]) -> Sum {
    let (run, rise) = (x2 - x1, y2 - y1);
    let x = rise.pow(2) - (x1 + x2) * run.pow(2);
    let y = rise * (x1 * run.pow(2) - &x) - y1 * run.pow(3);
    Sum { x, y }
}

/// `2 p` by the tangent: x over t^2 and y over t^3, where t is 2 y.
fn tangent([x1, y1]: [&Polynomial; 2]) -> Sum {
    let (run, rise) = (2 * y1, 3 * x1.pow(2) - number(3));
    let x = rise.pow(2) - 2 * x1 * run.pow(2);
    let y = rise * (x1 * run.pow(2) - &x) - y1 * run.pow(3);
    Sum { x, y }
}

fn read<const COUNT: usize>(program: &Program, inputs: &[Polynomial]) -> [Polynomial; COUNT] {
    read_chosen(program, inputs, false)
}

fn read_chosen<const COUNT: usize>(
    program: &Program,
    inputs: &[Polynomial],
    chosen: bool,
) -> [Polynomial; COUNT] {
    let algebra = Polynomials {
        inputs,
        entry: &[],
        chosen,
    };
    algebra.of(program)
}

/// Proves the claims of a program, and that they tell it from every altered one.
#[track_caller]
fn prove(
    theorem: &str,
    program: &Program,
    claims: fn(&Program) -> Obligations,
    [obligations, bugs]: [usize; 2],
    harmless: &[(&str, &str)],
) {
    claims(program).prove(theorem, obligations);
    let mut score = Score::default();
    score.add_alterations(program, claims);
    score.settle(theorem, bugs, harmless);
}

/// The first three inputs, as a point in terms of 2 Y.
fn doubled() -> Doubled<RecordedP256> {
    let [x, twice_y, z] = inputs();
    Doubled {
        x: Terms(x),
        twice_y: Terms(twice_y),
        z: Factor(z),
    }
}

#[test]
fn doubling_is_by_the_tangent() {
    let program = Program::record(|| {
        let sum = point::double(&doubled());
        vec![sum.x.0, sum.twice_y.0, sum.z.0]
    });
    prove(
        "doubling, in terms of 2 Y",
        &program,
        doubling,
        [3, 41],
        &[],
    );
}

fn doubling(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y, z] = variables();
    let t = 2 * &y;
    let point = [&x * z.pow(2), &t * z.pow(3), z.clone()];
    let [x_sum, y_sum, z_sum] = read(program, &point);
    let double = tangent([&x, &y]);
    claims.claim("Z is t Z", vanishes(&(z_sum - &t * z.pow(4))));
    claims.claim("X", vanishes(&(x_sum - double.x * z.pow(8))));
    claims.claim("2 Y", vanishes(&(y_sum - 2 * double.y * z.pow(12))));
    claims
}

#[test]
fn addition_of_an_affine_point_is_by_the_chord() {
    let program = Program::record(|| {
        let [x1, y1, z, x2, y2] = inputs();
        let p = Jacobian::<RecordedP256> {
            x: Terms(x1),
            y: Terms(y1),
            z: Factor(z),
        };
        let [x, y] = [x2, y2].map(Factor);
        let q = Affine { x, y };
        let sum = point::add_affine(&p, &q, &step(Operation::Choice(0)));
        vec![sum.x.0, sum.y.0, sum.z.0]
    });
    prove(
        "addition of an affine point",
        &program,
        addition,
        [6, 46],
        &[],
    );
}

fn addition(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z, x2, y2] = variables();
    let points = [
        &x1 * z.pow(2),
        &y1 * z.pow(3),
        z.clone(),
        x2.clone(),
        y2.clone(),
    ];
    for negative in [false, true] {
        let [x, y, z_sum] = read_chosen(program, &points, negative);
        let y2 = if negative { -&y2 } else { y2.clone() };
        let sum = chord([&x1, &y1], [&x2, &y2]);
        claims.claim("Z", vanishes(&(z_sum - (&x2 - &x1) * z.pow(3))));
        claims.claim("X", vanishes(&(x - sum.x * z.pow(6))));
        claims.claim("Y", vanishes(&(y - sum.y * z.pow(9))));
    }
    claims
}

#[test]
fn addition_in_terms_of_2_y_is_by_the_chord() {
    let program = Program::record(|| {
        let [.., x, twice_y] = inputs::<5>().map(Factor);
        let q = AffineDoubled { x, twice_y };
        let sum = point::add_doubled(&doubled(), &q, &step(Operation::Choice(0)));
        vec![sum.x.0, sum.twice_y.0, sum.z.0]
    });
    prove(
        "addition in terms of 2 Y",
        &program,
        doubled_addition,
        [6, 56],
        &[],
    );
}

fn doubled_addition(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z, x2, y2] = variables();
    let points = [
        &x1 * z.pow(2),
        2 * &y1 * z.pow(3),
        z.clone(),
        x2.clone(),
        2 * &y2,
    ];
    for negative in [false, true] {
        let [x, y, z_sum] = read_chosen(program, &points, negative);
        let y2 = if negative { -&y2 } else { y2.clone() };
        let sum = chord([&x1, &y1], [&x2, &y2]);
        // Over the denominator 2 (x' - x) Z.
        claims.claim("Z", vanishes(&(z_sum - 2 * (&x2 - &x1) * z.pow(3))));
        claims.claim("X", vanishes(&(x - 4 * sum.x * z.pow(6))));
        claims.claim("2 Y", vanishes(&(y - 16 * sum.y * z.pow(9))));
    }
    claims
}

#[test]
fn the_first_of_the_multiples_are_a_point_and_its_double() {
    let program = Program::record(|| {
        let [x, twice_y] = inputs().map(Factor);
        let p = AffineDoubled::<RecordedP256> { x, twice_y };
        let (two, one) = multiples::double(Recorder, &p);
        vec![two.x.0, two.twice_y.0, one.x.0, one.twice_y.0]
    });
    prove(
        "2 P and P over 2 y",
        &program,
        shared_doubling,
        [4, 39],
        &[],
    );
}

fn shared_doubling(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y] = variables();
    let z = 2 * &y;
    let [x_two, y_two, x_one, y_one] = read(program, &[x.clone(), z.clone()]);
    let double = tangent([&x, &y]);
    claims.claim("X of 2 P", vanishes(&(x_two - double.x)));
    claims.claim("2 Y of 2 P", vanishes(&(y_two - 2 * double.y)));
    claims.claim("X of P", vanishes(&(x_one - &x * z.pow(2))));
    claims.claim("2 Y of P", vanishes(&(y_one - 2 * &y * z.pow(3))));
    claims
}

#[test]
fn the_next_multiple_is_by_the_chord() {
    let program = Program::record(|| {
        let [x1, y1, x2, y2] = inputs().map(Terms::<RecordedP256>);
        let p = multiples::Shared { x: x1, twice_y: y1 };
        let q = multiples::Shared { x: x2, twice_y: y2 };
        let (same, sum, h) = multiples::add(&p, &q);
        vec![same.x.0, same.twice_y.0, sum.x.0, sum.twice_y.0, h.0]
    });
    prove(
        "P and P + Q over one denominator",
        &program,
        shared_addition,
        [5, 46],
        &[],
    );
}

fn shared_addition(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, x2, y2, z] = variables();
    let (zz, zzz) = (z.pow(2), z.pow(3));
    let points = [&x1 * &zz, 2 * &y1 * &zzz, &x2 * &zz, 2 * &y2 * &zzz];
    let [x_same, y_same, x_sum, y_sum, h] = read(program, &points);
    let sum = chord([&x1, &y1], [&x2, &y2]);
    // The denominator is multiplied by h, which is zero only for the same x.
    let step = 2 * (&x1 - &x2) * &zz;
    let denominator = &z * &step;
    claims.claim("the step", vanishes(&(h - step)));
    claims.claim("X of P", vanishes(&(x_same - &x1 * denominator.pow(2))));
    claims.claim(
        "2 Y of P",
        vanishes(&(y_same - 2 * &y1 * denominator.pow(3))),
    );
    // 2 (x - x') to the third, over (x' - x)^3, is -8.
    claims.claim("X of P + Q", vanishes(&(x_sum - 4 * sum.x * z.pow(6))));
    claims.claim("2 Y of P + Q", vanishes(&(y_sum + 16 * sum.y * z.pow(9))));
    claims
}

#[test]
fn projective_coordinates_are_the_same_points() {
    let mask = || step(Operation::Choice(0));
    let jacobian = Program::record(|| {
        let [x, y, z] = inputs();
        let p = Jacobian::<RecordedP256> {
            x: Terms(x),
            y: Terms(y),
            z: Factor(z),
        };
        let p = p.projective();
        vec![p.x.0, p.y.0, p.z.0]
    });
    let doubled = Program::record(|| {
        let p = doubled().projective();
        vec![p.x.0, p.y.0, p.z.0]
    });
    let affine = Program::record(|| {
        let [x, y] = inputs().map(Factor);
        let p = Affine::<RecordedP256> { x, y };
        let (signed, projective) = (p.signed(Recorder, &mask()), p.projective(Recorder));
        let Projective { x, y, z } = projective;
        vec![signed.x.0, signed.y.0, signed.z.0, x.0, y.0, z.0]
    });
    let affine_doubled = Program::record(|| {
        let [x, twice_y] = inputs().map(Factor);
        let p = AffineDoubled::<RecordedP256> { x, twice_y }.signed(Recorder, &mask());
        vec![p.x.0, p.twice_y.0, p.z.0]
    });
    prove(
        "from Jacobian coordinates",
        &jacobian,
        from_jacobian,
        [3, 8],
        &[],
    );
    prove(
        "from coordinates with 2 Y",
        &doubled,
        from_doubled,
        [3, 10],
        &[],
    );
    prove("from affine coordinates", &affine, from_affine, [9, 8], &[]);
    prove(
        "from affine coordinates with 2 y",
        &affine_doubled,
        from_affine_doubled,
        [6, 8],
        &[],
    );
}

fn from_jacobian(program: &Program) -> Obligations {
    projective(program, 1)
}

fn from_doubled(program: &Program) -> Obligations {
    projective(program, 2)
}

/// (x Z : y Z : Z) with the denominator cubed, times a factor.
fn projective(program: &Program, factor: i64) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y, z] = variables();
    let point = [&x * z.pow(2), factor * (&y * z.pow(3)), z.clone()];
    let [x_same, y_same, z_same] = read(program, &point);
    let cube = factor * z.pow(3);
    claims.claim("X", vanishes(&(x_same - x * &cube)));
    claims.claim("Y", vanishes(&(y_same - y * &cube)));
    claims.claim("Z", vanishes(&(z_same - cube)));
    claims
}

fn from_affine(program: &Program) -> Obligations {
    let mut claims = from_affine_doubled(program);
    let [x, y] = variables();
    let [_, _, _, x_same, y_same, z_same] = read(program, &[x.clone(), y.clone()]);
    claims.claim("X", vanishes(&(x_same - x)));
    claims.claim("Y", vanishes(&(y_same - y)));
    claims.claim("Z", vanishes(&(z_same - number(1))));
    claims
}

/// The point or its negative, Z being 1.
fn from_affine_doubled(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y] = variables();
    for negative in [false, true] {
        let algebra = Polynomials {
            inputs: &[x.clone(), y.clone()],
            entry: &[],
            chosen: negative,
        };
        let results = program.read(&algebra);
        let y = if negative { -&y } else { y.clone() };
        claims.claim("signed X", vanishes(&(&results[0] - &x)));
        claims.claim("signed Y", vanishes(&(&results[1] - y)));
        claims.claim("signed Z", vanishes(&(&results[2] - number(1))));
    }
    claims
}

#[test]
fn the_curves_equation_is_checked() {
    let mut program = Program::record(|| {
        let [x, y] = inputs().map(Product::<RecordedP256>);
        vec![point::is_on_curve(Recorder, &x, &y)]
    });
    // The mask is of the lanes where this is zero.
    let Operation::IsZero(difference) = program.steps[program.results[0].index()] else {
        panic!("a mask of zeros");
    };
    program.results = vec![difference];
    prove(
        "whether a point is on the curve",
        &program,
        equation,
        [1, 23],
        &[],
    );
}

fn equation(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y] = variables();
    let [difference] = read(program, &[x.clone(), y.clone()]);
    claims.claim("y^2 - f(x)", vanishes(&(difference - (y.pow(2) - f(&x)))));
    claims
}

#[test]
fn the_complete_addition_is_complete() {
    let program = Program::record(|| {
        let [x1, y1, z1, x2, y2, z2] = inputs().map(Factor);
        let p = Projective::<RecordedP256> {
            x: x1,
            y: y1,
            z: z1,
        };
        let q = Projective {
            x: x2,
            y: y2,
            z: z2,
        };
        let sum = point::add_complete(Recorder, &p, &q);
        vec![sum.x.0, sum.y.0, sum.z.0]
    });
    prove(
        "the complete addition, for any two points",
        &program,
        complete,
        [18, 112],
        &[],
    );
}

fn complete(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z1, x2, y2, z2] = variables();
    let on_curve = |law: Polynomial| vanishes(&law.with_square(1, &f(&x1)).with_square(4, &f(&x2)));
    let scaled = |x: &Polynomial, y: &Polynomial, z: &Polynomial| [x * z, y * z, z.clone()];
    let add = |p: [Polynomial; 3], q: [Polynomial; 3]| -> [Polynomial; 3] {
        read(program, &[p, q].concat())
    };
    let (p, q) = (scaled(&x1, &y1, &z1), scaled(&x2, &y2, &z2));
    let zz = (&z1 * &z2).pow(2);

    // Different x.
    let [x, y, z] = add(p.clone(), q.clone());
    let (sum, run) = (chord([&x1, &y1], [&x2, &y2]), &x2 - &x1);
    let difference = chord([&x1, &y1], [&x2, &-&y2]);
    claims.claim("chord: X", on_curve(x * run.pow(2) - &z * sum.x));
    claims.claim("chord: Y", on_curve(y * run.pow(3) - &z * sum.y));
    claims.claim("chord: Z is y of P - Q", on_curve(z - &zz * difference.y));

    // The same point, of any Z.
    let (double, t) = (tangent([&x1, &y1]), 2 * &y1);
    let [x, y, z] = add(p.clone(), scaled(&x1, &y1, &z2));
    claims.claim("tangent: X", on_curve(x * t.pow(2) - &z * &double.x));
    claims.claim("tangent: Y", on_curve(y * t.pow(3) - &z * &double.y));
    claims.claim("tangent: Z is (2 y)^3", on_curve(z - &zz * t.pow(3)));

    // Opposite points.
    let [x, y, z] = add(p.clone(), scaled(&x1, &-&y1, &z2));
    claims.claim("opposite: X", on_curve(x));
    claims.claim("opposite: Y is y of 2 P", on_curve(y - &zz * &double.y));
    claims.claim("opposite: Z", on_curve(z));

    // The identity, (0 : w : 0).
    let identity = |w: &Polynomial| [number(0), w.clone(), number(0)];
    let [x, y, z] = add(identity(&z1), q.clone());
    claims.claim("O + Q: X", on_curve(x - &zz * &y2 * &x2));
    claims.claim("O + Q: Y", on_curve(y - &zz * &y2 * &y2));
    claims.claim("O + Q: Z", on_curve(z - &zz * &y2));
    let [x, y, z] = add(p, identity(&z2));
    claims.claim("P + O: X", on_curve(x - &zz * &y1 * &x1));
    claims.claim("P + O: Y", on_curve(y - &zz * &y1 * &y1));
    claims.claim("P + O: Z", on_curve(z - &zz * &y1));
    let [x, y, z] = add(identity(&z1), identity(&z2));
    claims.claim("O + O: X", on_curve(x));
    claims.claim("O + O: Y", on_curve(y - zz));
    claims.claim("O + O: Z", on_curve(z));
    claims
}
