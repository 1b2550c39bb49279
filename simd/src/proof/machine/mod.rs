//! The machine code that ships, against the source that it was made of.
//!
//! The library that a user's release build has is placed in memory as a linker would
//! ([`image`], [`library`]), and its kernels are followed, instruction by instruction, from the
//! first to the return ([`run`]); words may be symbols. Each instruction is a model of what it
//! does to a lane ([`vector`], [`moves`], [`bytes`], [`ternary`], [`scalar`], [`flags`]); one
//! without a model is a failure that names it. What comes out is compared with what the source
//! computes ([`source`]), both in a normal form ([`terms`]). `docs/machine-code.md` states the
//! theorems, and what is trusted.

pub(crate) mod batch;
pub(crate) mod bytes;
pub(crate) mod flags;
pub(crate) mod image;
pub(crate) mod kernels;
pub(crate) mod lane;
pub(crate) mod library;
pub(crate) mod memory;
pub(crate) mod moves;
pub(crate) mod planted;
pub(crate) mod run;
pub(crate) mod scalar;
pub(crate) mod source;
pub(crate) mod state;
pub(crate) mod ternary;
pub(crate) mod terms;
pub(crate) mod vector;
