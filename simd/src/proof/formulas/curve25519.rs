//! The formulas of curve25519.
//!
//! Let A = 486662, f(x) = x^3 + A x^2 + x, and B y^2 = f(x), where B is 1 for the curve and no
//! square for its twist: every x of the field is on one of the two. Points are added by chord
//! and tangent.
//!
//! **Montgomery's laws.** By the tangent, x(2 P) 4 x (x^2 + A x + 1) = (x^2 - 1)^2 if y is not
//! zero. By the chord, x(P + Q) x(P - Q) (x - x')^2 = (x x' - 1)^2 if x and x' differ. Both hold
//! for any B.
//!
//! **The ladder's step**, on (X : Z), where (X : 0) with X other than zero is the identity O,
//! computes 2 P or 2 Q, and P + Q, given u = x(P - Q) other than zero. By cases:
//! * *2 P*: where Z is zero it gives (X^4 : 0). Where y is not zero it is the tangent's law, and
//!   the new Z is not zero, for it is 4 B y^2 times a power of Z. Where y is zero, 2 P is O: the new
//!   Z is zero and the new X is not, because x^2 = 1 and f(x) = 0 have no common solution,
//!   as A^2 is not 4.
//! * *P + Q*: where P is O, P - Q is -Q, so the x of Q is u, and so is that of P + Q = Q;
//!   likewise where Q is O. Where x and x' differ it is the chord's law. Where they are
//!   the same, Q = -P, for P - Q is not O; then P - Q = 2 P is not O either, so y is not zero, the
//!   new Z is zero and the new X is not, for (x^2 - 1)^2 is 4 u x (x^2 + A x + 1) then.
//! * *u = 0*, the point of order two: from the first step on X3 = Z3 = 0, and X2 Z2 = 0 always. So
//!   the quotient, with 1 / 0 = 0, is zero, which is what RFC 7748 has for it.
//!
//! **The comb's addition** is the addition of -x^2 + y^2 = 1 + d x^2 y^2, the entry negated or
//! not. It is complete: with X = i x, where i^2 = -1, the curve is X^2 + y^2 = 1 + e X^2 y^2 with
//! e = -d, which is no square. If e X1 X2 y1 y2 = s with s^2 = 1, then (X1 + s y1)^2 =
//! e X1^2 y1^2 (X2 + y2)^2 and the same with both signs turned (Bernstein and Lange 2007,
//! theorem 3.3): as X2 = y2 = 0 is not on the curve, e would be a square.
//!
//! **The map** u = (1 + y) / (1 - y), v = c u / x with c^2 = -(A + 2) goes from the one curve to
//! the other, and takes the sum of two points to the chord's, the double to the tangent's.

use num_bigint::{BigInt, BigUint};

use crate::{
    curve25519::{comb, ladder},
    isa::field::{
        big::{big, power, prime_25519},
        operators::{Factor, Product},
    },
    proof::{
        algebra::Polynomials,
        obligations::{Obligations, Score},
        polynomial::{Polynomial, number, variables},
        program::{Operation, Program, Recorded25519, Recorder, Step, inputs, step},
    },
    tables::curve25519 as table,
};

const A: i64 = 486_662;

/// x^3 + A x^2 + x.
fn f(x: &Polynomial) -> Polynomial {
    x.pow(3) + A * &x.pow(2) + x
}

fn vanishes(difference: &Polynomial) -> bool {
    difference.vanishes_modulo(&prime_25519())
}

/// Whether Euler's criterion makes a number a square.
fn is_square(value: &BigUint) -> bool {
    let prime = prime_25519();
    value.modpow(&((&prime - 1u8) / 2u8), &prime) == BigUint::from(1u8)
}

