//! Reading what is stored.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::SqlitePool;

use super::claims::StoredAnswer;
use super::config::Place;
use super::database::on;
use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::postgres;
use super::rows::{
    self, ChainColumns, RecordColumns, StatementColumns, StatementRow, signed, statement_rows,
};
use super::sqlite;
use crate::SignedStatement;
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
    ) -> Result<HashMap<Digest, StoredAnswer>, StoreError> {
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
    /// `count` statements, and those about the same record as the last of them. Rows that are no
    /// statements are passed over, as anybody who writes the database can put some there;
    /// [`statement_rows`](Self::statement_rows) has them.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn statements(
        &self,
        tenant: &str,
        sequence: u64,
        count: u32,
    ) -> Result<Vec<SignedStatement>, StoreError> {
        let mut after = sequence;
        loop {
            let rows = self.statement_rows(tenant, after, count).await?;
            let Some(last) = rows.last() else {
                return Ok(Vec::new());
            };
            after = last.sequence;
            let signed: Vec<_> = rows.into_iter().filter_map(|row| row.signed).collect();
            if !signed.is_empty() {
                return Ok(signed);
            }
        }
    }

    /// The rows of the same table, in the same order and number, whatever they hold.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn statement_rows(
        &self,
        tenant: &str,
        sequence: u64,
        count: u32,
    ) -> Result<Vec<StatementRow>, StoreError> {
        let sql = "SELECT sequence, encoded, key, signature FROM statement \
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
        Ok(statement_rows(tenant, rows))
    }

    /// Rows that are nobody's: records and statements before the first place, or of tenants that
    /// have no chain. The tenants, and how many each has.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn strays(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT tenant, count(*) FROM (SELECT tenant, sequence FROM record \
             UNION ALL SELECT tenant, sequence FROM statement) AS stored \
             WHERE sequence < 1 OR tenant NOT IN (SELECT tenant FROM chain) \
             GROUP BY tenant ORDER BY tenant";
        let rows: Vec<(String, i64)> = fetch_all!(self, sqlx::query_as(sql));
        let stray = |(tenant, count)| Ok((tenant, rows::unsigned(count)?));
        rows.into_iter().map(stray).collect()
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
        let sql = "SELECT sequence, encoded, key, signature FROM statement \
             WHERE tenant = $1 AND key = $2 ORDER BY sequence DESC, encoded DESC \
             LIMIT 100 OFFSET $3";
        let key = encoded(key);
        let mut passed = 0;
        loop {
            let rows: Vec<StatementColumns> = fetch_all!(
                self,
                sqlx::query_as(sql).bind(tenant).bind(&key).bind(passed)
            );
            if rows.is_empty() {
                return Ok(None);
            }
            passed += rows.len() as i64;
            let rows = statement_rows(tenant, rows).into_iter();
            if let Some(last) = rows.filter_map(|row| row.signed).next() {
                return Ok(Some(last));
            }
        }
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
