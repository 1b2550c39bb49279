//! The odd multiples of a point of P-256, 1 to 15 times, that its windows name.
//!
//! Each is the sum of 2 P and the one before, over a denominator that grows by a factor: the
//! formulas are in `formulas/nistp256.rs`. One inversion, of the last denominator, then takes all of
//! them away: entry i is divided by the product of the first i + 1 factors, which is its own.

use num_bigint::BigInt;

use crate::{
    isa::field::operators::{Factor, Product},
    nistp256::{
        multiples::{self, COUNT, Multiples},
        point::AffineDoubled,
    },
    proof::{
        obligations::{Obligations, Score},
        program::{Program, RecordedP256, Recorder, inputs},
        recoding::Linear,
        units::{Unit, Units, Zeros},
    },
};

/// 1, 3 to 15 times a point, and the denominator that they wait for.
pub(super) fn tabulate(
    x: Product<RecordedP256>,
    y: Product<RecordedP256>,
    order: &BigInt,
    claims: &mut Obligations,
) -> (Multiples<RecordedP256>, Factor<RecordedP256>) {
    let mut table = Multiples::none(Recorder);
    table.points[0] = AffineDoubled {
        x: x.carry(),
        twice_y: y + y,
    };
    let (mut two, mut multiple) = multiples::double(Recorder, &table.points[0]);
    let mut denominator = table.points[0].twice_y;
    table.steps[0] = denominator;
    let mut times = 1;
    for i in 1..COUNT {
        for other in [times - 2, times + 2] {
            let apart = Linear::constant(other).is_never_multiple_of(order);
            claims.claim("2 P is neither equal nor opposite", apart);
        }
        (two, multiple, table.steps[i]) = multiples::add(&two, &multiple);
        times += 2;
        claims.claim("an odd multiple", times == 2 * i as i64 + 1);
        table.points[i] = AffineDoubled {
            x: multiple.x.reduce(),
            twice_y: multiple.twice_y.reduce(),
        };
        denominator = (&denominator * &table.steps[i]).carry();
    }
    (table, denominator)
}

/// A point whose x, y and Z are inputs.
const INPUTS: usize = 3 * COUNT + 1;

/// What the inverse of the last denominator does to the points.
fn make_affine() -> Program {
    Program::record(|| {
        let all = inputs::<INPUTS>().map(Factor);
        let mut table = Multiples::<RecordedP256>::none(Recorder);
        for i in 0..COUNT {
            let (x, twice_y) = (all[i], all[COUNT + i]);
            table.points[i] = AffineDoubled { x, twice_y };
            table.steps[i] = all[2 * COUNT + i];
        }
        table.make_affine(&all[INPUTS - 1]);
        let points = table.points.iter();
        points
            .flat_map(|point| [point.x.0, point.twice_y.0])
            .collect()
    })
}

/// With the inverse of all factors' product put in, entry i is over the square and the cube of the
/// first i + 1 factors' product; the first, whose denominator is 1, is as it was.
fn affine(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let units = Units {
        count: INPUTS,
        zeros: Zeros::None,
    };
    let results = program.read(&units);
    for (i, coordinates) in results.chunks_exact(2).enumerate() {
        for (exponent, (coordinate, result)) in (2..).zip(coordinates.iter().enumerate()) {
            let mut expected = vec![0; 3 * COUNT];
            expected[coordinate * COUNT + i] = 1;
            if i > 0 {
                expected[2 * COUNT..=2 * COUNT + i].fill(-exponent);
            }
            claims.claim(
                "the affine coordinate",
                substituted(result) == Some(expected),
            );
        }
    }
    claims
}

/// The exponents, the last element being the inverse of all factors' product.
fn substituted(unit: &Unit) -> Option<Vec<i64>> {
    let Unit::Product(exponents) = unit else {
        return None;
    };
    let (inverse, others) = exponents.split_last()?;
    let mut result = others.to_vec();
    for factor in &mut result[2 * COUNT..] {
        *factor -= inverse;
    }
    Some(result)
}

#[test]
fn one_inversion_makes_all_multiples_affine() {
    let program = make_affine();
    affine(&program).prove("the multiples of a point, made affine", 2 * COUNT);
    let mut score = Score::default();
    score.add_alterations(&program, affine);
    score.settle("the multiples of a point, made affine", 95, &[]);
}