#[test]
fn montgomerys_laws_follow_from_tangent_and_chord() {
    let [x, w, y, v, b] = variables();
    let mut claims = Obligations::default();
    // By the tangent, of slope (3 x^2 + 2 A x + 1) / 2 B y; all times 4 B y^2 = 4 f(x).
    let slope = 3 * x.pow(2) + 2 * A * &x + number(1);
    let double = slope.pow(2) - (number(A) + 2 * &x) * (4 * f(&x));
    claims.claim(
        "tangent",
        vanishes(&(double - (x.pow(2) - number(1)).pow(2))),
    );
    // By the chord, of P + Q and P - Q; all times (x - x')^4, and b y^2 = f(x).
    let run = (&w - &x).pow(2);
    let rest = (number(A) + &x + &w) * &run;
    let sum = &b * (&v - &y).pow(2) - &rest;
    let difference = &b * (&v + &y).pow(2) - &rest;
    let law = sum * difference - run * (&x * &w - number(1)).pow(2);
    let law = law
        .with_square_over(2, &f(&x), &b)
        .with_square_over(3, &f(&w), &b);
    claims.claim("chord", vanishes(&law));
    // x^2 + A x + 1 and x^2 - 1 have no common root: A^2 - 4 is a sum of multiples of them.
    let (second, first) = (x.pow(2) + A * &x + number(1), x.pow(2) - number(1));
    let linear = &second - &first;
    let bezout = linear * (A * &x - number(2)) - (A * A) * &first;
    claims.claim("no common root", vanishes(&(bezout - number(A * A - 4))));
    let square = BigUint::from((A * A - 4) as u64);
    claims.claim("one point of order two", !is_square(&square));
    claims.prove("Montgomery's laws, on the curve and its twist", 4);
}

/// The recorded step of the ladder.
fn ladder_step() -> Program {
    Program::record(|| {
        let [x1, x2, z2, x3, z3] = inputs();
        let [x2, z2, x3, z3] = [x2, z2, x3, z3].map(Product);
        let rungs = ladder::Rungs { x2, z2, x3, z3 };
        let swap = step(Operation::Choice(0));
        let next = ladder::step::<Recorder, Recorded25519>(&swap, &Factor(x1), &rungs);
        vec![next.x2.0, next.z2.0, next.x3.0, next.z3.0]
    })
}

/// The step on any four coordinates, for either swap.
fn step_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    for swap in [false, true] {
        let inputs = variables::<5>();
        let [u, x2, z2, x3, z3] = &inputs;
        let algebra = Polynomials {
            inputs: &inputs,
            entry: &[],
            chosen: swap,
        };
        let [x_double, z_double, x_sum, z_sum] = algebra.of(program);
        let (x, z) = if swap { (x3, z3) } else { (x2, z2) };
        // (x^2 - 1)^2 and 4 x (x^2 + A x + 1), times Z^4.
        let double = (x.pow(2) - z.pow(2)).pow(2);
        claims.claim("X of 2 P", vanishes(&(x_double - double)));
        let quadratic = x.pow(2) + A * &(x * z) + z.pow(2);
        claims.claim("Z of 2 P", vanishes(&(z_double - 4 * (x * z) * quadratic)));
        // (x x' - 1)^2 and u (x - x')^2, times 4 (Z Z')^2.
        let numerator = 4 * (x2 * x3 - z2 * z3).pow(2);
        claims.claim("X of P + Q", vanishes(&(x_sum - numerator)));
        let denominator = 4 * (x2 * z3 - z2 * x3).pow(2);
        claims.claim("Z of P + Q", vanishes(&(z_sum - u * denominator)));
    }
    claims
}

