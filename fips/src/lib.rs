//! What FIPS 140-3 says of the linked AWS-LC and of the algorithms of MLS, and what keeps a
//! process in FIPS mode.
//!
//! ```
//! let report = mls_fips::status();
//! assert_eq!(report.module.is_fips, cfg!(feature = "fips"));
//! # #[cfg(not(feature = "fips"))]
//! assert_eq!(report.status, mls_fips::FipsStatus::Unvalidated);
//! ```
//!
//! | Question | Answer |
//! |---|---|
//! | what is linked, and which certificate exists for exactly that version? | [`Module`] |
//! | can this process be in FIPS mode? | [`ready`] |
//! | must it be? | [`requirement`] |
//! | who affirms an environment that is not on the certificate? | [`affirm`] |
//! | does a provider compute with anything but the module? | [`register`] |
//! | which algorithms are approved, and so which ciphersuites exist in FIPS mode? | [`ALGORITHMS`], [`SUITES`] |
//! | which of the approved does the linked module have? | [`is_enabled`], [`is_lacking`], [`refusal`] |
//! | what does the module say of each service that it is asked for? | [`observe`], [`record`] |
//! | which services may run without its word? | [`EXCEPTIONS`] |
//! | all of it, as data | [`status`] |
//!
//! With the feature `fips` AWS-LC's FIPS module is linked instead of the other AWS-LC. It
//! refuses next to nothing by itself: refusing is the provider's job, `openmls_hw_crypto`.
//!
//! Nothing in it makes a deployment "FIPS-validated": HPKE and MLS are not services of any
//! module.

mod affirmation;
mod algorithm;
mod backend;
mod certificate;
mod dispatch;
mod enabled;
mod entropy;
mod environment;
mod error;
#[cfg(feature = "fips")]
mod ffi;
mod indicator;
mod mode;
mod module;
mod operations;
mod requirement;
mod self_test;
mod service;
mod status;
mod suite;
mod validation;

#[cfg(all(feature = "aws-lc", feature = "fips"))]
compile_error!(
    "two AWS-LCs: the features `aws-lc` (a default) and `fips` are both asked for, and FIPS mode needs \
     the module alone; build every crate with `default-features = false` and `fips`, and see who asks \
     for the other by `cargo tree --edges features --invert mls_fips`"
);

pub use affirmation::{AFFIRMED_BY, affirm, affirmed_by};
pub use algorithm::{ALGORITHMS, Algorithm, Approval, Rule, approval};
pub use backend::{Backend, register};
pub use certificate::{CERTIFICATES, Certificate, Entry};
pub use dispatch::Dispatch;
pub use enabled::{is_enabled, is_lacking, refusal};
pub use entropy::Entropy;
pub use environment::{Environment, Tested, TestedEnvironment};
pub use error::FipsError;
pub use indicator::{Observation, observe, record};
pub use mode::ready;
pub use module::Module;
pub use operations::{Call, Operation, Operations};
pub use requirement::{Requirement, VARIABLE, require, requirement};
pub use self_test::{SelfTest, Verdict, self_test};
pub use service::{EXCEPTIONS, Exception, Service};
pub use status::{EnabledSuite, Parts, Status, status};
pub use suite::{SUITES, Suite};
pub use validation::FipsStatus;
