//! What a caller gave to a function.

use cryptoki_sys::CK_BYTE;

/// The places of C_Sign's arguments.
const DATA: usize = 1;
const DATA_LENGTH: usize = 2;

/// What C_Sign with these arguments, which are machine words, is to sign.
///
/// # Safety
/// The arguments must be those of a call of C_Sign that has not returned.
pub(crate) unsafe fn to_sign(arguments: &[usize]) -> &[u8] {
    let (data, length) = (arguments[DATA] as *const CK_BYTE, arguments[DATA_LENGTH]);
    if data.is_null() {
        return &[];
    }
    // SAFETY: the caller of C_Sign passed that many bytes and keeps them until it returns.
    unsafe { std::slice::from_raw_parts(data, length) }
}
