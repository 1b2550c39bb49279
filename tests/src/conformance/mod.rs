//! A conformance suite for any implementation of [`OpenMlsCrypto`].
//!
//! Whoever writes a provider for OpenMLS runs it in one line, [`conformance_tests!`], which makes a
//! test of each part; or calls [`examine`] for the [`Findings`], and [`markdown`] to publish them.
//!
//! [`conformance_tests!`]: crate::conformance_tests
//!
//! Each check takes the implementation as its argument and returns a [`Report`]: how many cases
//! ran, and what went wrong. Of the curves it runs on those that a suite of the implementation has;
//! its caller says how many cases that makes. Nothing in here knows which implementation it looks at; a panic in it
//! is a failed case, not the end of the run.
//!
//! | Module | Asks |
//! |---|---|
//! | [`wycheproof`] | does every case of Wycheproof get the verdict its flags demand? |
//! | [`rfc9180`] | does the receiver's side agree with the vectors of RFC 9180? |
//! | [`properties`] | does every function agree with a second implementation, on any input? |
//! | [`verdicts`] | is the verdict on a signature the one that all providers can have in common? |
//! | [`malformed`] | is malformed input refused, and with an error that says why? |
//! | [`groups`] | do members of another implementation of MLS go along for a group's whole life? |
//!
//! [`OpenMlsCrypto`]: openmls_traits::crypto::OpenMlsCrypto

mod checks;
mod examination;
mod findings;
pub mod groups;
pub mod malformed;
mod offered;
pub mod properties;
pub mod reference;
pub mod report;
pub mod rfc9180;
pub mod verdicts;
pub mod wycheproof;

mod hex;

pub use checks::{Effort, Part};
pub use examination::{examine, examine_crypto, examine_part};
pub use findings::{Findings, Row, markdown};
pub use offered::{offers_aead, offers_hash, offers_kem, offers_scheme};
pub use report::{Counts, Failure, FailureKind, Report};
