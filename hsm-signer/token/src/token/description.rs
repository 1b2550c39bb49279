//! CK_TOKEN_INFO without the token's clock.
//!
//! cryptoki drops the whole description where the clock is not written as PKCS#11 has it, and
//! with it the flags that guard the last try of the PIN. Then it is asked for here, and read
//! without the clock, which nobody needs.

use std::path::Path;

use cryptoki::slot::{Slot, TokenInfo};
use cryptoki_sys::{CK_SLOT_ID, CK_TOKEN_INFO, CKF_CLOCK_ON_TOKEN, CKR_FUNCTION_NOT_SUPPORTED};

use super::function_list::Library;
use super::loading;
use crate::error::Error;
use crate::failure::Pkcs11Failure;

/// What the token in `slot` says of itself but for its clock, and what that says. The module at
/// `path` is in this process and initialised.
///
/// # Errors
/// What C_GetTokenInfo returned. Of p11-kit that there is no such thing: it gives another list
/// of functions each time.
pub(super) fn without_clock(path: &Path, slot: Slot) -> Result<(TokenInfo, String), Error> {
    let misbehaved = |reason: String| Error::ModuleMisbehaved(reason);
    let info = raw(path, slot)?;
    let clock = String::from_utf8_lossy(&info.utcTime);
    let clock = format!("its clock says {:?}", clock.trim_end_matches([' ', '\0']));
    let described = TokenInfo::try_from(CK_TOKEN_INFO {
        flags: info.flags & !CKF_CLOCK_ON_TOKEN,
        ..info
    });
    let described = described.map_err(|error| misbehaved(error.to_string()))?;
    Ok((described, clock))
}

fn raw(path: &Path, slot: Slot) -> Result<CK_TOKEN_INFO, Error> {
    // In this process already, so that this runs none of its code.
    let library = Library::load(path)?;
    let list = library.functions(path)?;
    let missing = || loading::unusable(path, "it gives no list of its functions");
    let list = list.ok_or_else(missing)?;
    // SAFETY: the list is the module's own, and stays as long as the library.
    let ask = unsafe { (*list).C_GetTokenInfo };
    let mut info = CK_TOKEN_INFO::default();
    let number = CK_SLOT_ID::from(slot);
    // SAFETY: the function is that of the library, which is still here, and writes one
    // CK_TOKEN_INFO.
    let code = ask.map_or(CKR_FUNCTION_NOT_SUPPORTED, |ask| unsafe {
        ask(number, &mut info)
    });
    match Pkcs11Failure::from_parts("C_GetTokenInfo".into(), code) {
        None => Ok(info),
        Some(failure) => Err(failure.into()),
    }
}
