//! Both combs, for every scalar.
//!
//! The recorded kernel is the one that adds, window by window, the entry that the scalar's digit
//! names; the multiple of the base point that each sum is, is a linear form in the bits of the
//! scalar, and at the end it is the scalar.
//!
//! On edwards25519 the addition is complete. On P-256 it must not meet equal or opposite points or
//! the identity: with the sign of the digit given, the sum of both multiples and their difference
//! lie between 0 and n or between -n and 0, for all scalars. The last addition is complete.

use num_bigint::BigInt;

use crate::{
    curve25519::comb as curve25519,
    isa::{
        Isa, Kernel,
        field::{
            CombField,
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    nistp256::{
        comb as nistp256,
        point::{Affine, Projective, add_affine, add_complete},
    },
    proof::{
        obligations::{Obligations, Score},
        program::{Operation, Program, Recorded25519, RecordedP256, Recorder, Step},
        recoding::{CLAMPED, Linear, ODD, Recoding},
        reference::{Edwards25519, P256},
    },
    tables::curve25519::START,
};

/// How many vectors the recorded kernels have.
const VECTORS: usize = 2;

/// Stands for scalar `i` of a batch.
fn scalar(i: usize) -> [u64; 4] {
    [0, i as u64, 0, 0]
}

/// The window of digit `i`.
fn window(recoding: &Recoding, scalar: Step, i: usize) -> Step {
    Recorder::window(&scalar, recoding.position(i), recoding.width)
}

/// The steps that are altered: all that say which entry is added.
fn is_choice(operation: &Operation) -> bool {
    use Operation::*;
    matches!(
        operation,
        Window(..) | Negative(..) | Magnitude(..) | Lookup(..) | Constant(_)
    )
}

/// Alters the steps that choose entries.
fn plant(shipped: &Program, expected: &Program) -> Score {
    let mut score = Score::default();
    for (bug, altered) in shipped.alterations(is_choice) {
        score.add(&bug, !altered.is_same_as(expected));
    }
    score
}

/// What curve25519's kernel does.
fn shipped_25519(vectors: usize) -> Program {
    Program::record(|| {
        let scalars: Vec<_> = (0..vectors).map(scalar).collect();
        let mut products = vec![[0; 4]; vectors];
        let batch = curve25519::Comb {
            scalars: &scalars,
            products: &mut products,
        };
        Kernel::run(batch, Recorder);
        products.iter().map(Step::of_stored).collect()
    })
}

type Extended25519 = curve25519::Extended<Product<Recorded25519>>;

/// `k B` in extended coordinates.
fn multiply_25519(scalar: Step, claims: &mut Obligations) -> Extended25519 {
    let recoding = Recoding::comb25519();
    let [x, y, t] = START
        .each_ref()
        .map(|value| Product::constant(Recorder, value));
    let z = Product::constant(Recorder, &[1, 0, 0, 0]);
    let mut sum = curve25519::Extended { x, y, z, t };
    let mut multiple = Linear::constant(recoding.start.clone());
    for (i, entries) in Recorded25519::windows().iter().enumerate() {
        let digit = window(&recoding, scalar, i);
        sum = curve25519::add_entry::<Recorder, Recorded25519>(&sum, entries, &digit);
        multiple = multiple.plus(&recoding.digit(i).times(&recoding.weight(i)));
    }
    let multiple = multiple.knowing(CLAMPED);
    claims.claim("k B", multiple == Linear::scalar().knowing(CLAMPED));
    let order = BigInt::from(Edwards25519::new().order);
    claims.claim("not the identity", multiple.is_never_multiple_of(&order));
    sum
}

fn expected_25519(vectors: usize, claims: &mut Obligations) -> Program {
    Program::record(|| {
        let mut sums = Vec::new();
        for i in 0..vectors {
            sums.push(multiply_25519(Recorder.load(&[scalar(i)]), claims));
        }
        // u = (Z + Y) / (Z - Y).
        let denominator = |sum: &Extended25519| sum.z - sum.y;
        let mut inverses: Vec<_> = sums.iter().map(denominator).collect();
        invert_all(Recorder, &mut inverses);
        let quotient = |(sum, inverse): (&Extended25519, &Factor<_>)| {
            (&(sum.z + sum.y) * inverse).carry().to_integers()
        };
        sums.iter().zip(&inverses).map(quotient).collect()
    })
}

#[test]
fn the_comb_of_curve25519_multiplies_by_every_clamped_scalar() {
    let mut claims = Obligations::default();
    let (kernel, steps) = (shipped_25519(VECTORS), expected_25519(VECTORS, &mut claims));
    claims.claim("the kernel is these steps", kernel.is_same_as(&steps));
    claims.prove(
        "curve25519's comb, for every clamped scalar",
        2 * VECTORS + 1,
    );
    let one = expected_25519(1, &mut Obligations::default());
    plant(&shipped_25519(1), &one).settle("the choices of curve25519's comb", 299, &[]);
}

/// What P-256's kernel does.
pub(super) fn shipped_p256(vectors: usize) -> Program {
    Program::record(|| {
        let scalars: Vec<_> = (0..vectors).map(scalar).collect();
        let (mut x, mut y) = (vec![[0; 4]; vectors], vec![[0; 4]; vectors]);
        let batch = nistp256::Comb {
            scalars: &scalars,
            x: &mut x,
            y: &mut y,
        };
        Kernel::run(batch, Recorder);
        x.iter().chain(&y).map(Step::of_stored).collect()
    })
}

/// The entry of window `i` that an index names.
fn entry(i: usize, index: Step) -> Affine<RecordedP256> {
    let [x, y] = &RecordedP256::windows()[i];
    Affine {
        x: Factor(RecordedP256::lookup(x, &index)),
        y: Factor(RecordedP256::lookup(y, &index)),
    }
}

/// `k G`.
fn multiply_p256(scalar: Step, claims: &mut Obligations) -> Projective<RecordedP256> {
    let recoding = Recoding::comb_p256();
    let order = BigInt::from(P256::new().order);
    let signed = |i| Recorder::signed(&window(&recoding, scalar, i), recoding.width);
    let term = |i| recoding.digit(i).times(&recoding.weight(i));
    let (negative, index) = signed(0);
    let mut sum = entry(0, index).signed(Recorder, &negative);
    let mut multiple = term(0);
    let last = recoding.windows - 1;
    for i in 1..last {
        let (negative, index) = signed(i);
        sum = add_affine(&sum, &entry(i, index), &negative);
        let sign = recoding.position(i) + recoding.width - 1;
        multiple.is_apart_from(&term(i), sign, &order, claims);
        multiple = multiple.plus(&term(i));
    }
    let added = entry(last, window(&recoding, scalar, last)).projective(Recorder);
    multiple = multiple.plus(&term(last)).knowing(ODD);
    claims.claim("k G", multiple == Linear::scalar().knowing(ODD));
    add_complete(Recorder, &sum.projective(), &added)
}

fn expected_p256(vectors: usize, claims: &mut Obligations) -> Program {
    Program::record(|| {
        let mut products = Vec::new();
        for i in 0..vectors {
            products.push(multiply_p256(Recorder.load(&[scalar(i)]), claims));
        }
        let mut inverses: Vec<_> = products.iter().map(|point| point.z).collect();
        invert_all(Recorder, &mut inverses);
        let affine = |coordinate: fn(&Projective<RecordedP256>) -> Factor<RecordedP256>| {
            let quotients = products.iter().zip(&inverses);
            let quotients = quotients
                .map(move |(point, inverse)| (&coordinate(point) * inverse).carry().to_integers());
            quotients.collect::<Vec<_>>()
        };
        [affine(|point| point.x), affine(|point| point.y)].concat()
    })
}

#[test]
fn the_comb_of_p256_multiplies_by_every_odd_scalar() {
    let mut claims = Obligations::default();
    let (kernel, steps) = (shipped_p256(VECTORS), expected_p256(VECTORS, &mut claims));
    claims.claim("the kernel is these steps", kernel.is_same_as(&steps));
    claims.prove(
        "P-256's comb, for every odd scalar",
        VECTORS * (41 * 7 + 1) + 1,
    );
    let one = expected_p256(1, &mut Obligations::default());
    plant(&shipped_p256(1), &one).settle("the choices of P-256's comb", 259, &[]);
}
