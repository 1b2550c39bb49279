//! The ends of the chains as this process wrote them itself, or followed them when other replicas
//! did. The database's must be those, or continue them: who writes the database could take
//! records back and have the rest signed as if it were all, and a standby that was promoted may
//! lack what was acknowledged.

use std::collections::HashMap;
use std::sync::Arc;

use super::aging::is_pruning;
use super::clock::now;
use super::error::StoreError;
use super::journal::Journal;
use super::reader::LogReader;
use super::rows::{self, Row};
use crate::chain::{Chain, Hash, genesis};
use crate::stored_record::StoredRecord;
use crate::sync::{Mutex, locked};
use crate::{Record, VerifyingKey};

/// Records that are read at once.
const PAGE: u32 = 1000;

/// No clock is so far ahead of this machine's, in milliseconds: a year. Times never go back, so that
/// a time that was believed would stay for as long.
const MOST_AHEAD: u64 = 365 * 24 * 60 * 60 * 1000;

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
        journal: &mut Journal,
        reader: &LogReader,
        shared: bool,
        trusted: TrustedKeys,
    ) -> Result<Self, StoreError> {
        let named = reader.chains().await?.into_iter();
        let tenants: Vec<String> = named.map(|chain| chain.tenant).collect();
        let mut chains = HashMap::new();
        // All at one moment: another replica may be writing.
        journal.begin_reading().await?;
        for chain in journal.chains_now(&tenants).await? {
            let tenant = chain.tenant.clone();
            let end = Some(ChainEnd::read(journal, chain).await?);
            let perhaps = None;
            chains.insert(tenant, KnownChain { end, perhaps });
        }
        journal.commit().await?;
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
        ChainEnd::read(journal, end.chain.clone()).await?;
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

fn elsewhere(known: &Chain, found: &Chain) -> String {
    let (known, found) = (known.sequence, found.sequence);
    format!("it ended with record {known}, and the database has another end, record {found}")
}

/// Whether a tenant's log ends with these rows as they were written: a rule or a trigger of the
/// database may have made something else of them.
pub(super) async fn assert_written(
    journal: &mut Journal,
    tenant: &str,
    rows: &[&Row],
) -> Result<(), StoreError> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let before = rows::unsigned(first.sequence - 1)?;
    let most = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
    let found = journal.records(tenant, before, most).await?;
    let written = rows.iter().zip(&found).all(|(row, found)| row.is(found));
    if !written || found.len() != rows.len() {
        let reason = "the database makes something else of the records that it is given";
        return Err(StoreError::rewritten(tenant, reason));
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
        Ok(Self::at(chain, chain.pruned, chain.anchor))
    }

    /// Where a chain ends in the database, once the record is there with which it is said to end,
    /// and none after it. Nothing that this record says counts before it hashes to the head.
    pub(super) async fn read(journal: &mut Journal, chain: Chain) -> Result<Self, StoreError> {
        let last = chain.sequence;
        let first = last.saturating_sub(2).max(chain.pruned);
        let found = journal.records(&chain.tenant, first, 3).await?;
        let mut found = found.into_iter().peekable();
        let mut end = Self::at(&chain, first, chain.anchor);
        // Of the last record but one the hash alone is needed, where that is not the anchor.
        if let Some(before) = found.next_if(|record| record.sequence < last) {
            end = Self::at(&chain, before.sequence, before.hash);
        }
        for stored in found {
            end = end.with(&stored)?;
        }
        if (end.chain.sequence, end.chain.head) != (last, chain.head) {
            let reason = format!("record {last} is gone or another one, or others come after it");
            return Err(StoreError::rewritten(&chain.tenant, reason));
        }
        end.chain = chain;
        Ok(end)
    }

    fn at(chain: &Chain, sequence: u64, head: Hash) -> Self {
        let chain = Chain {
            sequence,
            head,
            ..chain.clone()
        };
        Self { chain, time: 0 }
    }

    /// The end with the next record, if it continues the chain.
    pub(super) fn with(mut self, stored: &StoredRecord) -> Result<Self, StoreError> {
        let hash = self.chain.extend(&stored.encoded);
        if self.chain.sequence != stored.sequence || hash != stored.hash {
            let reason = format!("record {} does not continue it", stored.sequence);
            return Err(StoreError::rewritten(&self.chain.tenant, reason));
        }
        let record = Record::decode(&stored.encoded);
        let time = record.map_or(0, |record| record.time);
        if time.saturating_sub(now()) > MOST_AHEAD {
            let reason = format!(
                "record {} says that it was written more than a year from now, by this machine's \
                 clock, which may be wrong",
                stored.sequence
            );
            return Err(StoreError::rewritten(&self.chain.tenant, reason));
        }
        self.time = self.time.max(time);
        Ok(self)
    }
}
