//! The formulas of Ed25519's check.
//!
//! The curve is -x^2 + y^2 = 1 + d x^2 y^2, and w = y^2 - x^2 is either side.
//!
//! **The doubling** gives x = 2 x y / w and y = (x^2 + y^2) / (2 - w), which is the curve's addition of
//! a point to itself, w being 1 + d x^2 y^2 and 2 - w being 1 - d x^2 y^2. Neither is zero: the
//! addition is complete (`curve25519.rs`).
//!
//! **The addition** gives the curve's, of a point and of one that is an addend in any scale c: its
//! (Y + X), (Y - X) and 2 d T are those of x and y times c, and D is 2 Z1 c. A multiple of the key has
//! c = Z2, one of the base point c = 1/2. With Y + X and Y - X exchanged and the other sign of T it is
//! the addition of the negative.

use crate::{
    curve25519::{
        comb::Extended,
        edwards::{Addend, Projective, add, double},
        vartime::addend,
    },
    isa::field::{
        big::prime_25519,
        operators::{Factor, Product},
    },
    proof::{
        algebra::Polynomials,
        obligations::{Obligations, Score},
        polynomial::{Polynomial, number, variables},
        program::{Program, Recorded25519, Recorder, inputs},
    },
    tables::curve25519::TWICE_D,
};

fn vanishes(difference: &Polynomial) -> bool {
    difference.vanishes_modulo(&prime_25519())
}

fn extended(point: &Extended<Product<Recorded25519>>) -> [crate::proof::program::Step; 4] {
    [point.x.0, point.y.0, point.z.0, point.t.0]
}

/// The results of a program without choices.
fn read<const COUNT: usize>(program: &Program, inputs: &[Polynomial]) -> [Polynomial; COUNT] {
    let algebra = Polynomials {
        inputs,
        entry: &[],
        chosen: false,
    };
    algebra.of(program)
}

fn doubling() -> Program {
    Program::record(|| {
        let [x, y, z] = inputs().map(Product);
        let doubled = double::<Recorded25519>(&Projective { x, y, z });
        extended(&doubled.extended()).into()
    })
}

fn doubling_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x, y, z] = variables();
    let [x2, y2, z2, t2] = read(program, &[&x * &z, &y * &z, z.clone()]);
    let (w, sum) = (y.pow(2) - x.pow(2), y.pow(2) + x.pow(2));
    let rest = number(2) - &w;
    let scale = -z.pow(4);
    claims.claim("Z is w (2 - w)", vanishes(&(&z2 - &scale * &w * &rest)));
    let above = 2 * &x * &y;
    claims.claim("X / Z", vanishes(&(&x2 - &scale * &above * &rest)));
    claims.claim("Y / Z", vanishes(&(&y2 - &scale * &sum * &w)));
    claims.claim("T / Z", vanishes(&(&t2 - &scale * above * sum)));
    claims
}

#[test]
fn the_doubling_is_the_addition_of_a_point_to_itself() {
    let program = doubling();
    doubling_claims(&program).prove("Ed25519's doubling, for any point", 4);
    let mut score = Score::default();
    score.add_alterations(&program, doubling_claims);
    score.settle("Ed25519's doubling", 34, &[]);
}

/// The addition of an addend in a scale.
fn addition() -> Program {
    Program::record(|| {
        let [x, y, z, t, plus, minus, addend_t, d] = inputs();
        let [x, y, z, t] = [x, y, z, t].map(Product);
        let [plus, minus, addend_t] = [plus, minus, addend_t].map(Factor);
        let q = Addend::<Recorded25519> {
            plus,
            minus,
            t: addend_t,
        };
        let sum = add(&Extended { x, y, z, t }, &q, Product(d));
        extended(&sum.extended()).into()
    })
}

