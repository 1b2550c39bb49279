//! C_Initialize's arguments, with what a module takes in `pReserved`.

use std::ffi::CStr;
use std::ptr::NonNull;

use cryptoki::context::{CInitializeArgs, CInitializeFlags};

/// The arguments for a module that may lock by the operating system's means. `parameters` have to
/// live for as long as the module, which may keep their address.
pub(super) fn with_parameters(parameters: Option<&'static CStr>) -> CInitializeArgs {
    let flags = CInitializeFlags::OS_LOCKING_OK;
    let Some(text) = parameters else {
        return CInitializeArgs::new(flags);
    };
    let address = NonNull::from(text).cast();
    // SAFETY: the address is of a string that ends with a zero byte and is never freed; modules
    // that take parameters there only read them.
    unsafe { CInitializeArgs::new_with_reserved(flags, address) }
}
