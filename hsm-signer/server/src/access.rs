//! Who may ask, as the configuration and the files that it names have it now. Each request is
//! judged by what is in force when it arrives.

use std::io;
use std::sync::Arc;

use mls_signer_client::tls::{self, ClientTrust, ServerIdentity};
use mls_signer_token::error::Error;
use rustix::io::Errno;
use rustls::ServerConfig;

use crate::callers::{CallerPolicy, Callers};
use crate::config::{Config, Tls};
use crate::identity::Peer;
use crate::problem::Problem;

/// What is in force. It is replaced as a whole, and never changed.
pub struct AccessRules {
    callers: Arc<Callers>,
    tls: Option<TlsAccess>,
    /// The files when they were read, by which it is seen that they have changed.
    files: Fingerprints,
}

/// Of each file; nothing of one that cannot be read.
type Fingerprints = Vec<Option<[u8; 32]>>;

/// What a listener with mutual TLS needs.
#[derive(Clone)]
struct TlsAccess {
    identity: Arc<ServerIdentity>,
    trust: Arc<ClientTrust>,
    server: Arc<ServerConfig>,
}

/// What became of a part of the configuration, by its name: taken over, or why it was not.
pub type PartOutcome = (&'static str, Result<(), Error>);

impl AccessRules {
    /// What the configuration says.
    ///
    /// # Errors
    /// The first file that is not what it should be, by its name; callers that do not fit the
    /// roots.
    pub fn load(config: &Config) -> Result<Self, Error> {
        let files = fingerprints(config).unwrap_or_default();
        let load = |files| TlsAccess::new(identity(files)?.into(), trust(files)?.into());
        let tls = config.listen.tls.as_ref().map(load).transpose()?;
        let trust = tls.as_ref().map(|tls| &*tls.trust);
        let (callers, faults) = Callers::new(config, trust, None);
        let callers = Arc::new(callers);
        let access = Self {
            callers,
            tls,
            files,
        };
        faults.into_iter().next().map_or(Ok(access), Err)
    }

    /// What of it is out of date, and so refused by whoever checks it.
    pub fn out_of_date(config: &Config) -> Vec<String> {
        let tls = config.listen.tls.as_ref();
        tls.map_or_else(Vec::new, |tls| {
            tls::out_of_date(&tls.certificate, &tls.revocation_lists)
        })
    }

    /// What follows this one: of each part what the configuration has, or what there was where
    /// that is no good. So what was revoked stays revoked, and no part waits for another.
    pub fn renewed(&self, config: &Config) -> (Self, Vec<PartOutcome>) {
        // Before they are read: a change while they are is then seen the next time.
        let files = fingerprints(config).unwrap_or_default();
        let mut parts = Vec::new();
        let mut tls = self.tls.clone();
        if let (Some(tls), Some(named)) = (&mut tls, &config.listen.tls) {
            take(
                &mut parts,
                "certificate",
                &mut tls.identity,
                identity(named),
            );
            take(&mut parts, "client_roots", &mut tls.trust, trust(named));
            let server = server(&tls.identity, &tls.trust);
            take(&mut parts, "tls", &mut tls.server, server);
        }
        let trust = tls.as_ref().map(|tls| &*tls.trust);
        let (callers, faults) = Callers::new(config, trust, Some(&self.callers));
        parts.push(("callers", Ok(())));
        parts.extend(faults.into_iter().map(|fault| ("callers", Err(fault))));
        let new = Self {
            callers: Arc::new(callers),
            tls,
            files,
        };
        (new, parts)
    }

    /// Whether the files that the configuration names are others now, good or not.
    pub fn is_outdated(&self, config: &Config) -> bool {
        fingerprints(config).is_ok_and(|files| files != self.files)
    }

    /// Who is at the other end.
    pub fn caller(&self, peer: &Peer) -> Result<Arc<CallerPolicy>, Problem> {
        match (peer, &self.tls) {
            (Peer::User(uid), _) => self.callers.user(*uid),
            (Peer::Certificate(chain), Some(tls)) => {
                let roots = chain.roots(&tls.trust)?;
                self.callers.certificate(&chain.names, &roots)
            }
            // Without [listen.tls] nobody comes with a certificate.
            (Peer::Certificate(chain), None) => self.callers.certificate(&chain.names, &[]),
            (Peer::Development, _) => self.callers.development(),
        }
    }

    /// Until when the service's certificate holds, in seconds since 1970 (UTC).
    pub fn certificate_until(&self) -> Option<u64> {
        self.tls.as_ref()?.identity.until()
    }

    /// Until when the roots of callers' certificates hold, in seconds since 1970 (UTC).
    pub fn roots_until(&self) -> Option<u64> {
        self.tls.as_ref()?.trust.roots_until()
    }

    /// Until when the revocation lists hold, in seconds since 1970 (UTC).
    pub fn lists_until(&self) -> Option<u64> {
        self.tls.as_ref()?.trust.lists_until()
    }

    /// How handshakes are done; nothing without `[listen.tls]`.
    pub fn server(&self) -> Option<Arc<ServerConfig>> {
        self.tls.as_ref().map(|tls| Arc::clone(&tls.server))
    }
}

/// Puts a part that is good in the old one's place, and notes what became of it.
fn take<T>(
    parts: &mut Vec<PartOutcome>,
    name: &'static str,
    place: &mut Arc<T>,
    new: Result<T, Error>,
) {
    let taken = new.map(|new| *place = Arc::new(new));
    parts.push((name, taken));
}

impl TlsAccess {
    fn new(identity: Arc<ServerIdentity>, trust: Arc<ClientTrust>) -> Result<Self, Error> {
        let server = Arc::new(server(&identity, &trust)?);
        Ok(Self {
            identity,
            trust,
            server,
        })
    }
}

/// Nothing is known while the process, or the machine, has as many files open as it may.
fn fingerprints(config: &Config) -> io::Result<Fingerprints> {
    let look = |path| match tls::fingerprint(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::MFILE | Errno::NFILE) => Err(error),
            _ => Ok(None),
        },
    };
    config.access_files().into_iter().map(look).collect()
}

fn identity(files: &Tls) -> Result<ServerIdentity, Error> {
    ServerIdentity::read(&files.certificate, &files.key).map_err(setup)
}

fn trust(files: &Tls) -> Result<ClientTrust, Error> {
    ClientTrust::read(&files.client_roots, &files.revocation_lists).map_err(setup)
}

fn server(identity: &ServerIdentity, trust: &ClientTrust) -> Result<ServerConfig, Error> {
    tls::server(identity, trust).map_err(setup)
}

fn setup(error: tls::TlsError) -> Error {
    Error::Setup(error.to_string())
}
