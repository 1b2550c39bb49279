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

pub(crate) mod engine;
pub(crate) mod machine;
pub(crate) mod models;
pub(crate) mod words;
