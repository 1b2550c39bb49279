//! A PKCS#11 module for tests: it forwards to a real module and, told by a control file,
//! delays, hangs, crashes, returns any code from any function, spoils signatures and
//! public keys, ends logins and sessions, or has too few sessions.
//!
//! The control file is called `control` and lies beside the module, so that each test
//! copies the library to a directory of its own ([`Faults::install`]); the file is looked
//! at on every call and may change at any time. Its first lines name the real module and
//! where calls are counted; each further line is a [`Rule`]:
//!
//! ```text
//! module /usr/lib/softhsm/libsofthsm2.so
//! counters counters-1
//! C_Sign delay 5000              each call takes 5,000 microseconds longer
//! C_Sign hang                    until the line is gone
//! C_Sign crash                   with a segmentation fault
//! C_Sign return 0x30             instead of the real function
//! C_Sign:size return 0x30        the question for a signature's length
//! C_Sign flip                    one bit of the signature
//! C_Sign length 7                that many bytes of it
//! C_Sign logout                  C_Logout first
//! C_Sign close                   C_CloseSession first
//! C_OpenSession limit 4          sessions at a time
//! C_GetAttributeValue lie        the last byte of CKA_EC_POINT
//! C_GetMechanismList hide 0x1057  a mechanism that the token has
//! C_Login log                    every call is written to `log`
//! C_Sign keep                    what is to be signed is written to `signed`
//! C_Initialize describe          the process is described in `process`
//! ```
//!
//! `*` in a function's place means every function that needs the token. A rule may end
//! with `from N` (begin with the n-th call), `every N` (of those, each n-th), `times N`
//! (so often, then never again) and `until FUNCTION` (that function's next call ends it).
//! Calls are counted over all processes that use the module.

mod call;
mod control;
mod counters;
mod faults;
mod forward;
mod input;
mod output;
mod real;
mod rule;

pub use cryptoki_sys;
pub use faults::{Faults, built, library};
pub use rule::{Action, Rule, RuleError};

use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV, CKR_ARGUMENTS_BAD, CKR_GENERAL_ERROR, CKR_OK};

/// The one exported function of a PKCS#11 module (PKCS#11 2.40, section 5.4).
///
/// # Safety
/// `list` must be null or point to room for a pointer.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let Some(ours) = forward::list() else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: not null, and the caller promises room for a pointer.
    unsafe { *list = std::ptr::from_ref(ours).cast_mut() };
    CKR_OK
}
