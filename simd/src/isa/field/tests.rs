//! Every operation of every field on every backend against big integers: at the ends
//! of the ranges of limbs, around the carries, and at random.

use core::marker::PhantomData;

use num_bigint::BigUint;

use crate::{
    backend::with_isa,
    common::{self, Randomness},
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{
            self, Field,
            big::{big, power, prime_25519, prime_p256, words},
            inversion::invert_all,
            limits::{Limbed, Limits, Range},
            operators::Product,
        },
    },
};

/// What one lane computes with: two products and two factors, as limbs, and a mask.
struct Operands {
    products: [Vec<u64>; 2],
    factors: [Vec<u64>; 2],
    mask: bool,
}

/// One operand of each kind in each lane.
struct Vectors<F: Field> {
    isa: F::Isa,
    a: F::Product,
    b: F::Product,
    c: F::Factor,
    d: F::Factor,
    mask: <F::Isa as Isa>::Mask,
}

/// The elements in one lane, and the prime.
struct Elements {
    prime: BigUint,
    a: BigUint,
    b: BigUint,
    c: BigUint,
    d: BigUint,
    mask: bool,
}

/// Named results.
type Results<T> = Vec<(&'static str, T)>;

/// Operations, on vectors and on big integers. The names are in the same order.
trait Operations<F: Field> {
    fn compute(operands: &Vectors<F>) -> Results<F::Factor>;
    fn expect(operands: &Elements) -> Results<BigUint>;
}

/// The operations of every field, but one.
struct Any;
/// That one, for which big integers take long.
struct Inversion;
/// Those of curve25519.
struct Curve25519;
/// Those of P-256.
struct NistP256;

impl<F: Field> Operations<F> for Any {
    #[inline(always)]
    fn compute(operands: &Vectors<F>) -> Results<F::Factor> {
        let Vectors {
            isa,
            a,
            b,
            c,
            d,
            mask,
        } = operands;
        let zero = F::carry(&F::constant(*isa, &[0; 4]));
        let one = F::carry(&F::constant(*isa, &[1, 0, 0, 0]));
        vec![
            ("to_integers", *c),
            ("carry", F::carry(a)),
            ("add", F::add(a, b)),
            ("add to itself", F::add(a, a)),
            ("sub", F::sub(a, b)),
            ("sub from itself", F::sub(a, a)),
            ("mul", F::carry(&F::mul(c, d))),
            (
                "mul of a sum",
                F::carry(&F::mul(&F::add(a, b), &F::sub(b, a))),
            ),
            ("square", F::carry(&F::square(c))),
            (
                "square of a difference",
                F::carry(&F::square(&F::sub(a, b))),
            ),
            ("select", F::select(mask, c, d)),
            ("is_zero", F::select(&F::is_zero(c), &one, &zero)),
            (
                "is_zero of a difference",
                F::select(&F::is_zero(&F::sub(a, b)), &one, &zero),
            ),
        ]
    }

    fn expect(operands: &Elements) -> Results<BigUint> {
        let Elements {
            prime,
            a,
            b,
            c,
            d,
            mask,
        } = operands;
        let truth = |value: bool| BigUint::from(u8::from(value));
        let (sum, difference) = (a + b, a + prime - b);
        vec![
            ("to_integers", c.clone()),
            ("carry", a.clone()),
            ("add", sum.clone()),
            ("add to itself", a + a),
            ("sub", difference.clone()),
            ("sub from itself", truth(false)),
            ("mul", c * d),
            ("mul of a sum", sum * (b + prime - a)),
            ("square", c * c),
            ("square of a difference", difference.pow(2)),
            ("select", if *mask { c } else { d }.clone()),
            ("is_zero", truth(*c == truth(false))),
            ("is_zero of a difference", truth(a == b)),
        ]
    }
}

impl<F: Field> Operations<F> for Inversion {
    #[inline(always)]
    fn compute(operands: &Vectors<F>) -> Results<F::Factor> {
        vec![("invert", F::invert(&operands.d))]
    }

    fn expect(operands: &Elements) -> Results<BigUint> {
        let Elements { prime, d, .. } = operands;
        vec![("invert", d.modpow(&(prime - 2u8), prime))]
    }
}

impl<F: field::Gf25519> Operations<F> for Curve25519 {
    #[inline(always)]
    fn compute(operands: &Vectors<F>) -> Results<F::Factor> {
        let Vectors { a, b, c, mask, .. } = operands;
        vec![
            ("add_a24_times", F::add_a24_times(a, c)),
            (
                "add_a24_times a difference",
                F::add_a24_times(a, &F::sub(a, b)),
            ),
            ("negate_if", F::negate_if(mask, a)),
            ("add_sub", F::add_sub(a, a, b)),
            ("add_sub of itself", F::add_sub(b, a, a)),
            ("twice_add_sub", F::twice_add_sub(a, b, b)),
            ("twice_add_sub of another", F::twice_add_sub(a, a, b)),
        ]
    }

    fn expect(operands: &Elements) -> Results<BigUint> {
        let Elements {
            prime,
            a,
            b,
            c,
            mask,
            ..
        } = operands;
        vec![
            ("add_a24_times", a + 121_665u32 * c),
            (
                "add_a24_times a difference",
                a + 121_665u32 * (a + prime - b),
            ),
            ("negate_if", if *mask { prime - a } else { a.clone() }),
            ("add_sub", a + a + prime - b),
            ("add_sub of itself", b.clone()),
            ("twice_add_sub", a + a),
            ("twice_add_sub of another", 3u8 * a + prime - b),
        ]
    }
}

/// `sign` times 32 times a term: the largest sum there is.
#[inline(always)]
fn thirty_two<F: field::GfP256>(mask: &<F::Isa as Isa>::Mask, a: &F::Product) -> F::Factor {
    let mut sum = F::negate_if(mask, a);
    for _ in 0..5 {
        sum = F::plus(&sum, &sum);
    }
    F::reduce(&sum)
}

/// `first - 31 term`: 32 terms, the most of which are subtracted.
#[inline(always)]
fn minus_31<F: field::GfP256>(first: &F::Sum, term: &F::Sum) -> F::Factor {
    let mut sum = *first;
    for _ in 0..31 {
        sum = F::minus(&sum, term);
    }
    F::reduce(&sum)
}

impl<F: field::GfP256> Operations<F> for NistP256 {
    #[inline(always)]
    fn compute(operands: &Vectors<F>) -> Results<F::Factor> {
        let Vectors {
            a, b, c, d, mask, ..
        } = operands;
        let (e, f) = (F::carry(a), F::carry(b));
        let (sum_a, sum_b) = (F::sum(a), F::sum(b));
        let (term, negative) = (F::mul_sub(c, d, &e, &f), F::mul_sub(&e, &f, c, d));
        vec![
            ("sum", F::reduce(&sum_a)),
            ("plus", F::reduce(&F::plus(&sum_a, &sum_b))),
            ("minus", F::reduce(&F::minus(&sum_a, &sum_b))),
            ("negate_if", F::reduce(&F::negate_if(mask, a))),
            ("32 terms", thirty_two::<F>(mask, a)),
            ("one term less 31", minus_31::<F>(&sum_a, &sum_b)),
            ("mul_sub", F::reduce(&term)),
            ("mul_sub the other way", F::reduce(&negative)),
            ("32 of mul_sub", minus_31::<F>(&negative, &term)),
            ("mul_sub_square", F::reduce(&F::mul_sub_square(c, d, &e))),
            ("minus a square", F::reduce(&F::mul_sub_square(&e, &f, c))),
        ]
    }

    fn expect(operands: &Elements) -> Results<BigUint> {
        let Elements {
            prime,
            a,
            b,
            c,
            d,
            mask,
        } = operands;
        let negative = |a: &BigUint| prime - a % prime;
        let signed = if *mask { negative(a) } else { a.clone() };
        let term = c * d + negative(&(a * b));
        vec![
            ("sum", a.clone()),
            ("plus", a + b),
            ("minus", a + negative(b)),
            ("negate_if", signed.clone()),
            ("32 terms", 32u8 * signed),
            ("one term less 31", a + 31u8 * negative(b)),
            ("mul_sub", term.clone()),
            ("mul_sub the other way", negative(&term)),
            ("32 of mul_sub", 32u8 * negative(&term)),
            ("mul_sub_square", c * d + negative(&(a * a))),
            ("minus a square", a * b + negative(&(c * c))),
        ]
    }
}

/// Runs operations on as many operands as there are lanes.
struct Compute<'a, F, O> {
    operands: &'a [Operands],
    /// For each operation, a result for each lane.
    results: &'a mut Results<Vec<Integer>>,
    what: PhantomData<(F, O)>,
}

