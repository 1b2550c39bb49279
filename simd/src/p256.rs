//! Elliptic-curve Diffie-Hellman with P-256 (SP 800-56A Rev. 3) on batches.
//!
//! Scalars are 32 bytes, big-endian, at least 1 and below the order. Points are
//! uncompressed encodings of 65 bytes (SEC 1, section 2.3.3); compressed and hybrid
//! encodings are refused. A shared secret is the x coordinate, 32 bytes, big-endian.

use crate::{
    Backend,
    batch::{CHUNK, in_pieces, integers},
    declassify::declassify,
    error::{Error, LengthMismatch},
    integer::{Integer, choose_secretly, sub_integers},
    modular::gfp256::PRIME,
    nistp256::{ORDER, comb::Comb, window::Windowed},
    secret::SharedSecret,
    tables::nistp256::BASE,
};

/// The length of a scalar in bytes.
pub const SCALAR_LENGTH: usize = 32;
/// The length of an encoded point in bytes.
pub const POINT_LENGTH: usize = 65;

/// The first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;

/// A scalar for the lanes that have no element.
const IDLE_SCALAR: Integer = [1, 0, 0, 0];

/// The shared secret of each scalar with the point in the same place.
///
/// Elements are independent: one that fails leaves its error in its own output.
///
/// # Errors
///
/// If the slices differ in length; then nothing is computed. In the outputs:
/// [`Error::ScalarLength`], [`Error::ScalarRange`], [`Error::PointLength`],
/// [`Error::InvalidPoint`].
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
/// [`Error::ScalarLength`], [`Error::ScalarRange`].
pub fn public_keys<S: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    public_keys: &mut [Result<[u8; POINT_LENGTH], Error>],
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
    let (mut k, mut products) = (integers(), integers());
    let (mut x, mut y) = ([BASE[0]; CHUNK], [BASE[1]; CHUNK]);
    let mut on_curve = [false; CHUNK];
    let mut checked = [Ok(()); CHUNK];
    k.fill(IDLE_SCALAR);
    for i in 0..scalars.len() {
        // The product with -k has the same x coordinate.
        let scalar = load_scalar(scalars[i].as_ref(), &mut k[i]).map(|_negated| ());
        checked[i] = scalar.and(load_point(points[i].as_ref(), &mut x[i], &mut y[i]));
    }
    Windowed {
        scalars: &k[..lanes],
        x: &x[..lanes],
        y: &y[..lanes],
        products: &mut products[..lanes],
        on_curve: &mut on_curve[..lanes],
    }
    .run(backend);
    for (i, secret) in secrets.iter_mut().enumerate() {
        let valid = if on_curve[i] {
            Ok(())
        } else {
            Err(Error::InvalidPoint)
        };
        *secret = checked[i]
            .and(valid)
            .map(|()| SharedSecret::new(encode(&products[i])));
    }
}

/// The public keys of at most [`CHUNK`] elements.
fn generate<S: AsRef<[u8]>>(
    backend: Backend,
    scalars: &[S],
    public_keys: &mut [Result<[u8; POINT_LENGTH], Error>],
) {
    let lanes = scalars.len().next_multiple_of(backend.lanes());
    let (mut k, mut x, mut y) = (integers(), integers(), integers());
    let mut negated = [Ok(0); CHUNK];
    k.fill(IDLE_SCALAR);
    for (i, scalar) in scalars.iter().enumerate() {
        negated[i] = load_scalar(scalar.as_ref(), &mut k[i]);
    }
    Comb {
        scalars: &k[..lanes],
        x: &mut x[..lanes],
        y: &mut y[..lanes],
    }
    .run(backend);
    for (i, public_key) in public_keys.iter_mut().enumerate() {
        *public_key = negated[i].map(|negated| {
            let (minus_y, _) = sub_integers(&PRIME, &y[i]);
            encode_point(&x[i], &choose_secretly(negated, &minus_y, &y[i]))
        });
    }
}

/// Decodes a scalar k and makes it odd: k itself, or the order less k, and then 1
/// is returned and else 0. On an error the scalar is left as it was.
pub(crate) fn load_scalar(bytes: &[u8], scalar: &mut Integer) -> Result<u64, Error> {
    let bytes: &[u8; SCALAR_LENGTH] = bytes.try_into().map_err(|_| Error::ScalarLength)?;
    let k = decode(bytes);
    let (_, below_order) = sub_integers(&k, &ORDER);
    let (_, is_zero) = sub_integers(&k, &[1, 0, 0, 0]);
    if declassify(below_order & (is_zero ^ 1) == 0) {
        return Err(Error::ScalarRange);
    }
    let (negative, _) = sub_integers(&ORDER, &k);
    let even = (k[0] & 1) ^ 1;
    *scalar = choose_secretly(even, &negative, &k);
    Ok(even)
}

/// Decodes a point, without asking whether it is on the curve. On an error the
/// coordinates are left as they were.
pub(crate) fn load_point(bytes: &[u8], x: &mut Integer, y: &mut Integer) -> Result<(), Error> {
    let bytes: &[u8; POINT_LENGTH] = bytes.try_into().map_err(|_| Error::PointLength)?;
    let (form, coordinates) = bytes.split_at(1);
    let (coordinates, _) = coordinates.as_chunks::<32>();
    let [first, second] = coordinates else {
        return Err(Error::PointLength);
    };
    let (first, second) = (decode(first), decode(second));
    if form != [UNCOMPRESSED] || !is_below_prime(&first) || !is_below_prime(&second) {
        return Err(Error::InvalidPoint);
    }
    (*x, *y) = (first, second);
    Ok(())
}

fn is_below_prime(coordinate: &Integer) -> bool {
    let (_, below) = sub_integers(coordinate, &PRIME);
    below == 1
}

pub(crate) fn decode(bytes: &[u8; 32]) -> Integer {
    let mut integer = [0; 4];
    for (word, bytes) in integer.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    integer
}

pub(crate) fn encode(integer: &Integer) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip(integer.iter().rev())
    {
        *bytes = word.to_be_bytes();
    }
    bytes
}

fn encode_point(x: &Integer, y: &Integer) -> [u8; POINT_LENGTH] {
    let mut bytes = [UNCOMPRESSED; POINT_LENGTH];
    bytes[1..33].copy_from_slice(&encode(x));
    bytes[33..].copy_from_slice(&encode(y));
    bytes
}
