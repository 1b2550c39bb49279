//! The versions of the schema. A file that was released is never changed; a change is a new
//! file.

use mls_signer_message::hash::sha256;
use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The table in which sqlx lists what was done.
pub(super) const TABLE: &str = "_sqlx_migrations";

/// Databases that were made before sqlx migrated them list what was done in a table
/// `migration`. It stays: replicas of the older program go on reading it during an update.
pub(super) const ADOPT: &str = "INSERT INTO _sqlx_migrations \
     (version, description, success, checksum, execution_time) \
     SELECT version, 'adopted', TRUE, hash, 0 FROM migration WHERE TRUE \
     ON CONFLICT (version) DO NOTHING";

/// Brings these files' schema about. The checksums are those of the table `migration`; sqlx's
/// own would be computed by a SHA-2 that is not AWS-LC's.
pub(super) fn migrator(files: &[&'static str]) -> Migrator {
    let migration = |(version, sql): (i64, &&'static str)| Migration {
        version,
        description: "audit".into(),
        migration_type: MigrationType::Simple,
        sql: SqlStr::from_static(sql),
        checksum: sha256(sql.as_bytes()).to_vec().into(),
        no_tx: false,
    };
    Migrator::with_migrations((1..).zip(files).map(migration).collect())
}

/// Brings the database behind `$connection` up to date. `$listed` says whether it has a table
/// `migration`. Of two replicas that start together one waits for the other's lock.
macro_rules! migrate {
    ($connection:expr, $files:expr, $listed:expr) => {{
        use sqlx::migrate::Migrate;
        use $crate::store::migrations::{ADOPT, TABLE, migrator};
        $connection.lock().await?;
        if sqlx::query_scalar($listed)
            .fetch_one(&mut $connection)
            .await?
        {
            $connection.ensure_migrations_table(TABLE).await?;
            sqlx::query(ADOPT).execute(&mut $connection).await?;
        }
        migrator($files)
            .run_direct(None, &mut $connection, false)
            .await?;
        $connection.unlock().await?;
    }};
}
pub(super) use migrate;
