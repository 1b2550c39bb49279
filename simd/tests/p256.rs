//! P-256 on every backend against two other implementations.

use aws_lc_rs::agreement;
use mls_lanes::{Backend, Error, outputs, p256};
use p256_reference::{PublicKey, SecretKey, ecdh};

mod common;
use common::{Randomness, hex};

fn agree(backend: Backend, scalars: &[[u8; 32]], points: &[[u8; 65]]) -> Vec<[u8; 32]> {
    let mut secrets = outputs(scalars.len());
    p256::diffie_hellman(backend, scalars, points, &mut secrets).unwrap();
    secrets
        .into_iter()
        .map(|secret| *secret.unwrap().as_bytes())
        .collect()
}

fn generate(backend: Backend, scalars: &[[u8; 32]]) -> Vec<[u8; 65]> {
    let mut public_keys = outputs(scalars.len());
    p256::public_keys(backend, scalars, &mut public_keys).unwrap();
    public_keys.into_iter().map(Result::unwrap).collect()
}

fn reference_public_key(scalar: &[u8; 32]) -> [u8; 65] {
    let key = SecretKey::from_slice(scalar).unwrap().public_key();
    p256_reference::Sec1Point::from(key)
        .as_bytes()
        .try_into()
        .unwrap()
}

fn reference_secret(scalar: &[u8; 32], point: &[u8; 65]) -> [u8; 32] {
    let key = SecretKey::from_slice(scalar).unwrap();
    let peer = PublicKey::from_sec1_bytes(point).unwrap();
    let secret = ecdh::diffie_hellman(key.to_nonzero_scalar(), peer.as_affine());
    secret.raw_secret_bytes().as_slice().try_into().unwrap()
}

fn aws_lc_secret(scalar: &[u8; 32], point: &[u8; 65]) -> [u8; 32] {
    let algorithm = &agreement::ECDH_P256;
    let key = agreement::PrivateKey::from_private_key(algorithm, scalar).unwrap();
    let peer = agreement::UnparsedPublicKey::new(algorithm, point);
    agreement::agree(&key, peer, (), |secret| Ok(secret.try_into().unwrap())).unwrap()
}

const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// The order plus a small number.
fn order_plus(difference: i16) -> [u8; 32] {
    let mut bytes: [u8; 32] = hex(ORDER);
    let low = u16::from_be_bytes([bytes[30], bytes[31]]).checked_add_signed(difference);
    bytes[30..].copy_from_slice(&low.unwrap().to_be_bytes());
    bytes
}

