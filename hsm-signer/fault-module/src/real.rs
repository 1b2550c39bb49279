//! The real module: loaded once, for as long as the process lives.

use std::sync::OnceLock;

use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV, CKR_OK};

use crate::control;

static LIST: OnceLock<Option<CK_FUNCTION_LIST>> = OnceLock::new();

/// The real module's functions.
pub(crate) fn real() -> Option<&'static CK_FUNCTION_LIST> {
    LIST.get_or_init(load).as_ref()
}

fn load() -> Option<CK_FUNCTION_LIST> {
    let path = control::real_module()?;
    // SAFETY: loading runs the library's initialisers; it is the PKCS#11 module that the
    // test named.
    let library = unsafe { libloading::Library::new(path) }.ok()?;
    let library: &'static libloading::Library = Box::leak(Box::new(library));
    type GetFunctionList = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
    // SAFETY: the standard fixes the type of the symbol of this name.
    let get: libloading::Symbol<'_, GetFunctionList> =
        unsafe { library.get(b"C_GetFunctionList\0") }.ok()?;
    let mut list = std::ptr::null_mut();
    // SAFETY: `list` is room for a pointer.
    let code = unsafe { get(&mut list) };
    if code != CKR_OK || list.is_null() {
        return None;
    }
    // SAFETY: the module returned a pointer to its list, which lives as long as it is loaded.
    Some(unsafe { *list })
}
