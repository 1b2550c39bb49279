//! The versions of the schema. A file that was released is never changed; a change is a new
//! file.

use std::borrow::Cow;

use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::error::StoreError;

/// SQLite's.
pub(super) const SQLITE: &[&str] = &[include_str!("../../migrations/sqlite/0001_audit.sql")];

/// PostgreSQL's.
pub(super) const POSTGRES: &[&str] = &[include_str!("../../migrations/postgres/0001_audit.sql")];

/// What brings a database up to date. On PostgreSQL it takes a lock, so that of two replicas
/// that start together one waits.
pub(super) fn migrator(files: &[&'static str]) -> Migrator {
    let migrations = files.iter().zip(1..).map(|(sql, version)| {
        let description = Cow::Borrowed("audit");
        let sql = SqlStr::from_static(sql);
        Migration::new(version, description, MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(found) => Self::TooNew { found },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::from(error)
            }
            other => Self::Migration(other.to_string()),
        }
    }
}
