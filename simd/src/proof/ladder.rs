//! The ladder by induction, for every scalar.
//!
//! Let m be the bits of the scalar k from t + 1 up. Before the step for bit t, the second rung
//! holds (m + b) P and the third (m + 1 - b) P, where b is bit t + 1. The first step finds m = b = 0:
//! O and P. The step doubles the rung that holds m plus bit t, whichever of the four values the two
//! bits have, and adds both, whose difference is P up to sign: so it keeps the statement. After the
//! last step m is k, and bit 0 of a clamped scalar is zero: the second rung holds k P.
//!
//! What the step computes of two points is in `formulas/curve25519.rs`. The recorded kernel is the
//! one that runs these steps with these masks; the multiples are linear forms in the bits of k.

use crate::{
    curve25519::ladder::{Ladder, Rungs, step},
    isa::{
        Isa, Kernel,
        field::{
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    proof::{
        obligations::{Obligations, Score},
        program::{Operation, Program, Recorded25519, Recorder, Step},
        recoding::{CLAMPED, Linear},
    },
};

/// How many vectors the recorded kernel has.
const VECTORS: usize = 2;

/// Stands for scalar or point `i` of a batch.
fn named(kind: u64, i: usize) -> [u64; 4] {
    [kind, i as u64, 0, 0]
}

/// What the kernel does.
fn shipped(vectors: usize) -> Program {
    Program::record(|| {
        let scalars: Vec<_> = (0..vectors).map(|i| named(0, i)).collect();
        let points: Vec<_> = (0..vectors).map(|i| named(1, i)).collect();
        let mut products = vec![[0; 4]; vectors];
        let batch = Ladder {
            scalars: &scalars,
            points: &points,
            products: &mut products,
        };
        Kernel::run(batch, Recorder);
        products.iter().map(Step::of_stored).collect()
    })
}

/// The two points of the ladder, and which multiples of P they are.
struct Climb {
    rungs: Rungs<Product<Recorded25519>>,
    second: Linear,
    third: Linear,
}

/// Bit `position` of the scalar, of which the last is zero.
fn bit(position: usize) -> Linear {
    Linear::window(position, 1).knowing(&[(255, false)])
}

impl Climb {
    /// O and P.
    fn begin(u: Product<Recorded25519>) -> Self {
        let one = Product::constant(Recorder, &[1, 0, 0, 0]);
        let zero = Product::constant(Recorder, &[0; 4]);
        Self {
            rungs: Rungs {
                x2: one,
                z2: zero,
                x3: u,
                z3: one,
            },
            second: Linear::constant(0),
            third: Linear::constant(1),
        }
    }

    /// The step for bit `t`, `m` being the bits above.
    fn step(
        &self,
        t: usize,
        m: &Linear,
        scalar: Step,
        u: Product<Recorded25519>,
        claims: &mut Obligations,
    ) -> Self {
        let here = Linear::constant(1).minus(&bit(t + 1));
        claims.claim("the second rung", self.second == m.plus(&bit(t + 1)));
        claims.claim("the third rung", self.third == m.plus(&here));
        let doubled = m.plus(&bit(t));
        for bits in 0..4u8 {
            let (above, set) = (bits & 1 == 1, bits & 2 == 2);
            if above && t == 254 {
                continue;
            }
            let known = [(t + 1, above), (t, set)];
            let chosen = if above == set {
                &self.second
            } else {
                &self.third
            };
            claims.claim(
                "which is doubled",
                chosen.knowing(&known) == doubled.knowing(&known),
            );
            let difference = self.third.minus(&self.second).knowing(&known);
            let sign = if above { -1 } else { 1 };
            claims.claim("they differ by P", difference == Linear::constant(sign));
        }
        let swap = Recorder::bit(&Recorder::gray(&scalar), t);
        Self {
            rungs: step::<Recorder, Recorded25519>(&swap, &u.carry(), &self.rungs),
            second: doubled.plus(&doubled),
            third: self.second.plus(&self.third),
        }
    }
}

/// X and Z of `k P`.
fn climb(
    scalar: Step,
    u: Product<Recorded25519>,
    claims: &mut Obligations,
) -> (Factor<Recorded25519>, Factor<Recorded25519>) {
    let mut climb = Climb::begin(u);
    for t in (0..255).rev() {
        let m = Linear::window(t + 1, 255 - (t + 1));
        climb = climb.step(t, &m, scalar, u, claims);
    }
    let scalar = Linear::scalar().knowing(CLAMPED);
    claims.claim("k P", climb.second.knowing(CLAMPED) == scalar);
    (climb.rungs.x2.carry(), climb.rungs.z2.carry())
}

/// What the kernel is to do: climb, and divide.
fn expected(vectors: usize, claims: &mut Obligations) -> Program {
    Program::record(|| {
        let (mut numerators, mut denominators) = (Vec::new(), Vec::new());
        for i in 0..vectors {
            let scalar = Recorder.load(&[named(0, i)]);
            let u = Product::from_integers(&Recorder.load(&[named(1, i)]));
            let (x, z) = climb(scalar, u, claims);
            numerators.push(x);
            denominators.push(z);
        }
        invert_all(Recorder, &mut denominators);
        let quotients = numerators.iter().zip(&denominators);
        quotients
            .map(|(x, inverse)| (x * inverse).carry().to_integers())
            .collect()
    })
}

#[test]
fn the_ladder_multiplies_by_every_clamped_scalar() {
    let mut claims = Obligations::default();
    let (kernel, steps) = (shipped(VECTORS), expected(VECTORS, &mut claims));
    claims.claim("the kernel is these steps", kernel.is_same_as(&steps));
    claims.prove(
        "the ladder, for every clamped scalar",
        VECTORS * (255 * 10 - 4 + 1) + 1,
    );

    let (kernel, steps) = (shipped(1), expected(1, &mut Obligations::default()));
    let mut score = Score::default();
    for (bug, altered) in kernel.alterations(|step| matches!(step, Operation::Bit(..))) {
        score.add(&bug, !altered.is_same_as(&steps));
    }
    score.settle("the ladder's masks", 2 * 255, &[]);
}
