//! Where the store is.

#[cfg(feature = "postgres")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "postgres")]
use secrecy::{ExposeSecret, SecretString};
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::error::StoreError;
#[cfg(feature = "postgres")]
use mls_signer_message::secret_file::read_secret;

#[cfg(feature = "postgres")]
/// The longest password, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// Where the store is, and how it is reached.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `sqlite:PATH`, or `postgres://USER@HOST:PORT/DATABASE` with the parameters of libpq
    /// such as `sslmode` and `sslrootcert`. No password.
    pub url: String,
    /// A file with the password for PostgreSQL, closed to other users.
    pub password_file: Option<PathBuf>,
    /// How long the database may take for one transaction.
    pub patience: Duration,
    /// The most requests that may be claimed at once. On PostgreSQL each takes a lock, and all
    /// replicas together must stay below the server's `max_locks_per_transaction` x
    /// `max_connections`, 6,400 unless configured otherwise.
    pub max_claims: usize,
}

impl StoreConfig {
    /// The store at `url`: no password, 10 seconds of patience, 2,048 claims.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_file: None,
            patience: Duration::from_secs(10),
            max_claims: 2048,
        }
    }

    pub(super) fn place(&self) -> Result<Place, StoreError> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            return sqlite(path);
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return self.postgres();
        }
        Err(StoreError::Url {
            reason: "it begins with neither".into(),
        })
    }

    fn postgres(&self) -> Result<Place, StoreError> {
        if has_password(&self.url) {
            return Err(StoreError::PasswordInUrl);
        }
        self.postgres_options()
    }

    #[cfg(not(feature = "postgres"))]
    fn postgres_options(&self) -> Result<Place, StoreError> {
        Err(StoreError::Url {
            reason: "this program was built without the feature postgres".into(),
        })
    }

    #[cfg(feature = "postgres")]
    fn postgres_options(&self) -> Result<Place, StoreError> {
        // The parser's error may quote what it could not parse.
        let options: PgConnectOptions = self.url.parse().map_err(|_| StoreError::Url {
            reason: "it is no PostgreSQL URL".into(),
        })?;
        let options = match &self.password_file {
            Some(path) => options.password(password(path)?.expose_secret()),
            None => options,
        };
        refuse_tls_that_is_not_built_in(&options)?;
        Ok(Place::Postgres(Box::new(options)))
    }
}

/// What a URL means.
pub(super) enum Place {
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnectOptions>),
}

fn sqlite(path: &str) -> Result<Place, StoreError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(':') {
        return Err(StoreError::Url {
            reason: "a file's path is needed after sqlite:, without parameters".into(),
        });
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

#[cfg(feature = "postgres")]
fn password(path: &Path) -> Result<SecretString, StoreError> {
    let bytes = read_secret(path, LONGEST_PASSWORD)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if text.is_empty() || text.len() > LONGEST_PASSWORD {
        return Err(StoreError::Password(format!(
            "{} must hold 1 to {LONGEST_PASSWORD} bytes of UTF-8",
            path.display()
        )));
    }
    Ok(SecretString::from(text))
}

#[cfg(feature = "postgres")]
/// sqlx would go on in the clear under `sslmode=prefer`, its default, and say so only late
/// under `require`.
fn refuse_tls_that_is_not_built_in(options: &PgConnectOptions) -> Result<(), StoreError> {
    let wanted = matches!(
        options.get_ssl_mode(),
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
    );
    if wanted && !cfg!(feature = "postgres-tls") {
        return Err(StoreError::Url {
            reason: "this program was built without the feature postgres-tls".into(),
        });
    }
    Ok(())
}