/// Scalars at which recodings and incomplete additions go wrong: small ones, ones
/// near the order, powers of two and their neighbours, and those that make the last
/// addition of the windows and of the comb a doubling.
fn edge_scalars() -> Vec<[u8; 32]> {
    let mut scalars = Vec::new();
    for small in 1..=130_u8 {
        let mut scalar = [0; 32];
        scalar[31] = small;
        scalars.push(scalar);
        scalars.push(order_plus(-i16::from(small)));
    }
    for bit in 8..255 {
        let mut power = [0; 32];
        power[31 - bit / 8] = 1 << (bit % 8);
        let mut above = power;
        above[31] |= 1;
        let mut below = [0; 32];
        below[32 - bit / 8..].fill(0xff);
        below[31 - bit / 8] = ((1_u16 << (bit % 8)) - 1) as u8;
        scalars.extend([power, above, below]);
    }
    scalars.push(hex(
        "dfffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ));
    scalars.push(comb_doubling());
    scalars
}

/// 30 * 2^252 - n: the comb's last addition adds 15 * 2^252 G to itself.
fn comb_doubling() -> [u8; 32] {
    let order: [u8; 32] = hex(ORDER);
    let mut scalar = [0; 32];
    let mut borrow = 0;
    for i in (0..32).rev() {
        // 30 * 2^252 is 0x1e0 followed by 31 zero bytes; its top nibble drops out.
        let digit = if i == 0 { 0xe0 + 0x100 } else { 0 };
        let difference = digit - i32::from(order[i]) - borrow;
        borrow = i32::from(difference < 0);
        scalar[i] = difference as u8;
    }
    scalar
}

#[test]
fn edge_scalars_with_the_base_point() {
    let scalars = edge_scalars();
    assert_eq!(scalars.len(), 2 * 130 + 3 * 247 + 2);
    let expected: Vec<_> = scalars.iter().map(reference_public_key).collect();
    for backend in common::backends() {
        assert_eq!(generate(backend, &scalars), expected, "{backend}");
    }
}

#[test]
fn edge_scalars_with_a_point() {
    let scalars = edge_scalars();
    let points = vec![reference_public_key(&[0x42; 32]); scalars.len()];
    let expected: Vec<_> = scalars
        .iter()
        .zip(&points)
        .map(|(scalar, point)| reference_secret(scalar, point))
        .collect();
    for backend in common::backends() {
        assert_eq!(agree(backend, &scalars, &points), expected, "{backend}");
    }
}

#[test]
fn agrees_with_other_implementations_at_every_length() {
    for backend in common::backends() {
        let mut random = Randomness::new();
        for length in 0..=3 * backend.lanes() + 1 {
            let scalars: Vec<_> = (0..length).map(|_| random.p256_scalar()).collect();
            let peers: Vec<_> = (0..length).map(|_| random.p256_scalar()).collect();
            let points = generate(backend, &peers);
            assert_eq!(
                points,
                peers.iter().map(reference_public_key).collect::<Vec<_>>()
            );
            let secrets = agree(backend, &scalars, &points);
            for ((scalar, point), secret) in scalars.iter().zip(&points).zip(secrets) {
                assert_eq!(
                    secret,
                    reference_secret(scalar, point),
                    "{backend} {length}"
                );
                assert_eq!(secret, aws_lc_secret(scalar, point), "{backend} {length}");
            }
        }
    }
}

#[test]
fn bad_elements_fail_alone() {
    let good_point = reference_public_key(&[0x17; 32]);
    let mut off_curve = good_point;
    off_curve[64] ^= 1;
    let mut hybrid = good_point;
    hybrid[0] = 6 + (good_point[64] & 1);
    let mut large_x = [0xff; 65];
    large_x[0] = 4;
    let compressed = &good_point[..33];
    let good = [0x23; 32].to_vec();
    let bad: Vec<(Vec<u8>, Vec<u8>, Error)> = vec![
        (good.clone(), off_curve.to_vec(), Error::InvalidPoint),
        (good.clone(), hybrid.to_vec(), Error::InvalidPoint),
        (good.clone(), large_x.to_vec(), Error::InvalidPoint),
        (good.clone(), vec![4; 65], Error::InvalidPoint),
        (good.clone(), compressed.to_vec(), Error::PointLength),
        (good.clone(), vec![0], Error::PointLength),
        (good.clone(), Vec::new(), Error::PointLength),
        (vec![0; 32], good_point.to_vec(), Error::ScalarRange),
        (
            order_plus(0).to_vec(),
            good_point.to_vec(),
            Error::ScalarRange,
        ),
        (
            order_plus(1).to_vec(),
            good_point.to_vec(),
            Error::ScalarRange,
        ),
        (vec![0xff; 32], good_point.to_vec(), Error::ScalarRange),
        (vec![1; 31], good_point.to_vec(), Error::ScalarLength),
        (vec![1; 33], good_point.to_vec(), Error::ScalarLength),
    ];
    let expected = reference_secret(&[0x23; 32], &good_point);
    for backend in common::backends() {
        for (position, (scalar, point, error)) in bad.iter().enumerate() {
            let mut scalars = vec![good.clone(); bad.len()];
            let mut points = vec![good_point.to_vec(); bad.len()];
            scalars[position] = scalar.clone();
            points[position] = point.clone();
            let mut secrets = outputs(bad.len());
            p256::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
            let mut public_keys = outputs(bad.len());
            p256::public_keys(backend, &scalars, &mut public_keys).unwrap();
            for i in 0..bad.len() {
                let secret = secrets[i].as_ref().map(|secret| *secret.as_bytes());
                if i == position {
                    assert_eq!(secret.unwrap_err(), error);
                    assert_eq!(public_keys[i].err(), (*scalar != good).then_some(*error));
                } else {
                    assert_eq!(secret.unwrap(), expected);
                    assert_eq!(public_keys[i].unwrap(), reference_public_key(&[0x23; 32]));
                }
            }
        }
    }
}
