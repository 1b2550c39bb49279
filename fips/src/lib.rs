//! What FIPS 140-3 says of the linked AWS-LC and of the algorithms of MLS.
//!
//! ```
//! let report = mls_fips::report();
//! assert_eq!(report.status, mls_fips::FipsStatus::Unvalidated);
//! ```
//!
//! Two questions are kept apart. [`Module`] answers what is linked into this
//! process, and which certificate exists for exactly that version.
//! [`ALGORITHMS`] answers which algorithms are approved by the standards, and
//! so which ciphersuites could run in a FIPS mode at all.
//!
//! This crate reports and decides; it switches nothing on. Nothing in it makes
//! a deployment "FIPS-validated": HPKE and MLS are not services of any module.

mod algorithm;
mod certificate;
mod module;
mod status;

pub use algorithm::{ALGORITHMS, Algorithm, Approval, Rule, approval};
pub use certificate::{CERTIFICATES, Certificate};
pub use module::Module;
pub use status::{FipsStatus, Report, report};
