//! What surrounds the kernels: scalars and points come in, results go out.
//!
//! Decoding and encoding move bits, so each bit is tried alone. Clamping keeps, clears or sets each
//! bit by itself, so the scalars of zeros and of ones show all of it. Comparisons with the prime and
//! the order are tried at both ends and next to them: between these a subtraction of integers
//! changes its borrow nowhere else.

use num_bigint::BigUint;

use crate::{
    Error,
    batch::{CHUNK, piece_length},
    common,
    curve25519::clamp,
    integer::Integer,
    isa::field::big::{big, power, prime_p256, words},
    p256,
    proof::{
        obligations::{Obligations, Score},
        reference::P256,
    },
    x25519,
};

/// Clamps a scalar.
type Clamp = fn(&mut Integer);

/// Decodes a scalar, and makes it odd.
type LoadScalar = fn(&[u8], &mut Integer) -> Result<u64, Error>;

/// Reads an integer, and writes it.
type Coding = (fn(&[u8; 32]) -> Integer, fn(&Integer) -> [u8; 32]);

const LITTLE_ENDIAN: Coding = (
    |bytes| {
        let mut integer = [0; 4];
        assert!(x25519::decode(bytes, &mut integer));
        integer
    },
    x25519::encode,
);
const BIG_ENDIAN: Coding = (p256::decode, p256::encode);

/// Bit i of the integer is bit i of the bytes, counted from the end that is given.
fn coding((decode, encode): Coding, big_endian: bool) -> Obligations {
    let mut claims = Obligations::default();
    claims.claim(
        "zero",
        decode(&[0; 32]) == [0; 4] && encode(&[0; 4]) == [0; 32],
    );
    for i in 0..256 {
        let mut bytes = [0; 32];
        bytes[if big_endian { 31 - i / 8 } else { i / 8 }] = 1 << (i % 8);
        let integer = words(&power(i));
        claims.claim("decoded", decode(&bytes) == integer);
        claims.claim("encoded", encode(&integer) == bytes);
    }
    claims
}

#[test]
fn integers_are_decoded_and_encoded_bit_by_bit() {
    coding(LITTLE_ENDIAN, false).prove("little-endian integers", 513);
    coding(BIG_ENDIAN, true).prove("big-endian integers", 513);
    let mut score = Score::default();
    score.add("the wrong end", coding(LITTLE_ENDIAN, true).is_refuted());
    score.add("the wrong end", coding(BIG_ENDIAN, false).is_refuted());
    let mixed = (LITTLE_ENDIAN.0, BIG_ENDIAN.1);
    score.add(
        "written otherwise than read",
        coding(mixed, false).is_refuted(),
    );
    score.settle("integers", 3, &[]);
}

/// RFC 7748, section 5: a multiple of 8 between 2^254 and 2^255.
fn clamping(clamp: Clamp) -> Obligations {
    let mut claims = Obligations::default();
    for bits in [0, u64::MAX] {
        let mut scalar = [bits; 4];
        clamp(&mut scalar);
        for i in 0..256u64 {
            let expected = match i {
                0..3 | 255 => false,
                254 => true,
                _ => bits != 0,
            };
            claims.claim("the bit", big(&scalar).bit(i) == expected);
        }
    }
    claims
}

#[test]
fn every_scalar_is_clamped() {
    clamping(clamp).prove("clamping", 512);
    let wrong: [(&str, Clamp); 4] = [
        ("left as it was", |_| {}),
        ("two low bits", |scalar| {
            clamp(scalar);
            scalar[0] |= 4;
        }),
        ("no high bit", |scalar| {
            clamp(scalar);
            scalar[3] &= !(1 << 62);
        }),
        ("the top bit", |scalar| {
            clamp(scalar);
            scalar[3] |= 1 << 63;
        }),
    ];
    let mut score = Score::default();
    for (bug, clamp) in wrong {
        score.add(bug, clamping(clamp).is_refuted());
    }
    score.settle("clamping", 4, &[]);
}

/// The integer that the ladder is given for a point.
fn loaded(bytes: &[u8]) -> Option<Integer> {
    let (mut integers, mut checked) = ([[9, 0, 0, 0]], [Ok(())]);
    x25519::load_points(&[bytes], &mut integers, &mut checked);
    checked[0].ok().map(|()| integers[0])
}

#[test]
fn points_of_x25519_come_in_without_their_top_bit() {
    let mut claims = Obligations::default();
    for i in 0..256 {
        let mut bytes = [0; 32];
        bytes[i / 8] = 1 << (i % 8);
        let expected = if i == 255 { [0; 4] } else { words(&power(i)) };
        claims.claim("the bit", loaded(&bytes) == Some(expected));
    }
    for length in (0..=64).filter(|length| *length != 32) {
        claims.claim("another length", loaded(&vec![1; length]).is_none());
    }
    claims.prove("X25519's points", 256 + 64);
}