/// What the step gives where one point is the identity, both are opposite, or u is zero.
fn exceptional_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [u, x, z, t] = variables();
    let zero = number(0);
    let run = |x2: &Polynomial, z2: &Polynomial, x3: &Polynomial, z3: &Polynomial| {
        let inputs = [u.clone(), x2.clone(), z2.clone(), x3.clone(), z3.clone()];
        let of = |chosen| Polynomials {
            inputs: &inputs,
            entry: &[],
            chosen,
        };
        (of(false).of::<4>(program), of(true).of::<4>(program))
    };
    // O and a point of x = u, scaled by anything; then the other way round.
    let scaled = &u * &z;
    let ([x_double, z_double, x_sum, z_sum], _) = run(&x, &zero, &scaled, &z);
    claims.claim("2 O: X is X^4", vanishes(&(x_double - x.pow(4))));
    claims.claim("2 O: Z is 0", vanishes(&z_double));
    claims.claim("O + Q: x is u", vanishes(&(x_sum - &u * &z_sum)));
    claims.claim("O + Q: Z", vanishes(&(z_sum - 4 * &u * (&x * &z).pow(2))));
    let (_, [x_double, z_double, x_sum, z_sum]) = run(&scaled, &z, &x, &zero);
    claims.claim("2 O: X is X^4, swapped", vanishes(&(x_double - x.pow(4))));
    claims.claim("2 O: Z is 0, swapped", vanishes(&z_double));
    claims.claim("P + O: x is u", vanishes(&(x_sum - &u * &z_sum)));
    claims.claim("P + O: Z", vanishes(&(z_sum - 4 * &u * (&x * &z).pow(2))));
    // Opposite points, of the same x and any Z: the sum is (4 (x^2 - 1)^2 (Z Z')^2 : 0).
    let ([_, _, x_sum, z_sum], _) = run(&(&x * &z), &z, &(&x * &t), &t);
    let root = (x.pow(2) - number(1)) * &z * &t;
    claims.claim("P - P: X", vanishes(&(x_sum - 4 * root.pow(2))));
    claims.claim("P - P: Z", vanishes(&z_sum));
    claims
}

/// What the step keeps where u is zero: X Z = 0 for both, and X3 = Z3 = 0 from the first step on.
fn zero_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x2, z2] = variables();
    let (zero, one) = (number(0), number(1));
    for chosen in [false, true] {
        let begin = [&zero, &one, &zero, &zero, &one].map(Polynomial::clone);
        let [x, z, x_sum, z_sum] = Polynomials {
            inputs: &begin,
            entry: &[],
            chosen,
        }
        .of(program);
        claims.claim("first step: X2 Z2", vanishes(&(x * z)));
        claims.claim("first step: X3", vanishes(&x_sum));
        claims.claim("first step: Z3", vanishes(&z_sum));
        let later = [&zero, &x2, &z2, &zero, &zero].map(Polynomial::clone);
        let [x, z, x_sum, z_sum] = Polynomials {
            inputs: &later,
            entry: &[],
            chosen,
        }
        .of(program);
        let rest = 4 * (x2.pow(2) - z2.pow(2)).pow(2);
        let rest = rest * (x2.pow(2) + A * &(&x2 * &z2) + z2.pow(2));
        let expected = if chosen { number(0) } else { &x2 * &z2 * rest };
        claims.claim(
            "later: X2 Z2 is a multiple of X2 Z2",
            vanishes(&(x * z - expected)),
        );
        claims.claim("later: X3", vanishes(&x_sum));
        claims.claim("later: Z3", vanishes(&z_sum));
    }
    claims
}

#[test]
fn the_ladders_step_doubles_and_adds() {
    let program = ladder_step();
    step_claims(&program).prove("the ladder's step, for any points and either swap", 8);
    exceptional_claims(&program).prove("the ladder's step with O and with opposite points", 10);
    zero_claims(&program).prove("the ladder's step for u = 0", 12);
    let mut score = Score::default();
    score.add_alterations(&program, step_claims);
    let harmless = (
        "step 18, Sub(Step(11), Step(10)) for Sub(Step(10), Step(11))",
        "DA - CB is squared",
    );
    score.settle("the ladder's step", 49, &[harmless]);
}

/// The recorded addition of the comb.
fn comb_addition() -> Program {
    Program::record(|| {
        let [x, y, z, t] = inputs().map(Product);
        let window = core::array::from_fn(|i| crate::proof::program::Column {
            window: 0,
            coordinate: i as u8,
        });
        let digit = step(Operation::Choice(0));
        let sum = comb::Extended { x, y, z, t };
        let sum = comb::add_entry::<Recorder, Recorded25519>(&sum, &window, &digit);
        vec![sum.x.0, sum.y.0, sum.z.0, sum.t.0]
    })
}

