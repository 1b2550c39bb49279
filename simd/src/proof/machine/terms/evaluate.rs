//! The rules against arithmetic: words written by them, and evaluated, are the words that the
//! processor's arithmetic gives.

use std::collections::HashMap;

use super::{
    Term,
    arena::{Arena, Atom},
    with,
};
use crate::proof::{
    machine::{lane::Lane, ternary::vpternlog, vector::vpmuldq},
    models,
    words::Word as _,
};

impl Arena {
    /// The number that a word is where the inputs are known by their names.
    fn evaluate(&self, term: Term, inputs: &[u64], known: &mut HashMap<Term, u64>) -> u64 {
        if let Some(value) = known.get(&term) {
            return *value;
        }
        let form = self.form(term);
        let mut sum = form.constant;
        for (monomial, coefficient) in &form.terms {
            let atoms = self.monomials[*monomial as usize].atoms.clone();
            let product = atoms.iter().fold(*coefficient, |product, atom| {
                let atom = self.evaluate_atom(&self.numbered(*atom), inputs, known);
                product.wrapping_mul(atom)
            });
            sum = sum.wrapping_add(product);
        }
        known.insert(term, sum);
        sum
    }

    fn evaluate_atom(&self, atom: &Atom, inputs: &[u64], known: &mut HashMap<Term, u64>) -> u64 {
        let mut of = |term: &Term| self.evaluate(*term, inputs, known);
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        match atom {
            Atom::Input(name) => inputs[*name as usize],
            Atom::Low(bits, a) => of(a) & ((1 << bits) - 1),
            Atom::Shr(bits, a) => of(a) >> bits,
            Atom::Sar(bits, a) => (of(a) as i64 >> bits) as u64,
            Atom::LowProduct(bits, a, b) => product(of(a), of(b)) as u64 & ((1 << bits) - 1),
            Atom::HighProduct(bits, a, b) => (product(of(a), of(b)) >> bits) as u64,
            Atom::Product(a, b) => of(a).wrapping_mul(of(b)),
            Atom::Bit(place, a) => of(a) >> place & 1,
            Atom::Zero(a) => u64::from(of(a) == 0),
            Atom::All(terms) => terms.iter().fold(u64::MAX, |all, term| all & of(term)),
            Atom::Any(terms) => terms.iter().fold(0, |any, term| any | of(term)),
            Atom::Pick(a, table) => {
                let table = &self.tables[*table as usize];
                table[of(a) as usize & (table.len() - 1)]
            }
            Atom::Packed(truths) => (0..)
                .zip(truths)
                .map(|(place, truth)| of(truth) << place)
                .sum(),
        }
    }
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

/// What is done to words; the second argument is a number that says how.
fn operation<W: Lane>(which: usize, how: u64, [a, b, c]: [W; 3]) -> W {
    let bits = (how % 63 + 1) as u32;
    match which {
        0 => a.plus(b),
        1 => a.minus(b),
        2 => models::vpmuludq(a, b),
        3 => a.and(b),
        4 => a.or(b),
        5 => a.xor(b),
        6 => models::vpsllq(a, bits),
        7 => models::vpsrlq(a, bits),
        8 => models::vpsraq(a, bits),
        9 => a.low_bits(bits),
        10 => models::vpmadd52luq(c, a, b),
        11 => models::vpmadd52huq(c, a, b),
        12 => a.bit(bits),
        13 => a.zero(),
        14 => c.bit(bits).choose(a, b),
        15 => c.xor(b).zero().choose(a, b),
        16 => a.pick(&[3, 1 << 40, 5, how]),
        17 => vpternlog(how as u8, a, b, c),
        18 => vpmuldq(a, b),
        19 => a.and(W::constant((1 << bits) - 1)),
        20 => a.and(b.bit(bits).all_ones()),
        21 => a.xor(b.bit(bits).all_ones()).low_bits(bits),
        22 => a.times(W::constant(how)),
        _ => a.and(W::constant(how)).or(W::constant(how >> 7)),
    }
}

const OPERATIONS: usize = 24;

#[test]
fn words_written_by_the_rules_are_the_processors() {
    let mut random = Random(1);
    let mut compared = 0;
    for _ in 0..600 {
        super::forget();
        let ends = [
            0,
            1,
            u64::MAX,
            1 << 63,
            (1 << 52) - 1,
            1 << 52,
            (1 << 32) - 1,
            1 << 32,
        ];
        let inputs: [u64; 4] = core::array::from_fn(|_| match random.below(3) {
            0 => ends[random.below(ends.len())],
            _ => random.next(),
        });
        let mut words: Vec<(Term, u64)> = (0..).map(Term::input).zip(inputs).collect();
        words.push((Term::constant(19), 19));
        for _ in 0..24 {
            let chosen: [(Term, u64); 3] =
                core::array::from_fn(|_| words[random.below(words.len())]);
            let (which, how) = (random.below(OPERATIONS), random.next());
            let term = operation(which, how, chosen.map(|(term, _)| term));
            let number = operation(which, how, chosen.map(|(_, number)| number));
            let value = with(|arena| arena.evaluate(term, &inputs, &mut HashMap::new()));
            assert_eq!(
                value, number,
                "operation {which} by {how:#x} of {chosen:?}: {term:?}"
            );
            let bound = with(|arena| arena.bound(term));
            assert!(
                bound.is_none_or(|bound| number <= bound),
                "{number:#x} is beyond {bound:x?}"
            );
            words.push((term, number));
            compared += 1;
        }
    }
    println!("rules: {compared} words written by them are those of the processor's arithmetic");
    assert_eq!(compared, 600 * 24);
}

/// Words that are at the ends of what the rules know of them where the inputs are all ones.
fn at_the_ends<W: Lane>([x, y]: [W; 2], bits: u32, count: u32) -> [W; 13] {
    let zero = W::constant(0);
    let (a, b) = (x.low_bits(bits), y.low_bits(count));
    [
        models::vpmadd52luq(zero, a, b),
        models::vpmadd52huq(zero, a, b),
        a.times(b),
        a.times(a),
        a.shifted_right(count),
        models::vpsraq(a, count),
        a.bit(count),
        a.low_bits(count),
        a.shifted_left(63 - bits),
        models::vpsraq(x, count).shifted_left(count - 1),
        a.and(y.shifted_left(bits - 1)),
        a.plus(W::constant(1)).or(y.low_bits(bits)),
        y.bit(count).times(W::constant(u64::MAX - 1)).and(a),
    ]
}

#[test]
fn ranges_are_known_to_their_ends() {
    let inputs = [u64::MAX; 2];
    let mut compared = 0;
    for (bits, count) in (1..64).flat_map(|bits| (1..64).map(move |count| (bits, count))) {
        super::forget();
        let terms = at_the_ends([0, 1].map(Term::input), bits, count);
        let numbers = at_the_ends(inputs, bits, count);
        for (which, (term, number)) in terms.into_iter().zip(numbers).enumerate() {
            let (value, bound) = with(|arena| {
                let value = arena.evaluate(term, &inputs, &mut HashMap::new());
                (value, arena.bound(term))
            });
            assert_eq!(
                value, number,
                "{which} of {bits} and {count} bits: {term:?}"
            );
            assert!(
                bound.is_none_or(|bound| number <= bound),
                "{which} of {bits} and {count} bits: {number:#x} is beyond {bound:x?}"
            );
            compared += 1;
        }
    }
    println!(
        "rules: {compared} words at the ends of ranges are those of the processor's arithmetic"
    );
    assert_eq!(compared, 63 * 63 * 13);
}
