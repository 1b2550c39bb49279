//! Proofs that what ships is right for all inputs in its stated ranges.
//!
//! The files of the instruction sets are compiled a second time, with symbolic words in
//! place of the processor's; what they compute is then proved to be in range and congruent
//! to what the documents say. `docs/proof.md` states each theorem, and what is trusted.
//!
//! * [`words`]: what the models of instructions are written over.
//! * [`models`]: one function for each instruction, the same for the processor's words, with
//!   which it is tested, and for symbolic ones, with which it proves.
//! * [`engine`]: symbolic words; a search, which may be wrong, finds a certificate, and a
//!   checker replays it.
//!
//! Over the fields, the generic code that ships is recorded as it runs and read in other
//! algebras. `docs/formulas.md` states these theorems.
//!
//! * [`program`]: the instruction set that records; [`algebra`]: where a record is read;
//!   [`alterations`]: bugs planted in it.
//! * [`formulas`]: the point formulas, as identities of polynomials ([`polynomial`]).
//! * [`ladder`], [`comb`], [`windows`], [`multiples`]: the kernels, for every scalar, whose digits
//!   are those of [`recoding`].
//! * [`inversion`]: the chains' exponents and the shared inversion, in [`units`].
//! * [`tables`], [`orders`]: entries, primes and orders computed a second time, by [`reference`];
//!   [`columns`]: the entries as each instruction set has them; [`generators`]: inversions modulo
//!   the orders, whose arithmetic is in [`portable`].
//! * [`entries`]: what surrounds the kernels; [`transposes`]: loads and stores; [`sums`]: how many
//!   terms a sum has.
//!
//! * [`machine`]: the code that ships, instruction by instruction, against the source.

// The files of the instruction sets are compiled again, over symbols.
#![allow(clippy::duplicate_mod)]

mod algebra;
mod alterations;
#[cfg(target_arch = "x86_64")]
mod bits;
mod columns;
mod comb;
pub(crate) mod engine;
mod entries;
#[cfg(target_arch = "x86_64")]
mod faults;
#[cfg(target_arch = "x86_64")]
pub(crate) mod fields;
mod formulas;
mod generators;
mod inversion;
mod ladder;
#[cfg(target_arch = "x86_64")]
mod machine;
pub(crate) mod models;
mod multiples;
mod obligations;
mod orders;
mod polynomial;
mod portable;
mod program;
mod recoding;
mod reference;
mod sums;
mod tables;
pub(crate) mod theorems;
#[cfg(target_arch = "x86_64")]
mod transposes;
mod units;
#[cfg(target_arch = "x86_64")]
pub(crate) mod vectors;
mod windows;
pub(crate) mod words;
