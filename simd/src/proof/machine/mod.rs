//! The machine code that ships, against the source that it was made of.
//!
//! The library that a user's release build has is placed in memory as a linker would
//! ([`image`], [`library`]), and its kernels are followed, instruction by instruction, from the
//! first to the return ([`run`]); words may be symbols. Each instruction is a model of what it
//! does to a lane ([`vector`], [`moves`], [`bytes`], [`ternary`], [`scalar`], [`flags`]); one
//! without a model is a failure that names it. What comes out is compared with what the source
//! computes ([`source`]), both in a normal form ([`terms`]). `docs/machine-code.md` states the
//! theorems, and what is trusted.

mod batch;
mod bytes;
mod flags;
mod image;
mod kernels;
mod lane;
mod library;
mod memory;
mod moves;
mod numbers;
mod planted;
mod run;
mod scalar;
mod source;
mod state;
mod terms;
mod ternary;
mod vector;
