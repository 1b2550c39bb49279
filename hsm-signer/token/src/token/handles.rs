//! The handles that this process gave out for the module's.

use std::collections::HashMap;

use cryptoki::context::Function;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::ObjectHandle as ModuleHandle;

use super::{KeyPair, ObjectHandle};
use crate::error::Error;
use crate::sync::{Mutex, locked};

/// The handles given out since the last login.
#[derive(Default)]
pub(super) struct Handles(Mutex<HashMap<u64, ModuleHandle>>);

impl Handles {
    /// Gives out handles of this crate for the module's.
    pub(super) fn give_out(&self, found: &[ModuleHandle]) -> Vec<ObjectHandle> {
        let mut handles = locked(&self.0);
        let give_out = |handle: &ModuleHandle| {
            handles.insert(handle.handle(), *handle);
            ObjectHandle(handle.handle())
        };
        found.iter().map(give_out).collect()
    }

    pub(super) fn give_out_pair(&self, private: ModuleHandle, public: ModuleHandle) -> KeyPair {
        self.give_out(&[private, public]);
        KeyPair {
            private: ObjectHandle(private.handle()),
            public: ObjectHandle(public.handle()),
        }
    }

    /// The module's own handle; those from before a new login are not known any more.
    pub(super) fn raw(&self, object: ObjectHandle) -> Result<ModuleHandle, Error> {
        let invalid = CryptokiError::Pkcs11(RvError::ObjectHandleInvalid, Function::FindObjects);
        let known = locked(&self.0).get(&object.0).copied();
        known.ok_or(invalid.into())
    }

    pub(super) fn clear(&self) {
        locked(&self.0).clear();
    }
}
