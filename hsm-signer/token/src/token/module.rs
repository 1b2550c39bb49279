//! A PKCS#11 module: loaded and initialised once in a process, whoever asks.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle as ModuleHandle};
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::PATIENCE;
use super::attributes::AttributeReader;
use super::boundary::{TOO_LONG, guarded};
use super::description;
use super::function_list::Library;
use super::gate::{Gate, Inside};
use super::initialise_args;
use super::loading;
use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::sync::{Mutex, MutexGuard, locked};

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
static LOADED: LazyLock<Mutex<HashMap<PathBuf, Module>>> = LazyLock::new(Mutex::default);

/// A loaded and initialised PKCS#11 module. Clones are the same module.
#[derive(Clone)]
pub struct Module(Arc<Shared>);

struct Shared {
    path: PathBuf,
    pkcs11: Pkcs11,
    /// Reads attributes more carefully than cryptoki, of modules of which it can.
    attributes: Option<AttributeReader>,
    /// Never freed: the module stays for as long as the process, and may keep their address.
    parameters: Option<&'static CStr>,
    initialising: Mutex<()>,
    /// Held during C_GetSlotList: SoftHSM aborts the process where two threads see a new token
    /// there at once.
    listing: Mutex<()>,
    gate: Gate,
    /// Raised when the module is finalised: the sessions from before are gone.
    epoch: AtomicU64,
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
        Self::load_with(path, None)
    }

    /// The same for a module that takes parameters in C_Initialize's `pReserved`, such as
    /// NSS softokn: `configdir='/etc/pki/nssdb' certPrefix='' keyPrefix='' secmod='' flags=`.
    /// The parameters of the first load stay.
    ///
    /// # Errors
    /// As [`Module::load`]; [`Error::Setup`] when the parameters hold a zero byte.
    pub fn load_with(path: &Path, parameters: Option<&str>) -> Result<Self, Error> {
        let path = loading::find(path)?;
        let parameters = parameters
            .map(CString::new)
            .transpose()
            .map_err(|_| Error::Setup("module parameters must not hold a zero byte".into()))?;
        let mut loaded = locked(&LOADED);
        if let Some(module) = loaded.get(&path) {
            return Ok(module.clone());
        }
        let parameters = parameters.map(|text| &*Box::leak(text.into_boxed_c_str()));
        let module = Self::initialised(&path, parameters)?;
        loaded.insert(path, module.clone());
        Ok(module)
    }

    fn initialised(path: &Path, parameters: Option<&'static CStr>) -> Result<Self, Error> {
        loading::inspect(path)?;
        let library = Library::load(path)?;
        library.check(path)?;
        let pkcs11 = Pkcs11::new(path).map_err(|error| loading::refused(path, &error))?;
        let module = Self(Arc::new(Shared {
            attributes: AttributeReader::of(&library, path),
            path: path.into(),
            pkcs11,
            parameters,
            initialising: Mutex::default(),
            listing: Mutex::default(),
            gate: Gate::default(),
            epoch: AtomicU64::default(),
        }));
        module.initialise()?;
        tracing::debug!(module = %path.display(), "PKCS#11 module initialised");
        Ok(module)
    }

    fn initialise(&self) -> Result<(), Error> {
        let arguments = initialise_args::with_parameters(self.0.parameters);
        match self.0.pkcs11.initialize(arguments) {
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// C_Finalize and C_Initialize, once no operation is in the module; whoever comes
    /// meanwhile waits. Every session and login of this process ends.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`] when an operation stays in the module until then;
    /// [`Error::Pkcs11`] when the module does not initialise.
    pub(super) fn reinitialise(&self, deadline: Instant) -> Result<(), Error> {
        let _alone = self.0.gate.shut(deadline)?;
        self.finalise();
        self.initialise()
    }

    /// C_Finalize, for whoever shut the door. Every session and login of this process ends.
    fn finalise(&self) {
        self.0.epoch.fetch_add(1, Ordering::SeqCst);
        match self.0.pkcs11.clone().finalize() {
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiNotInitialized, _)) => {}
            // A module that cannot even end in order may still begin anew.
            Err(error) => tracing::warn!(%error, "C_Finalize failed"),
        }
    }

    /// Goes into the module for one operation.
    pub(super) fn enter(&self, deadline: Instant) -> Result<Inside<'_>, Error> {
        self.0.gate.enter(deadline)
    }

    fn enter_patiently(&self) -> Result<Inside<'_>, Error> {
        self.enter(Instant::now() + PATIENCE)
    }

    /// Opens a session, to read or to change objects.
    pub(super) fn open_session(
        &self,
        slot: Slot,
        changes: bool,
        deadline: Instant,
    ) -> Result<ModuleSession, Error> {
        let _inside = self.enter(deadline)?;
        let session = if changes {
            self.0.pkcs11.open_rw_session_no_drop(slot)?
        } else {
            self.0.pkcs11.open_ro_session_no_drop(slot)?
        };
        Ok(ModuleSession {
            module: self.clone(),
            session: Some(session),
            epoch: self.0.epoch.load(Ordering::SeqCst),
        })
    }

    /// Where the module was loaded from.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Who made the module, and its version, as it says itself.
    ///
    /// # Errors
    /// When it does not say.
    pub fn description(&self) -> Result<String, Error> {
        let _inside = self.enter_patiently()?;
        let info = self.0.pkcs11.get_library_info()?;
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
        let _inside = self.enter_patiently()?;
        let listing = locked(&self.0.listing);
        let slots = guarded(&self.0.path, TOO_LONG, || {
            self.0.pkcs11.get_slots_with_token()
        })?;
        drop(listing);
        let known = |slot: Slot| {
            self.identify(slot).unwrap_or_else(|error| {
                tracing::warn!(slot = slot.id(), %error, "the token does not describe itself");
                TokenIdentity {
                    library: self.manufacturer(),
                    unread: Some(error.to_string()),
                    ..TokenIdentity::unknown(slot.id())
                }
            })
        };
        Ok(slots.into_iter().map(known).collect())
    }

    /// The mechanisms of the token in `slot`.
    ///
    /// # Errors
    /// What C_GetMechanismList returned.
    pub(super) fn mechanisms(&self, slot: Slot) -> Result<Vec<MechanismType>, Error> {
        let _inside = self.enter_patiently()?;
        guarded(&self.0.path, TOO_LONG, || {
            self.0.pkcs11.get_mechanism_list(slot)
        })
    }

    /// The token in `slot`.
    ///
    /// # Errors
    /// What C_GetTokenInfo returned.
    pub(super) fn identify(&self, slot: Slot) -> Result<TokenIdentity, Error> {
        let (info, unread) = self.describe(slot)?;
        Ok(TokenIdentity {
            library: self.manufacturer(),
            unread,
            ..TokenIdentity::new(slot.id(), &info)
        })
    }

    /// What the token in `slot` says of itself, and what of it cannot be read.
    ///
    /// # Errors
    /// What C_GetTokenInfo returned.
    pub(super) fn describe(&self, slot: Slot) -> Result<(TokenInfo, Option<String>), Error> {
        match self.0.pkcs11.get_token_info(slot) {
            Ok(info) => Ok((info, None)),
            Err(error @ CryptokiError::Pkcs11(..)) => Err(error.into()),
            // What the token gave is not what cryptoki takes: of all fields that may be the clock.
            Err(_) => {
                let (info, clock) = description::without_clock(&self.0.path, slot)?;
                Ok((info, Some(clock)))
            }
        }
    }

    /// Who made the module; empty where it does not say.
    fn manufacturer(&self) -> String {
        let info = self.0.pkcs11.get_library_info();
        info.map(|info| info.manufacturer_id().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn pkcs11(&self) -> &Pkcs11 {
        &self.0.pkcs11
    }

    /// Held while a free slot is looked for and taken, so that two threads do not take
    /// the same one.
    pub(super) fn lock_initialising(&self) -> MutexGuard<'_, ()> {
        locked(&self.0.initialising)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}

/// C_Finalize for each module of this process, which is to be its last use of them: a TPM, for
/// one, keeps what a process had in it and did not give back. A module that does not come back
/// within `limit` is left alone.
pub fn finalise_modules(limit: Duration) {
    let modules: Vec<_> = locked(&LOADED).drain().map(|(_, module)| module).collect();
    if modules.is_empty() {
        return;
    }
    let (done, ended) = mpsc::channel();
    let deadline = Instant::now() + limit;
    let finalise = move || {
        for module in modules {
            match module.0.gate.shut(deadline) {
                Ok(_alone) => module.finalise(),
                Err(_) => tracing::warn!(?module, "in use at the end, and not finalised"),
            }
        }
        // Who waits may have gone.
        let _ = done.send(());
    };
    let started = thread::Builder::new().name("end".into()).spawn(finalise);
    if started.is_ok() && ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("a module did not end in time");
    }
}

