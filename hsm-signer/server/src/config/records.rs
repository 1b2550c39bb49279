//! The database, and the audit log in it.

use std::path::PathBuf;
use std::time::Duration;

use mls_signer_audit::store::StoreConfig;
use serde::{Deserialize, Serialize};

/// The database of answers and audit records.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` for one instance of the service, or `postgres://USER@HOST/DATABASE` for
    /// several. No password.
    pub url: String,
    /// A file with the password for PostgreSQL, closed to other users.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Milliseconds that the database may take for one transaction.
    #[serde(default = "ten_seconds")]
    pub patience_ms: u64,
}

fn ten_seconds() -> u64 {
    10_000
}

impl Database {
    /// The store's own configuration, for at most `max_claims` removals at once.
    pub(crate) fn store(&self, max_claims: usize) -> StoreConfig {
        StoreConfig {
            password_file: self.password_file.clone(),
            patience: Duration::from_millis(self.patience_ms),
            max_claims,
            ..StoreConfig::new(self.url.clone())
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Seconds between two checkpoints of a tenant's log, where there is something new.
    pub checkpoint_seconds: u64,
    /// Days after which answers and records are removed; 0 for never.
    pub retention_days: u32,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            checkpoint_seconds: 60,
            retention_days: 0,
        }
    }
}
