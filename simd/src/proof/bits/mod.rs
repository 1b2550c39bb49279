//! Bits of integers, windows, digits and lookups: every bit of a result is named.

mod avx2;
mod avx512ifma;
mod digits;
mod portable;
mod vectors;
mod words;

use crate::proof::{theorems::theorem, words::Word};
use words::Bits;

/// What is proved of an instruction set.
trait Isa {
    const NAME: &str;
    /// How many bits of a word of a table's entry count.
    const ENTRY_BITS: usize;

    fn gray(integers: &[Bits; 4]) -> [Bits; 4];
    fn bit(integers: &[Bits; 4], position: usize) -> bool;
    fn window(integers: &[Bits; 4], position: usize, width: usize) -> Bits;
    fn signed(window: &Bits, width: usize) -> (bool, Bits);
    fn is(index: &Bits, value: u64) -> bool;
    /// The words of the entry that is found in a table of any entries.
    fn lookup(index: &Bits) -> Vec<Bits>;
    /// The words of an entry of that table.
    fn entry(number: usize) -> Vec<Bits>;
}

/// The bit `position` of an integer of four words; zero from 256 on.
fn bit_of(integer: &[Bits; 4], position: usize) -> words::Bit {
    match integer.get(position / 64) {
        Some(word) => word.bit(position % 64),
        None => words::Bit::ZERO,
    }
}

fn integer() -> [Bits; 4] {
    core::array::from_fn(Bits::input)
}

/// Obliges that two bits are the same.
fn same(a: words::Bit, b: words::Bit) -> usize {
    assert_eq!(a, b, "a bit is another");
    1
}

/// Proves all that is about bits; `widths` are those of windows.
fn bits_are_right<I: Isa>(widths: &[usize]) {
    let say = |name: &str, statement: &str, proof: &dyn Fn() -> usize| {
        theorem(&format!("{}: {name}", I::NAME), statement, || {
            words::proved(proof())
        });
    };
    say(
        "gray",
        "bit i of the result is bit i and bit i + 1, exclusively or, of any integer",
        &|| {
            let (integer, gray) = (integer(), I::gray(&integer()));
            let each = |i| {
                same(
                    bit_of(&gray, i),
                    bit_of(&integer, i).xor(bit_of(&integer, i + 1)),
                )
            };
            (0..256).map(each).sum()
        },
    );
    say(
        "bit",
        "the mask is the bit, at every position, whatever the others are",
        &|| {
            let each = |position: usize| {
                [false, true].into_iter().map(move |value| {
                    let mut integer = integer();
                    integer[position / 64] = integer[position / 64].with_bit(position % 64, value);
                    assert_eq!(I::bit(&integer, position), value);
                    1
                })
            };
            (0..256).flat_map(each).sum()
        },
    );
    say(
        "window",
        "bit i of the window is bit position + i, none from 256 on, for any integer",
        &|| {
            let integer = integer();
            let each = |(position, width): (usize, usize)| -> usize {
                let window = I::window(&integer, position, width);
                let expected = |i| {
                    if i < width {
                        bit_of(&integer, position + i)
                    } else {
                        words::Bit::ZERO
                    }
                };
                (0..64).map(|i| same(window.bit(i), expected(i))).sum()
            };
            let all = widths
                .iter()
                .flat_map(|width| (0..256).map(move |position| (position, *width)));
            all.map(each).sum()
        },
    );
    say(
        "signed",
        "the sign and the index of the odd digit 2 w - (2^width - 1), for every window w",
        &|| {
            let each = |(width, window): (usize, u64)| {
                let digit = 2 * window as i64 - ((1 << width) - 1);
                let (negative, index) = I::signed(&Bits::constant(window), width);
                assert_eq!(
                    (negative, index.known() as i64),
                    (digit < 0, (digit.abs() - 1) / 2)
                );
                1
            };
            let all = widths
                .iter()
                .flat_map(|width| (0..1 << width).map(move |window| (*width, window)));
            all.map(each).sum()
        },
    );
    say(
        "is",
        "whether an index is a value, for all below 32",
        &|| {
            let each = |(index, value): (u64, u64)| {
                assert_eq!(I::is(&Bits::constant(index), value), index == value);
                1
            };
            (0..32)
                .flat_map(|index| (0..32).map(move |value| (index, value)))
                .map(each)
                .sum()
        },
    );
    say(
        "lookup",
        "for every index below 32, each bit of the entry that it names, of any table",
        &|| {
            let each = |index: usize| -> usize {
                let (found, entry) = (I::lookup(&Bits::constant(index as u64)), I::entry(index));
                assert_eq!(found.len(), entry.len(), "an entry of another size");
                let words = found.iter().zip(&entry);
                let each = |(found, entry): (&Bits, &Bits)| -> usize {
                    (0..I::ENTRY_BITS)
                        .map(|i| same(found.bit(i), entry.bit(i)))
                        .sum()
                };
                words.map(each).sum()
            };
            (0..32).map(each).sum()
        },
    );
}

/// The widths of the windows of P-256 and of the combs.
const WIDTHS: &[usize] = &[4, 5, 6];

#[test]
fn avx512ifma_bits() {
    bits_are_right::<vectors::Avx512Ifma>(WIDTHS);
}

#[test]
fn avx2_bits() {
    bits_are_right::<vectors::Avx2>(WIDTHS);
}

#[test]
fn portable_bits() {
    bits_are_right::<portable::Portable>(WIDTHS);
}
