//! The models, the decoder and the memory against what a processor computes: the machine code as
//! released, run on numbers, gives what the portable backend gives.

use super::{
    batch::{Done, Isa, Kernel, Run},
    library,
    run::Code,
};
use crate::{
    Backend,
    curve25519::{self, comb::Comb, ladder::Ladder},
    integer::Integer,
    nistp256::{comb::Comb as P256Comb, window::Windowed as P256Windowed},
};

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Integers below 2^255.
    fn integers(&mut self, count: usize) -> Vec<Integer> {
        let mut integer = || core::array::from_fn(|word| self.next() >> usize::from(word == 3));
        (0..count).map(|_| integer()).collect()
    }
}

/// What a kernel is given, by slice.
fn given(kernel: Kernel, count: usize, random: &mut Random) -> Vec<Vec<Integer>> {
    let mut scalars = random.integers(count);
    for scalar in &mut scalars {
        match kernel {
            Kernel::P256Comb | Kernel::P256Windowed => scalar[0] |= 1,
            Kernel::Comb | Kernel::Ladder => curve25519::clamp(scalar),
        }
    }
    let points = match kernel {
        Kernel::Comb | Kernel::P256Comb => Vec::new(),
        Kernel::Ladder => vec![random.integers(count)],
        Kernel::P256Windowed => points_of_p256(count, random),
    };
    [scalars].into_iter().chain(points).collect()
}

/// The coordinates of points, every third of which is beside the curve.
fn points_of_p256(count: usize, random: &mut Random) -> Vec<Vec<Integer>> {
    let multiples = given(Kernel::P256Comb, count, random);
    let mut points = computed(Kernel::P256Comb, &multiples).results;
    for y in points[1].iter_mut().step_by(3) {
        y[0] ^= 1;
    }
    points
}

/// What the portable backend gives.
fn computed(kernel: Kernel, given: &[Vec<Integer>]) -> Done<u64> {
    let portable: Backend = "portable".parse().expect("every processor has it");
    let count = given[0].len();
    let mut results = vec![vec![[0; 4]; count]; kernel.results()];
    let mut on_curve = vec![false; count];
    match (kernel, given, &mut results[..]) {
        (Kernel::Ladder, [scalars, points], [products]) => Ladder {
            scalars,
            points,
            products,
        }
        .run(portable),
        (Kernel::Comb, [scalars], [products]) => Comb { scalars, products }.run(portable),
        (Kernel::P256Comb, [scalars], [x, y]) => P256Comb { scalars, x, y }.run(portable),
        (Kernel::P256Windowed, [scalars, x, y], [products]) => P256Windowed {
            scalars,
            x,
            y,
            products,
            on_curve: &mut on_curve,
        }
        .run(portable),
        _ => unreachable!("as many slices as the kernel has"),
    }
    let flags = match kernel {
        Kernel::P256Windowed => on_curve.into_iter().map(u64::from).collect(),
        _ => Vec::new(),
    };
    Done { results, flags }
}

/// Runs a kernel's code on random numbers; how many results are those of the portable backend.
fn compare(kernel: Kernel, isa: Isa, random: &mut Random) -> usize {
    let given = given(kernel, isa.lanes(), random);
    let run = Run {
        image: library::released(),
        kernel,
        isa,
        vectors: 1,
    };
    let input = |slice: usize, element: usize, word: usize| Some(given[slice][element][word]);
    let mut code = Code::new(run.image);
    let (found, _) = run
        .follow::<u64>(&mut code, input)
        .unwrap_or_else(|why| panic!("{kernel:?} on {isa:?} cannot be followed: {why}"));
    let Done { results, flags } = computed(kernel, &given);
    assert_eq!(found.flags, flags, "{kernel:?} on {isa:?}");
    let mut compared = 0;
    for (found, expected) in found.results.iter().zip(&results) {
        // Of a point beside the curve no result means anything.
        let counts = |element: &usize| flags.get(*element) != Some(&0);
        for element in (0..isa.lanes()).filter(counts) {
            assert_eq!(found[element], expected[element], "{kernel:?} on {isa:?}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn on_numbers_the_code_gives_what_the_portable_backend_gives() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut compared = 0;
    for isa in [Isa::Avx512Ifma, Isa::Avx2] {
        for kernel in [
            Kernel::Comb,
            Kernel::Ladder,
            Kernel::P256Comb,
            Kernel::P256Windowed,
        ] {
            compared += compare(kernel, isa, &mut random);
        }
    }
    println!("machine code run on numbers: {compared} results are those of the portable backend");
    assert_eq!(compared, (1 + 1 + 2) * (8 + 4) + (5 + 2));
}
