//! Ed25519 (RFC 8032), with the strictest verdict that providers for OpenMLS have in common: that of
//! `verify_strict` in `ed25519-dalek`, which `openmls_rust_crypto` uses.
//!
//! AWS-LC and ring agree with it on the equation, on `S` and on `R`, and accept keys and `R` of small
//! order. With one verdict for all no message splits a group whose members use different providers.

use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::batch::{Loaded, in_lanes};
use super::{Scheme, SignedMessage, SigningKey};
use crate::backend::ed25519::{self, Key};
use crate::encoding::is_strict_edwards_point;
use crate::lanes::{LaneScheme, LaneSignature, Verification};

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
/// `R`, then `S`.
const SIGNATURE_LEN: usize = 64;

/// Ed25519.
pub(super) struct Ed25519;

impl Scheme for Ed25519 {
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Key::generate()?))
    }

    fn import(&'static self, seed: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        if seed.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        let seed = Zeroizing::new(seed.to_vec());
        Ok(Box::new(Key::with_seed(seed)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        checked(public, signature)?;
        ed25519::verify(message, public, signature)
    }

    fn lanes(&self) -> Option<Verification> {
        Verification::of(LaneScheme::Ed25519)
    }

    fn verify_in_lanes(
        &self,
        lanes: &Verification,
        signed: &[&SignedMessage<'_>],
    ) -> Vec<Option<Result<(), CryptoError>>> {
        in_lanes(signed, loaded, |signed| lanes.ed25519(signed))
    }
}

/// A signature for lanes, if nothing is wrong with its form.
fn loaded<'a>(signed: &'a SignedMessage<'_>) -> Loaded<'a, PUBLIC_LEN> {
    let (key, signature) = checked(signed.public_key, signed.signature)?;
    Ok(Some(LaneSignature {
        key,
        message: &signed.message,
        signature: *signature,
    }))
}

/// A key and a signature of the right lengths, whose points are strict.
fn checked<'a>(
    public: &'a [u8],
    signature: &'a [u8],
) -> Result<(&'a [u8; PUBLIC_LEN], &'a [u8; SIGNATURE_LEN]), CryptoError> {
    let key = public
        .try_into()
        .map_err(|_| CryptoError::InvalidPublicKey)?;
    let signature: &[u8; SIGNATURE_LEN] = signature
        .try_into()
        .map_err(|_| CryptoError::InvalidSignature)?;
    let r = signature
        .first_chunk()
        .ok_or(CryptoError::InvalidSignature)?;
    match is_strict_edwards_point(key) && is_strict_edwards_point(r) {
        true => Ok((key, signature)),
        false => Err(CryptoError::InvalidSignature),
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.sign(message)
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(self.seed().clone())
    }

    fn public(&self) -> &[u8] {
        self.public()
    }
}
