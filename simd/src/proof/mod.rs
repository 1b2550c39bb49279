//! Proofs that the kernels compute what they claim, for all inputs.

mod algebra;
mod alterations;
mod formulas;
mod obligations;
mod polynomial;
mod program;
