//! Keys that are none.

use openmls_traits::types::HpkeKemType;

use super::wrong_lengths;
use crate::conformance::{hex, reference::kem};

/// What is wrong with an encoded point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Its encoding: anything but an uncompressed point of the right length.
    Encoding,
    /// The point: not on the curve, or of low order.
    Point,
}

/// A public key that has to be refused.
#[derive(Debug)]
pub(super) struct BadPoint {
    pub(super) name: &'static str,
    pub(super) flaw: Flaw,
    pub(super) bytes: Vec<u8>,
}

/// Public keys of `kem` that have to be refused; `good` is one that has not.
pub(super) fn bad_points(kem: HpkeKemType, good: &[u8]) -> Vec<BadPoint> {
    let mut points: Vec<_> = encodings(kem, good)
        .into_iter()
        .map(|(name, bytes)| BadPoint {
            name,
            flaw: Flaw::Encoding,
            bytes,
        })
        .collect();
    let wrong_points = match kem {
        HpkeKemType::DhKem25519 => low_order_points(),
        _ => off_curve_points(kem, good),
    };
    points.extend(wrong_points.into_iter().map(|(name, bytes)| BadPoint {
        name,
        flaw: Flaw::Point,
        bytes,
    }));
    points
}

/// Recipients' public keys of `kem` that have to be refused with `InvalidPublicKey`; `good` is one
/// that has not.
pub fn bad_public_keys(kem: HpkeKemType, good: &[u8]) -> Vec<Vec<u8>> {
    let points = bad_points(kem, good).into_iter();
    points.map(|point| point.bytes).collect()
}

