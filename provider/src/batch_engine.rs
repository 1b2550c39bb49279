//! Who computes for many keys at once.

use std::fmt;

/// Who encapsulates to many keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchEngine {
    /// The lanes of `mls_lanes`.
    Lanes {
        /// The name of the instruction set.
        backend: &'static str,
        /// The number of keys from which on they are used; fewer are done one at a time.
        from: usize,
    },
    /// AWS-LC, one key at a time on each thread.
    AwsLc,
    /// What the build with ring does Diffie-Hellman by, one key at a time on each thread.
    Ring,
}

impl fmt::Display for BatchEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lanes { backend, from } => {
                write!(formatter, "{backend} lanes from {from} keys on")
            }
            Self::AwsLc => formatter.write_str("AWS-LC"),
            Self::Ring => formatter.write_str("one by one, beside ring"),
        }
    }
}
