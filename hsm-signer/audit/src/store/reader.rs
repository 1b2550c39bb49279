//! Reading what is stored.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::SqlitePool;

use super::claims::Answer;
use super::config::Place;
use super::database::on;
use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::postgres;
use super::rows::{self, ChainColumns, RecordColumns, signed};
use super::sqlite;
use crate::SignedStatement;
use crate::Statement;
use crate::VerifyingKey;
use crate::chain::Chain;
use crate::encoding::encoded;
use crate::request::Digest;
use crate::stored_record::StoredRecord;

/// Reads the log beside the service that writes it.
#[derive(Clone, Debug)]
pub struct LogReader(Pool);

#[derive(Clone, Debug)]
enum Pool {
    Sqlite(SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

/// Fetches what a query finds.
macro_rules! fetch_all {
    ($reader:expr, $query:expr) => {
        on!(Pool, &$reader.0, |_dialect, pool| {
            $query.fetch_all(pool).await?
        })
    };
}

impl LogReader {
    /// Connects when something is read.
    pub(super) fn new(place: &Place, patience: Duration) -> Self {
        Self(match place {
            Place::Sqlite(path) => Pool::Sqlite(sqlite::readers(path, patience)),
            #[cfg(feature = "postgres")]
            Place::Postgres(options) => Pool::Postgres(postgres::readers(options, patience)),
        })
    }

    pub(super) async fn answers(
        &self,
        requests: &[Digest],
    ) -> Result<HashMap<Digest, Answer>, StoreError> {
        let rows = on!(Pool, &self.0, |dialect, pool| {
            let query = sqlx::query_as(dialect::ANSWERS).bind(dialect::digests(requests));
            query.fetch_all(pool).await?
        });
        rows::answers(rows)
    }

    /// All tenants' chains, in alphabetical order.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn chains(&self) -> Result<Vec<Chain>, StoreError> {
        let sql = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain ORDER BY tenant";
        let rows: Vec<ChainColumns> = fetch_all!(self, sqlx::query_as(sql));
        rows::chains(rows)
    }

    /// A tenant's chain, if it has one.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn chain(&self, tenant: &str) -> Result<Option<Chain>, StoreError> {
        let sql = "SELECT tenant, id, pruned, anchor, sequence, head FROM chain WHERE tenant = $1";
        let rows: Vec<ChainColumns> = fetch_all!(self, sqlx::query_as(sql).bind(tenant));
        Ok(rows::chains(rows)?.pop())
    }

    /// A tenant's records after `sequence`, in order, at most `count`. Sequence numbers may be
    /// missing here; nothing is left out silently by [`verify`](crate::verify).
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn records(
        &self,
        tenant: &str,
        sequence: u64,
        count: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let after = signed(sequence)?;
        let rows: Vec<RecordColumns> = fetch_all!(
            self,
            sqlx::query_as(rows::RECORDS)
                .bind(tenant)
                .bind(after)
                .bind(i64::from(count))
        );
        rows::records(rows)
    }

    /// What the HSM said of a tenant's chain after `sequence`, by sequence number: at most
    /// `count` statements, and those about the same record as the last of them.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; [`StoreError::Corrupt`] when a row is
    /// no statement.
    pub async fn statements(
        &self,
        tenant: &str,
        sequence: u64,
        count: u32,
    ) -> Result<Vec<SignedStatement>, StoreError> {
        let sql = "SELECT encoded, key, signature FROM statement \
             WHERE tenant = $1 AND sequence > $2 AND sequence <= (SELECT max(sequence) FROM \
             (SELECT sequence FROM statement WHERE tenant = $1 AND sequence > $2 \
             ORDER BY sequence LIMIT $3) AS page) ORDER BY sequence, encoded";
        let after = signed(sequence)?;
        let rows: Vec<StatementColumns> = fetch_all!(
            self,
            sqlx::query_as(sql)
                .bind(tenant)
                .bind(after)
                .bind(i64::from(count))
        );
        statements(rows)
    }

    /// The last statement of a key about a tenant's chain.
    ///
    /// # Errors
    /// As [`statements`](Self::statements).
    pub async fn last_statement(
        &self,
        tenant: &str,
        key: &VerifyingKey,
    ) -> Result<Option<SignedStatement>, StoreError> {
        let sql = "SELECT encoded, key, signature FROM statement \
             WHERE tenant = $1 AND key = $2 ORDER BY sequence DESC, encoded DESC LIMIT 1";
        let key = encoded(key);
        let rows: Vec<StatementColumns> =
            fetch_all!(self, sqlx::query_as(sql).bind(tenant).bind(&key));
        Ok(statements(rows)?.pop())
    }

    /// Copies a SQLite database to a new file, closed to other users: all that is durable when this
    /// begins, while a service writes to it. The copy is on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::BackUp`]: the database is PostgreSQL, whose tool is pg_dump; the file exists
    /// or cannot be written. Others when the database cannot be read.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        on!(Pool, &self.0, |dialect, pool| dialect::back_up(pool, to)
            .await)
    }

    pub(super) async fn close(&self) {
        on!(Pool, &self.0, |_dialect, pool| pool.close().await)
    }
}

type StatementColumns = (Vec<u8>, Vec<u8>, Vec<u8>);

fn statements(rows: Vec<StatementColumns>) -> Result<Vec<SignedStatement>, StoreError> {
    let statement = |(encoded, key, signature): StatementColumns| {
        Some(SignedStatement {
            statement: Statement::decode(&encoded)?,
            key: VerifyingKey::decode(&key)?,
            signature,
        })
    };
    let statements: Option<Vec<_>> = rows.into_iter().map(statement).collect();
    statements.ok_or_else(|| StoreError::Corrupt("a statement".into()))
}
