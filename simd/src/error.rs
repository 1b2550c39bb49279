//! What can go wrong with a batch, and with one element of it.

/// Why one element of a batch has no result.
///
/// Says which input was refused, never by how much: the checks on scalars and on
/// the shared secret look at secret values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The value that an output holds before a batch function writes it.
    #[error("not computed: pass this output to a batch function first")]
    NotComputed,
    /// The scalar has the wrong number of bytes.
    #[error("scalar of the wrong length: pass 32 bytes")]
    ScalarLength,
    /// The point has the wrong number of bytes.
    #[error("point of the wrong length: pass 32 bytes for X25519, 65 for P-256")]
    PointLength,
    /// The scalar is zero, or not below the order of the curve.
    #[error("scalar out of range: it must be at least 1 and below the order of the curve")]
    ScalarRange,
    /// The point is not an uncompressed encoding of a point of the curve.
    #[error("not an uncompressed point of the curve: the peer's public key is invalid")]
    InvalidPoint,
    /// The shared secret is all zeros: the peer's public key has a small order.
    #[error("the shared secret is zero: the peer's public key has a small order")]
    ZeroSecret,
}

/// The slices given to a batch function differ in length. Nothing was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slices of different lengths: {scalars} scalars, {points} points, {outputs} outputs")]
pub struct LengthMismatch {
    /// The number of scalars given.
    pub scalars: usize,
    /// The number of points given; for key generation, the number of scalars.
    pub points: usize,
    /// The number of outputs given.
    pub outputs: usize,
}
