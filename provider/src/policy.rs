//! What FIPS mode lets run: decided here, asked by every operation.

use mls_fips::{Algorithm, FipsError, Observation, Requirement, is_enabled, record, requirement};
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, HashType, HpkeAeadType, HpkeConfig, HpkeKemType,
    SignatureScheme,
};

use crate::algorithm::{of_aead, of_kem, of_signature};
use crate::backend::REGISTERED;

/// What FIPS mode lets run. The higher of two is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Policy {
    /// Operations with approved algorithms ([`mls_fips::ALGORITHMS`]).
    Fips,
    /// Of those, the ones for which the module's service indicator approves of every call
    /// that it is asked for, or that are among [`mls_fips::EXCEPTIONS`]. The indicator is
    /// read around every call, and what it does not approve is thrown away, as is a result for
    /// which the module was not asked at all.
    Strict,
}

/// What holds for one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every algorithm runs.
    Unrestricted,
    /// FIPS mode.
    Fips(Policy),
    /// FIPS mode is required and is not to be had: nothing runs.
    Refused,
}

impl Mode {
    /// The stricter of a provider's `own` policy and of what is required of the process,
    /// now: a requirement that comes later holds for providers that exist already.
    pub(crate) fn of(own: Option<Policy>) -> Self {
        mls_fips::register(REGISTERED);
        let required = match requirement() {
            Requirement::None => None,
            Requirement::Fips => Some(Policy::Fips),
            Requirement::Strict => Some(Policy::Strict),
        };
        match own.max(required) {
            None => Self::Unrestricted,
            Some(policy) if ready().is_ok() => Self::Fips(policy),
            Some(_) => Self::Refused,
        }
    }

    /// That of what belongs to no provider.
    pub(crate) fn of_process() -> Self {
        Self::of(None)
    }

    /// Why nothing runs, if nothing does.
    pub(crate) fn ready(self) -> Result<(), FipsError> {
        match self {
            Self::Refused => ready(),
            Self::Unrestricted | Self::Fips(_) => Ok(()),
        }
    }

    pub(crate) fn check_hash(self, _: HashType) -> Result<(), CryptoError> {
        self.check(Algorithm::Sha2, CryptoError::UnsupportedHashAlgorithm)
    }

    /// For HMAC and HKDF.
    pub(crate) fn check_kdf(self, _: HashType) -> Result<(), CryptoError> {
        self.check(Algorithm::HmacSha2, CryptoError::UnsupportedKdf)
    }

    pub(crate) fn check_aead(self, aead: AeadType) -> Result<(), CryptoError> {
        self.check(of_aead(aead), CryptoError::UnsupportedAeadAlgorithm)
    }

    pub(crate) fn check_signature(self, scheme: SignatureScheme) -> Result<(), CryptoError> {
        let refusal = CryptoError::UnsupportedSignatureScheme;
        self.check(of_signature(scheme), refusal)
    }

    pub(crate) fn check_kem(self, kem: HpkeKemType) -> Result<(), CryptoError> {
        self.check(of_kem(kem), CryptoError::UnsupportedCiphersuite)
    }

    /// For what uses KEM and KDF of `config` and not its AEAD.
    pub(crate) fn check_exporting(self, config: &HpkeConfig) -> Result<(), CryptoError> {
        self.check_kem(config.0)?;
        self.check(Algorithm::HmacSha2, CryptoError::UnsupportedKdf)
    }

    /// For what uses all of `config`. The export-only AEAD is none, and refused elsewhere.
    pub(crate) fn check_sealing(self, config: &HpkeConfig) -> Result<(), CryptoError> {
        self.check_exporting(config)?;
        match config.2 {
            HpkeAeadType::AesGcm128 => self.check_aead(AeadType::Aes128Gcm),
            HpkeAeadType::AesGcm256 => self.check_aead(AeadType::Aes256Gcm),
            HpkeAeadType::ChaCha20Poly1305 => self.check_aead(AeadType::ChaCha20Poly1305),
            HpkeAeadType::Export => Ok(()),
        }
    }

