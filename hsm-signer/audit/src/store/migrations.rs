//! The versions of the schema. A file that was released is never changed; a change is a new
//! file.

use super::error::StoreError;
use mls_signer_message::hash::sha256;

/// SQLite's files, and what a migration begins with.
pub(super) const SQLITE: &[&str] = &[include_str!("../../migrations/sqlite/0001_audit.sql")];
pub(super) const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE; \
     CREATE TABLE IF NOT EXISTS migration \
     (version INTEGER NOT NULL PRIMARY KEY, hash BLOB NOT NULL) STRICT";

/// PostgreSQL's. Of two replicas that start together one waits for the other's lock.
#[cfg(feature = "postgres")]
pub(super) const POSTGRES: &[&str] = &[include_str!("../../migrations/postgres/0001_audit.sql")];
#[cfg(feature = "postgres")]
pub(super) const BEGIN_POSTGRES: &str = "BEGIN; SELECT pg_advisory_xact_lock(7016996765293437281); \
     CREATE TABLE IF NOT EXISTS migration \
     (version BIGINT NOT NULL PRIMARY KEY, hash BYTEA NOT NULL)";

/// Brings the database up to date in one transaction.
macro_rules! migrate {
    ($connection:expr, $begin:expr, $files:expr) => {{
        sqlx::raw_sql($begin).execute(&mut *$connection).await?;
        let sql = "SELECT version, hash FROM migration ORDER BY version";
        let done = sqlx::query_as(sql).fetch_all(&mut *$connection).await?;
        for (version, sql, hash) in $crate::store::migrations::missing($files, &done)? {
            sqlx::raw_sql(sql).execute(&mut *$connection).await?;
            sqlx::query("INSERT INTO migration (version, hash) VALUES ($1, $2)")
                .bind(version)
                .bind(hash)
                .execute(&mut *$connection)
                .await?;
        }
        sqlx::raw_sql("COMMIT").execute(&mut *$connection).await?;
    }};
}
pub(super) use migrate;

/// A migration: its version, its SQL, and that one's SHA-256.
type Migration = (i64, &'static str, Vec<u8>);

/// The files that the database has not seen, if those that it has are the first of `files`.
pub(super) fn missing(
    files: &[&'static str],
    done: &[(i64, Vec<u8>)],
) -> Result<Vec<Migration>, StoreError> {
    let files = (1..).zip(files);
    let files = files.map(|(version, sql)| (version, *sql, sha256(sql.as_bytes()).to_vec()));
    let files: Vec<Migration> = files.collect();
    if let Some((newest, _)) = done.last()
        && files.iter().all(|(version, _, _)| version != newest)
    {
        return Err(StoreError::TooNew { found: *newest });
    }
    for ((version, _, hash), seen) in files.iter().zip(done) {
        if (*version, hash) != (seen.0, &seen.1) {
            let reason = format!("it has another migration {version} than this program");
            return Err(StoreError::Migration(reason));
        }
    }
    Ok(files.into_iter().skip(done.len()).collect())
}