#[test]
fn the_zero_secret_alone_is_refused() {
    let mut claims = Obligations::default();
    let is_zero = matches!(x25519::nonzero(&[0; 4]), Err(Error::ZeroSecret));
    claims.claim("zero", is_zero);
    for i in 0..256 {
        let product = words(&power(i));
        let secret = x25519::nonzero(&product);
        let expected = x25519::encode(&product);
        claims.claim(
            "a bit",
            secret.is_ok_and(|secret| *secret.as_bytes() == expected),
        );
    }
    claims.prove("X25519's secrets", 257);
}

/// Integers at both ends of a range and next to them.
fn around(end: &BigUint) -> Vec<BigUint> {
    let mut integers: Vec<_> = (0..8u8).map(BigUint::from).collect();
    integers.extend((1..8u8).map(|i| end - i));
    integers.extend((0..8u8).map(|i| end + i));
    integers.extend((1..8u8).map(|i| power(256) - i));
    integers.extend((3..256).map(power));
    // Whichever word decides.
    integers.extend(
        [64, 128, 192]
            .iter()
            .flat_map(|i| [end + power(*i), end - power(*i)]),
    );
    integers
}

/// Odd, and the scalar or its negative; refused if it is not between 1 and n - 1.
fn scalars(load: LoadScalar) -> Obligations {
    let mut claims = Obligations::default();
    let order = P256::new().order;
    for k in around(&order).iter().filter(|k| **k < power(256)) {
        let mut scalar = [1, 0, 0, 0];
        let loaded = load(&p256::encode(&words(k)), &mut scalar);
        let valid = *k > BigUint::ZERO && *k < order;
        claims.claim("the range", loaded.is_ok() == valid);
        match loaded {
            Ok(negated) => {
                let odd = match k.bit(0) {
                    true => Some(k.clone()),
                    false => valid.then(|| &order - k),
                };
                let is_odd = scalar[0] & 1 == 1;
                claims.claim("k or n - k", odd == Some(big(&scalar)) && is_odd);
                claims.claim("which", (negated == 1) != k.bit(0));
            }
            Err(_) => claims.claim("as it was", scalar == [1, 0, 0, 0]),
        }
    }
    claims
}

#[test]
fn scalars_of_p256_are_made_odd() {
    scalars(p256::load_scalar).prove("P-256's scalars", 848);
    let wrong: [(&str, LoadScalar); 3] = [
        ("no range", |bytes, scalar| {
            Ok(p256::load_scalar(bytes, scalar).unwrap_or_default())
        }),
        ("never negated", |bytes, scalar| {
            let negated = p256::load_scalar(bytes, scalar)?;
            *scalar = p256::decode(bytes.try_into().expect("32 bytes"));
            Ok(negated)
        }),
        ("said to be negated", |bytes, scalar| {
            p256::load_scalar(bytes, scalar).map(|negated| negated ^ 1)
        }),
    ];
    let mut score = Score::default();
    for (bug, load) in wrong {
        score.add(bug, scalars(load).is_refuted());
    }
    score.settle("P-256's scalars", 3, &[]);
}

/// An encoded point.
fn encoded(form: u8, x: &BigUint, y: &BigUint) -> Vec<u8> {
    let coordinates = [x, y].map(|coordinate| p256::encode(&words(coordinate)));
    [vec![form], coordinates.concat()].concat()
}

#[test]
fn points_of_p256_come_in_below_the_prime() {
    let mut claims = Obligations::default();
    let prime = prime_p256();
    let load = |bytes: &[u8]| {
        let (mut x, mut y) = ([7, 0, 0, 0], [7, 0, 0, 0]);
        let loaded = p256::load_point(bytes, &mut x, &mut y);
        (loaded, big(&x), big(&y))
    };
    let seven = BigUint::from(7u8);
    for value in around(&prime).iter().filter(|value| **value < power(256)) {
        for (x, y) in [(value, &seven), (&seven, value)] {
            let (loaded, x_loaded, y_loaded) = load(&encoded(4, x, y));
            claims.claim("below the prime", loaded.is_ok() == (*value < prime));
            let expected = if loaded.is_ok() {
                (x, y)
            } else {
                (&seven, &seven)
            };
            claims.claim("the coordinates", (&x_loaded, &y_loaded) == expected);
        }
    }
    for form in 0..=255 {
        let (loaded, ..) = load(&encoded(form, &seven, &seven));
        claims.claim("uncompressed", loaded.is_ok() == (form == 4));
    }
    for length in 0..=130 {
        let (loaded, ..) = load(&[vec![4], vec![1; length]].concat());
        claims.claim("65 bytes", loaded.is_ok() == (length == 64));
    }
    claims.prove("P-256's points", 1543);
}

#[test]
fn pieces_are_whole_vectors_of_one_group() {
    let mut claims = Obligations::default();
    let backends = common::backends();
    for backend in &backends {
        for count in 1..=4 * CHUNK {
            let length = piece_length(*backend, count);
            claims.claim("whole vectors", length.is_multiple_of(backend.lanes()));
            claims.claim("a group", length <= backend.group() && length <= CHUNK);
        }
    }
    claims.prove("the pieces of a batch", backends.len() * 2 * 4 * CHUNK);
}
