//! The kernels that ship, from their first instruction to their return, against the source.

use std::time::Instant;

use super::{
    batch::{Isa, Kernel, Results, Run},
    lane::Lane as _,
    library,
    run::Code,
    source::{avx2::Avx2, avx512ifma::Avx512Ifma},
    terms::{self, Term},
};
use crate::{
    curve25519::{comb::Comb, ladder::Ladder},
    integer::Integer,
    isa,
    nistp256::{comb::Comb as P256Comb, window::Windowed as P256Windowed},
};

/// The name of the input that is a word of an integer of one vector.
fn name(slice: usize, vector: usize, word: usize) -> u64 {
    (1000 * (slice + 1) + 10 * vector + word) as u64
}

/// The results of the source: in terms of the inputs' names.
pub(super) fn of_the_source(kernel: Kernel, isa: Isa, vectors: usize) -> Results<Term> {
    match isa {
        Isa::Avx512Ifma => of_the_source_on(Avx512Ifma, kernel, vectors),
        Isa::Avx2 => of_the_source_on(Avx2, kernel, vectors),
    }
}

fn of_the_source_on<I: isa::Isa>(isa: I, kernel: Kernel, vectors: usize) -> Results<Term> {
    let integers = |slice: usize| -> Vec<Integer> {
        let integer = |vector| core::array::from_fn(|word| name(slice, vector, word));
        (0..vectors).map(integer).collect()
    };
    let [scalars, points, ordinates] = [0, 1, 2].map(integers);
    let mut results = [vec![[0; 4]; vectors], vec![[0; 4]; vectors]];
    let [products, others] = &mut results;
    match kernel {
        Kernel::Ladder => isa.vectorize(Ladder {
            scalars: &scalars,
            points: &points,
            products,
        }),
        Kernel::Comb => isa.vectorize(Comb {
            scalars: &scalars,
            products,
        }),
        Kernel::P256Comb => isa.vectorize(P256Comb {
            scalars: &scalars,
            x: products,
            y: others,
        }),
        Kernel::P256Windowed => isa.vectorize(P256Windowed {
            scalars: &scalars,
            x: &points,
            y: &ordinates,
            products,
            on_curve: &mut vec![false; vectors],
        }),
    }
    let terms = |slice: &Vec<Integer>| {
        let products = slice.iter();
        products.map(|words| words.map(Term::from_name)).collect()
    };
    results[..kernel.results()].iter().map(terms).collect()
}

/// The results of the machine code in one lane of each vector: only that has inputs, of the
/// others nothing is known.
pub(super) fn of_the_code(
    run: &Run<'_>,
    code: &mut Code<'_>,
    lane: usize,
) -> Result<(Results<Term>, usize), String> {
    let lanes = run.isa.lanes();
    let input = |slice: usize, element: usize, word: usize| {
        (element % lanes == lane).then(|| Term::input(name(slice, element / lanes, word)))
    };
    let (done, steps) = run.follow(code, input)?;
    let of_lane = |slice: Vec<[Term; 4]>| slice.into_iter().skip(lane).step_by(lanes).collect();
    Ok((done.results.into_iter().map(of_lane).collect(), steps))
}

/// Proves that in some lanes the machine code of a kernel computes the source's words.
fn prove(kernel: Kernel, isa: Isa, vectors: usize, lanes: &[usize]) {
    let image = library::released();
    let start = Instant::now();
    terms::forget();
    let expected = of_the_source(kernel, isa, vectors);
    let known = terms::known();
    let run = Run {
        image,
        kernel,
        isa,
        vectors,
    };
    let (mut words, mut steps) = (0, 0);
    for lane in lanes {
        let mut code = Code::new(run.image);
        let (found, taken) = of_the_code(&run, &mut code, *lane)
            .unwrap_or_else(|why| panic!("{kernel:?} on {isa:?} cannot be followed: {why}"));
        steps = taken;
        let found = found.iter().flatten().flatten();
        for (found, expected) in found.zip(expected.iter().flatten().flatten()) {
            assert!(
                expected.is_known() && expected.value().is_none(),
                "a result of inputs"
            );
            assert!(
                found == expected,
                "{kernel:?} on {isa:?}, lane {lane}: the code computes what the source does not, \
                 first {}",
                found
                    .first_after(known)
                    .unwrap_or_else(|| format!("{found:?}")),
            );
            words += 1;
        }
    }
    assert_eq!(words, 4 * vectors * lanes.len() * kernel.results());
    println!(
        "proved: machine code of {kernel:?} on {isa:?} as released: from its first instruction \
         to its return, for every scalar and point, it computes the words that the source does \
         [{words} words, {vectors} vectors, lanes {lanes:?}; {steps} instructions followed in \
         each, {} terms; {} ms]",
        terms::known(),
        start.elapsed().as_millis(),
    );
}

#[test]
fn the_comb_is_its_source() {
    prove(Kernel::Comb, Isa::Avx512Ifma, 2, &[0, 7]);
}

#[test]
fn the_ladder_is_its_source() {
    prove(Kernel::Ladder, Isa::Avx512Ifma, 1, &[5]);
}

#[test]
fn the_comb_of_p256_is_its_source() {
    prove(Kernel::P256Comb, Isa::Avx512Ifma, 2, &[6]);
}

#[test]
#[ignore = "a minute: cargo xtask test proofs"]
fn the_windows_of_p256_are_their_source() {
    prove(Kernel::P256Windowed, Isa::Avx512Ifma, 1, &[2]);
}

#[test]
fn the_comb_on_avx2_is_its_source() {
    prove(Kernel::Comb, Isa::Avx2, 2, &[1]);
}
