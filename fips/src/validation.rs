//! Where a validation under FIPS 140-3 stands.

use serde::{Deserialize, Serialize};

/// Where a validation under FIPS 140-3 stands. The lower of two is what holds for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FipsStatus {
    /// No certificate and none applied for, or not known; or a test failed; or an operating
    /// environment that is not on the certificate, and nobody who affirms it.
    Unvalidated,
    /// Submitted to the CMVP, as AWS-LC's list of modules in process says of this very version; no
    /// certificate yet.
    Pending,
    /// A certified module in an operating environment that is not on its certificate: an
    /// operator affirms it, by name ([`affirm`](crate::affirm)), and the CMVP says nothing of it
    /// (FIPS 140-3 Management Manual, section 7.9).
    Affirmed,
    /// Covered by a certificate.
    Certified,
}