    pub(crate) fn check_suite(self, suite: Ciphersuite) -> Result<(), CryptoError> {
        match self {
            Self::Unrestricted => Ok(()),
            Self::Refused => Err(CryptoError::UnsupportedCiphersuite),
            Self::Fips(_) => match mls_fips::Suite::of(suite as u16) {
                Some(row) if row.is_enabled() => Ok(()),
                _ => Err(CryptoError::UnsupportedCiphersuite),
            },
        }
    }

    /// FF1 is approved (SP 800-38G), and no service of any module: it is composed here.
    #[cfg(feature = "virtual-clients-draft")]
    pub(crate) fn check_ff1(self) -> Result<(), CryptoError> {
        self.check(None, CryptoError::UnsupportedAeadAlgorithm)
    }

    /// What has no [`Algorithm`] is not approved.
    fn check(
        self,
        algorithm: impl Into<Option<Algorithm>>,
        refusal: CryptoError,
    ) -> Result<(), CryptoError> {
        match self {
            Self::Unrestricted => Ok(()),
            Self::Fips(_) if algorithm.into().is_some_and(is_enabled) => Ok(()),
            Self::Fips(_) => Err(refusal),
            Self::Refused => Err(CryptoError::CryptoLibraryError),
        }
    }

    /// Runs `operation`. Under the strict policy its result is given out only if the module was
    /// called, and every call passes: where nothing was observed, something else has computed.
    pub(crate) fn run<T>(
        self,
        operation: impl FnOnce() -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        self.run_if(operation, |seen| !seen.is_empty() && all_pass(seen))
    }

    /// [`run`](Self::run) for a part of an operation, which may find its work done before.
    pub(crate) fn run_part<T>(
        self,
        part: impl FnOnce() -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        self.run_if(part, all_pass)
    }

    fn run_if<T>(
        self,
        operation: impl FnOnce() -> Result<T, CryptoError>,
        passes: impl FnOnce(&[Observation]) -> bool,
    ) -> Result<T, CryptoError> {
        match self {
            Self::Unrestricted | Self::Fips(Policy::Fips) => operation(),
            Self::Fips(Policy::Strict) => {
                let (result, observations) = record(operation);
                let result = result?;
                match passes(&observations) {
                    true => Ok(result),
                    false => Err(CryptoError::CryptoLibraryError),
                }
            }
            Self::Refused => Err(CryptoError::CryptoLibraryError),
        }
    }

    /// How many elements of a batch pass together: of each the calls are to be told apart
    /// under the strict policy, where otherwise `len` go together.
    pub(crate) fn piece_len(self, len: usize) -> usize {
        match self {
            Self::Fips(Policy::Strict) => 1,
            Self::Unrestricted | Self::Fips(Policy::Fips) | Self::Refused => len,
        }
    }

    /// [`run`](Self::run) for a piece of a batch, of at most
    /// [`piece_len`](Self::piece_len) elements.
    pub(crate) fn run_each<T>(
        self,
        operation: impl FnOnce() -> Vec<Result<T, CryptoError>>,
    ) -> Vec<Result<T, CryptoError>> {
        match self {
            Self::Unrestricted | Self::Fips(Policy::Fips) => operation(),
            Self::Fips(Policy::Strict) | Self::Refused => {
                vec![self.run(|| operation().pop().ok_or(CryptoError::CryptoLibraryError)?)]
            }
        }
    }
}

fn all_pass(observations: &[Observation]) -> bool {
    observations.iter().all(Observation::passes)
}

/// [`mls_fips::ready`] of a process that has this provider.
pub(crate) fn ready() -> Result<(), FipsError> {
    mls_fips::register(REGISTERED);
    mls_fips::ready()
}

#[cfg(test)]
mod refusals {
    use super::*;
    use crate::SUITES;
    use crate::hpke::kem::KEMS;

