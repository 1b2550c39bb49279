//! A token in this process, reached through a fault module.

use std::sync::Arc;

use mls_fault_module::{Faults, library};
use mls_hsm_signer::{Module, Pin, Pkcs11Token, Token};

use super::{PIN, TestToken, module_path};

/// A way to a token that fails when told.
pub struct FaultyAccess {
    pub faults: Faults,
    pub token: Arc<dyn Token>,
    _directory: tempfile::TempDir,
}

impl FaultyAccess {
    /// Logs in to `token` through a fault module of its own.
    pub fn to(token: &TestToken) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
        let module = Module::load(&faults.module()).unwrap();
        let pin = Pin::new(PIN).unwrap();
        let opened = Pkcs11Token::open(&module, &token.selector(), &pin).unwrap();
        Self {
            faults,
            token: Arc::new(opened),
            _directory: directory,
        }
    }
}
