//! What the HSM says of a tenant's log: how far it has come, and what was pruned of it.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::aging::{Ages, REPEATED, is_checkpoint};
use super::clock::now;
use super::evidence::Attested;
use super::known::ChainEnd;
use super::writer::Job;
use super::{Store, StoreError, StoredRecord};
use crate::chain::Chain;
use crate::statement;
use crate::sync::locked;
use crate::{Kind, SignedStatement, Statement, StatementSigner, VerifyingKey};

/// The most records that [`Store::prune`] removes in one step.
const MOST_PRUNED: u64 = 20_000;

impl Store {
    /// Holds a tenant's log against what the HSM said of it before: all of it where nothing was
    /// said, else what came since. To be called before anything is served; other replicas'
    /// prunings count from then on if one of these keys, or the one that signs here, made them.
    ///
    /// # Errors
    /// [`StoreError::Rewritten`] when the log is behind that or another one; others when the
    /// database cannot be read.
    pub async fn hold(&self, tenant: &str, attested: &Attested) -> Result<(), StoreError> {
        locked(&self.trusted).insert(tenant.into(), attested.keys.clone());
        let held = attested.hold(&self.reader, tenant).await;
        if let Err(StoreError::Rewritten { .. }) = held {
            // Another replica may have pruned it while it was read.
            return attested.hold(&self.reader, tenant).await;
        }
        held
    }

    /// A key that came after the start signs this tenant's statements.
    fn trust(&self, tenant: &str, key: VerifyingKey) {
        if let Some(keys) = locked(&self.trusted).get_mut(tenant)
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }

    /// Where a tenant's chain ends, once that continues what this process knows of it.
    async fn end(&self, tenant: &str) -> Result<Option<ChainEnd>, StoreError> {
        let (reply, end) = oneshot::channel();
        let tenant = tenant.into();
        self.hand_over(Job::End { tenant, reply }).await?;
        end.await.map_err(|_| StoreError::Closed)?
    }

    /// Has the HSM say how far a tenant's chain has come, and keeps that: [`attest`](Self::attest)
    /// and [`keep`](Self::keep).
    ///
    /// # Errors
    /// Of those two.
    pub async fn checkpoint(
        &self,
        tenant: &str,
        repeat: bool,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<Option<SignedStatement>, StoreError> {
        let made = self.attest(tenant, repeat, signer).await?;
        if let Some(signed) = &made {
            self.keep(signed).await?;
        }
        Ok(made)
    }

    /// Has the HSM say how far a tenant's chain has come. `None` when there is no record yet, or
    /// none since the last checkpoint under this key that the database has; a checkpoint that is an
    /// hour old is repeated where `repeat`, for [`prune`](Self::prune) measures by checkpoints.
    ///
    /// # Errors
    /// [`StoreError::Rewritten`] when the chain does not continue what this process knows of it;
    /// others when the database fails or the HSM does not sign.
    pub async fn attest(
        &self,
        tenant: &str,
        repeat: bool,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<Option<SignedStatement>, StoreError> {
        self.trust(tenant, signer.key());
        let Some(ChainEnd { chain, .. }) = self.end(tenant).await? else {
            return Ok(None);
        };
        if chain.sequence == 0 {
            return Ok(None);
        }
        // This clock's, whatever the records say: ages are measured by it, for pruning.
        let time = now();
        // A table that cannot be read keeps nobody from saying it again.
        let made = self.reader.statements(tenant, chain.sequence - 1, 1).await;
        let made = made.unwrap_or_default();
        let key = signer.key();
        let known = |signed: &SignedStatement| {
            let statement = &signed.statement;
            (statement.chain_id, statement.sequence, statement.head)
                == (chain.id, chain.sequence, chain.head)
                && statement.kind == Kind::Checkpoint
                && !(repeat && time.saturating_sub(statement.time) >= REPEATED)
                && signed.key == key
                && signed.verifies()
        };
        if made.iter().any(known) {
            return Ok(None);
        }
        let statement = Statement {
            kind: Kind::Checkpoint,
            chain_id: chain.id,
            tenant: chain.tenant,
            sequence: chain.sequence,
            head: chain.head,
            time,
        };
        signed(statement, signer).await.map(Some)
    }

    /// Removes records and answers that are older than `age` (milliseconds), up to a checkpoint of
    /// this key, which the HSM then signs to be the end of what was pruned. One step: at most
    /// 20,000 records, unless the first checkpoint after them is further; `None` when
    /// there is nothing more to prune.
    ///
    /// How old a checkpoint is, is measured from one checkpoint to the next up to the last, and
    /// what lies between two that are more than three hours apart counts as nothing: a clock that
    /// jumped ahead removes nothing. To be asked with `repeat`, at least once an hour.
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
        age: u64,
        signer: Arc<dyn StatementSigner>,
    ) -> Result<Option<SignedStatement>, StoreError> {
        self.trust(tenant, signer.key());
        let Some(ChainEnd { chain, .. }) = self.end(tenant).await? else {
            return Ok(None);
        };
        let key = signer.key();
        let ages = Ages::read(&self.reader, &chain, &key, age).await?;
        if ages.jumped(age) {
            tracing::warn!(
                tenant,
                "the times of checkpoints jump: a gap of more than three hours counts as nothing, \
                 and records are kept for longer"
            );
        }
        let Some(end) = ages.end(age, chain.pruned, MOST_PRUNED) else {
            return Ok(None);
        };
        let about = self.reader.statements(tenant, end - 1, 1).await?;
        let mut about = about.into_iter();
        let Some(end) = about.find(|signed| is_checkpoint(signed, &chain, &key)) else {
            return Ok(None);
        };
        self.check_end(&chain, &end).await?;
        let statement = Statement {
            kind: Kind::Pruning,
            time: end.statement.time.max(now()),
            ..end.statement
        };
        let pruned = signed(statement, signer).await?;
        self.keep(&pruned).await?;
        Ok(Some(pruned))
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

    /// Writes a statement of [`attest`](Self::attest) to the database.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not take it.
    pub async fn keep(&self, signed: &SignedStatement) -> Result<(), StoreError> {
        let (reply, kept) = oneshot::channel();
        let statement = signed.clone();
        self.hand_over(Job::Keep { statement, reply }).await?;
        kept.await.map_err(|_| StoreError::Closed)?
    }
}

async fn signed(
    statement: Statement,
    signer: Arc<dyn StatementSigner>,
) -> Result<SignedStatement, StoreError> {
    let signing = spawn_blocking(move || statement::sign(statement, signer.as_ref()));
    let signed = signing
        .await
        .unwrap_or_else(|panicked| Err(panicked.into()));
    signed.map_err(|error| StoreError::Unsigned(error.to_string()))
}