/// The addition, for a point (x1, y1) of any Z, and the entry of (x2, y2).
fn addition_claims(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let [x1, y1, z, plus, minus, d] = variables();
    // The entry's (y + x)/2 and (y - x)/2 are what is called plus and minus here.
    let (x2, y2) = (&plus - &minus, &plus + &minus);
    let inputs = [&x1 * &z, &y1 * &z, z.clone(), &x1 * &y1 * &z];
    let entry = [plus.clone(), minus.clone(), &d * &x2 * &y2];
    for negative in [false, true] {
        let algebra = Polynomials {
            inputs: &inputs,
            entry: &entry,
            chosen: negative,
        };
        let [x_sum, y_sum, z_sum, t_sum] = algebra.of(program);
        let x2 = if negative { -&x2 } else { x2.clone() };
        let s = &d * &x1 * &x2 * &y1 * &y2;
        let (above, below) = (number(1) + &s, number(1) - &s);
        // x = (x1 y2 + x2 y1) / (1 + s), y = (y1 y2 + x1 x2) / (1 - s).
        let (x, y) = (&x1 * &y2 + &x2 * &y1, &y1 * &y2 + &x1 * &x2);
        let zz = z.pow(2);
        claims.claim(
            "Z is (1 + s)(1 - s)",
            vanishes(&(&z_sum - &zz * &above * &below)),
        );
        claims.claim("X / Z", vanishes(&(&x_sum - &zz * &x * &below)));
        claims.claim("Y / Z", vanishes(&(&y_sum - &zz * &y * &above)));
        claims.claim("T / Z", vanishes(&(&t_sum - &zz * &x * &y)));
        claims.claim("X Y = Z T", vanishes(&(x_sum * y_sum - z_sum * t_sum)));
    }
    // Nothing but the digit's sign and magnitude says which entry it is, and whether negated.
    let digit = program
        .steps
        .iter()
        .position(|step| *step == Operation::Choice(0));
    let digit = Step::new(digit.expect("the digit"));
    let parts = [
        Operation::Negative(digit, table::WIDTH),
        Operation::Magnitude(digit, table::WIDTH),
    ];
    let of_digit = |step: &&Operation| {
        use Operation::{Is, Magnitude, Negative};
        matches!(step, Negative(..) | Magnitude(..) | Is(..))
    };
    let found: Vec<_> = program.steps.iter().filter(of_digit).collect();
    claims.claim("the digit's sign and magnitude", found == parts.each_ref());
    let place = |part: &Operation| program.steps.iter().position(|step| step == part);
    let [negative, magnitude] = parts.each_ref().map(place);
    let is_meant = |step: &Operation| match step {
        Operation::Lookup(column, index) => column.window == 0 && Some(index.index()) == magnitude,
        Operation::Select(mask, ..) | Operation::NegateIf(mask, _) => {
            Some(mask.index()) == negative
        }
        _ => true,
    };
    claims.claim("what chooses what", program.steps.iter().all(is_meant));
    claims
}

/// d of the Edwards curve, from its definition.
pub(super) fn d() -> BigUint {
    let prime = prime_25519();
    let inverse = BigUint::from(121_666u32).modpow(&(&prime - 2u8), &prime);
    (&prime - 121_665u32) * inverse % prime
}

#[test]
fn the_combs_addition_is_complete() {
    let mut claims = Obligations::default();
    let program = comb_addition();
    claims.extend(addition_claims(&program));
    // (X1 + s y1)^2 - e X1^2 y1^2 (X2 + y2)^2 as a sum of multiples of what is zero.
    let [x1, y1, x2, y2, e] = variables();
    let curve =
        |x: &Polynomial, y: &Polynomial| x.pow(2) + y.pow(2) - number(1) - &e * x.pow(2) * y.pow(2);
    let s = &e * &x1 * &x2 * &y1 * &y2;
    let both = &e * x1.pow(2) * y1.pow(2);
    for sign in [1, -1] {
        let left = (&x1 + sign * (&s * &y1)).pow(2) - &both * (&x2 + sign * &y2).pow(2);
        let right = curve(&x1, &y1) + (s.pow(2) - number(1)) * (y1.pow(2) - number(1));
        let right = right - &both * curve(&x2, &y2);
        claims.claim("a square if s^2 = 1", vanishes(&(left - right)));
    }
    let prime = prime_25519();
    claims.claim("-1 is a square", is_square(&(&prime - 1u8)));
    claims.claim("d is none", !is_square(&d()));
    claims.claim("nor is -d", !is_square(&(&prime - d())));
    claims.claim("d of the table", big(&table::D) == d());
    claims.prove("the comb's addition, for any two points", 18);
    let mut score = Score::default();
    score.add_alterations(&program, addition_claims);
    score.settle("the comb's addition", 49, &[]);
}

