//! The portable backend's functions on bits and its lookups, interpreted over words of named bits.

use super::{Isa, words::Bits};
use crate::{
    proof::{
        portable::{interpreter::Program, values::Value},
        words::Word as _,
    },
    tables::{curve25519, nistp256},
};

/// The backend.
pub(super) struct Portable;

thread_local! {
    static PROGRAM: Program<Bits> = {
        let mut program = Program::default();
        program.read(include_str!("../../isa/portable/mod.rs"));
        program
    };

    /// The fields that have tables: the type of the field and that of its elements, how many words
    /// an entry has, and how many entries there are.
    static FIELDS: [(Program<Bits>, &'static str, usize, usize); 2] = {
        let lookup = |field| {
            let mut program = Program::default();
            program.read(include_str!("../../isa/portable/mod.rs"));
            program.read(include_str!("../../isa/portable/comb.rs"));
            program.read(field);
            program
        };
        let f25519 = lookup(include_str!("../../isa/portable/gf25519.rs"));
        let p256 = lookup(include_str!("../../isa/portable/gfp256.rs"));
        [
            (f25519, "Gf25519", 5, curve25519::ENTRIES),
            (p256, "GfP256", 4, nistp256::ENTRIES),
        ]
    };
}

fn call(name: &str, arguments: Vec<Value<Bits>>) -> Value<Bits> {
    PROGRAM.with(|program| program.call("Portable", name, arguments))
}

fn integer(words: &[Bits; 4]) -> Value<Bits> {
    Value::Array(words.map(Value::U64).to_vec())
}

fn number(value: usize) -> Value<Bits> {
    Value::Number(value as u64)
}

fn truth(mask: &Value<Bits>) -> bool {
    match mask.parts()[0].word().known() {
        0 => false,
        u64::MAX => true,
        other => panic!("a mask of {other}"),
    }
}

/// The words of entry `number` of a field, of which those before have `before` words.
fn words(number: usize, before: usize, count: usize) -> Vec<Bits> {
    let first = 9 * number + before;
    (first..first + count).map(Bits::input).collect()
}

impl Isa for Portable {
    const NAME: &str = "portable";
    const ENTRY_BITS: usize = 64;

    fn gray(integers: &[Bits; 4]) -> [Bits; 4] {
        let gray = call("gray", vec![integer(integers)]);
        core::array::from_fn(|i| gray.parts()[i].word())
    }

    fn bit(integers: &[Bits; 4], position: usize) -> bool {
        truth(&call("bit", vec![integer(integers), number(position)]))
    }

    fn window(integers: &[Bits; 4], position: usize, width: usize) -> Bits {
        let arguments = vec![integer(integers), number(position), number(width)];
        call("window", arguments).word()
    }

    fn signed(window: &Bits, width: usize) -> (bool, Bits) {
        let signed = call("signed", vec![Value::U64(*window), number(width)]);
        (truth(&signed.parts()[0]), signed.parts()[1].word())
    }

    fn is(index: &Bits, value: u64) -> bool {
        let value = Value::U64(Bits::constant(value));
        truth(&call("is", vec![Value::U64(*index), value]))
    }

    /// In the tables of both fields.
    fn lookup(index: &Bits) -> Vec<Bits> {
        let mut before = 0;
        FIELDS.with(|fields| {
            let found = fields.iter().flat_map(|(program, field, count, entries)| {
                let entry = |i| {
                    let words = words(i, before, *count).into_iter();
                    Value::Array(words.map(Value::U64).collect())
                };
                let column = Value::Array((0..*entries).map(entry).collect());
                before += count;
                let arguments = vec![column, Value::U64(*index)];
                let found = program.call(field, "lookup", arguments);
                let words: Vec<_> = found.parts()[0].parts().iter().map(Value::word).collect();
                words
            });
            found.collect()
        })
    }

    fn entry(number: usize) -> Vec<Bits> {
        words(number, 0, 9)
    }
}