/// What the sum of (x1, y1) and (x2, y2) is, but for a square of `scale`.
fn sum_claims(
    sum: &[Polynomial; 4],
    [x1, y1, x2, y2]: [&Polynomial; 4],
    scale: &Polynomial,
    d: &Polynomial,
) -> Obligations {
    let mut claims = Obligations::default();
    let s = d * x1 * x2 * y1 * y2;
    let (above, below) = (number(1) + &s, number(1) - &s);
    let (x, y) = (x1 * y2 + x2 * y1, y1 * y2 + x1 * x2);
    let scale = 4 * scale.pow(2);
    let [x_sum, y_sum, z_sum, t_sum] = sum;
    claims.claim(
        "Z is (1 + s)(1 - s)",
        vanishes(&(z_sum - &scale * &above * &below)),
    );
    claims.claim("X / Z", vanishes(&(x_sum - &scale * &x * &below)));
    claims.claim("Y / Z", vanishes(&(y_sum - &scale * &y * &above)));
    claims.claim("T / Z", vanishes(&(t_sum - &scale * x * y)));
    claims
}

fn addition_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z, x2, y2, c, d] = variables();
    let point = [&x1 * &z, &y1 * &z, z.clone(), &x1 * &y1 * &z];
    let (plus, minus) = ((&y2 + &x2) * &c, (&y2 - &x2) * &c);
    let t = 2 * &d * &x2 * &y2 * &c;
    for negative in [false, true] {
        let addend = match negative {
            false => [plus.clone(), minus.clone(), t.clone()],
            true => [minus.clone(), plus.clone(), -&t],
        };
        let x2 = if negative { -&x2 } else { x2.clone() };
        let scale = &z * &c;
        let inputs: Vec<_> = point.iter().chain(&addend).cloned().collect();
        let inputs = [inputs, vec![2 * &scale]].concat();
        let sum = read(program, &inputs);
        claims.extend(sum_claims(&sum, [&x1, &y1, &x2, &y2], &scale, &d));
    }
    claims
}

#[test]
fn the_addition_is_of_addends_in_any_scale() {
    let program = addition();
    addition_claims(&program).prove("Ed25519's addition, for any two points", 8);
    let mut score = Score::default();
    score.add_alterations(&program, addition_claims);
    score.settle("Ed25519's addition", 39, &[]);
}

/// The addition of a point that is made an addend, by its own Z.
fn multiples() -> Program {
    Program::record(|| {
        let [x, y, z, t, u, v, w, s] = inputs().map(Product);
        let p = Extended { x, y, z, t };
        let q = Extended {
            x: u,
            y: v,
            z: w,
            t: s,
        };
        let (addend, [twice_z, minus_t]) = addend::<Recorded25519>(Recorder, &q);
        let d = &p.z.carry() * &twice_z;
        let negative = Addend {
            plus: addend.minus,
            minus: addend.plus,
            t: minus_t,
        };
        let sums = [add(&p, &addend, d), add(&p, &negative, d)];
        let steps = sums.iter().map(|sum| extended(&sum.extended()));
        steps.flatten().collect()
    })
}

fn multiples_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z1, x2, y2, z2] = variables();
    let inputs = [
        &x1 * &z1,
        &y1 * &z1,
        z1.clone(),
        &x1 * &y1 * &z1,
        &x2 * &z2,
        &y2 * &z2,
        z2.clone(),
        &x2 * &y2 * &z2,
    ];
    let sums: [Polynomial; 8] = read(program, &inputs);
    let (scale, d) = (
        &z1 * &z2,
        number(num_bigint::BigInt::from(super::curve25519::d())),
    );
    let minus_x2 = -&x2;
    for (sum, x2) in sums.as_chunks::<4>().0.iter().zip([&x2, &minus_x2]) {
        claims.extend(sum_claims(sum, [&x1, &y1, x2, &y2], &scale, &d));
    }
    claims
}

#[test]
fn multiples_of_the_key_are_added_and_subtracted() {
    let mut claims = multiples_claims(&multiples());
    let twice = 2u8 * super::curve25519::d() % prime_25519();
    claims.claim("2 d", crate::isa::field::big::big(&TWICE_D) == twice);
    claims.prove("Ed25519's multiples as addends, for any two points", 9);
    let mut score = Score::default();
    score.add_alterations(&multiples(), multiples_claims);
    score.settle("Ed25519's multiples as addends", 90, &[]);
}