/// The map is one of the curves, and of their sums where chords are.
#[test]
fn the_map_takes_sums_to_sums() {
    let mut claims = Obligations::default();
    let [x1, y1, x2, y2, c] = variables();
    let one = number(1);
    let d = number(BigInt::from(d()));
    // x^2 = (y^2 - 1) / (1 + d y^2) and c^2 = -(A + 2).
    let on_curve = |law: Polynomial| {
        let law = [(0, &y1), (2, &y2)]
            .into_iter()
            .fold(law, |law, (variable, y)| {
                let (above, below) = (y.pow(2) - number(1), number(1) + &d * y.pow(2));
                law.with_square_over(variable, &above, &below)
            });
        vanishes(&law.with_square(4, &number(-(A + 2))))
    };
    // u = p / m and v = c p / (m x): v^2 = u^3 + A u^2 + u, times m^3 x^2.
    let ends = |y: &Polynomial| (&one + y, &one - y);
    let ((p1, m1), (p2, m2)) = (ends(&y1), ends(&y2));
    let cubic = p1.pow(3) + A * &(p1.pow(2) * &m1) + &p1 * m1.pow(2);
    let image = c.pow(2) * p1.pow(2) * &m1 - x1.pow(2) * cubic;
    claims.claim("on the Montgomery curve", on_curve(image));
    // u of the sum, (1 + y) / (1 - y) with y = (y1 y2 + x1 x2) / (1 - s).
    let s = &d * &x1 * &x2 * &y1 * &y2;
    let y = &y1 * &y2 + &x1 * &x2;
    let (above, below) = (&one - &s + &y, &one - &s - &y);
    // The chord: (v' - v)^2 - (A + u + u') (u' - u)^2 over (u' - u)^2, times (m m' x x')^2 m m'.
    let run = &p2 * &m1 - &p1 * &m2;
    let rise = &p2 * &m1 * &x1 - &p1 * &m2 * &x2;
    let both = &m1 * &m2;
    let xx = (&x1 * &x2).pow(2);
    let rest = A * &both + &p1 * &m2 + &p2 * &m1;
    let chord = c.pow(2) * rise.pow(2) * &both - &xx * rest * run.pow(2);
    let law = chord * &below - above * &xx * run.pow(2) * &both;
    claims.claim("the sum's u is the chord's", on_curve(law));
    // The tangent: (u^2 - 1)^2 over 4 u (u^2 + A u + 1), times m^4.
    let s = &d * (&x1 * &y1).pow(2);
    let y = x1.pow(2) + y1.pow(2);
    let (above, below) = (&one - &s + &y, &one - &s - &y);
    let quadratic = p1.pow(2) + A * &(&p1 * &m1) + m1.pow(2);
    let tangent = 4 * (&p1 * &m1) * quadratic * above - (p1.pow(2) - m1.pow(2)).pow(2) * below;
    claims.claim("the double's u is the tangent's", on_curve(tangent));
    // The base point goes to u = 9.
    let prime = prime_25519();
    let y = BigUint::from(4u8) * BigUint::from(5u8).modpow(&(&prime - 2u8), &prime) % &prime;
    let nine = BigUint::from(9u8) * (&prime + 1u8 - &y) % &prime;
    claims.claim("the base point", nine == (y + 1u8) % &prime);
    let root = -BigInt::from(A + 2) + BigInt::from(prime.clone());
    claims.claim(
        "c is in the field",
        is_square(&root.try_into().expect("positive")),
    );
    claims.claim("the prime", prime == power(255) - 19u8);
    claims.prove("the map from the Edwards curve to Montgomery's", 6);
}
