//! Every kernel of AVX-512 IFMA on the emulated processor, against aws-lc-rs.

use std::thread;

use super::{Avx512Ifma, Mask, Vector, limits};
use crate::{
    Backend,
    common::Randomness,
    differential::{Operation, compare, generate},
    verification::{ed25519, in_every_lane, p256},
};

/// How many elements a batch has: whole groups, and some left over.
const BATCH: usize = 331;

/// How many batches of elements each operation gets.
const BATCHES: usize = 4;

/// Frames in which nothing is inlined are large.
fn on_a_large_stack(work: impl FnOnce(Backend) + Send) {
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(64 << 20);
        let thread = builder.spawn_scoped(scope, || work(Backend::emulated()));
        thread.unwrap().join().unwrap();
    });
}

impl generate::Choices for Randomness {
    fn below(&mut self, bound: usize) -> usize {
        self.word() as usize % bound
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.array()
    }
}

#[test]
fn agreements_and_key_generations() {
    on_a_large_stack(|backend| {
        let mut random = Randomness::new();
        let mut ran = 0;
        for operation in Operation::ALL {
            for _ in 0..BATCHES {
                let elements = generate::batch(&mut random, operation, BATCH);
                compare(backend, operation, &elements)
                    .unwrap_or_else(|difference| panic!("{difference}"));
                ran += elements.len();
            }
        }
        assert_eq!(ran, 4 * BATCHES * BATCH);
        println!("{backend}: {ran} elements");
    });
}

#[test]
fn signatures_of_ed25519() {
    on_a_large_stack(|backend| {
        let verify = |cases: &[&_]| ed25519::verify(backend, cases);
        let (cases, verdicts) = ed25519::wycheproof();
        let ran = in_every_lane(backend, &cases, &verdicts, verify);
        assert_eq!(ran, cases.len());
        let cases = ed25519::random_cases(&mut Randomness::new(), BATCH);
        let cases: Vec<_> = cases.iter().collect();
        let expected: Vec<_> = (0..BATCH).map(|i| i.is_multiple_of(2)).collect();
        assert_eq!(verify(&cases), expected);
        println!("{backend}: {ran} cases of Wycheproof, {BATCH} random signatures");
    });
}

#[test]
fn signatures_of_p256() {
    on_a_large_stack(|backend| {
        let (cases, verdicts) = p256::wycheproof();
        let ran = in_every_lane(backend, &cases, &verdicts, |cases| {
            p256::answers(backend, cases)
        });
        assert_eq!(ran, cases.len());
        let cases = p256::random_cases(&mut Randomness::new(), BATCH);
        let cases: Vec<_> = cases.iter().collect();
        let expected: Vec<_> = (0..BATCH).map(|i| i.is_multiple_of(2)).collect();
        assert_eq!(p256::verify(backend, &cases), expected);
        println!("{backend}: {ran} cases of Wycheproof, {BATCH} random signatures");
    });
}

/// Words at the ends of lanes, limbs and signs, and random ones.
fn words(random: &mut Randomness) -> Vector {
    let mut word = || match random.word() % 4 {
        0 => (1 << (random.word() % 64)) - 1,
        1 => 1 << (random.word() % 64),
        2 => random.word() % 130,
        _ => random.word(),
    };
    limits::vector(Avx512Ifma, &[word(); 8])
}

/// The models are compared with the CPU, where it has the instructions.
#[cfg(debug_assertions)]
#[test]
fn the_instructions_are_the_models() {
    use crate::proof::models::*;
    let mut random = Randomness::new();
    let table: [u64; 32] = core::array::from_fn(|_| random.word());
    for _ in 0..100_000 {
        let [a, b, c] = core::array::from_fn(|_| words(&mut random));
        let [x, y, z] = [a, b, c].map(|vector| limits::words(vector)[0]);
        let Mask(m) = b.test(c);
        let entries = core::array::from_fn(|i| table[i + (x & 16) as usize]);
        for (name, found, model) in [
            ("vpaddq", a.add(b), vpaddq(x, y)),
            ("vpsubq", a.sub(b), vpsubq(x, y)),
            ("vpandq", a.and(b), vpand(x, y)),
            ("vporq", a.or(b), vpor(x, y)),
            ("vpxorq", a.xor(b), vpxor(x, y)),
            ("vpmadd52luq", a.add_low(b, c), vpmadd52luq(x, y, z)),
            ("vpmadd52huq", a.add_high(b, c), vpmadd52huq(x, y, z)),
            ("vpsllq", a.shl::<12>(), vpsllq(x, 12)),
            ("vpsrlq", a.shr::<52>(), vpsrlq(x, 52)),
            ("vpsraq", a.shr_signed::<47>(), vpsraq(x, 47)),
            ("vpsllvq", a.shl_by(b), vpsllvq(x, y)),
            ("vpsrlvq", a.shr_by(b), vpsrlvq(x, y)),
            (
                "vptestmq",
                Vector::select(&b.test(c), a, b),
                vpblendmq(vptestmq(y, z), y, x),
            ),
            (
                "vptestnmq",
                Vector::select(&b.test_not(c), a, b),
                vpblendmq(vptestnmq(y, z), y, x),
            ),
            (
                "vpsubq with a mask",
                a.sub_if(&Mask(m), b, c),
                vpsubq_mask(z, m, x, y),
            ),
            (
                "vpternlogq with a mask",
                a.not_if(&Mask(m)),
                vpternlogq_not_mask(x, m),
            ),
            (
                "vpermt2q",
                a.and(a.splat(31)).lookup(&table),
                vpermt2q(x & 31, &entries),
            ),
        ] {
            assert_eq!(
                limits::words(found)[0],
                model,
                "{name} of {x:x}, {y:x}, {z:x}"
            );
        }
    }
}
