//! All that serving needs, looked at without serving: up to the login, and without it.

use std::fmt::Display;
use std::path::Path;

use mls_signer_audit::store::{Store, StoreConfig};
use mls_signer_token::{Module, Pin};
use rustix::fs::{self, Access};

use crate::access;
use crate::config::{Config, ConfigError, SourceFile};
use crate::process;
use crate::sink::CheckpointSink;

/// What a configuration asks for, and what of it is not to be had.
pub struct Checked {
    /// The tenants' names.
    pub tenants: Vec<String>,
    /// The callers' names.
    pub callers: Vec<String>,
    /// Each thing that is not as needed, with what it is about. None: the service can start,
    /// unless a token refuses its PIN or has no keys.
    pub problems: Vec<String>,
}

/// Reads the configuration at `path` and everything that it names: PIN files, certificates,
/// revocation lists, the database's address and password, directories that are written to. Loads
/// the PKCS#11 modules into this process, which a vendor's library may end, and finds the tokens;
/// tries no PIN and opens no database.
///
/// # Errors
/// [`ConfigError`] when the configuration itself cannot be used.
pub fn check(path: &Path) -> Result<Checked, ConfigError> {
    let config = Config::load(path)?;
    let mut problems = Vec::new();
    let mut note = |what: &str, done: Result<(), String>| {
        problems.extend(done.err().map(|error| format!("{what}: {error}")));
    };
    note("process", text(process::check(&config.process)));
    if let Some(unix) = &config.listen.unix {
        note("listen.unix.path", writable(unix.path.parent()));
    }
    note("listen.tls", text(access::AccessRules::load(&config)));
    note("store", openable(&config.store));
    if let Some(file) = config.store.url.strip_prefix("sqlite:") {
        note("store.url", writable(Path::new(file).parent()));
    }
    if let Some(CheckpointSink::File(path)) = &config.audit.checkpoint_sink {
        note("audit.checkpoint_sink", writable(path.parent()));
    }
    if let Some(directory) = config.state_directory() {
        note("process.state_directory", writable(Some(&directory)));
    }
    for tenant in &config.tenants {
        for token in &tenant.tokens {
            let what = format!("tenant {:?}, token {:?}", tenant.name, token.name);
            note(&what, text(Pin::from_file(&token.pin_file)));
            note(&what, find_token(token));
        }
    }
    Ok(Checked {
        tenants: config.tenants.into_iter().map(|one| one.name).collect(),
        callers: config.callers.into_iter().map(|one| one.name).collect(),
        problems,
    })
}

fn text<T>(done: Result<T, impl Display>) -> Result<(), String> {
    done.map(drop).map_err(|error| error.to_string())
}

/// A pool of connections is made and none is opened; it wants a runtime all the same.
fn openable(store: &StoreConfig) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let _inside = runtime.enter();
    text(Store::log(store))
}

fn writable(directory: Option<&Path>) -> Result<(), String> {
    let directory = directory.filter(|path| !path.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    fs::access(directory, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| format!("{} cannot be written to: {error}", directory.display()))
}

fn find_token(token: &SourceFile) -> Result<(), String> {
    let selector = token.selector().map_err(|error| error.to_string())?;
    let module = Module::load_with(&token.module, token.module_parameters.as_deref());
    let tokens = module.and_then(|module| module.tokens());
    text(tokens.and_then(|tokens| selector.choose(tokens)))
}
