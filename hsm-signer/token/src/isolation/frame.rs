//! The frames that pass between the two processes: one message each, as the derives of
//! `tls_codec` write and read it. Reading is strict: what is too short, too long, out of range
//! or followed by anything is refused. It takes memory as it finds bytes, never as much as a
//! length announces.

use tls_codec::{Deserialize, Error, Serialize};
use zeroize::Zeroizing;

use crate::error::ProcessError;

/// The most bytes in a frame: below what a socket takes at once on Linux by default.
pub(crate) const FRAME_LIMIT: usize = 128 * 1024;

/// The frame of a message. It may carry a PIN or a key, so it is wiped, and it is written into
/// room of its size: growing would leave copies.
///
/// # Errors
/// [`ProcessError::TooLong`] beyond [`FRAME_LIMIT`].
pub(crate) fn encode(message: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, ProcessError> {
    let length = message.tls_serialized_len();
    if length > FRAME_LIMIT {
        return Err(ProcessError::TooLong);
    }
    let mut frame = Zeroizing::new(vec![0; length]);
    let written = message.tls_serialize(&mut frame.as_mut_slice());
    written.map_err(malformed)?;
    Ok(frame)
}

/// The message in a frame.
///
/// # Errors
/// [`ProcessError::Malformed`] when it is anything else.
pub(crate) fn decode<T: Deserialize>(frame: &[u8]) -> Result<T, ProcessError> {
    T::tls_deserialize_exact(frame).map_err(malformed)
}

fn malformed(error: Error) -> ProcessError {
    ProcessError::Malformed(match error {
        Error::DecodingError(reason) => reason,
        other => other.to_string(),
    })
}
