//! The evidence that the workspace's crates do what they say.
//!
//! The checks are library code, so that each can run against any implementation; the files in
//! `tests/tests/` call them for ours and assert how many cases ran.
//!
//! * [`conformance`]: known answers, properties and malformed input for any
//!   [`OpenMlsCrypto`](openmls_traits::crypto::OpenMlsCrypto).
//! * [`interop`]: groups whose members use different implementations of MLS.
//! * [`memory`]: secrets that are left in this process's memory.
//! * [`stack`]: providers whose storage can be handed from one to another.

pub mod conformance;
pub mod interop;
pub mod memory;
pub mod stack;

/// The README's example, compiled as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