impl<I: Isa, F: Limbed<Isa = I>, O: Operations<F>> Kernel<I> for Compute<'_, F, O> {
    #[inline(always)]
    fn run(self, isa: I) {
        let each = |limbs: fn(&Operands) -> &[u64]| -> Vec<&[u64]> {
            self.operands.iter().map(limbs).collect()
        };
        let masks = self.operands.iter().map(|of| [u64::from(of.mask), 0, 0, 0]);
        let vectors = Vectors {
            isa,
            a: F::product(isa, &each(|of| &of.products[0])),
            b: F::product(isa, &each(|of| &of.products[1])),
            c: F::factor(isa, &each(|of| &of.factors[0])),
            d: F::factor(isa, &each(|of| &of.factors[1])),
            mask: I::bit(&isa.load(&masks.collect::<Vec<_>>()), 0),
        };
        for (name, factor) in O::compute(&vectors) {
            let mut integers = vec![[0; 4]; I::LANES];
            I::store(&F::to_integers(&factor), &mut integers);
            self.results.push((name, integers));
        }
    }
}

/// Integers of 256 bits at which something may be carried: powers of two where a limb
/// or a word begins, and their neighbours; and what has all bits of a limb set.
fn integers() -> Vec<BigUint> {
    let positions = [
        25, 26, 51, 52, 64, 77, 78, 102, 104, 128, 153, 156, 192, 204, 208, 224, 230, 234, 255,
    ];
    let mut integers: Vec<_> = (0..20u8).map(BigUint::from).collect();
    for position in positions {
        integers.extend([
            power(position) - 1u8,
            power(position),
            power(position) + 1u8,
        ]);
    }
    integers.push(power(256) - 1u8);
    integers
}

