//! The keys that all engines work on, and the right results by aws-lc-rs.

use aws_lc_rs::{
    agreement::{self, Algorithm, PrivateKey, UnparsedPublicKey, agree},
    error::Unspecified,
    rand,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};

use super::operation::Curve;
use crate::{
    BenchError,
    error::{FromLibrary, ensure},
};

/// The length of every private key and shared secret, in bytes.
pub const LENGTH: usize = 32;

/// Random keys of some elements, the same for all engines of a measurement.
///
/// The keys are made for the measurement and used for nothing else.
#[derive(Debug)]
pub struct Inputs {
    /// The curve of the keys.
    pub curve: Curve,
    /// The own private keys: RFC 7748's byte strings, or big-endian scalars of P-256.
    pub scalars: Vec<[u8; LENGTH]>,
    /// The peers' public keys: u coordinates, or uncompressed points of P-256.
    pub points: Vec<Vec<u8>>,
    /// The private keys to `points`.
    peers: Vec<PrivateKey>,
    public_keys: Vec<Vec<u8>>,
    secrets: Vec<Vec<u8>>,
    /// The signatures, all of them good.
    pub signed: Vec<Signed>,
}

/// A message with its signature.
#[derive(Debug)]
pub struct Signed {
    /// The public key: 32 bytes of Ed25519, or an uncompressed point of P-256.
    pub key: Vec<u8>,
    /// The message.
    pub message: [u8; MESSAGE],
    /// R and s, or r and s, of 32 bytes each.
    pub signature: [u8; 64],
}

/// The length of a message that is signed: about that of a leaf node.
const MESSAGE: usize = 256;

impl Signed {
    /// A message signed by aws-lc-rs under a key of its own.
    fn random(curve: Curve) -> Result<Self, BenchError> {
        let mut message = [0; MESSAGE];
        rand::fill(&mut message).of_library()?;
        let (key, signature) = match curve {
            Curve::Curve25519 => {
                let pair = Ed25519KeyPair::generate().of_library()?;
                (pair.public_key().as_ref().to_vec(), pair.sign(&message))
            }
            Curve::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).of_library()?;
                let random = rand::SystemRandom::new();
                let signature = pair.sign(&random, &message).of_library()?;
                (pair.public_key().as_ref().to_vec(), signature)
            }
        };
        Ok(Self {
            key,
            message,
            signature: signature.as_ref().try_into().of_library()?,
        })
    }
}

impl Inputs {
    /// Makes the keys of `count` elements, and has aws-lc-rs compute what is right:
    /// the shared secrets from the peers' side.
    ///
    /// # Errors
    ///
    /// [`BenchError::Library`] if aws-lc-rs fails.
    pub fn random(curve: Curve, count: usize) -> Result<Self, BenchError> {
        let mut inputs = Self {
            curve,
            scalars: Vec::with_capacity(count),
            points: Vec::with_capacity(count),
            peers: Vec::with_capacity(count),
            public_keys: Vec::with_capacity(count),
            secrets: Vec::with_capacity(count),
            signed: Vec::with_capacity(count),
        };
        for _ in 0..count {
            inputs.add()?;
        }
        Ok(inputs)
    }

    fn add(&mut self) -> Result<(), BenchError> {
        let algorithm = algorithm(self.curve);
        let scalar = scalar()?;
        let public_key = public_key(&import(self.curve, &scalar)?)?;
        let peer = PrivateKey::generate(algorithm).of_library()?;
        self.points.push(self::public_key(&peer)?);
        self.secrets.push(shared_secret(&peer, &public_key)?.into());
        self.scalars.push(scalar);
        self.peers.push(peer);
        self.public_keys.push(public_key);
        self.signed.push(Signed::random(self.curve)?);
        Ok(())
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.scalars.len()
    }

    /// Gives element `index` another private key, another peer and another message, and leaves the
    /// results that count as right.
    #[cfg(test)]
    pub(super) fn spoil(&mut self, index: usize) {
        let other = Self::random(self.curve, 1).unwrap();
        self.scalars[index] = other.scalars[0];
        self.points[index].clone_from(&other.points[0]);
        self.signed[index].message = other.signed[0].message;
    }

    /// `Ok` if `secret` is that of element `index`.
    pub(super) fn verify_secret(&self, index: usize, secret: &[u8]) -> Result<(), BenchError> {
        ensure(
            self.secrets[index] == secret,
            "a shared secret differs from aws-lc-rs's",
        )
    }

    /// `Ok` if the verdict on a signature is that it is good, as all are.
    pub(super) fn verify_verdict(&self, good: bool) -> Result<(), BenchError> {
        ensure(good, "a good signature was refused")
    }

    /// `Ok` if `public_key` is that of element `index`.
    pub(super) fn verify_public_key(&self, index: usize, key: &[u8]) -> Result<(), BenchError> {
        ensure(
            self.public_keys[index] == key,
            "a public key differs from aws-lc-rs's",
        )
    }

    /// `Ok` if `secret` is what the peer of element `index` shares with the owner of
    /// `public_key`: for engines that draw their private keys themselves.
    pub(super) fn verify_exchange(
        &self,
        index: usize,
        public_key: &[u8],
        secret: &[u8],
    ) -> Result<(), BenchError> {
        ensure(
            shared_secret(&self.peers[index], public_key)? == secret,
            "a generated key pair does not agree with aws-lc-rs",
        )
    }
}

/// aws-lc-rs's name for `curve`.
pub(super) fn algorithm(curve: Curve) -> &'static Algorithm {
    match curve {
        Curve::Curve25519 => &agreement::X25519,
        Curve::P256 => &agreement::ECDH_P256,
    }
}

/// A private key of `curve` from its bytes.
pub(super) fn import(curve: Curve, scalar: &[u8; LENGTH]) -> Result<PrivateKey, BenchError> {
    PrivateKey::from_private_key(algorithm(curve), scalar).of_library()
}

/// The shared secret by aws-lc-rs, `point` encoded as the peer sent it.
pub(super) fn shared_secret(key: &PrivateKey, point: &[u8]) -> Result<[u8; LENGTH], BenchError> {
    let peer = UnparsedPublicKey::new(key.algorithm(), point);
    let copied = |secret: &[u8]| secret.try_into().map_err(|_| Unspecified);
    agree(key, peer, Unspecified, copied).of_library()
}

fn public_key(key: &PrivateKey) -> Result<Vec<u8>, BenchError> {
    Ok(key.compute_public_key().of_library()?.as_ref().to_vec())
}

/// Random bytes. The first bit is cleared, which keeps them below the order of P-256
/// and is one like any other to X25519.
fn scalar() -> Result<[u8; LENGTH], BenchError> {
    let mut scalar = [0; LENGTH];
    rand::fill(&mut scalar).of_library()?;
    scalar[0] &= 0x7f;
    Ok(scalar)
}
