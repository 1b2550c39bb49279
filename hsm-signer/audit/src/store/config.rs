//! Where the store is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnectOptions;

use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::postgres;

/// Where the store is, and how it is reached.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH`, or `postgres://USER@HOST:PORT/DATABASE` with the parameters of libpq
    /// such as `sslmode` and `sslrootcert`. No password. Another machine is asked with
    /// `sslmode=verify-full`, or not at all unless `plain_connection` says so.
    pub url: String,
    /// A file with the password for PostgreSQL, closed to other users.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Whether PostgreSQL is asked without TLS: what protects the network is not this program's.
    #[serde(default)]
    pub plain_connection: bool,
    /// Milliseconds that the database may take for one transaction.
    #[serde(default = "ten_seconds")]
    pub patience_ms: u64,
    /// The most requests that may be claimed at once. On PostgreSQL each takes a lock, and all
    /// replicas together must stay below the server's `max_locks_per_transaction` x
    /// `max_connections`, 6,400 unless configured otherwise. It is not read from a file: who
    /// reads the rest sets it.
    #[serde(skip)]
    pub max_claims: usize,
}

fn ten_seconds() -> u64 {
    10_000
}

impl StoreConfig {
    /// The store at `url`: no password, 10 seconds of patience, 2,048 claims.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_file: None,
            plain_connection: false,
            patience_ms: ten_seconds(),
            max_claims: 2048,
        }
    }

    /// Whether the URL is one of the two kinds and protects what is sent.
    ///
    /// # Errors
    /// [`StoreError`] with what to write instead.
    pub fn check(&self) -> Result<(), StoreError> {
        self.parsed().map(drop)
    }

    pub(super) fn place(&self) -> Result<Place, StoreError> {
        let place = self.parsed()?;
        #[cfg(feature = "postgres")]
        if let Place::Postgres(options) = place {
            let password = self.password_file.as_deref();
            let options = postgres::with_secrets(*options, password)?;
            return Ok(Place::Postgres(Box::new(options)));
        }
        Ok(place)
    }

    fn parsed(&self) -> Result<Place, StoreError> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            return sqlite(path);
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return self.postgres();
        }
        Err(StoreError::Url("it begins with neither"))
    }

    fn postgres(&self) -> Result<Place, StoreError> {
        if has_password(&self.url) {
            return Err(StoreError::PasswordInUrl);
        }
        #[cfg(feature = "postgres")]
        let place = postgres::options(&self.url, self.plain_connection)
            .map(|options| Place::Postgres(Box::new(options)));
        #[cfg(not(feature = "postgres"))]
        let place = Err(StoreError::Url(
            "this program was built without the feature postgres",
        ));
        place
    }
}

/// What a URL means.
#[derive(Clone)]
pub(super) enum Place {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnectOptions>),
}

fn sqlite(path: &str) -> Result<Place, StoreError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(':') {
        return Err(StoreError::Url(
            "a file's path is needed after sqlite:, without parameters",
        ));
    }
    Ok(Place::Sqlite(PathBuf::from(path)))
}

/// Whether there is a password between the user and the host, or among the parameters.
fn has_password(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, parameters) = after_scheme.split_once('?').unwrap_or((after_scheme, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':'))
        || parameters
            .split('&')
            .any(|pair| pair.starts_with("password="))
}