/// Every pattern of a factor with every other, and random ones; with them those of a
/// product, in other pairs.
fn operands<F: Limbed>(prime: &BigUint, random: &mut Randomness) -> Vec<Operands> {
    let limits = F::LIMITS;
    let mut choices = |range: &Range| {
        let mut choices = limits.patterns(range, prime, &integers());
        let at_ends = choices.len();
        while choices.len() < at_ends + 16 {
            let limbs = range.largest.iter().map(|limb| up_to(*limb, random));
            let limbs: Vec<_> = limbs.collect();
            choices.extend(limits.admits(&limbs, range, prime).then_some(limbs));
        }
        choices
    };
    let (factors, products) = (choices(&limits.factor), choices(&limits.product));
    let count = factors.len().max(products.len());
    let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
    let pair = |of: &[Vec<u64>], (i, j): (usize, usize)| {
        [of[i % of.len()].clone(), of[j % of.len()].clone()]
    };
    pairs
        .map(|(i, j)| Operands {
            factors: pair(&factors, (i, j)),
            products: pair(&products, (i + j, j)),
            mask: random.word() & 1 == 1,
        })
        .collect()
}

/// A random word, at most `largest`.
fn up_to(largest: u64, random: &mut Randomness) -> u64 {
    let word = u128::from(random.word()) * (u128::from(largest) + 1);
    (word >> 64) as u64
}

/// What operands stand for. `leave` is the inverse of the power of two by which limbs
/// are too large.
fn elements(limits: &Limits, prime: &BigUint, leave: &BigUint, operands: &Operands) -> Elements {
    let product = |i: usize| limits.product_value(&operands.products[i]) * leave % prime;
    let factor = |i: usize| limits.factor_value(&operands.factors[i]) * leave % prime;
    Elements {
        prime: prime.clone(),
        a: product(0),
        b: product(1),
        c: factor(0),
        d: factor(1),
        mask: operands.mask,
    }
}

