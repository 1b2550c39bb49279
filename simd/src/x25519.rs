//! X25519 (RFC 7748) on batches.
//!
//! Scalars, points and shared secrets are 32 bytes, little-endian. Scalars are
//! clamped; of a point the top bit is ignored, and every value is accepted, as the
//! RFC demands. A shared secret of all zeros is refused (RFC 7748, section 6.1).

use crate::{
    Backend,
    batch::{CHUNK, in_pieces, integers},
    curve25519::{clamp, comb::Comb, ladder::Ladder},
    declassify::declassify,
    error::{Error, LengthMismatch},
    integer::Integer,
    secret::SharedSecret,
};

/// The length of a scalar, a public key and a shared secret in bytes.
pub const LENGTH: usize = 32;

/// A scalar and a point for the lanes that have no element: they give no trouble.
const IDLE_SCALAR: Integer = [0, 0, 0, 1 << 62];
const IDLE_POINT: Integer = [9, 0, 0, 0];

/// The shared secret of each scalar with the point in the same place.
///
/// Elements are independent: one that fails leaves its error in its own output.
///
/// # Errors
///
/// If the slices differ in length; then nothing is computed. In the outputs:
/// [`Error::ScalarLength`], [`Error::PointLength`], [`Error::ZeroSecret`].
pub fn diffie_hellman<S: AsRef<[u8]>, P: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    points: &[P],
    secrets: &mut [Result<SharedSecret, Error>],
) -> Result<(), LengthMismatch> {
    in_pieces(
        backend,
        scalars,
        points,
        secrets,
        |scalars, points, secrets| {
            agree(backend, scalars, points, secrets);
        },
    )
}

/// The public key of each scalar.
///
/// Elements are independent: one that fails leaves its error in its own output.
///
/// # Errors
///
/// If the slices differ in length; then nothing is computed. In the outputs:
/// [`Error::ScalarLength`].
pub fn public_keys<S: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    public_keys: &mut [Result<[u8; LENGTH], Error>],
) -> Result<(), LengthMismatch> {
    in_pieces(
        backend,
        scalars,
        scalars,
        public_keys,
        |scalars, _, public_keys| {
            generate(backend, scalars, public_keys);
        },
    )
}

/// The shared secrets of at most [`CHUNK`] elements.
fn agree<S: AsRef<[u8]>, P: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    points: &[P],
    secrets: &mut [Result<SharedSecret, Error>],
) {
    let lanes = scalars.len().next_multiple_of(backend.lanes());
    let (mut k, mut u, mut products) = (integers(), [IDLE_POINT; CHUNK], integers());
    let mut checked = [Ok(()); CHUNK];
    load_scalars(scalars, &mut k[..lanes], &mut checked);
    load_points(points, &mut u[..lanes], &mut checked);
    Ladder {
        scalars: &k[..lanes],
        points: &u[..lanes],
        products: &mut products[..lanes],
    }
    .run(backend);
    for ((secret, checked), product) in secrets.iter_mut().zip(checked).zip(products.iter()) {
        *secret = checked.and_then(|()| nonzero(product));
    }
}

/// The public keys of at most [`CHUNK`] elements.
fn generate<S: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    public_keys: &mut [Result<[u8; LENGTH], Error>],
) {
    let lanes = scalars.len().next_multiple_of(backend.lanes());
    let (mut k, mut products) = (integers(), integers());
    let mut checked = [Ok(()); CHUNK];
    load_scalars(scalars, &mut k[..lanes], &mut checked);
    Comb {
        scalars: &k[..lanes],
        products: &mut products[..lanes],
    }
    .run(backend);
    for ((public_key, checked), product) in public_keys.iter_mut().zip(checked).zip(products.iter())
    {
        *public_key = checked.map(|()| encode(product));
    }
}

/// Decodes and clamps the scalars; one that cannot be decoded becomes idle.
fn load_scalars<S: AsRef<[u8]>>(
    scalars: &[S],
    integers: &mut [Integer],
    checked: &mut [Result<(), Error>],
) {
    integers.fill(IDLE_SCALAR);
    for ((scalar, integer), checked) in scalars.iter().zip(integers).zip(checked) {
        match decode(scalar.as_ref(), integer) {
            true => clamp(integer),
            false => *checked = Err(Error::ScalarLength),
        }
    }
}

/// Decodes the points, without their top bits; one that cannot be decoded stays idle.
pub(crate) fn load_points<P: AsRef<[u8]>>(
    points: &[P],
    integers: &mut [Integer],
    checked: &mut [Result<(), Error>],
) {
    for ((point, integer), checked) in points.iter().zip(integers).zip(checked) {
        match decode(point.as_ref(), integer) {
            true => integer[3] &= (1 << 63) - 1,
            false => *checked = checked.and(Err(Error::PointLength)),
        }
    }
}

/// Reads 32 bytes, little-endian; false, and nothing read, at any other length.
pub(crate) fn decode(bytes: &[u8], integer: &mut Integer) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    if words.len() != integer.len() || !rest.is_empty() {
        return false;
    }
    for (word, bytes) in integer.iter_mut().zip(words) {
        *word = u64::from_le_bytes(*bytes);
    }
    true
}

pub(crate) fn encode(integer: &Integer) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(integer) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// Refuses the all-zero secret, which tells nothing but that it is zero.
pub(crate) fn nonzero(product: &Integer) -> Result<SharedSecret, Error> {
    let is_zero = product[0] | product[1] | product[2] | product[3] == 0;
    if declassify(is_zero) {
        return Err(Error::ZeroSecret);
    }
    Ok(SharedSecret::new(encode(product)))
}
