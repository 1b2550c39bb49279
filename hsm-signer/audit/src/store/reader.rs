//! Reading what is stored.

use std::collections::HashMap;
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
use super::rows::{self, ChainColumns, hash, signed, unsigned};
use super::sqlite;
use crate::SignedStatement;
use crate::Statement;
use crate::VerifyingKey;
use crate::chain::Chain;
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
        type RecordColumns = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);
        let sql = "SELECT sequence, request, encoded, hash, message, proposal_ref FROM record \
             WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        let after = signed(sequence)?;
        let rows: Vec<RecordColumns> = fetch_all!(
            self,
            sqlx::query_as(sql)
                .bind(tenant)
                .bind(after)
                .bind(i64::from(count))
        );
        let record = |(sequence, request, encoded, hashed, message, proposal_ref)| {
            Ok(StoredRecord {
                sequence: unsigned(sequence)?,
                request: Some(hash(request)?),
                encoded,
                hash: hash(hashed)?,
                message,
                proposal_ref,
            })
        };
        rows.into_iter().map(record).collect()
    }

    /// What the HSM said of a tenant's chain, by sequence number.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; [`StoreError::Corrupt`] when a row is
    /// no statement.
    pub async fn statements(&self, tenant: &str) -> Result<Vec<SignedStatement>, StoreError> {
        type StatementColumns = (Vec<u8>, Vec<u8>, Vec<u8>);
        let sql = "SELECT encoded, key, signature FROM statement WHERE tenant = $1 \
             ORDER BY sequence, encoded";
        let rows: Vec<StatementColumns> = fetch_all!(self, sqlx::query_as(sql).bind(tenant));
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

    pub(super) async fn close(&self) {
        on!(Pool, &self.0, |_dialect, pool| pool.close().await)
    }
}
