//! [`HwCrypto`]: the provider, with a file for each group of its functions.

mod batch;
#[cfg(feature = "openmls")]
mod openmls;
mod openmls_crypto;
mod openmls_rand;
mod prepare;

use std::fmt;
use std::sync::Arc;

use mls_fips::FipsError;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::Ciphersuite;

#[cfg(doc)]
use crate::SUITES;
use crate::hpke::{InfoHashCache, SenderState};
use crate::policy::{self, Mode, Policy};
use crate::prepared::{EncapsulationStore, VerificationStore};
use crate::status::Status;

pub use openmls_rand::RandomError;

/// Cryptography and randomness for OpenMLS, on AWS-LC or ring.
///
/// Making one and cloning it is cheap. Clones share the hash of the last HPKE
/// `info` they sealed under, with at most 64 MiB of it, and what was
/// [prepared](crate::prepared).
///
/// # Errors
/// What every function answers to bad input:
///
/// | Error | Cause |
/// |---|---|
/// | `UnsupportedCiphersuite` | the suite has no row in [`SUITES`]; the KEM is none of its KEMs |
/// | `UnsupportedSignatureScheme` | the scheme is none of theirs |
/// | `InvalidLength` | an AEAD key or nonce, a signature's seed or a PRK of the wrong length |
/// | `HkdfOutputLengthInvalid` | more than 255 times the hash length asked from HKDF-Expand |
/// | `TooMuchData` | a plaintext beyond the AEAD's limit |
/// | `AeadDecryptionError` | a ciphertext that is too short or does not authenticate |
/// | `InvalidPublicKey` | a public key of the wrong length or form; for HPKE also one off the curve or of low order |
/// | `InvalidSignature` | a signature that is malformed or wrong, under a key that may be off the curve |
/// | `SigningError` | a signature's private scalar that is out of range, whatever its length |
/// | `UnsupportedAeadAlgorithm` | sealing or opening with the export-only AEAD |
/// | `HpkeDecryptionError`, `ReceiverSetupError` | opening or receiving fails, for whatever reason |
/// | `ExporterError` | more than 255 times the hash length to export |
/// | `SenderSetupError` | an HPKE PSK of less than 32 bytes, or without an identifier |
/// | `InsufficientRandomness` | the DRBG failed |
///
/// # FIPS mode
///
/// [`HwCrypto::fips`] makes one that is in FIPS mode. In a process that is required to be
/// (environment variable `MLS_FIPS`, or [`mls_fips::require`]) every one is, those made
/// before included, and nothing turns it off. Every operation then asks whether its
/// algorithms are approved; where the FIPS module is not to be had, all fail. The errors:
///
/// | Error | Cause |
/// |---|---|
/// | `UnsupportedCiphersuite` | the suite or the KEM is not approved; [`refusal`](Self::refusal) says by which rule |
/// | `UnsupportedHashAlgorithm`, `UnsupportedKdf`, `UnsupportedAeadAlgorithm`, `UnsupportedSignatureScheme` | the algorithm is not approved |
/// | `CryptoLibraryError` | FIPS mode is required and is not to be had; or, under [`Policy::Strict`], the module does not approve of what was done |
#[derive(Clone, Default)]
pub struct HwCrypto {
    shared: Arc<Shared>,
    /// What was asked for when it was made; the process may require more.
    own: Option<Policy>,
}

/// What the clones of a provider have in common.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) info_hashes: InfoHashCache,
    /// Of guards as well, which outlive a provider that is dropped first.
    pub(crate) encapsulations: Arc<EncapsulationStore>,
    pub(crate) verifications: Arc<VerificationStore>,
}

impl HwCrypto {
    /// The same as [`default`](Self::default): in FIPS mode if the process is required to
    /// be, else with every suite of [`SUITES`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One in FIPS mode, with [`Policy::Fips`].
    ///
    /// # Errors
    /// [`FipsError`] unless this provider computes with the FIPS module, nothing is beside it, its integrity
    /// and known-answer tests passed, and its version is one that [`mls_fips`] knows.
    pub fn fips() -> Result<Self, FipsError> {
        Self::with_policy(Policy::Fips)
    }

    /// One in FIPS mode under `policy`.
    ///
    /// # Errors
    /// Those of [`fips`](Self::fips).
    pub fn with_policy(policy: Policy) -> Result<Self, FipsError> {
        policy::ready()?;
        let own = Some(policy);
        let shared = Arc::default();
        Ok(Self { shared, own })
    }

    /// What FIPS mode lets run; `None` outside of FIPS mode, and where it is required and
    /// not to be had.
    pub fn policy(&self) -> Option<Policy> {
        match self.mode() {
            Mode::Fips(policy) => Some(policy),
            Mode::Unrestricted | Mode::Refused => None,
        }
    }

    /// Why `ciphersuite` is not supported, for people to read; `None` if it is.
    ///
    /// OpenMLS passes on that a suite is not supported, and has no place for a reason.
    pub fn refusal(&self, ciphersuite: Ciphersuite) -> Option<String> {
        self.supports(ciphersuite).err()?;
        if let Err(error) = self.mode().ready() {
            return Some(error.to_string());
        }
        let code_point = ciphersuite as u16;
        let row = mls_fips::Suite::of(code_point);
        let rule = row.and_then(mls_fips::Suite::refusal);
        Some(match (self.mode(), rule) {
            (Mode::Fips(_), Some(rule)) => format!("FIPS mode: {rule}"),
            _ => format!("{code_point:#06x} is not implemented"),
        })
    }

    /// Who does what is done for many keys at once.
    pub fn status(&self) -> Status {
        Status::now(self.policy())
    }

    fn mode(&self) -> Mode {
        Mode::of(self.own)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn sender_state(&self) -> SenderState<'_> {
        SenderState {
            info_hashes: &self.shared.info_hashes,
            encapsulations: &*self.shared.encapsulations,
        }
    }
}

impl fmt::Debug for HwCrypto {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HwCrypto")
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}
