//! Diffie-Hellman with static keys, which ring has not: X25519 and P-256 by the portable code of
//! `mls_lanes`, and P-384 by the `p384` crate.
//!
//! What the `p384` crate computes with is on its stack, where nobody wipes it.

use mls_lanes::{Backend, Error, LengthMismatch, SharedSecret, p256, x25519};
use openmls_traits::types::CryptoError;
use p384_dh::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::random;
use crate::backend::MAX_DH_LEN;

/// A Diffie-Hellman group.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Group {
    X25519,
    P256,
    P384,
}

pub(crate) static X25519: Group = Group::X25519;
pub(crate) static P256: Group = Group::P256;
pub(crate) static P384: Group = Group::P384;

/// A private key with its public key. The private one is wiped on drop.
pub(crate) struct PrivateKey {
    group: Group,
    /// On the heap, where moving the key does not copy it.
    private: Zeroizing<Vec<u8>>,
    public: Vec<u8>,
}

impl PrivateKey {
    /// A fresh one: of random bytes the first that are one (FIPS 186-5, appendix A.2.2).
    ///
    /// # Errors
    /// [`CryptoError::InsufficientRandomness`].
    pub(crate) fn generate(group: &Group) -> Result<Self, CryptoError> {
        let mut private = Zeroizing::new(vec![0; group.private_len()]);
        loop {
            random::fill(&mut private)?;
            if let Ok(key) = Self::enter(group, &private) {
                return Ok(key);
            }
        }
    }

    /// The one with these bytes.
    ///
    /// # Errors
    /// [`CryptoError::CryptoLibraryError`] for a wrong length and a scalar out of range.
    pub(crate) fn enter(&group: &Group, private: &[u8]) -> Result<Self, CryptoError> {
        // The `p384` crate would take a shorter one, and put zeros before it.
        let has_length = private.len() == group.private_len();
        let public = has_length.then(|| group.public_key(private)).flatten();
        let public = public.ok_or(CryptoError::CryptoLibraryError)?;
        let private = Zeroizing::new(private.to_vec());
        Ok(Self {
            group,
            private,
            public,
        })
    }

    /// Its bytes, as [`enter`](Self::enter) takes them.
    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(self.private.clone())
    }

    /// Its public key, encoded.
    pub(crate) fn public(&self) -> Result<Vec<u8>, CryptoError> {
        Ok(self.public.clone())
    }

    /// Writes the Diffie-Hellman secret to the beginning of `secret` and returns its length;
    /// `None` if the encoded key `public` is refused: a point off the curve, or one that gives
    /// an all-zero X25519 secret (RFC 9180, section 7.1.4; RUSTSEC-2026-0072).
    pub(crate) fn agree(&self, public: &[u8], secret: &mut [u8; MAX_DH_LEN]) -> Option<usize> {
        match self.group {
            Group::X25519 => in_a_lane(&self.private, public, x25519::diffie_hellman, secret),
            Group::P256 => in_a_lane(&self.private, public, p256::diffie_hellman, secret),
            Group::P384 => {
                let private = SecretKey::from_slice(&self.private).ok()?;
                let dh = private.diffie_hellman(&PublicKey::from_sec1_bytes(public).ok()?);
                Some(write(dh.raw_secret_bytes(), secret))
            }
        }
    }
}

impl Group {
    const fn private_len(self) -> usize {
        match self {
            Self::X25519 | Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// The encoded public key of `private`; `None` if that is none.
    fn public_key(self, private: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::X25519 => by_a_lane(private, x25519::public_keys),
            Self::P256 => by_a_lane(private, p256::public_keys),
            Self::P384 => {
                let private = SecretKey::from_slice(private).ok()?;
                Some(private.public_key().to_sec1_bytes().into_vec())
            }
        }
    }
}

type PublicKeys<'a, P> =
    fn(Backend, &[&'a [u8]], &mut [Result<P, Error>]) -> Result<(), LengthMismatch>;

type DiffieHellman<'a> = fn(
    Backend,
    &[&'a [u8]],
    &[&'a [u8]],
    &mut [Result<SharedSecret, Error>],
) -> Result<(), LengthMismatch>;

fn by_a_lane<'a, P: AsRef<[u8]>>(private: &'a [u8], compute: PublicKeys<'a, P>) -> Option<Vec<u8>> {
    let mut public = [Err(Error::NotComputed)];
    compute(portable()?, &[private], &mut public).ok()?;
    let [public] = public;
    Some(public.ok()?.as_ref().to_vec())
}

fn in_a_lane<'a>(
    private: &'a [u8],
    public: &'a [u8],
    compute: DiffieHellman<'a>,
    secret: &mut [u8; MAX_DH_LEN],
) -> Option<usize> {
    let mut dh = [Err(Error::NotComputed)];
    compute(portable()?, &[private], &[public], &mut dh).ok()?;
    // By reference: moving it would leave a copy behind.
    let [Ok(dh)] = &dh else { return None };
    Some(write(dh.as_bytes(), secret))
}

fn write(dh: &[u8], secret: &mut [u8; MAX_DH_LEN]) -> usize {
    secret[..dh.len()].copy_from_slice(dh);
    dh.len()
}

/// One lane: a single exchange takes 47 us (X25519) and 75 us (P-256) on EPYC (Zen 5), where the
/// idle lanes of AVX2 make it 78 us and 280 us.
fn portable() -> Option<Backend> {
    "portable".parse().ok()
}
