//! Where the module's randomness is from.

use serde::Serialize;

/// Where the seeds of the module's generators are from. It is chosen when the module is
/// compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entropy {
    /// The jitter of the CPU (SP 800-90B), measured by a library that is linked beside the module.
    CpuJitter,
    /// Loaded into the module from outside: from the CPU's generator where there is one, else
    /// from the operating system. No certificate vouches for its strength (FIPS 140-3 IG 9.3.A).
    Passive,
}

impl Entropy {
    /// The linked module's; `None` without a FIPS module.
    pub(crate) fn linked() -> Option<Self> {
        linked()
    }
}

#[cfg(feature = "fips")]
fn linked() -> Option<Entropy> {
    Some(match aws_lc_rs::try_fips_cpu_jitter_entropy() {
        Ok(()) => Entropy::CpuJitter,
        Err(_) => Entropy::Passive,
    })
}

#[cfg(not(feature = "fips"))]
fn linked() -> Option<Entropy> {
    None
}