    /// Whatever features bring: the suites of NIST's curves run, and those of ML-KEM alone.
    #[test]
    fn fips_mode_refuses_what_no_rule_approves() {
        for policy in [Policy::Fips, Policy::Strict] {
            let mode = Mode::Fips(policy);
            let suites = SUITES.iter().map(|suite| suite.ciphersuite);
            let approved = suites.filter(|&suite| mode.check_suite(suite).is_ok());
            let approved: Vec<u16> = approved.map(u16::from).collect();
            let mut expected = match cfg!(feature = "p521") {
                true => vec![0x0002, 0x0005, 0x0007],
                false => vec![0x0002, 0x0007],
            };
            expected.extend(of_drafts());
            assert_eq!(approved, expected);
            for &(kem, _) in KEMS {
                let approved = [Some(Algorithm::EcdhNist), Some(Algorithm::MlKem)];
                let is_approved = approved.contains(&of_kem(kem));
                let refusal = CryptoError::UnsupportedCiphersuite;
                let expected = if is_approved { Ok(()) } else { Err(refusal) };
                assert_eq!(mode.check_kem(kem), expected, "{kem:?}");
            }
            for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
                let scheme = suite.signature_algorithm();
                let enabled = of_signature(scheme).is_some_and(is_enabled);
                assert_eq!(mode.check_signature(scheme).is_ok(), enabled, "{scheme:?}");
            }
        }
    }

    /// On any backend: the module's work is observed, and that of others is not.
    #[test]
    fn strict_gives_out_nothing_that_was_not_observed() {
        let strict = Mode::Fips(Policy::Strict);
        let refused = Err::<u8, _>(CryptoError::CryptoLibraryError);
        assert_eq!(strict.run(|| Ok(7)), refused);
        assert_eq!(strict.run_each(|| vec![Ok(7)]), [refused]);
        assert_eq!(strict.run_part(|| Ok(7)), Ok(7));
        assert_eq!(Mode::Fips(Policy::Fips).run(|| Ok(7)), Ok(7));
    }

    /// What of the drafts' suites this build has and FIPS mode runs.
    fn of_drafts() -> &'static [u16] {
        match (cfg!(feature = "ml-kem"), cfg!(feature = "ml-dsa")) {
            (false, _) => &[],
            (true, false) => &[0x0042, 0x0050, 0xf042],
            (true, true) => &[0x0042, 0x0050, 0x0051, 0x0906, 0x0907, 0xf042],
        }
    }
}

/// Without the FIPS module nothing is observed.
#[cfg(all(test, feature = "fips"))]
mod tests {
    use mls_fips::{Service, observe};

    use super::*;

    const STRICT: Mode = Mode::Fips(Policy::Strict);

    /// An approved algorithm, in a call of which the indicator says nothing.
    fn unnoticed() -> Result<u8, CryptoError> {
        observe(Service::Digest, Algorithm::Sha2, || Ok(7))
    }

    /// The same of a call that has an exception.
    fn excepted() -> Result<u8, CryptoError> {
        observe(Service::Seal, Algorithm::AesGcm, || Ok(7))
    }

    #[test]
    fn strict_gives_out_no_result_without_the_indicators_word() {
        assert_eq!(Mode::Fips(Policy::Fips).run(unnoticed), Ok(7));
        assert_eq!(STRICT.run(excepted), Ok(7));
        let refused = Err(CryptoError::CryptoLibraryError);
        assert_eq!(STRICT.run(unnoticed), refused);
        // One such call among others is enough.
        assert_eq!(STRICT.run(|| excepted().and(unnoticed())), refused);
        assert_eq!(STRICT.run_each(|| vec![unnoticed()]), [refused]);
        assert_eq!(STRICT.run_each(|| vec![excepted()]), [Ok(7)]);
        assert_eq!(Mode::Refused.run(excepted), refused);
        assert_eq!(Mode::Refused.run_each(|| vec![excepted()]), [refused]);
    }
}
