//! A fault module of its own for each test, and a SoftHSM token behind it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use mls_fault_module::{Faults, library};
use tempfile::TempDir;

const PIN: &str = "271828";
/// CKA_EC_PARAMS of P-256.
const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// What is signed: as long as a SHA-256 digest.
pub const DIGEST: [u8; 32] = [7; 32];

const SOFTHSM: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/libsofthsm2.so",
];

/// A token with a key pair, reached through a fault module that has no faults yet.
pub struct Fixture {
    pub faults: Faults,
    pub pkcs11: Pkcs11,
    pub slot: Slot,
    pub session: Session,
    pub private: ObjectHandle,
    pub public: ObjectHandle,
    token: PathBuf,
    _directory: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Fixture {
    /// One lives at a time: all forward to the one SoftHSM of this process, and a test
    /// that finalises it ends the sessions of all.
    pub fn new() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let (directory, faults) = install();
        let pkcs11 = opened(&faults.module());
        let slot = new_token(&pkcs11);
        let session = pkcs11.open_rw_session(slot).unwrap();
        logged_in(&session);
        let (public, private) = generate(&session).unwrap();
        let serial = pkcs11.get_token_info(slot).unwrap();
        Self {
            faults,
            slot,
            session,
            private,
            public,
            token: token_directory(serial.serial_number()),
            pkcs11,
            _directory: directory,
            _alone: alone,
        }
    }

    pub fn sign(&self) -> Result<Vec<u8>, Error> {
        sign(&self.session, self.private)
    }

    pub fn verify(&self, signature: &[u8]) -> Result<(), Error> {
        let (session, public) = (&self.session, self.public);
        session.verify(&Mechanism::Ecdsa, public, &DIGEST, signature)
    }

    pub fn generate(&self) -> Result<(ObjectHandle, ObjectHandle), Error> {
        generate(&self.session)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.token);
    }
}

/// Signs a digest.
pub fn sign(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, Error> {
    session.sign(&Mechanism::Ecdsa, key, &DIGEST)
}

/// A fault module in a directory of its own.
pub fn install() -> (TempDir, Faults) {
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), softhsm()).unwrap();
    (directory, faults)
}

fn softhsm() -> &'static Path {
    let found = SOFTHSM
        .iter()
        .map(Path::new)
        .find(|path| path.exists())
        .unwrap_or_else(|| {
            panic!("SoftHSM is not installed (apt-get install softhsm2); looked at {SOFTHSM:?}")
        });
    write_configuration();
    found
}

/// Cargo names the tests' own configuration in the environment (`.cargo/config.toml`).
fn tokens() -> PathBuf {
    let path = PathBuf::from(std::env::var_os("SOFTHSM2_CONF").unwrap_or_default());
    let ours = path.ends_with("target/softhsm/softhsm2.conf");
    assert!(ours, "SOFTHSM2_CONF is {path:?}: run the tests with cargo");
    path.with_file_name("tokens")
}

fn write_configuration() {
    let tokens = tokens();
    std::fs::create_dir_all(&tokens).unwrap();
    let tokens = tokens.canonicalize().unwrap();
    let directory = tokens.parent().unwrap();
    let content = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    let mut file = tempfile::NamedTempFile::new_in(directory).unwrap();
    std::io::Write::write_all(&mut file, content.as_bytes()).unwrap();
    file.persist(directory.join("softhsm2.conf")).unwrap();
}

/// The module at `path`, initialised.
pub fn opened(path: &Path) -> Pkcs11 {
    let pkcs11 = Pkcs11::new(path).unwrap();
    initialise(&pkcs11);
    pkcs11
}

/// All fault modules of this process forward to one SoftHSM, which one of them initialises.
pub fn initialise(pkcs11: &Pkcs11) {
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    match pkcs11.initialize(arguments) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Logs the user in.
pub fn logged_in(session: &Session) {
    session
        .login(UserType::User, Some(&AuthPin::new(PIN.into())))
        .unwrap();
}

fn new_token(pkcs11: &Pkcs11) -> Slot {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let label = format!("faults {} {number}", std::process::id());
    let slots = pkcs11.get_slots_with_token().unwrap();
    // The tokens of tests that have ended are gone, and their slots are not.
    let information = |slot: &Slot| pkcs11.get_token_info(*slot);
    let free = slots
        .into_iter()
        .find(|slot| information(slot).is_ok_and(|token| !token.token_initialized()));
    let free = free.expect("a free slot");
    let officer = AuthPin::new("31415926".into());
    pkcs11.init_token(free, &officer, &label).unwrap();
    let labelled = |slot: &Slot| information(slot).is_ok_and(|token| token.label() == label);
    let slots = pkcs11.get_slots_with_token().unwrap();
    let slot = slots.into_iter().find(labelled).unwrap();
    let session = pkcs11.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&officer)).unwrap();
    session.init_pin(&AuthPin::new(PIN.into())).unwrap();
    slot
}

/// The public and the private key of a new pair.
fn generate(session: &Session) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let public = [
        Attribute::Token(true),
        Attribute::Verify(true),
        Attribute::EcParams(P256.to_vec()),
    ];
    let private = [Attribute::Token(true), Attribute::Sign(true)];
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
}

/// SoftHSM names a token's directory by a UUID that ends with its serial number.
fn token_directory(serial: &str) -> PathBuf {
    let entries = std::fs::read_dir(tokens()).unwrap();
    let ours = |path: &PathBuf| path.to_string_lossy().replace('-', "").ends_with(serial);
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.find(ours).unwrap()
}
