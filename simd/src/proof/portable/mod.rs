//! The portable backend: its functions, read from the files that ship, on symbols.

mod fields;
mod interpreter;
mod values;
