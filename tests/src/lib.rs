//! The evidence that the workspace's crates do what they say.
//!
//! The checks are library code, so that each can run against any implementation; the files in
//! `tests/tests/` call them for ours and assert how many cases ran.
//!
//! * [`choices`]: random choices that can be made again.
//! * [`conformance`]: known answers, properties and malformed input for any
//!   [`OpenMlsCrypto`](openmls_traits::crypto::OpenMlsCrypto).
//! * [`groups`]: groups whose members prepare their commits and joins, or do not.
//! * [`interop`]: groups whose members use different implementations of MLS.
//! * [`memory`]: secrets that are left in this process's memory.
//! * [`openers`]: other implementations of HPKE, which open what ours seals.
//! * [`sbom`]: the bill of materials of what is linked with the FIPS module.
//! * [`stack`]: providers whose storage can be handed from one to another.

pub mod choices;
pub mod conformance;
pub mod groups;
pub mod interop;
pub mod memory;
pub mod openers;
pub mod sbom;
pub mod stack;

/// How many curves ring has not: none of the builds with AWS-LC lacks P-521.
pub const P521: usize = cfg!(any(feature = "aws-lc", feature = "fips")) as usize;

/// The documents' examples, compiled as documentation tests.
#[cfg(all(doctest, any(feature = "aws-lc", feature = "fips")))]
mod documents {
    #[doc = include_str!("../../README.md")]
    pub struct Readme;
    #[doc = include_str!("../../hsm-signer/docs/library.md")]
    pub struct Library;
    #[doc = include_str!("../../provider/docs/suites.md")]
    pub struct Suites;
}
