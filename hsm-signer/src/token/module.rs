//! A PKCS#11 module: loaded and initialised once in a process, whoever asks.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::slot::Slot;

use super::identity::TokenIdentity;
use crate::error::Error;

/// Where distributions put SoftHSM's module, a software token for tests and trials.
pub const SOFTHSM_PATHS: &[&str] = &[
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// PKCS#11 initialises a library once in a process, so the process keeps the list.
/// C_Finalize is never called: it would end the sessions of every other user, and in a
/// module that is signing it crashes.
static LOADED: LazyLock<Mutex<HashMap<PathBuf, Module>>> = LazyLock::new(Mutex::default);

/// A loaded and initialised PKCS#11 module. Clones are the same module.
#[derive(Clone)]
pub struct Module {
    path: PathBuf,
    pkcs11: Pkcs11,
    initialising: Arc<Mutex<()>>,
}

impl Module {
    /// Loads the module at `path`, or returns the one already loaded.
    ///
    /// Loading runs the library's code with all the rights of this process.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`], [`Error::ModuleUnusable`], or [`Error::Pkcs11`] when
    /// the module does not initialise.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let path = path
            .canonicalize()
            .map_err(|_| Error::ModuleMissing { path: path.into() })?;
        let mut loaded = locked(&LOADED);
        if let Some(module) = loaded.get(&path) {
            return Ok(module.clone());
        }
        let module = Self::initialised(&path)?;
        loaded.insert(path, module.clone());
        Ok(module)
    }

    fn initialised(path: &Path) -> Result<Self, Error> {
        let pkcs11 = Pkcs11::new(path).map_err(|error| Error::ModuleUnusable {
            path: path.into(),
            reason: error.to_string(),
        })?;
        match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        tracing::debug!(module = %path.display(), "PKCS#11 module initialised");
        Ok(Self {
            path: path.into(),
            pkcs11,
            initialising: Arc::default(),
        })
    }

    /// Where the module was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who made the module, and its version, as it says itself.
    ///
    /// # Errors
    /// When it does not say.
    pub fn description(&self) -> Result<String, Error> {
        let info = self.pkcs11.get_library_info()?;
        let version = info.library_version();
        Ok(format!(
            "{} by {}, version {}.{}",
            info.library_description(),
            info.manufacturer_id(),
            version.major(),
            version.minor()
        ))
    }

    /// The tokens in the module's slots, initialised or not. A token whose description
    /// cannot be read is listed as [`TokenIdentity::unknown`].
    ///
    /// # Errors
    /// When the slots cannot be listed.
    pub fn tokens(&self) -> Result<Vec<TokenIdentity>, Error> {
        let slots = self.pkcs11.get_slots_with_token()?;
        Ok(slots.into_iter().map(|slot| self.identify(slot)).collect())
    }

    fn identify(&self, slot: Slot) -> TokenIdentity {
        match self.pkcs11.get_token_info(slot) {
            Ok(info) => TokenIdentity::new(slot.id(), &info),
            Err(error) => {
                tracing::debug!(slot = slot.id(), %error, "no token description");
                TokenIdentity::unknown(slot.id())
            }
        }
    }

    pub(super) fn pkcs11(&self) -> &Pkcs11 {
        &self.pkcs11
    }

    /// Held while a free slot is looked for and taken, so that two threads do not take
    /// the same one.
    pub(super) fn lock_initialising(&self) -> MutexGuard<'_, ()> {
        locked(&self.initialising)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A panic elsewhere leaves what these locks guard whole.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
