//! What can go wrong with the store. Whatever it is: nothing was released.

use std::path::PathBuf;

use mls_signer_message::secret_file::SecretFileError;
use sqlx::migrate::MigrateError;

/// Any failure of the store. None carries a password.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither of the two kinds.
    #[error("the store's URL must be sqlite:PATH or postgres://USER@HOST/DATABASE: {0}")]
    Url(&'static str),
    /// A password stands in the URL, where it is too easily seen.
    #[error("the store's URL has a password in it; write it to a file and name that file")]
    PasswordInUrl,
    /// The database is on this other machine, and TLS would not prove that it is the one.
    #[error(
        "the database on {0} is to be asked by TLS: write sslmode=verify-full into the store's URL \
         (and sslrootcert=FILE where its certificate leads to no public root); or say \
         plain_connection = true under [store] (--store-plain-connection), if what is between is \
         protected otherwise"
    )]
    Unprotected(String),
    /// The roots of the server's certificate could not be read.
    #[error("the store's sslrootcert: {0}")]
    Roots(String),
    /// The password could not be read.
    #[error("the store's password: {0}")]
    Password(String),
    /// Another process has the SQLite database.
    #[error("another process serves from {0}; stop it, or let both share a PostgreSQL database")]
    InUse(PathBuf),
    /// The database was written by a newer program.
    #[error("the database has migration {found}, which this program does not know: upgrade it")]
    TooNew {
        /// The migration.
        found: i64,
    },
    /// The database's schema is not what the program made.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migration(String),
    /// The database would lose what it has acknowledged.
    #[error("the database does not keep what it acknowledges: {0}")]
    NotDurable(String),
    /// The database cannot be used at present. It is tried again all the time.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The deadline passed.
    #[error("the deadline passed before the store answered")]
    DeadlinePassed,
    /// More claims are held than may be.
    #[error("too many requests are being signed already; try again later")]
    Full,
    /// What was to be committed is not what was claimed.
    #[error("refusing to keep a message that is not the one claimed: {0}")]
    NotTheClaim(&'static str),
    /// What the database holds is not what this program wrote.
    #[error("the database holds what this program did not write: {0}; run: audit verify")]
    Corrupt(String),
    /// The log is not what this process wrote, or what a checkpoint says of it. Nothing is signed
    /// or recorded any more: a person has to look.
    #[error(
        "the log of {tenant:?} is not the one that was written: {reason}. Stop the service, keep \
         the database, and hold it against the checkpoints kept elsewhere (audit verify \
         --checkpoints); then restore it, or accept the loss with tenants.accepted_loss, and start"
    )]
    Rewritten {
        /// Whose log it is.
        tenant: String,
        /// What is wrong.
        reason: String,
    },
    /// A file of the SQLite database was removed or exchanged below this process: others see another
    /// log than it writes. Nothing is signed or recorded any more: a person has to look.
    #[error(
        "{0} was removed or exchanged while this process had it open. What it acknowledged was \
         copied into the database's file, if that is still there. Stop the service, and run: audit \
         verify --checkpoints; then start it"
    )]
    Exchanged(PathBuf),
    /// A connection is not a session of its own.
    #[error(
        "the connection to PostgreSQL is not a session of its own, as behind a pooler in \
         transaction or statement mode: claims would not be seen by other replicas. Connect to \
         the server itself, or to a pooler in session mode"
    )]
    NoSession,
    /// The HSM made no signature for a checkpoint.
    #[error("the checkpoint was not signed: {0}")]
    Unsigned(String),
    /// No copy was made.
    #[error("the store was not backed up: {0}")]
    BackUp(String),
    /// There is no randomness for a chain's id.
    #[error("the operating system gives no randomness")]
    Random,
    /// The store has been closed.
    #[error("the store has been closed")]
    Closed,
}

impl StoreError {
    pub(super) fn rewritten(tenant: &str, reason: impl Into<String>) -> Self {
        Self::Rewritten {
            tenant: tenant.into(),
            reason: reason.into(),
        }
    }

    /// Whether the store is of no use any more until a person has looked and the process is
    /// started anew.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Rewritten { .. } | Self::Exchanged(_))
    }

    pub(super) fn unavailable(reason: impl ToString) -> Self {
        Self::Unavailable(reason.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    /// sqlx's messages name no password.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Corrupt(error.to_string())
            }
            sqlx::Error::Database(error) if error.is_unique_violation() => {
                Self::Corrupt(format!("a row stands in the way: {error}"))
            }
            other => Self::unavailable(other),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(found) => Self::TooNew { found },
            other => Self::Migration(other.to_string()),
        }
    }
}

impl From<SecretFileError> for StoreError {
    fn from(error: SecretFileError) -> Self {
        Self::Password(error.to_string())
    }
}
