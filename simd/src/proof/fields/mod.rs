//! What each operation of each field does, for all inputs in the ranges of
//! `isa::field::limits`.

mod forms;
mod operations;
mod vectors;

pub(crate) use forms::{Symbolic, any_factor, any_product, factor_value, product_value};
pub(crate) use operations::proofs;
