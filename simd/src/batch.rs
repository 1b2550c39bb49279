//! Cutting slices of any length into groups of vectors.

use zeroize::Zeroizing;

use crate::{
    Backend,
    error::{Error, LengthMismatch},
    integer::Integer,
};

/// The most elements computed together: the largest group of any instruction set.
pub(crate) const CHUNK: usize = 128;

/// A buffer for the outputs of a batch: `count` times [`Error::NotComputed`].
///
/// A buffer can be used again for the next batch; what it holds is overwritten.
pub fn outputs<T>(count: usize) -> Vec<Result<T, Error>> {
    core::iter::repeat_with(|| Err(Error::NotComputed))
        .take(count)
        .collect()
}

/// One integer for each element of a piece, erased on drop.
pub(crate) fn integers() -> Zeroizing<[Integer; CHUNK]> {
    Zeroizing::new([[0; 4]; CHUNK])
}

/// Computes a batch piece by piece, and clears what the computation left behind.
///
/// # Errors
///
/// If the slices differ in length; then nothing is computed.
pub(crate) fn in_pieces<S, P, T>(
    backend: Backend,
    scalars: &[S],
    points: &[P],
    outputs: &mut [T],
    compute: impl Fn(&[S], &[P], &mut [T]),
) -> Result<(), LengthMismatch> {
    check_lengths(scalars.len(), points.len(), outputs.len())?;
    let length = piece_length(backend, scalars.len());
    let pieces = scalars
        .chunks(length)
        .zip(points.chunks(length))
        .zip(outputs.chunks_mut(length));
    backend.clear_after(|| {
        for ((scalars, points), outputs) in pieces {
            compute(scalars, points, outputs);
        }
    });
    Ok(())
}

fn check_lengths(scalars: usize, points: usize, outputs: usize) -> Result<(), LengthMismatch> {
    if scalars == points && scalars == outputs {
        return Ok(());
    }
    Err(LengthMismatch {
        scalars,
        points,
        outputs,
    })
}

/// The length of the pieces into which to cut a batch: whole vectors, and as even
/// as can be, for the cost of a piece's inversion does not depend on its length.
pub(crate) fn piece_length(backend: Backend, count: usize) -> usize {
    let pieces = count.div_ceil(backend.group()).max(1);
    count
        .div_ceil(pieces)
        .next_multiple_of(backend.lanes())
        .max(1)
}