/// Compares the operations on all operands, and says how many results were compared.
fn compare<I: Isa, F: Limbed<Isa = I>, O: Operations<F>>(
    isa: I,
    prime: &BigUint,
    operands: &[Operands],
) -> usize {
    let leave = power(F::LIMITS.montgomery).modpow(&(prime - 2u8), prime);
    let mut compared = 0;
    for vector in operands.chunks_exact(I::LANES) {
        let mut results = Vec::new();
        let what = PhantomData::<(F, O)>;
        let kernel = Compute {
            operands: vector,
            results: &mut results,
            what,
        };
        isa::run(isa, kernel);
        for (lane, operands) in vector.iter().enumerate() {
            let expected = O::expect(&elements(&F::LIMITS, prime, &leave, operands));
            assert_eq!(expected.len(), results.len());
            for ((name, result), (expected_name, expected)) in results.iter().zip(expected) {
                assert_eq!(*name, expected_name);
                let Operands {
                    products,
                    factors,
                    mask,
                } = operands;
                assert_eq!(
                    big(&result[lane]),
                    expected % prime,
                    "{name} of {products:x?}, {factors:x?}, {mask}"
                );
                compared += 1;
            }
        }
    }
    compared
}

/// Tests one field on one backend: the operations of every field, and its own.
fn check<I: Isa, F: Limbed<Isa = I>, O: Operations<F>>(
    isa: I,
    prime: &BigUint,
    own: usize,
    random: &mut Randomness,
) -> usize {
    let mut operands = operands::<F>(prime, random);
    // The first of them go through all patterns of the second factor.
    let patterns = operands.len().isqrt();
    operands.truncate(operands.len() - operands.len() % I::LANES);
    let compared = compare::<I, F, Any>(isa, prime, &operands);
    assert_eq!(compared, 13 * operands.len());
    let of_its_own = compare::<I, F, O>(isa, prime, &operands);
    assert_eq!(of_its_own, own * operands.len());
    let first = &operands[..patterns.next_multiple_of(I::LANES)];
    assert_eq!(compare::<I, F, Inversion>(isa, prime, first), first.len());
    operands.len()
}

#[test]
fn operations_agree_with_big_integers() {
    let mut random = Randomness::new();
    for backend in common::backends() {
        let (ed, nist) = with_isa!(backend, isa => in_both_fields(isa, &mut random));
        println!("{backend}: {ed} sets of operands modulo 2^255 - 19, {nist} modulo that of P-256");
        assert!(ed > 5_000 && nist > 5_000);
    }
}

fn in_both_fields<I: Isa>(isa: I, random: &mut Randomness) -> (usize, usize)
where
    I::Gf25519: Limbed,
    I::GfP256: Limbed,
{
    let ed = check::<I, I::Gf25519, Curve25519>(isa, &prime_25519(), 7, random);
    (
        ed,
        check::<I, I::GfP256, NistP256>(isa, &prime_p256(), 11, random),
    )
}

/// Takes integers into a field and out of it again.
struct Convert<'a, F> {
    integers: &'a [Integer],
    from_integers: &'a mut [Integer],
    constants: &'a mut [Integer],
    what: PhantomData<F>,
}

impl<I: Isa, F: Field<Isa = I>> Kernel<I> for Convert<'_, F> {
    #[inline(always)]
    fn run(self, isa: I) {
        let elements = F::from_integers(&isa.load(self.integers));
        I::store(&F::to_integers(&F::carry(&elements)), self.from_integers);
        for (lane, integer) in self.integers.iter().enumerate() {
            let mut same = vec![[0; 4]; I::LANES];
            let constant = F::carry(&F::constant(isa, integer));
            I::store(&F::to_integers(&constant), &mut same);
            self.constants[lane] = same[0];
            assert!(same.iter().all(|one| *one == same[0]));
        }
    }
}

