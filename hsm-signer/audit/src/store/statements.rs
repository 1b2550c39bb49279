//! What the HSM says of the log: checkpoints, and what may be pruned.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Store;
use super::error::StoreError;
use super::writer::{Job, now};
use crate::Kind;
use crate::SignedStatement;
use crate::Statement;
use crate::StatementSigner;
use crate::chain::Chain;
use crate::signed;
use crate::stored_record::StoredRecord;

/// The most records that [`Store::prune`] removes in one step.
pub const MOST_PRUNED: u64 = 20_000;

impl Store {
    /// Has the HSM say how far a tenant's chain has come, and keeps that. `None` when there is
    /// no record yet, or none since the last checkpoint under this key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the HSM does not sign.
    pub async fn checkpoint(
        &self,
        tenant: &str,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<Option<SignedStatement>, StoreError> {
        let Some(chain) = self.reader.chain(tenant).await? else {
            return Ok(None);
        };
        let made = self.reader.statements(tenant).await?;
        let known = |signed: &SignedStatement| {
            signed.statement.sequence == chain.sequence
                && signed.statement.kind == Kind::Checkpoint
                && signed.key.public_key == signer.public_key()
        };
        if chain.sequence == 0 || made.iter().any(known) {
            return Ok(None);
        }
        let statement = Statement {
            kind: Kind::Checkpoint,
            chain_id: chain.id,
            tenant: chain.tenant,
            sequence: chain.sequence,
            head: chain.head,
            time: now(),
        };
        self.keep(statement, signer).await.map(Some)
    }

    /// Removes records and answers that were written before `time` (milliseconds since 1 January
    /// 1970, UTC), up to a checkpoint of this key, which the HSM then signs to be the end of
    /// what was pruned. One step: at most [`MOST_PRUNED`] records, unless the first checkpoint
    /// after them is further; `None` when there is nothing more to prune.
    ///
    /// A request whose answer was pruned is signed anew, and differently: what is pruned should
    /// be older than any group stays in one epoch. Export it first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the chain is not what the checkpoint says; then nothing is
    /// removed. Others when the database fails or the HSM does not sign.
    pub async fn prune(
        &self,
        tenant: &str,
        time: u64,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<Option<SignedStatement>, StoreError> {
        let statements = self.reader.statements(tenant).await?;
        let Some(chain) = self.reader.chain(tenant).await? else {
            return Ok(None);
        };
        let eligible = statements.into_iter().filter(|signed| {
            let statement = &signed.statement;
            statement.kind == Kind::Checkpoint
                && statement.sequence > chain.pruned
                && statement.time <= time
                && signed.key.public_key == signer.public_key()
        });
        let mut end: Option<SignedStatement> = None;
        for signed in eligible {
            if end.is_none() || signed.statement.sequence - chain.pruned <= MOST_PRUNED {
                end = Some(signed);
            }
        }
        let Some(end) = end else { return Ok(None) };
        self.check_end(&chain, &end).await?;
        let statement = Statement {
            kind: Kind::Pruning,
            time: now(),
            ..end.statement
        };
        self.keep(statement, signer).await.map(Some)
    }

    /// Whether the chain has, where the checkpoint says so, the hash that it says.
    async fn check_end(&self, chain: &Chain, end: &SignedStatement) -> Result<(), StoreError> {
        let statement = &end.statement;
        let before = statement.sequence - 1;
        let last = self.reader.records(&chain.tenant, before, 1).await?;
        let same = |record: &StoredRecord| {
            record.sequence == statement.sequence && record.hash == statement.head
        };
        if statement.chain_id != chain.id || !last.first().is_some_and(same) || !end.verifies() {
            return Err(StoreError::Corrupt("a checkpoint that does not fit".into()));
        }
        Ok(())
    }

    async fn keep(
        &self,
        statement: Statement,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<SignedStatement, StoreError> {
        let signing = tokio::task::spawn_blocking(move || signed(statement, signer.as_ref()));
        let unsigned = |reason: &dyn std::fmt::Display| StoreError::Unsigned(reason.to_string());
        let signed = signing.await.map_err(|error| unsigned(&error))?;
        let statement = signed.map_err(|error| unsigned(&error))?;
        let (reply, kept) = oneshot::channel();
        self.hand_over(Job::Keep {
            statement: statement.clone(),
            reply,
        })
        .await?;
        kept.await.map_err(|_| StoreError::Closed)??;
        Ok(statement)
    }
}
