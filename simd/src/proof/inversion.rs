//! Inversions: the exponents of both chains, and the inversion that a group shares.
//!
//! **Exponents.** Read with addition for multiplication, a chain of multiplications gives its
//! exponent. It is p - 2, and a^(p - 2) is 1 / a by Fermat's theorem, the primes being primes
//! (`orders.rs`), and 0 for 0.
//!
//! **The shared inversion.** Before it is multiplied in, an element e is replaced by n = e, or 1
//! where e is zero: whichever lanes hold zeros, n is never zero. So the recorded program is read
//! with a unit n for what stands for each element, another for the element itself, and multiplication
//! adds exponents: whatever the elements, each
//! comes out as 1 / n where e is not zero, and as zero where it is. This covers zeros in all places at
//! once, for every length of a group; the smallest lengths are tried with each set of zeros
//! besides.

use num_bigint::BigUint;

use crate::{
    isa::field::{
        Field,
        big::{prime_25519, prime_p256},
        gf25519, gfp256,
        inversion::invert_all,
        operators::Factor,
    },
    proof::{
        algebra::Algebra,
        obligations::{Obligations, Score},
        program::{Operation, Program, Recorded25519, RecordedP256, Recorder, Step, inputs, step},
        units::{Unit, Units, Zeros},
    },
};

/// Powers of one element, by their exponents; none for what is no power.
struct Exponents;

impl Algebra for Exponents {
    type Value = Option<BigUint>;

    fn leaf(&self, operation: &Operation) -> Option<BigUint> {
        matches!(operation, Operation::Input(_)).then(|| BigUint::from(1u8))
    }
    fn add(&self, _: &Self::Value, _: &Self::Value) -> Self::Value {
        None
    }
    fn sub(&self, _: &Self::Value, _: &Self::Value) -> Self::Value {
        None
    }
    fn mul(&self, a: &Self::Value, b: &Self::Value) -> Self::Value {
        Some(a.as_ref()? + b.as_ref()?)
    }
    fn select(&self, _: &Operation, _: &Self::Value, _: &Self::Value) -> Self::Value {
        None
    }
}

/// The program raises its input to the power `prime` - 2.
fn exponent(program: &Program, prime: &BigUint) -> Obligations {
    let mut claims = Obligations::default();
    claims.claim("p - 2", program.read(&Exponents) == [Some(prime - 2u8)]);
    claims
}

#[test]
fn the_chains_have_the_exponents_of_the_inverse() {
    let invert25519 = || inputs::<1>().map(|a| gf25519::invert::<Recorded25519>(&a));
    let invert_p256 = || inputs::<1>().map(|a| gfp256::invert::<RecordedP256>(&a));
    let chains = [
        (
            "2^255 - 19",
            Program::record(|| invert25519().into()),
            prime_25519(),
            541,
        ),
        (
            "P-256",
            Program::record(|| invert_p256().into()),
            prime_p256(),
            549,
        ),
    ];
    let root = || inputs::<1>().map(|a| gf25519::root_power(&Factor::<Recorded25519>(a)).0);
    let root = Program::record(|| root().into());
    let eighth = (prime_25519() - 5u8) / 8u8;
    exponent(&root, &(&eighth + 2u8)).prove("the exponent of the root is (p - 5) / 8", 1);
    for (name, program, prime, bugs) in chains {
        exponent(&program, &prime).prove(&format!("the exponent of {name} is p - 2"), 1);
        let mut score = Score::default();
        score.add_alterations(&program, |altered| exponent(altered, &prime));
        score.settle(&format!("the chain of {name}"), bugs, &[]);
    }
}

/// The recorded shared inversion of `count` elements.
fn shared<F: Field<Isa = Recorder, Factor = Step>>(count: usize) -> Program {
    Program::record(|| {
        let mut elements: Vec<_> = (0..count)
            .map(|i| Factor::<F>(step(Operation::Input(i as u8))))
            .collect();
        invert_all(Recorder, &mut elements);
        elements.iter().map(|element| element.0).collect()
    })
}

/// Each result is the inverse of its element, wherever there are zeros.
fn inverses(program: &Program, zeros: Zeros) -> Obligations {
    let mut claims = Obligations::default();
    let units = Units {
        count: program.results.len(),
        zeros,
    };
    for (i, result) in program.read(&units).iter().enumerate() {
        let inverse = match zeros {
            Zeros::These(zeros) if zeros >> i & 1 == 1 => Unit::Zero,
            _ => units.power(i, -1),
        };
        claims.claim("the inverse, or zero", *result == inverse);
    }
    claims
}

/// Every length of a group, with zeros anywhere; and every set of zeros in the short ones.
fn shared_claims<F: Field<Isa = Recorder, Factor = Step>>() -> (Obligations, Obligations) {
    let (mut open, mut each) = (Obligations::default(), Obligations::default());
    for count in 1..=LARGEST {
        open.extend(inverses(&shared::<F>(count), Zeros::Any));
    }
    for count in 1..=8 {
        let program = shared::<F>(count);
        for zeros in 0..1 << count {
            each.extend(inverses(&program, Zeros::These(zeros)));
        }
    }
    (open, each)
}

/// The most elements of a lane that share an inversion: the portable backend's.
const LARGEST: usize = 128;

#[test]
fn a_shared_inversion_inverts_each_wherever_there_are_zeros() {
    let any = "shared inversion, 1 to 128 elements, zeros anywhere";
    let each = "shared inversion, 1 to 8 elements, each set of zeros";
    let fields = [
        ("2^255 - 19", shared_claims::<Recorded25519>()),
        ("P-256", shared_claims::<RecordedP256>()),
    ];
    for (name, (open, sets)) in fields {
        open.prove(&format!("{name}: {any}"), LARGEST * (LARGEST + 1) / 2);
        sets.prove(&format!("{name}: {each}"), (1..=8).map(|n| n << n).sum());
    }
    let mut score = Score::default();
    score.add_alterations(&shared::<Recorded25519>(5), |altered| {
        inverses(altered, Zeros::Any)
    });
    score.settle("the shared inversion", 65, &[]);
}
