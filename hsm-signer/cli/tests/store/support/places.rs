//! Both databases.

use std::path::PathBuf;

use mls_hsm_signer::audit::store::{Store, StoreConfig};
use tempfile::TempDir;

use super::postgres::{Cluster, Database};

/// A new, empty database.
pub enum Place {
    Sqlite(TempDir),
    Postgres(Database),
}

impl Place {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub fn postgres() -> Self {
        Self::Postgres(Cluster::shared().database())
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub fn config(&self) -> StoreConfig {
        match self {
            Self::Sqlite(_) => StoreConfig::new(format!("sqlite:{}", self.file().display())),
            Self::Postgres(database) => database.config(),
        }
    }

    /// SQLite's file.
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(directory) => directory.path().join("audit.db"),
            Self::Postgres(_) => panic!("PostgreSQL's files are its own"),
        }
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.config()).await.unwrap()
    }
}

/// One of each.
pub fn places() -> [Place; 2] {
    let places = [Place::sqlite(), Place::postgres()];
    for place in &places {
        println!("on {}", place.name());
    }
    places
}