type Named = (&'static str, Vec<u8>);

fn encodings(kem: HpkeKemType, good: &[u8]) -> Vec<Named> {
    let mut encodings = wrong_lengths(good).to_vec();
    if kem == HpkeKemType::DhKem25519 {
        return encodings;
    }
    let (x, y) = coordinates(good);
    let parity = y.last().map_or(0, |byte| byte & 1);
    let with_tag = |tag: u8| [&[tag], &good[1..]].concat();
    encodings.extend([
        ("point at infinity", vec![0]),
        ("zeros", vec![0; good.len()]),
        ("compressed", [&[2 + parity], x].concat()),
        (
            "compressed, tag of the other root",
            [&[3 - parity], x].concat(),
        ),
        ("hybrid", with_tag(6 + parity)),
        ("hybrid, tag of the other root", with_tag(7 - parity)),
        ("tag 00", with_tag(0)),
        ("tag of a compressed point", with_tag(2 + parity)),
        ("tag 05", with_tag(5)),
        ("coordinates without a tag", good[1..].to_vec()),
        ("only the x-coordinate", x.to_vec()),
    ]);
    encodings
}

/// The points of RFC 7748's curve and its twist whose order divides the cofactor, each also with
/// the unused top bit set and, where 255 bits have room for it, with `p` added.
fn low_order_points() -> Vec<Named> {
    const ORDER_8: [&str; 2] = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    const P_MINUS_1: &str = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    const P: &str = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    const P_PLUS_1: &str = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";
    const ONE: &str = "0100000000000000000000000000000000000000000000000000000000000000";
    let [a, b] = ORDER_8;
    let names = [
        ("zero", ZERO),
        ("one", ONE),
        ("order 8", a),
        ("order 8, the other", b),
        ("p - 1", P_MINUS_1),
        ("p", P),
        ("p + 1", P_PLUS_1),
    ];
    names
        .into_iter()
        .flat_map(|(name, digits)| {
            let canonical = hex::decode(digits).unwrap_or_default();
            let mut top_bit = canonical.clone();
            top_bit[31] |= 0x80;
            [(name, canonical), (name, top_bit)]
        })
        .collect()
}

fn off_curve_points(kem: HpkeKemType, good: &[u8]) -> Vec<Named> {
    let (x, y) = coordinates(good);
    let last_bit = |bytes: &[u8]| {
        let mut other = bytes.to_vec();
        *other.last_mut().expect("coordinates are not empty") ^= 1;
        other
    };
    let uncompressed = |x: &[u8], y: &[u8]| [&[4], x, y].concat();
    vec![
        ("y changed", uncompressed(x, &last_bit(y))),
        ("coordinates exchanged", uncompressed(y, x)),
        (
            "coordinates zero",
            uncompressed(&vec![0; x.len()], &vec![0; y.len()]),
        ),
        (
            "coordinates all ones",
            uncompressed(&vec![0xff; x.len()], &vec![0xff; y.len()]),
        ),
        ("x on the twist", uncompressed(&twist_x(kem, x), y)),
        ("x not reduced", unreduced_x(kem)),
    ]
}

/// An x-coordinate that no point of the curve has, so that it belongs to the twist.
fn twist_x(kem: HpkeKemType, start: &[u8]) -> Vec<u8> {
    let mut x = start.to_vec();
    while kem::decompress(kem, &[&[2], &x[..]].concat()).is_some() {
        let last = x.last_mut().expect("coordinates are not empty");
        *last = last.wrapping_add(1);
    }
    x
}

/// A point of the curve with a small x, written as `x + p`.
fn unreduced_x(kem: HpkeKemType) -> Vec<u8> {
    let prime = hex::decode(prime(kem)).unwrap_or_default();
    let point = (0..=u8::MAX).find_map(|small| {
        let mut compressed = vec![0; 1 + prime.len()];
        compressed[0] = 2;
        *compressed.last_mut()? = small;
        kem::decompress(kem, &compressed).map(|point| (small, point))
    });
    let (small, point) = point.expect("half of all x-coordinates have a point");
    let (_, y) = coordinates(&point);
    [&[4], &plus(&prime, small)[..], y].concat()
}

/// Numbers that are no private key of `kem`, a NIST curve's, however they are written.
pub(super) fn scalars_out_of_range(kem: HpkeKemType) -> Vec<Named> {
    let order = order(kem);
    let before = |bytes: &[u8]| [bytes, &order[..]].concat();
    vec![
        ("empty", Vec::new()),
        ("zero", vec![0; order.len()]),
        ("zero of one byte", vec![0]),
        ("order + 1", plus(&order, 1)),
        ("order after a zero", before(&[0])),
        ("order after a one", before(&[1])),
        ("one byte long", [&[1], &vec![0; order.len()][..]].concat()),
        ("all ones", vec![0xff; order.len()]),
        ("order", order),
    ]
}

/// Private keys of `kem` that have to be refused; `good` is one that has not.
pub(super) fn bad_private_keys(kem: HpkeKemType, good: &[u8]) -> Vec<Named> {
    match kem {
        HpkeKemType::DhKem25519 => wrong_lengths(good).to_vec(),
        _ => scalars_out_of_range(kem),
    }
}

/// The largest private key of a NIST curve.
pub(super) fn largest_scalar(kem: HpkeKemType) -> Option<Vec<u8>> {
    let mut scalar = order(kem);
    *scalar.last_mut()? -= 1;
    Some(scalar)
}

fn coordinates(point: &[u8]) -> (&[u8], &[u8]) {
    point[1..].split_at(point.len() / 2)
}

fn plus(number: &[u8], small: u8) -> Vec<u8> {
    let mut sum = number.to_vec();
    let mut carry = u16::from(small);
    for byte in sum.iter_mut().rev() {
        carry += u16::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    sum
}

/// The order of the group (FIPS 186-5; SP 800-186), at the length of a private key.
pub(in crate::conformance) fn order(kem: HpkeKemType) -> Vec<u8> {
    let digits = match kem {
        HpkeKemType::DhKemP256 => {
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
        }
        HpkeKemType::DhKemP384 => {
            "ffffffffffffffffffffffffffffffffffffffffffffffff\
             c7634d81f4372ddf581a0db248b0a77aecec196accc52973"
        }
        HpkeKemType::DhKemP521 => {
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        }
        _ => "",
    };
    hex::decode(digits).unwrap_or_default()
}

/// The prime of the field (SP 800-186), at the length of a coordinate.
fn prime(kem: HpkeKemType) -> &'static str {
    match kem {
        HpkeKemType::DhKemP256 => {
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        }
        HpkeKemType::DhKemP384 => {
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
             ffffffff0000000000000000ffffffff"
        }
        HpkeKemType::DhKemP521 => {
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
             ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Were the constants wrong, the checks would refuse nothing in particular.
    #[test]
    fn the_orders_and_primes_are_those_of_the_curves() {
        for kem in [
            HpkeKemType::DhKemP256,
            HpkeKemType::DhKemP384,
            HpkeKemType::DhKemP521,
        ] {
            let mut one = vec![0; order(kem).len()];
            *one.last_mut().unwrap() = 1;
            let generator = kem::public_key(kem, &one).unwrap();
            let largest = kem::public_key(kem, &largest_scalar(kem).unwrap()).unwrap();
            let ((x, y), (same_x, minus_y)) = (coordinates(&generator), coordinates(&largest));
            assert_eq!(x, same_x, "(n - 1) G = -G");
            let mut sum = vec![0; y.len()];
            let mut carry = 0;
            for i in (0..y.len()).rev() {
                carry += u16::from(y[i]) + u16::from(minus_y[i]);
                sum[i] = carry as u8;
                carry >>= 8;
            }
            assert_eq!(sum, hex::decode(prime(kem)).unwrap(), "y + (p - y) = p");
        }
    }
}
