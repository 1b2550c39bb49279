//! What the HSM said of a log before this process began, held against the log as it stands now.

use super::aging::is_pruning;
use super::error::StoreError;
use super::known::ChainEnd;
use super::reader::LogReader;
use crate::chain::Chain;
use crate::{SignedStatement, Statement, VerifyingKey};

/// Records that are read at once.
const PAGE: u32 = 1000;

/// What is known of a tenant's log when a service starts.
#[derive(Clone, Debug, Default)]
pub struct Attested {
    /// The keys that sign its checkpoints, and those that may have: the removal keys.
    pub keys: Vec<VerifyingKey>,
    /// Checkpoints that were kept outside of the database, of this tenant and others. Each counts,
    /// whatever key signed it: keys are replaced, and only a service writes there.
    pub kept: Vec<SignedStatement>,
    /// Checkpoints up to this time are not held against the log: milliseconds since 1 January
    /// 1970, UTC; 0 for none. A person has accepted what is lost.
    pub accepted_loss: u64,
}

impl Attested {
    /// Holds the log against the last checkpoint of each key in the database, and all that were
    /// kept elsewhere.
    pub(super) async fn hold(&self, log: &LogReader, tenant: &str) -> Result<(), StoreError> {
        let said = self.last(log, tenant).await?;
        // Read after what is said of it: another replica may be writing.
        let chain = log.chain(tenant).await?;
        for statement in &said {
            self.compare(log, tenant, chain.as_ref(), statement).await?;
        }
        let Some(chain) = chain else {
            return Ok(());
        };
        let mut end = ChainEnd::begun(&chain)?;
        if chain.pruned > 0 {
            self.check_pruning(log, &chain, &said).await?;
        }
        let last = said.iter().max_by_key(|statement| statement.sequence);
        if let Some(last) = last.filter(|last| last.sequence > chain.pruned) {
            (end.chain.sequence, end.chain.head) = (last.sequence, last.head);
        }
        follow(log, end, chain).await
    }

    /// The last statements that count.
    async fn last(&self, log: &LogReader, tenant: &str) -> Result<Vec<Statement>, StoreError> {
        let kept = self.kept.iter();
        let kept = kept.filter(|signed| signed.statement.tenant == tenant);
        let mut last: Vec<SignedStatement> = kept.cloned().collect();
        for key in &self.keys {
            last.extend(log.last_statement(tenant, key).await?);
        }
        last.retain(|signed| signed.statement.time > self.accepted_loss);
        if let Some(wrong) = last.iter().find(|signed| !signed.verifies()) {
            let reason = format!(
                "a checkpoint of it is not signed by the key that it names (the time of that \
                 checkpoint, for accepted_loss: {})",
                wrong.statement.time
            );
            return Err(StoreError::rewritten(tenant, reason));
        }
        Ok(last.into_iter().map(|signed| signed.statement).collect())
    }

    /// Whether the chain has, where the statement says so, the hash that it says.
    async fn compare(
        &self,
        log: &LogReader,
        tenant: &str,
        chain: Option<&Chain>,
        said: &Statement,
    ) -> Result<(), StoreError> {
        let (sequence, time) = (said.sequence, said.time);
        let refused = |what: &str| {
            let reason = format!(
                "the HSM signed that it had record {sequence}, and {what} (the time of that \
                 checkpoint, for accepted_loss: {time})"
            );
            Err(StoreError::rewritten(tenant, reason))
        };
        let Some(chain) = chain else {
            return refused("the log is gone");
        };
        if chain.id != said.chain_id {
            return refused("this is another log");
        }
        if chain.sequence < sequence {
            return refused(&format!("it ends with record {}", chain.sequence));
        }
        if sequence < chain.pruned {
            // Whether that was to be is for the pruning to say.
            return Ok(());
        }
        let hash = if sequence == chain.pruned {
            Some(chain.anchor)
        } else {
            let at = log.records(tenant, sequence - 1, 1).await?;
            let at = at.first().filter(|record| record.sequence == sequence);
            at.map(|record| record.hash)
        };
        if hash != Some(said.head) {
            return refused("the record is another one now");
        }
        Ok(())
    }

    /// Whether one of the keys signed that the chain was pruned as far as it is, or a person has
    /// accepted the loss of what came before the first record.
    async fn check_pruning(
        &self,
        log: &LogReader,
        chain: &Chain,
        said: &[Statement],
    ) -> Result<(), StoreError> {
        let (tenant, pruned) = (&chain.tenant, chain.pruned);
        let about = log.statements(tenant, pruned - 1, 1).await?;
        if about
            .iter()
            .any(|signed| is_pruning(signed, chain, &self.keys))
        {
            return Ok(());
        }
        let time = match log.records(tenant, pruned, 1).await?.first() {
            // What it says counts only if it comes after what is gone.
            Some(first) => ChainEnd::begun(chain)?.with(first)?.time,
            None => said.iter().map(|said| said.time).max().unwrap_or(1),
        };
        if self.accepted_loss >= time {
            return Ok(());
        }
        let reason = format!(
            "records up to {pruned} are gone, and none of the keys that sign its checkpoints now \
             signed a pruning of them; if an earlier key did, that is to be accepted (the time of \
             what comes after them, for accepted_loss: {time})"
        );
        Err(StoreError::rewritten(tenant, reason))
    }
}

/// Reads the records after `end`, which must continue the chain to where it is said to end.
async fn follow(log: &LogReader, mut end: ChainEnd, chain: Chain) -> Result<(), StoreError> {
    while end.chain.sequence < chain.sequence {
        let before = end.chain.sequence;
        for stored in log.records(&chain.tenant, before, PAGE).await? {
            if stored.sequence <= chain.sequence {
                end = end.with(&stored)?;
            }
        }
        if end.chain.sequence == before {
            let reason = format!("record {} is missing", before + 1);
            return Err(StoreError::rewritten(&chain.tenant, reason));
        }
    }
    if end.chain.head != chain.head {
        let reason = "it is said to end with another hash";
        return Err(StoreError::rewritten(&chain.tenant, reason));
    }
    Ok(())
}
