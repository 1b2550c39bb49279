//! The portable backend: its functions, read from the files that ship, on symbols.

mod fields;
pub(super) mod interpreter;
mod refusals;
mod scalars;
mod source;
pub(super) mod values;