/// Converts all integers below a limit, and says how many.
fn convert<I: Isa, F: Field<Isa = I>>(isa: I, prime: &BigUint, limit: &BigUint) -> usize {
    let mut integers = Vec::new();
    for value in self::integers() {
        integers.extend((value < *prime).then(|| prime - 1u8 - &value));
        integers.extend([prime + &value, value]);
    }
    integers.retain(|integer| integer < limit);
    while integers.len() % I::LANES != 0 {
        integers.push(integers[0].clone());
    }
    for vector in integers.chunks_exact(I::LANES) {
        let mut results = [vec![[0; 4]; I::LANES], vec![[0; 4]; I::LANES]];
        let [from_integers, constants] = &mut results;
        let what = PhantomData::<F>;
        let words: Vec<_> = vector.iter().map(words).collect();
        let kernel = Convert {
            integers: &words,
            from_integers,
            constants,
            what,
        };
        isa::run(isa, kernel);
        for results in &results {
            for (result, integer) in results.iter().zip(vector) {
                assert_eq!(big(result), integer % prime, "{integer:x}");
            }
        }
    }
    integers.len()
}

fn convert_both<I: Isa>(isa: I) -> (usize, usize) {
    // Field::from_integers says which integers each field takes.
    let ed = convert::<I, I::Gf25519>(isa, &prime_25519(), &power(255));
    (
        ed,
        convert::<I, I::GfP256>(isa, &prime_p256(), &prime_p256()),
    )
}

#[test]
fn integers_go_in_and_come_out() {
    for backend in common::backends() {
        let (ed, nist) = with_isa!(backend, isa => convert_both(isa));
        println!("{backend}: {ed} integers modulo 2^255 - 19, {nist} modulo that of P-256");
        assert!(ed > 120 && nist > 120);
    }
}

/// Inverts a group at once.
struct InvertAll<'a, F> {
    elements: &'a mut [Integer],
    what: PhantomData<F>,
}

impl<I: Isa, F: Field<Isa = I>> Kernel<I> for InvertAll<'_, F> {
    #[inline(always)]
    fn run(self, isa: I) {
        let mut factors = I::group(Product::<F>::constant(isa, &[0; 4]).carry());
        let factors = &mut factors.as_mut()[..self.elements.len() / I::LANES];
        for (factor, lanes) in factors.iter_mut().zip(self.elements.chunks_exact(I::LANES)) {
            *factor = Product::from_integers(&isa.load(lanes)).carry();
        }
        invert_all(isa, factors);
        for (factor, lanes) in factors.iter().zip(self.elements.chunks_exact_mut(I::LANES)) {
            I::store(&factor.to_integers(), lanes);
        }
    }
}

/// Inverts groups of every length, with zeros here and there, and says how many
/// elements.
fn invert_groups<I: Isa, F: Field<Isa = I>>(
    isa: I,
    prime: &BigUint,
    random: &mut Randomness,
) -> usize {
    let mut inverted = 0;
    for length in (I::LANES..=I::GROUP).step_by(I::LANES) {
        let mut element = || match random.word() % 4 {
            0 => [0; 4],
            _ => words(&(big(&core::array::from_fn(|_| random.word())) % prime)),
        };
        let elements: Vec<_> = (0..length).map(|_| element()).collect();
        let mut inverses = elements.clone();
        let what = PhantomData::<F>;
        isa::run(
            isa,
            InvertAll {
                elements: &mut inverses,
                what,
            },
        );
        for (element, inverse) in elements.iter().zip(&inverses) {
            assert_eq!(big(inverse), big(element).modpow(&(prime - 2u8), prime));
        }
        inverted += length;
    }
    inverted
}

fn invert_in_both<I: Isa>(isa: I, random: &mut Randomness) -> usize {
    invert_groups::<I, I::Gf25519>(isa, &prime_25519(), random)
        + invert_groups::<I, I::GfP256>(isa, &prime_p256(), random)
}

#[test]
fn a_shared_inversion_inverts_each() {
    let mut random = Randomness::new();
    for backend in common::backends() {
        let inverted = with_isa!(backend, isa => invert_in_both(isa, &mut random));
        println!("{backend}: {inverted} elements inverted");
        assert!(inverted > 1_000);
    }
}
