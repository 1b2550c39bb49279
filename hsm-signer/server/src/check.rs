//! All that serving needs, looked at without serving: up to the login, and without it.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use mls_signer_audit::store::{Store, StoreConfig};
use mls_signer_token::{Module, Pin, TokenIdentity};
use rustix::fs::{self, Access};

use crate::access;
use crate::config::{Config, ConfigError, SourceFile};
use crate::process;
use crate::sink::CheckpointSink;
use crate::tenants::pin_marker;

/// How a SQLite database begins (sqlite.org/fileformat.html, section 1.3.1).
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What a configuration asks for, and what of it is not to be had.
pub struct Checked {
    /// The tenants' names.
    pub tenants: Vec<String>,
    /// The callers' names.
    pub callers: Vec<String>,
    /// Each thing that is not as needed, with what it is about. None: the service can start,
    /// unless a token refuses its PIN or has no keys, and what the log and the sink say of the
    /// database refuses it.
    pub problems: Vec<String>,
    /// What is in use, by the service that runs or by another program.
    pub in_use: Vec<String>,
}

/// Reads the configuration at `path` and everything that it names: PIN files, certificates,
/// revocation lists, the database's address and password, the sink, the addresses to listen on,
/// directories that are written to. Loads the PKCS#11 modules into this process, which a vendor's
/// library may end, so that `loading` is told of each before; and finds the tokens. Tries no PIN and
/// opens no database.
///
/// # Errors
/// [`ConfigError`] when the configuration itself cannot be used.
pub fn check(path: &Path, loading: &dyn Fn(&Path)) -> Result<Checked, ConfigError> {
    let config = Config::load(path)?;
    let mut problems = Vec::new();
    let mut note = |what: &str, done: Result<(), String>| {
        problems.extend(done.err().map(|error| format!("{what}: {error}")));
    };
    note("process", text(process::check(&config.process)));
    if let Some(unix) = &config.listen.unix {
        note("listen.unix.path", writable(unix.path.parent()));
        note("listen.unix.path", room_for_socket(&unix.path));
    }
    note("listen.tls", text(access::AccessRules::load(&config)));
    for outdated in access::AccessRules::out_of_date(&config) {
        note("listen.tls", Err(outdated));
    }
    note("store", openable(&config.store));
    if let Some(file) = config.store.url.strip_prefix("sqlite:") {
        note("store.url", writable(Path::new(file).parent()));
        note("store.url", database(Path::new(file)));
    }
    if let Some(sink) = &config.audit.checkpoint_sink {
        let own = sink.assert_own_file(&config.files(path));
        note("audit.checkpoint_sink", own.and_then(|()| appendable(sink)));
    }
    let markers = config.state_directory()?;
    note("process.state_directory", writable(Some(&markers)));
    for tenant in &config.tenants {
        for token in &tenant.tokens {
            let what = format!("tenant {:?}, token {:?}", tenant.name, token.name);
            let pin = Pin::from_file(&token.pin_file);
            loading(&token.module);
            note(&what, find_token(token, pin.as_ref().ok()));
            note(&what, text(pin));
            let marker = pin_marker(token, &markers);
            if !marker.is_being_tried() {
                note(&what, text(marker.assert_absent()));
            }
        }
    }
    let mut in_use = Vec::new();
    let tls = config.listen.tls.as_ref().map(|tls| tls.address);
    let plain = config.listen.plain.as_ref().map(|plain| plain.address);
    for (what, address) in [("listen.tls", tls), ("listen.plain", plain)] {
        match address.map_or(Ok(()), bindable) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                in_use.push(format!("{what}: {error}"));
            }
            bound => note(what, text(bound)),
        }
    }
    Ok(Checked {
        tenants: config.tenants.into_iter().map(|one| one.name).collect(),
        callers: config.callers.into_iter().map(|one| one.name).collect(),
        problems,
        in_use,
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

/// A socket that is left over is replaced, and nothing else.
fn room_for_socket(path: &Path) -> Result<(), String> {
    match path.symlink_metadata() {
        Ok(there) if !there.file_type().is_socket() => {
            Err(format!("{} is no socket", path.display()))
        }
        _ => Ok(()),
    }
}

fn bindable(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address)
        .map(drop)
        .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
}

/// A file that is there must be SQLite's, and writable. It is not opened as a database, which would
/// leave files beside it.
fn database(path: &Path) -> Result<(), String> {
    let mut header = Vec::new();
    let opened = OpenOptions::new().read(true).write(true).open(path);
    let read = opened.and_then(|file: File| file.take(MAGIC.len() as u64).read_to_end(&mut header));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{}: {error}", path.display())),
        Ok(_) if header.is_empty() || header == MAGIC => Ok(()),
        Ok(_) => Err(format!("{} is no SQLite database", path.display())),
    }
}

/// A file is not made: it would be this user's. A collector is not asked.
fn appendable(sink: &CheckpointSink) -> Result<(), String> {
    let found = match sink {
        CheckpointSink::File(path) => match OpenOptions::new().read(true).append(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return writable(path.parent());
            }
            opened => opened.map(drop),
        },
        CheckpointSink::Syslog(socket) => {
            UnixDatagram::unbound().and_then(|own| own.connect(socket))
        }
        CheckpointSink::Http(_) => Ok(()),
    };
    found.map_err(|error| format!("{sink}: {error}"))
}

/// Finds the token, and says so where it needs a PIN that there is not.
fn find_token(token: &SourceFile, pin: Option<&Pin>) -> Result<(), String> {
    let selector = token.selector().map_err(|error| error.to_string())?;
    let module = Module::load_with(&token.module, token.module_parameters.as_deref());
    let tokens = module.and_then(|module| module.tokens());
    let found = tokens.and_then(|tokens| selector.choose(tokens));
    let needed = |found: TokenIdentity| match pin {
        Some(pin) if found.login_required => Ok(pin.needed().map(drop)?),
        _ => Ok(()),
    };
    text(found.and_then(needed))
}
