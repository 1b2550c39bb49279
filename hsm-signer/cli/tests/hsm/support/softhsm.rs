//! SoftHSM in this process: its configuration, and a token for each test.
//!
//! SoftHSM finds its tokens through the file named by SOFTHSM2_CONF. Cargo sets that
//! (`.cargo/config.toml`) to a file under `target`, which is written here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use mls_hsm_signer::token::{SOFTHSM_PATHS, initialise};
use mls_hsm_signer::{
    Module, Pin, Pkcs11Token, SCHEMES, Token, TokenIdentity, TokenSelector, keys,
};

/// The user's PIN of every test token.
pub const PIN: &str = "271828";
const SECURITY_OFFICER_PIN: &str = "31415926";

/// Where SoftHSM is installed. Its absence fails the tests: they test nothing else.
pub fn module_path() -> &'static Path {
    let found = SOFTHSM_PATHS
        .iter()
        .map(Path::new)
        .find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("SoftHSM is not installed (apt-get install softhsm2); looked at {SOFTHSM_PATHS:?}")
    })
}

/// SoftHSM, loaded with the tests' own configuration.
pub fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        write_configuration(&configuration_path());
        Module::load(module_path()).unwrap()
    })
}

fn configuration_path() -> PathBuf {
    let path = std::env::var_os("SOFTHSM2_CONF")
        .map(PathBuf::from)
        .unwrap_or_default();
    assert!(
        path.ends_with("target/softhsm/softhsm2.conf"),
        "SOFTHSM2_CONF is {path:?}, not the tests' own: run the tests with cargo, which sets it"
    );
    path
}

/// Writes SoftHSM's configuration beside a directory for its tokens. Processes that do
/// so at the same time write the same.
pub fn write_configuration(path: &Path) {
    let directory = path.parent().unwrap();
    let tokens = directory.join("tokens");
    std::fs::create_dir_all(&tokens).unwrap();
    let tokens = tokens.canonicalize().unwrap();
    let mut file = tempfile::NamedTempFile::new_in(directory).unwrap();
    let content = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::io::Write::write_all(&mut file, content.as_bytes()).unwrap();
    file.persist(path).unwrap();
}

/// A SoftHSM token that is deleted at the end of its test.
pub struct TestToken {
    identity: TokenIdentity,
}

impl TestToken {
    /// A token with a removal key of each scheme.
    pub fn with_keys() -> Self {
        let token = Self::new();
        let open = token.open();
        for scheme in SCHEMES {
            keys::generation::rotate(&open, scheme).unwrap();
        }
        token
    }

    /// A new token; no other has its label.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let label = format!("test {} {number}", std::process::id());
        let (officer, user) = (SECURITY_OFFICER_PIN, PIN);
        let [officer, user] = [officer, user].map(|pin| Pin::new(pin).unwrap());
        Self {
            identity: initialise(module(), &label, &officer, &user).unwrap(),
        }
    }

    /// What the token said of itself when it was made.
    pub fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    /// Where SoftHSM keeps it.
    pub fn directory(&self) -> PathBuf {
        token_directory(&self.identity.serial)
    }

    /// Selects this token.
    pub fn selector(&self) -> TokenSelector {
        TokenSelector::Label(self.identity.label.clone())
    }

    /// Logs in.
    pub fn open(&self) -> Arc<dyn Token> {
        Arc::new(Pkcs11Token::open(module(), &self.selector(), &Pin::new(PIN).unwrap()).unwrap())
    }
}

impl Drop for TestToken {
    fn drop(&mut self) {
        let directory = token_directory(&self.identity.serial);
        assert!(
            deleted(&directory) || std::thread::panicking(),
            "{directory:?} is still there"
        );
    }
}

/// SoftHSM names a token's directory by a UUID that ends with its serial number.
fn token_directory(serial: &str) -> PathBuf {
    let tokens = configuration_path().with_file_name("tokens");
    let entries = std::fs::read_dir(tokens)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let ours = |path: &PathBuf| path.to_string_lossy().replace('-', "").ends_with(serial);
    entries.into_iter().find(ours).unwrap()
}

/// Another test that lists the tokens makes SoftHSM write lock files there, so that one
/// attempt may find the directory not empty.
fn deleted(directory: &Path) -> bool {
    (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        let _ = std::fs::remove_dir_all(directory);
        !directory.exists()
    })
}
