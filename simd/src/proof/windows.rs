//! P-256's windows, for every odd scalar and every point.
//!
//! The recorded kernel is the one that makes the odd multiples of a point, doubles and adds, window
//! by window from the top. The multiple that each point is, is a linear form in the bits of the
//! scalar: at the end it is the scalar. All multiples are of a point P of order n, a prime, which
//! every point on the curve has; so a multiple is the identity only if n divides it, and two points
//! are equal or opposite only if n divides the difference or the sum of their multiples. Before each
//! doubling and each addition but the last, none of that is so for any scalar; the last addition is
//! complete.

use num_bigint::BigInt;

use crate::{
    isa::{
        Isa, Kernel,
        field::{
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    nistp256::{
        multiples::{self, Multiples},
        point::{
            AffineDoubled, Doubled, Projective, add_complete, add_doubled, double, is_on_curve,
        },
        window::{Windowed, find},
    },
    proof::{
        algebra::Algebra,
        multiples::tabulate,
        obligations::{Obligations, Score},
        program::{Operation, Program, RecordedP256, Recorder, Step, inputs, step, take_revealed},
        recoding::{Linear, ODD, Recoding},
        reference::P256,
    },
};

/// How many vectors the recorded kernel has: more than hold their tables at a time.
const VECTORS: usize = 9;
/// How many hold their tables at a time.
const TABLES: usize = 8;

/// Stands for a scalar, an x or a y of a batch.
fn named(kind: u64, i: usize) -> [u64; 4] {
    [kind, i as u64, 0, 0]
}

/// What the kernel does: the products, and the masks that it reveals.
pub(super) fn shipped(vectors: usize) -> Program {
    Program::record(|| {
        let all = |kind| (0..vectors).map(|i| named(kind, i)).collect::<Vec<_>>();
        let (scalars, x, y) = (all(0), all(1), all(2));
        let mut products = vec![[0; 4]; vectors];
        let batch = Windowed {
            scalars: &scalars,
            x: &x,
            y: &y,
            products: &mut products,
            on_curve: &mut vec![false; vectors],
        };
        Kernel::run(batch, Recorder);
        let products = products.iter().map(Step::of_stored);
        products.chain(take_revealed()).collect()
    })
}

/// The multiple that a sum is, as the windows are gone through.
struct Walk<'a> {
    recoding: Recoding,
    scalar: Step,
    table: &'a Multiples<RecordedP256>,
    order: &'a BigInt,
    claims: &'a mut Obligations,
}

impl Walk<'_> {
    fn window(&self, i: usize) -> Step {
        Recorder::window(&self.scalar, self.recoding.position(i), self.recoding.width)
    }

    /// The entry of digit `i`, and whether it is to be negated.
    fn entry(&self, i: usize) -> (AffineDoubled<RecordedP256>, Step) {
        let (negative, index) = Recorder::signed(&self.window(i), self.recoding.width);
        (find(self.table, &index), negative)
    }

    /// 16 times a point.
    fn shift(&mut self, point: Doubled<RecordedP256>, times: &mut Linear) -> Doubled<RecordedP256> {
        (0..self.recoding.width).fold(point, |point, _| {
            self.claims
                .claim("not the identity", times.is_never_multiple_of(self.order));
            *times = times.plus(times);
            double(&point)
        })
    }

    /// `k P`, for odd k.
    fn run(mut self) -> Projective<RecordedP256> {
        let top = self.recoding.windows - 1;
        let nowhere = Product::<RecordedP256>::constant(Recorder, &[1, 0, 0, 0])
            .carry()
            .is_zero();
        let mut times = self.recoding.digit(top);
        let (low, high) = Linear::window(self.recoding.position(top), self.recoding.width).bounds();
        let entries = BigInt::from(multiples::COUNT);
        self.claims
            .claim("names an entry", low == BigInt::ZERO && high < entries);
        let mut sum = find(self.table, &self.window(top)).signed(Recorder, &nowhere);
        for i in (1..top).rev() {
            sum = self.shift(sum, &mut times);
            let sign = self.recoding.position(i) + self.recoding.width - 1;
            let digit = self.recoding.digit(i);
            times.is_apart_from(&digit, sign, self.order, self.claims);
            let (entry, negative) = self.entry(i);
            sum = add_doubled(&sum, &entry, &negative);
            times = times.plus(&digit);
        }
        sum = self.shift(sum, &mut times);
        let times = times.plus(&self.recoding.digit(0)).knowing(ODD);
        self.claims
            .claim("k P", times == Linear::scalar().knowing(ODD));
        let (entry, negative) = self.entry(0);
        let last = entry.signed(Recorder, &negative);
        add_complete(Recorder, &sum.projective(), &last.projective())
    }
}

