//! A module's list of functions, asked for before cryptoki is: cryptoki follows whatever address a
//! module gives, and a null one ends the process.

use std::path::Path;

use cryptoki_sys::{CK_FUNCTION_LIST, CK_INTERFACE, CKR_OK, Pkcs11};

use super::loading;
use crate::error::Error;

/// The library at a path, which stays in this process for as long as this is kept.
pub(super) struct Library(Pkcs11);

impl Library {
    /// Loads the library, which runs its code where it is not in this process already.
    ///
    /// # Errors
    /// Why the loader does not take it.
    pub fn load(path: &Path) -> Result<Self, Error> {
        // SAFETY: loading runs the library's code, as whoever names a module wants.
        let library = unsafe { Pkcs11::new(path) };
        library
            .map(Self)
            .map_err(|error| loading::refused(path, &cryptoki::error::Error::LibraryLoading(error)))
    }

    /// The list of version 2; none where the library has no such function, or refuses, which cryptoki
    /// says.
    ///
    /// # Errors
    /// [`Error::ModuleUnusable`] when it is at a null address.
    pub fn functions(&self, path: &Path) -> Result<Option<*mut CK_FUNCTION_LIST>, Error> {
        let Ok(give) = self.0.C_GetFunctionList.as_ref() else {
            return Ok(None);
        };
        let mut list = std::ptr::null_mut();
        // SAFETY: C_GetFunctionList may be called at any time (PKCS#11 2.40, section 5.4), and writes
        // the address of a list that stays.
        match unsafe { give(&mut list) } {
            CKR_OK if list.is_null() => Err(nothing(path, "C_GetFunctionList")),
            CKR_OK => Ok(Some(list)),
            _ => Ok(None),
        }
    }

    /// Whether cryptoki may ask for the lists.
    ///
    /// # Errors
    /// As [`functions`](Self::functions), of the interface of version 3 too, which is asked for first.
    pub fn check(&self, path: &Path) -> Result<(), Error> {
        let Ok(give) = self.0.C_GetInterface.as_ref() else {
            return self.functions(path).map(drop);
        };
        let (nothing_asked, mut found) =
            (std::ptr::null_mut(), std::ptr::null_mut::<CK_INTERFACE>());
        // SAFETY: C_GetInterface may be called at any time (PKCS#11 3.0, section 5.4), with null for
        // the default interface, and writes the address of one that stays.
        let code = unsafe { give(nothing_asked, std::ptr::null_mut(), &mut found, 0) };
        if code != CKR_OK || found.is_null() {
            return self.functions(path).map(drop);
        }
        // SAFETY: the address is no null one, and of an interface that stays.
        let list = unsafe { (*found).pFunctionList };
        if list.is_null() {
            return Err(nothing(path, "C_GetInterface"));
        }
        Ok(())
    }
}

fn nothing(path: &Path, function: &str) -> Error {
    let reason = format!("it gives no list of its functions: {function} gives a null address");
    loading::unusable(path, reason)
}
