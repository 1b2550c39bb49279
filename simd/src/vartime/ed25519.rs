//! Ed25519 (RFC 8032, section 5.1.7) on batches, in variable time.
//!
//! Without the cofactor, as AWS-LC has it: a signature is good if `s B - h A` encodes to R, byte for
//! byte.

use crate::{
    Backend,
    batch::{CHUNK, piece_length},
    curve25519::{
        ORDER,
        vartime::{BaseDigits, Check, KeyDigits},
    },
    integer::{Integer, sub_integers},
    modular::{gf25519::PRIME, order::Modulus},
    sha512::{Digest, Hashing, Message},
};

/// The length of a public key in bytes.
pub const KEY_LENGTH: usize = 32;
/// The length of a signature in bytes.
pub const SIGNATURE_LENGTH: usize = 64;

/// A message with a signature that claims to be its.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The public key.
    pub key: &'a [u8; KEY_LENGTH],
    /// The message.
    pub message: &'a [u8],
    /// The signature: R, then s.
    pub signature: &'a [u8; SIGNATURE_LENGTH],
}

impl<'a> Signed<'a> {
    /// R, A and the message: what is hashed.
    fn hashed(&self) -> Message<'a> {
        Message([&self.signature[..KEY_LENGTH], self.key, self.message])
    }
}

const L: Modulus = Modulus::new(ORDER);

/// The y of the base point: a key for the lanes that have none, with the scalar 0 for both.
const IDLE_KEY: Integer = crate::tables::curve25519::BASE[1];

/// Whether each signature is good, in their order.
///
/// Refused are keys that encode no point, or not in the one way that RFC 8032 has for it, and s not
/// below the order. A key or an R of small order is not: who wants that, asks first.
pub fn verify(backend: Backend, signed: &[Signed<'_>]) -> Vec<bool> {
    let pieces = signed.chunks(piece_length(backend, signed.len()));
    pieces
        .flat_map(|piece| verify_piece(backend, piece))
        .collect()
}

/// The verdicts on at most [`CHUNK`] signatures.
fn verify_piece(backend: Backend, signed: &[Signed<'_>]) -> Vec<bool> {
    let lanes = signed.len().next_multiple_of(backend.lanes());
    let (mut y, mut odd) = ([IDLE_KEY; CHUNK], [false; CHUNK]);
    let mut h = [KeyDigits::hold(&[0; 4]); CHUNK];
    let mut s = [BaseDigits::hold(&[0; 4]); CHUNK];
    let (mut points, mut is_point) = ([[0; 4]; CHUNK], [false; CHUNK]);
    let mut verdicts = vec![false; signed.len()];
    for (i, digest) in digests(backend, signed).iter().enumerate() {
        let key = decode(signed[i].key);
        let (_, scalar) = halves(signed[i].signature);
        let unsigned = [key[0], key[1], key[2], key[3] & (u64::MAX >> 1)];
        verdicts[i] = sub_integers(&unsigned, &PRIME).1 == 1 && L.exceeds(&scalar);
        if verdicts[i] {
            (y[i], odd[i]) = (unsigned, key[3] >> 63 == 1);
            h[i] = KeyDigits::hold(&challenge(digest));
            s[i] = BaseDigits::hold(&scalar);
        }
    }
    Check {
        y: &y[..lanes],
        odd: &odd[..lanes],
        h: &h[..lanes],
        s: &s[..lanes],
        points: &mut points[..lanes],
        is_point: &mut is_point[..lanes],
    }
    .run(backend);
    for (i, verdict) in verdicts.iter_mut().enumerate() {
        *verdict &= is_point[i] && points[i] == halves(signed[i].signature).0;
    }
    verdicts
}

/// SHA-512 over R, A and the message, of each.
fn digests(backend: Backend, signed: &[Signed<'_>]) -> Vec<Digest> {
    // Messages of about one length side by side: a lane waits for the longest.
    let mut order: Vec<_> = (0..signed.len()).collect();
    order.sort_by_key(|i| signed[*i].message.len());
    let messages: Vec<_> = order.iter().map(|i| signed[*i].hashed()).collect();
    let mut sorted = vec![Digest::default(); signed.len()];
    Hashing {
        messages: &messages,
        digests: &mut sorted,
    }
    .run(backend);
    let mut digests = sorted.clone();
    for (i, digest) in order.iter().zip(sorted) {
        digests[*i] = digest;
    }
    digests
}

/// h: the digest, whose bytes are those of a number from the least on, modulo the order.
fn challenge(digest: &Digest) -> Integer {
    let [a, b, c, d, e, f, g, h] = digest.map(u64::swap_bytes);
    L.reduce(&[a, b, c, d], &[e, f, g, h])
}

/// R and s of a signature.
fn halves(signature: &[u8; SIGNATURE_LENGTH]) -> (Integer, Integer) {
    let [r, s] = signature.as_chunks::<32>().0 else {
        unreachable!("64 bytes are two times 32");
    };
    (decode(r), decode(s))
}

fn decode(bytes: &[u8; 32]) -> Integer {
    let mut integer = [0; 4];
    for (word, bytes) in integer.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    integer
}
