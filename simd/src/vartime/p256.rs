//! ECDSA with P-256 (FIPS 186-5, section 6.4.2) on batches, in variable time.

use crate::{
    Backend,
    batch::{CHUNK, piece_length},
    integer::{Integer, add_integers, sub_integers},
    modular::{gfp256::PRIME, order::Modulus},
    nistp256::{
        ORDER,
        vartime::{Check, Outcome},
    },
    p256::{POINT_LENGTH, decode, load_point},
    tables::nistp256::BASE,
};

/// The length of a digest in bytes: SHA-256's, or the first bytes of a longer one.
pub const DIGEST_LENGTH: usize = 32;
/// The length of a signature in bytes.
pub const SIGNATURE_LENGTH: usize = 64;

/// A digest with a signature that claims to be its message's.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The public key: an uncompressed point (SEC 1, section 2.3.3).
    pub key: &'a [u8; POINT_LENGTH],
    /// The message's digest.
    pub digest: &'a [u8; DIGEST_LENGTH],
    /// The signature: r, then s, each of 32 bytes, big-endian.
    pub signature: &'a [u8; SIGNATURE_LENGTH],
}

/// What is said of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is not, or the key is none.
    Bad,
    /// It is one of those, found by nobody who does not look for them, that this computation cannot
    /// tell: another implementation must.
    Unknown,
}

const N: Modulus = Modulus::new(ORDER);

/// What the lanes compute with that have no signature, and those whose signature is bad already.
const IDLE_SCALAR: Integer = [1, 0, 0, 0];

/// A verdict on each signature, in their order.
///
/// Bad is what has a key that is no uncompressed point of the curve, or r or s that are not from 1 to
/// the order less one.
pub fn verify(backend: Backend, signed: &[Signed<'_>]) -> Vec<Verdict> {
    let pieces = signed.chunks(piece_length(backend, signed.len()));
    pieces
        .flat_map(|piece| verify_piece(backend, piece))
        .collect()
}

/// What is checked of signatures, one array for each argument of the kernel.
struct Piece {
    x: [Integer; CHUNK],
    y: [Integer; CHUNK],
    u1: [Integer; CHUNK],
    subtracted: [bool; CHUNK],
    u2: [Integer; CHUNK],
    r: [[Integer; CHUNK]; 2],
}

/// The verdicts on at most [`CHUNK`] signatures.
fn verify_piece(backend: Backend, signed: &[Signed<'_>]) -> Vec<Verdict> {
    let lanes = signed.len().next_multiple_of(backend.lanes());
    let mut piece = Piece {
        x: [BASE[0]; CHUNK],
        y: [BASE[1]; CHUNK],
        u1: [IDLE_SCALAR; CHUNK],
        subtracted: [false; CHUNK],
        u2: [IDLE_SCALAR; CHUNK],
        r: [[IDLE_SCALAR; CHUNK]; 2],
    };
    let checked = piece.load(signed);
    let mut outcomes = [Outcome::Differs; CHUNK];
    Check {
        x: &piece.x[..lanes],
        y: &piece.y[..lanes],
        u1: &piece.u1[..lanes],
        subtracted: &piece.subtracted[..lanes],
        u2: &piece.u2[..lanes],
        r: piece.r.each_ref().map(|r| &r[..lanes]),
        outcomes: &mut outcomes[..lanes],
    }
    .run(backend);
    let mut verdicts = vec![Verdict::Bad; signed.len()];
    for i in checked {
        verdicts[i] = match outcomes[i] {
            Outcome::Matches => Verdict::Good,
            Outcome::Differs => Verdict::Bad,
            Outcome::Exception => Verdict::Unknown,
        };
    }
    verdicts
}

impl Piece {
    /// Loads what is to be checked. Returns where that is: keys that are no points and signatures
    /// out of range are not.
    fn load(&mut self, signed: &[Signed<'_>]) -> Vec<usize> {
        let (mut checked, mut inverses) = (Vec::new(), Vec::new());
        for (i, signed) in signed.iter().enumerate() {
            let [r, s] = signed.signature.as_chunks::<32>().0 else {
                unreachable!("64 bytes are two times 32");
            };
            let (r, s) = (decode(r), decode(s));
            let in_range = [&r, &s].iter().all(|a| N.exceeds(a) && **a != [0; 4]);
            if in_range && load_point(signed.key, &mut self.x[i], &mut self.y[i]).is_ok() {
                checked.push(i);
                self.r[0][i] = r;
                inverses.push(N.to_montgomery(&s));
            }
        }
        N.invert_all(&mut inverses);
        for (i, inverse) in checked.iter().zip(&inverses) {
            self.set(*i, inverse, &decode(signed[*i].digest));
        }
        checked
    }

    /// Sets the scalars and the second r, from 1 / s in Montgomery form.
    fn set(&mut self, i: usize, inverse: &Integer, digest: &Integer) {
        let r = self.r[0][i];
        (self.u1[i], self.subtracted[i]) = made_odd(&N.mul(digest, inverse));
        let negated;
        (self.u2[i], negated) = made_odd(&N.mul(&r, inverse));
        // No point of this curve has y = 0.
        if negated && self.y[i] != [0; 4] {
            self.y[i] = sub_integers(&PRIME, &self.y[i]).0;
        }
        let (sum, carry) = add_integers(&r, &ORDER);
        let is_below_prime = carry == 0 && sub_integers(&sum, &PRIME).1 == 1;
        self.r[1][i] = if is_below_prime { sum } else { r };
    }
}

/// A scalar below the order, or the order less it, whichever is odd; and whether it is the latter.
fn made_odd(scalar: &Integer) -> (Integer, bool) {
    match scalar[0] & 1 {
        1 => (*scalar, false),
        _ => (N.complement(scalar), true),
    }
}
