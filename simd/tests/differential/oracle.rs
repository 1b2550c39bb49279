//! What one element must give, by aws-lc-rs.
//!
//! Lengths and the form of a point are decided here, by the contract of
//! `mls_lanes`: aws-lc-rs also takes compressed and hybrid points.

use aws_lc_rs::agreement::{
    Algorithm, ECDH_P256, PrivateKey, UnparsedPublicKey, X25519, agree as aws_lc_agree,
};
use mls_lanes::{Error, p256, x25519};

use super::{Element, Operation, Outcome};

/// The first byte of an uncompressed point (SEC 1, section 2.3.3).
pub const UNCOMPRESSED: u8 = 4;

/// The outcome that the contract demands.
pub fn outcome(operation: Operation, element: &Element) -> Outcome {
    let Element { scalar, point } = element;
    match operation {
        Operation::X25519Agree => x25519_agree(scalar, point),
        Operation::X25519Keygen => public_key(x25519_key(scalar)?),
        Operation::P256Agree => p256_agree(scalar, point),
        Operation::P256Keygen => public_key(p256_key(scalar)?),
    }
}

fn x25519_agree(scalar: &[u8], point: &[u8]) -> Outcome {
    let key = x25519_key(scalar)?;
    if point.len() != x25519::LENGTH {
        return Err(Error::PointLength);
    }
    agree(&key, &X25519, point, Error::ZeroSecret)
}

fn p256_agree(scalar: &[u8], point: &[u8]) -> Outcome {
    let key = p256_key(scalar)?;
    if point.len() != p256::POINT_LENGTH {
        return Err(Error::PointLength);
    }
    if point[0] != UNCOMPRESSED {
        return Err(Error::InvalidPoint);
    }
    agree(&key, &ECDH_P256, point, Error::InvalidPoint)
}

fn x25519_key(scalar: &[u8]) -> Result<PrivateKey, Error> {
    if scalar.len() != x25519::LENGTH {
        return Err(Error::ScalarLength);
    }
    Ok(PrivateKey::from_private_key(&X25519, scalar).expect("every X25519 scalar is a key"))
}

fn p256_key(scalar: &[u8]) -> Result<PrivateKey, Error> {
    if scalar.len() != p256::SCALAR_LENGTH {
        return Err(Error::ScalarLength);
    }
    PrivateKey::from_private_key(&ECDH_P256, scalar).map_err(|_| Error::ScalarRange)
}

fn agree(key: &PrivateKey, curve: &'static Algorithm, point: &[u8], refused: Error) -> Outcome {
    let peer = UnparsedPublicKey::new(curve, point);
    aws_lc_agree(key, peer, refused, |secret| Ok(secret.to_vec()))
}

fn public_key(key: PrivateKey) -> Outcome {
    let public_key = key
        .compute_public_key()
        .expect("a private key has a public key");
    Ok(public_key.as_ref().to_vec())
}