/// What the kernel is to do: check the points, make their multiples, walk, and divide.
fn expected(vectors: usize, claims: &mut Obligations) -> Program {
    let order = BigInt::from(P256::new().order);
    Program::record(|| {
        let (mut products, mut checks) = (Vec::new(), Vec::new());
        for first in (0..vectors).step_by(TABLES) {
            let held = first..vectors.min(first + TABLES);
            let load = |kind, i| Product::from_integers(&Recorder.load(&[named(kind, i)]));
            let (mut tables, mut inverses) = (Vec::new(), Vec::new());
            for i in held.clone() {
                let (x, y) = (load(1, i), load(2, i));
                checks.push(is_on_curve::<RecordedP256>(Recorder, &x, &y));
                let (table, denominator) = tabulate(x, y, &order, claims);
                tables.push(table);
                inverses.push(denominator);
            }
            invert_all(Recorder, &mut inverses);
            for ((i, mut table), inverse) in held.zip(tables).zip(&inverses) {
                table.make_affine(inverse);
                let walk = Walk {
                    recoding: Recoding::windows_p256(),
                    scalar: Recorder.load(&[named(0, i)]),
                    table: &table,
                    order: &order,
                    claims,
                };
                products.push(walk.run());
            }
        }
        let mut inverses: Vec<_> = products.iter().map(|point| point.z).collect();
        invert_all(Recorder, &mut inverses);
        let quotients = products
            .iter()
            .zip(&inverses)
            .map(|(point, inverse)| (&point.x * inverse).carry().to_integers());
        quotients.chain(checks).collect()
    })
}

/// The steps that are altered: all that say which entry is added.
fn is_choice(operation: &Operation) -> bool {
    use Operation::*;
    matches!(operation, Window(..) | Negative(..) | Magnitude(..))
}

#[test]
fn the_windows_of_p256_multiply_by_every_odd_scalar() {
    let mut claims = Obligations::default();
    let (kernel, steps) = (shipped(VECTORS), expected(VECTORS, &mut claims));
    claims.claim("the kernel is these steps", kernel.is_same_as(&steps));
    // Of each vector: its multiples, its doublings and additions, its top digit and its sum.
    let each = 7 * 3 + 63 * 4 + 62 * 7 + 2;
    claims.prove("P-256's windows, for every odd scalar", VECTORS * each + 1);

    let (kernel, steps) = (shipped(1), expected(1, &mut Obligations::default()));
    let mut score = Score::default();
    for (bug, altered) in kernel.alterations(is_choice) {
        score.add(&bug, !altered.is_same_as(&steps));
    }
    score.settle("the choices of P-256's windows", 254, &[]);
}

/// Which input a lookup finds.
struct Found {
    /// The step that is the index.
    choice: Step,
    index: u64,
}

impl Algebra for Found {
    type Value = Option<u8>;

    fn leaf(&self, operation: &Operation) -> Option<u8> {
        match operation {
            Operation::Input(i) => Some(*i),
            _ => None,
        }
    }
    fn add(&self, _: &Option<u8>, _: &Option<u8>) -> Option<u8> {
        None
    }
    fn sub(&self, _: &Option<u8>, _: &Option<u8>) -> Option<u8> {
        None
    }
    fn mul(&self, _: &Option<u8>, _: &Option<u8>) -> Option<u8> {
        None
    }
    /// Nothing is known of what is chosen by anything else.
    fn select(&self, mask: &Operation, a: &Option<u8>, b: &Option<u8>) -> Option<u8> {
        match mask {
            Operation::Is(choice, value) if *choice == self.choice => {
                if *value == self.index {
                    *a
                } else {
                    *b
                }
            }
            _ => None,
        }
    }
}

/// The lookup finds the entry that the index names.
fn lookup(program: &Program) -> Obligations {
    let mut claims = Obligations::default();
    let mut steps = program.steps.iter();
    let choice = steps.position(|step| *step == Operation::Choice(0));
    let choice = Step::new(choice.expect("the index"));
    for index in 0..8u8 {
        let found = program.read(&Found {
            choice,
            index: u64::from(index),
        });
        claims.claim("the entry", found == [Some(index), Some(8 + index)]);
    }
    claims
}

#[test]
fn the_lookup_finds_each_entry() {
    let program = Program::record(|| {
        let mut table = Multiples::<RecordedP256>::none(Recorder);
        let coordinates = inputs::<16>().map(Factor);
        for (i, point) in table.points.iter_mut().enumerate() {
            (point.x, point.twice_y) = (coordinates[i], coordinates[8 + i]);
        }
        // Another index, for a bug to look at.
        step(Operation::Choice(1));
        let found = find(&table, &step(Operation::Choice(0)));
        vec![found.x.0, found.twice_y.0]
    });
    lookup(&program).prove("the lookup in a point's multiples", 8);
    let mut score = Score::default();
    score.add_alterations(&program, lookup);
    score.settle("the lookup in a point's multiples", 42, &[]);
}
