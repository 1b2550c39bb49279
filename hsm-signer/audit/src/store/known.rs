//! The ends of the chains as this process wrote them itself, or followed them when other replicas
//! did. The database's must be those, or continue them: who writes the database could take
//! records back and have the rest signed as if it were all, and a standby that was promoted may
//! lack what was acknowledged.

use std::collections::HashMap;
use std::sync::Arc;

use super::aging::is_pruning;
use super::error::StoreError;
use super::journal::Journal;
use super::reader::LogReader;
use crate::chain::{Chain, genesis};
use crate::stored_record::StoredRecord;
use crate::sync::{Mutex, locked};
use crate::{Record, VerifyingKey};

/// Records that are read at once.
const PAGE: u32 = 1000;

/// Where a chain ends, and when its last record was written; 0 before the first.
#[derive(Clone)]
pub(super) struct ChainEnd {
    pub(super) chain: Chain,
    /// Milliseconds since 1 January 1970, UTC.
    pub(super) time: u64,
}

#[derive(Default)]
struct KnownChain {
    end: Option<ChainEnd>,
    /// What a transaction may have made of it whose outcome is not known.
    perhaps: Option<ChainEnd>,
}

/// The keys whose statements count, by tenant.
pub(super) type TrustedKeys = Arc<Mutex<HashMap<String, Vec<VerifyingKey>>>>;

pub(super) struct KnownChains {
    /// Whether other replicas extend the chains too.
    shared: bool,
    trusted: TrustedKeys,
    chains: HashMap<String, KnownChain>,
}

impl KnownChains {
    /// Begins with what the database has, which nothing contradicts yet.
    pub(super) async fn read(
        reader: &LogReader,
        shared: bool,
        trusted: TrustedKeys,
    ) -> Result<Self, StoreError> {
        let mut chains = HashMap::new();
        for chain in reader.chains().await? {
            let before = chain.sequence.saturating_sub(1);
            let last = reader.records(&chain.tenant, before, 1).await?;
            let tenant = chain.tenant.clone();
            let end = Some(ended(chain, last));
            let perhaps = None;
            chains.insert(tenant, KnownChain { end, perhaps });
        }
        Ok(Self {
            shared,
            trusted,
            chains,
        })
    }

    pub(super) fn tenants(&self) -> Vec<String> {
        self.chains.keys().cloned().collect()
    }

    /// The ends of the chains that are `found` in the database, once they are what is known of
    /// these tenants, or continue it.
    ///
    /// # Errors
    /// [`StoreError::Rewritten`] when one is not; others when the database fails.
    pub(super) async fn follow(
        &mut self,
        journal: &mut Journal,
        tenants: &[String],
        found: Vec<Chain>,
    ) -> Result<HashMap<String, ChainEnd>, StoreError> {
        let named = |chain: Chain| (chain.tenant.clone(), chain);
        let mut found: HashMap<String, Chain> = found.into_iter().map(named).collect();
        let mut ends = HashMap::new();
        for tenant in tenants {
            if let Some(end) = self.next(journal, tenant, found.remove(tenant)).await? {
                ends.insert(tenant.clone(), end);
            }
        }
        Ok(ends)
    }

    async fn next(
        &mut self,
        journal: &mut Journal,
        tenant: &str,
        found: Option<Chain>,
    ) -> Result<Option<ChainEnd>, StoreError> {
        let rewritten = |reason| Err(StoreError::rewritten(tenant, reason));
        let known = self.chains.entry(tenant.into()).or_default();
        let Some(found) = found else {
            return match &known.end {
                None => Ok(None),
                Some(_) => rewritten("it is gone".into()),
            };
        };
        if let Some(perhaps) = known.perhaps.take()
            && perhaps.chain == found
        {
            known.end = Some(perhaps);
        }
        let end = match &known.end {
            Some(end) if end.chain == found => end.clone(),
            Some(end) if self.shared => {
                if found.pruned > end.chain.pruned {
                    assert_pruned(journal, &found, &self.trusted).await?;
                }
                continued(journal, end, found).await?
            }
            None if self.shared => {
                let begun = ChainEnd::begun(&found)?;
                continued(journal, &begun, found).await?
            }
            Some(end) => return rewritten(elsewhere(&end.chain, &found)),
            None => return rewritten("this process did not begin it".into()),
        };
        assert_ended(journal, &end.chain).await?;
        known.end = Some(end.clone());
        Ok(Some(end))
    }

    /// Notes what a transaction makes of these chains, before it is committed.
    pub(super) fn expect(&mut self, ends: &[ChainEnd]) {
        for end in ends {
            let known = self.chains.entry(end.chain.tenant.clone()).or_default();
            known.perhaps = Some(end.clone());
        }
    }

