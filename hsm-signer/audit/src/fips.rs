//! What FIPS 140-3 says of this process, in the few words of health checks and audit records.

use mls_fips::{FipsStatus, Requirement};
use serde::{Deserialize, Serialize};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// What FIPS 140-3 says of a process.
#[derive(
    Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize, Deserialize, Serialize,
)]
pub struct FipsMark {
    /// The lowest status among the parts that [`mls_fips::Parts`] has.
    #[tls_codec(with = "numbered")]
    #[serde(rename = "fips_status")]
    pub status: FipsStatus,
    /// What is required of the process: whether FIPS mode is on in all of it.
    #[tls_codec(with = "numbered")]
    #[serde(rename = "fips_requirement")]
    pub requirement: Requirement,
    /// The version of AWS-LC's FIPS module, as in `4.2.0`; empty where another AWS-LC is linked.
    #[serde(rename = "fips_module")]
    pub module: String,
}

impl FipsMark {
    /// That of this process, now. It runs the module's tests, which take milliseconds.
    pub fn of_process() -> Self {
        let status = mls_fips::status();
        Self {
            status: status.status,
            requirement: status.requirement,
            module: status.module.version.unwrap_or_default(),
        }
    }
}

/// An enumeration of `mls_fips`, by its numbers in a record.
trait Numbered: Copy + PartialEq + 'static {
    /// In the order of their numbers.
    const VALUES: &'static [Self];
}

impl Numbered for FipsStatus {
    const VALUES: &'static [Self] = &[
        Self::Unvalidated,
        Self::Pending,
        Self::Affirmed,
        Self::Certified,
    ];
}

impl Numbered for Requirement {
    const VALUES: &'static [Self] = &[Self::None, Self::Fips, Self::Strict];
}

/// The encoding of a [`Numbered`].
mod numbered {
    use std::io::{Read, Write};

    use tls_codec::{Deserialize, Error, Serialize};

    use super::Numbered;

    pub(super) fn tls_serialized_len<T: Numbered>(_: &T) -> usize {
        1
    }

    pub(super) fn tls_serialize<T: Numbered, W: Write>(
        value: &T,
        writer: &mut W,
    ) -> Result<usize, Error> {
        let number = T::VALUES.iter().position(|other| other == value);
        (number.unwrap_or(usize::from(u8::MAX)) as u8).tls_serialize(writer)
    }

    pub(super) fn tls_deserialize<T: Numbered, R: Read>(reader: &mut R) -> Result<T, Error> {
        let number = u8::tls_deserialize(reader)?;
        let value = T::VALUES.get(usize::from(number)).copied();
        value.ok_or(Error::UnknownValue(number.into()))
    }
}