/// A session that knows whether it still is one.
pub(super) struct ModuleSession {
    module: Module,
    session: Option<Session>,
    epoch: u64,
}

impl ModuleSession {
    /// Runs one operation in the module.
    pub(super) fn run<T>(
        &self,
        deadline: Instant,
        operation: impl FnOnce(&Session) -> Result<T, CryptokiError>,
    ) -> Result<T, Error> {
        self.run_guarded(deadline, TOO_LONG, operation)
    }

    /// The same, of which it is known that the module has returned `what` where it panics.
    pub(super) fn run_guarded<T>(
        &self,
        deadline: Instant,
        what: &str,
        operation: impl FnOnce(&Session) -> Result<T, CryptokiError>,
    ) -> Result<T, Error> {
        let _inside = self.module.enter(deadline)?;
        let session = self.session.as_ref().filter(|_| self.current());
        let session = session.ok_or(Error::SessionLost)?;
        guarded(&self.module.0.path, what, || operation(session))
    }

    /// What an object has of `kinds`.
    pub(super) fn attributes(
        &self,
        deadline: Instant,
        object: ModuleHandle,
        kinds: &[AttributeType],
    ) -> Result<Vec<Attribute>, Error> {
        let Some(reader) = self.module.0.attributes else {
            return self.run(deadline, |session| session.get_attributes(object, kinds));
        };
        self.run(deadline, |session| {
            Ok(reader.read(self.path(), session.handle(), object.handle(), kinds))
        })?
    }

    /// The module's path.
    pub(super) fn path(&self) -> &Path {
        &self.module.0.path
    }

    fn current(&self) -> bool {
        self.epoch == self.module.0.epoch.load(Ordering::SeqCst)
    }
}

/// After C_Finalize the handle may be another session's, so only a current session is
/// closed.
impl Drop for ModuleSession {
    fn drop(&mut self) {
        let Ok(_inside) = self.module.enter_patiently() else {
            return;
        };
        if let Some(session) = self.session.take().filter(|_| self.current())
            && let Err(error) = session.close()
        {
            tracing::debug!(%error, "a session did not close");
        }
    }
}
