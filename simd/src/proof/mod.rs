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
//! * [`machine`]: the code that ships, instruction by instruction, against the source.

// The files of the instruction sets are compiled again, over symbols.
#![allow(clippy::duplicate_mod)]

#[cfg(target_arch = "x86_64")]
mod bits;
pub(crate) mod engine;
#[cfg(target_arch = "x86_64")]
mod faults;
#[cfg(target_arch = "x86_64")]
pub(crate) mod fields;
#[cfg(target_arch = "x86_64")]
mod machine;
pub(crate) mod models;
mod portable;
pub(crate) mod theorems;
#[cfg(target_arch = "x86_64")]
pub(crate) mod vectors;
pub(crate) mod words;
