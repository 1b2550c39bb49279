//! Which instructions the module may use on this CPU.

use serde::Serialize;

/// What the module's choice of code is made from.
///
/// It does not tell what it chose. It asks the CPU when the program starts, and an
/// environment variable may mask what it finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dispatch {
    /// Whether it was built with its assembly; `None` without a FIPS module.
    pub assembly: Option<bool>,
    /// The instruction sets of this CPU that it has code for.
    pub cpu_features: Vec<&'static str>,
    /// The variable that masks them, and its value, if it is set.
    pub mask: Option<(&'static str, String)>,
}

#[cfg(target_arch = "x86_64")]
const MASK: &str = "OPENSSL_ia32cap";
#[cfg(not(target_arch = "x86_64"))]
const MASK: &str = "OPENSSL_armcap";

impl Dispatch {
    /// This process's.
    pub(crate) fn here() -> Self {
        Self {
            assembly: assembly(),
            cpu_features: cpu_features(),
            mask: std::env::var_os(MASK).map(|mask| (MASK, mask.to_string_lossy().into_owned())),
        }
    }
}

#[cfg(feature = "fips")]
fn assembly() -> Option<bool> {
    Some(crate::ffi::has_assembly())
}

#[cfg(not(feature = "fips"))]
fn assembly() -> Option<bool> {
    None
}

/// The names of the features of the list that `$detected` finds.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! detected {
    ($detected:ident: $($feature:tt),*) => {
        [$(($feature, std::arch::$detected!($feature))),*]
            .into_iter()
            .filter_map(|(feature, found)| found.then_some(feature))
            .collect()
    };
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    detected!(is_x86_feature_detected: "aes", "pclmulqdq", "ssse3", "avx", "avx2", "bmi1", "bmi2",
        "adx", "sha", "rdrand", "avx512f", "avx512bw", "avx512ifma", "vaes", "vpclmulqdq")
}

#[cfg(target_arch = "aarch64")]
fn cpu_features() -> Vec<&'static str> {
    detected!(is_aarch64_feature_detected: "neon", "aes", "pmull", "sha2", "sha3", "rand")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