    /// The transaction that made this of the chains is durable.
    pub(super) fn committed(&mut self, ends: Vec<ChainEnd>) {
        for end in ends {
            let (tenant, end) = (end.chain.tenant.clone(), Some(end));
            let perhaps = None;
            self.chains.insert(tenant, KnownChain { end, perhaps });
        }
    }
}

/// Where a chain ends whose last record is `last`.
fn ended(chain: Chain, last: Vec<StoredRecord>) -> ChainEnd {
    let last = last.first().filter(|last| last.hash == chain.head);
    let record = last.and_then(|last| Record::decode(&last.encoded));
    let time = record.map_or(0, |record| record.time);
    ChainEnd { chain, time }
}

fn elsewhere(known: &Chain, found: &Chain) -> String {
    let (known, found) = (known.sequence, found.sequence);
    format!("it ended with record {known}, and the database has another end, record {found}")
}

/// Whether the record is there with which a chain is said to end, and none after it.
pub(super) async fn assert_ended(journal: &mut Journal, chain: &Chain) -> Result<(), StoreError> {
    let before = chain.sequence.saturating_sub(1).max(chain.pruned);
    let found = journal.two_after(&chain.tenant, before).await?;
    let last = (chain.sequence > chain.pruned).then_some((chain.sequence, chain.head));
    if found != Vec::from_iter(last) {
        let sequence = chain.sequence;
        let reason = format!("record {sequence} is gone or another one, or others come after it");
        return Err(StoreError::rewritten(&chain.tenant, reason));
    }
    Ok(())
}

/// Whether the HSM signed that a chain's beginning was removed.
async fn assert_pruned(
    journal: &mut Journal,
    chain: &Chain,
    trusted: &TrustedKeys,
) -> Result<(), StoreError> {
    let tenant = &chain.tenant;
    let about = journal.statements_about(tenant, chain.pruned).await?;
    let keys = locked(trusted).get(tenant).cloned().unwrap_or_default();
    if about.iter().any(|signed| is_pruning(signed, chain, &keys)) {
        return Ok(());
    }
    let reason = format!(
        "records up to {} are gone, and none of its keys signed a pruning of them",
        chain.pruned
    );
    Err(StoreError::rewritten(tenant, reason))
}

/// Where the chain ends that `found` says to continue `known`, once all records between are read
/// and hashed.
async fn continued(
    journal: &mut Journal,
    known: &ChainEnd,
    found: Chain,
) -> Result<ChainEnd, StoreError> {
    let tenant = &found.tenant;
    let from = &known.chain;
    let goes_on = found.id == from.id
        && found.sequence >= from.sequence
        && (from.pruned..=from.sequence).contains(&found.pruned)
        && (found.pruned > from.pruned || found.anchor == from.anchor);
    if !goes_on {
        return Err(StoreError::rewritten(tenant, elsewhere(from, &found)));
    }
    let mut end = known.clone();
    while end.chain.sequence < found.sequence {
        let before = end.chain.sequence;
        for stored in journal.records(tenant, before, PAGE).await? {
            if stored.sequence <= found.sequence {
                end = end.with(&stored)?;
            }
        }
        if end.chain.sequence == before {
            let reason = format!("record {} is missing", before + 1);
            return Err(StoreError::rewritten(tenant, reason));
        }
    }
    if end.chain.head != found.head {
        return Err(StoreError::rewritten(tenant, elsewhere(from, &found)));
    }
    end.chain = found;
    Ok(end)
}

impl ChainEnd {
    /// Before the first record that a chain has.
    pub(super) fn begun(chain: &Chain) -> Result<Self, StoreError> {
        let tenant = &chain.tenant;
        if chain.pruned == 0 && chain.anchor != genesis(&chain.id, tenant) {
            let reason = "it does not begin with the hash of its id and tenant";
            return Err(StoreError::rewritten(tenant, reason));
        }
        let chain = Chain {
            sequence: chain.pruned,
            head: chain.anchor,
            ..chain.clone()
        };
        Ok(Self { chain, time: 0 })
    }

    /// Where a chain ends that was not seen before.
    pub(super) async fn read(journal: &mut Journal, chain: Chain) -> Result<Self, StoreError> {
        let before = chain.sequence.saturating_sub(1);
        let last = journal.records(&chain.tenant, before, 1).await?;
        Ok(ended(chain, last))
    }

    /// The end with the next record, if it continues the chain.
    pub(super) fn with(mut self, stored: &StoredRecord) -> Result<Self, StoreError> {
        let hash = self.chain.extend(&stored.encoded);
        if self.chain.sequence != stored.sequence || hash != stored.hash {
            let reason = format!("record {} does not continue it", stored.sequence);
            return Err(StoreError::rewritten(&self.chain.tenant, reason));
        }
        let record = Record::decode(&stored.encoded);
        self.time = record.map_or(self.time, |record| self.time.max(record.time));
        Ok(self)
    }
}
