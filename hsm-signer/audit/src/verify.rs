//! Whether a log is what was written.
//!
//! # What is found
//!
//! Whoever can write the database and cannot sign in the HSM is found out when they
//!
//! - change any byte of a record, an answer or a hash, or leave out, add, repeat or reorder
//!   records, without computing the hashes anew, or give them times that go backwards: by the
//!   chain alone;
//! - compute the hashes anew, put another chain's records in, or cut the end off: by a
//!   [checkpoint](super::Statement) after the place, provided that it is known. Checkpoints in
//!   the database can be cut off with the records, so one that is kept elsewhere (a
//!   log, a ticket, another machine) counts for more; give it to [`Verification::kept`];
//! - cut the beginning off: only a pruning that the HSM signed explains that it is missing.
//!
//! What comes after the last checkpoint that the verifier knows can be rewritten by such an
//! attacker without a trace: the report says how many records those are. The HSM's
//! own keys are not to be had by writing the database; what an attacker *inside the service*
//! could have it sign is not for this log to show.

use std::collections::{BTreeMap, HashMap, HashSet};

use mls_signer_message::hash::sha256;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signed_removal::SignedRemoval;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

use crate::chain::{Chain, Hash, genesis, next};
use crate::record::Record;
use crate::request;
use crate::statement::{Kind, SignedStatement, VerifyingKey};
use crate::stored_record::StoredRecord;

/// The most findings that are described; the others are counted.
const MOST_FINDINGS: usize = 100;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence}: {fault}")]
pub struct Finding {
    /// The record that it concerns, or the place where one is missing.
    pub sequence: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself what it is")]
pub enum Fault {
    #[error("the chain does not begin with the hash of its id and tenant")]
    Genesis,
    #[error("what comes before is missing, and no pruning of it was signed")]
    FrontMissing,
    #[error("records are missing before it")]
    Gap,
    #[error("it does not belong in this place")]
    Order,
    #[error("it is not encoded as a record")]
    Encoding,
    #[error("it says that it belongs elsewhere")]
    Sequence,
    #[error("it belongs to another chain")]
    OtherChain,
    #[error("it says that it was written before the one before it")]
    Time,
    #[error("its hash does not continue the chain")]
    Hash,
    #[error("the stored message is no external Remove proposal")]
    Message,
    #[error("the stored message is not the one recorded")]
    MessageHash,
    #[error("the message's signature is not the one recorded")]
    SignatureHash,
    #[error("the message proposes another removal than the one recorded")]
    Removal,
    #[error("the ProposalRef is not that of the message")]
    ProposalRef,
    #[error("the answer is stored for another request")]
    Request,
    #[error("the same request was recorded before")]
    Repeated,
    #[error("the message's signature is not the key's")]
    Signature,
    #[error("the chain is said to end elsewhere")]
    End,
    #[error("the chain is said to end with another hash")]
    Head,
    #[error("what is kept as a statement about it is none")]
    StatementEncoding,
    #[error("a statement about it has a bad signature")]
    StatementSignature,
    #[error("a statement about it is signed by a key that is not trusted")]
    StatementKey,
    #[error("a statement about it belongs to another chain")]
    StatementChain,
    #[error("rows stand where nothing is kept, or belong to no chain")]
    Stray,
    #[error("the HSM signed another hash for it: the log was rewritten")]
    Rewritten,
    #[error("the HSM signed that there is such a record: the end was cut off")]
    Truncated,
    #[error("the HSM signed that there is such a record, and it is missing")]
    Missing,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whose log it is.
    pub tenant: String,
    /// The chain's id.
    pub chain_id: [u8; 32],
    /// Records that were checked.
    pub records: u64,
    /// How many were pruned before them.
    pub pruned: u64,
    /// The last record's sequence number.
    pub last: u64,
    /// Statements whose signatures and hashes are right.
    pub statements: u64,
    /// Whether only keys were trusted that the verifier was told. Where not, statements prove
    /// nothing against whoever can write them.
    pub pinned: bool,
    /// The first keys of statements that are not trusted, each once.
    pub untrusted: Vec<VerifyingKey>,
    /// The last record that a trusted statement covers.
    pub attested: u64,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub faults: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn sound(&self) -> bool {
        self.faults == 0
    }

    /// Adds rows of the tenant that are in no place of a chain.
    pub fn strays(&mut self, rows: u64) {
        let fault = Fault::Stray;
        self.findings.push(Finding { sequence: 0, fault });
        self.faults += rows;
    }

    /// Records after the last trusted statement: these could have been rewritten.
    pub fn unattested(&self) -> u64 {
        self.last.saturating_sub(self.attested)
    }
}

/// What a verifier knows beforehand.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The keys that sign statements. When empty, each statement's own key is taken, which
    /// shows mistakes and no attacks.
    pub statement_keys: Vec<VerifyingKey>,
    /// Keys of messages: a message of one of them has its signature checked too.
    pub message_keys: Vec<VerifyingKey>,
}

/// A verification of one chain, a record at a time.
pub struct Verification {
    chain: Chain,
    trust: Trust,
    message_keys: HashMap<Hash, VerifyingKey>,
    statements: BTreeMap<u64, Vec<SignedStatement>>,
    /// The first bytes of the digests of requests.
    seen: HashSet<[u8; 8]>,
    crypto: HwCrypto,
    head: Hash,
    /// Of the latest record.
    time: u64,
    report: Report,
}

impl Verification {
    /// Begins with what the log says of its chain, and with the statements in it.
    pub fn begin(chain: Chain, statements: Vec<SignedStatement>, trust: &Trust) -> Self {
        let keys = trust.message_keys.iter();
        let mut verification = Self {
            message_keys: keys
                .map(|key| (sha256(&key.public_key), key.clone()))
                .collect(),
            trust: trust.clone(),
            statements: BTreeMap::new(),
            seen: HashSet::new(),
            crypto: HwCrypto::default(),
            head: chain.anchor,
            time: 0,
            report: Report {
                tenant: chain.tenant.clone(),
                chain_id: chain.id,
                pruned: chain.pruned,
                last: chain.pruned,
                pinned: !trust.statement_keys.is_empty(),
                ..Report::default()
            },
            chain,
        };
        for statement in statements {
            verification.kept(statement);
        }
        verification.check_beginning();
        verification
    }

    /// Adds a statement that was kept elsewhere. To be called before the first record.
    pub fn kept(&mut self, signed: SignedStatement) {
        let sequence = signed.statement.sequence;
        let ours = signed.statement.chain_id == self.chain.id
            && signed.statement.tenant == self.chain.tenant;
        let keys = &self.trust.statement_keys;
        if !ours {
            self.found(sequence, Fault::StatementChain);
        } else if !keys.is_empty() && !keys.contains(&signed.key) {
            self.untrusted(signed.key);
            self.found(sequence, Fault::StatementKey);
        } else if !signed.verifies() {
            self.found(sequence, Fault::StatementSignature);
        } else if sequence == self.chain.pruned && sequence > 0 {
            // The record is gone; its hash is the anchor.
            self.compare(&signed, self.chain.anchor);
        } else if sequence > self.chain.pruned {
            self.statements.entry(sequence).or_default().push(signed);
        }
    }

    /// Whoever writes the database may have any number of them.
    fn untrusted(&mut self, key: VerifyingKey) {
        let keys = &mut self.report.untrusted;
        if keys.len() < MOST_FINDINGS && !keys.contains(&key) {
            keys.push(key);
        }
    }

    /// Adds what the log keeps as a statement about a record, and is none.
    pub fn no_statement(&mut self, sequence: u64) {
        self.found(sequence, Fault::StatementEncoding);
    }

    fn check_beginning(&mut self) {
        let chain = &self.chain;
        if chain.pruned == 0 {
            if chain.anchor != genesis(&chain.id, &chain.tenant) {
                self.found(0, Fault::Genesis);
            }
        } else if self.report.attested < chain.pruned {
            self.found(chain.pruned, Fault::FrontMissing);
        }
    }

    /// Compares a trusted statement with the chain's hash at its place.
    fn compare(&mut self, signed: &SignedStatement, hash: Hash) {
        let sequence = signed.statement.sequence;
        if signed.statement.head != hash {
            return self.found(sequence, Fault::Rewritten);
        }
        self.report.statements += 1;
        // A checkpoint says that the chain came so far; only a pruning says that what came
        // before was removed on purpose.
        if signed.statement.kind == Kind::Pruning || sequence > self.chain.pruned {
            self.report.attested = self.report.attested.max(sequence);
        }
    }

    fn found(&mut self, sequence: u64, fault: Fault) {
        self.report.faults += 1;
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(Finding { sequence, fault });
        }
    }

    /// Checks the next record.
    pub fn record(&mut self, stored: &StoredRecord) {
        self.report.records += 1;
        let expected = self.report.last + 1;
        if stored.sequence < expected {
            return self.found(stored.sequence, Fault::Order);
        }
        if stored.sequence > expected {
            self.found(stored.sequence, Fault::Gap);
        }
        if next(&self.head, &stored.encoded) != stored.hash {
            self.found(stored.sequence, Fault::Hash);
        }
        // Going on with the stored hash, one fault is one finding and not one in each
        // record after it.
        self.report.last = stored.sequence;
        self.head = stored.hash;
        for statement in self.statements.remove(&stored.sequence).unwrap_or_default() {
            self.compare(&statement, stored.hash);
        }
        match Record::decode(&stored.encoded) {
            Some(record) => self.content(stored, &record),
            None => self.found(stored.sequence, Fault::Encoding),
        }
    }

    fn content(&mut self, stored: &StoredRecord, record: &Record) {
        let at = stored.sequence;
        if record.sequence != at {
            self.found(at, Fault::Sequence);
        }
        if record.chain_id != self.chain.id || record.tenant != self.chain.tenant {
            self.found(at, Fault::OtherChain);
        }
        if record.time < self.time {
            self.found(at, Fault::Time);
        }
        self.time = self.time.max(record.time);
        self.request(stored, record);
        self.message(stored, record);
    }

    fn request(&mut self, stored: &StoredRecord, record: &Record) {
        let at = stored.sequence;
        let digest = request::digest(&record.tenant, &record.key_fingerprint, &record.removal);
        // An answer that was found to be bad gets another name, and the removal is recorded again.
        // That it is bad is a finding of its own.
        if sha256(&stored.message) != record.message_hash
            || stored.proposal_ref != record.proposal_ref
        {
            return;
        }
        if stored.request.is_some_and(|request| request != digest) {
            self.found(at, Fault::Request);
        }
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        if !self.seen.insert(short) {
            self.found(at, Fault::Repeated);
        }
    }

    fn message(&mut self, stored: &StoredRecord, record: &Record) {
        let at = stored.sequence;
        if sha256(&stored.message) != record.message_hash {
            self.found(at, Fault::MessageHash);
        }
        let Some(message) = SignedRemoval::read(stored.message.clone()) else {
            return self.found(at, Fault::Message);
        };
        if sha256(message.signature()) != record.signature_hash {
            self.found(at, Fault::SignatureHash);
        }
        if *message.removal() != record.removal {
            self.found(at, Fault::Removal);
        }
        let scheme = Scheme::by_signature_scheme(record.scheme);
        let proposal_ref = scheme.map(|scheme| message.proposal_ref(scheme.reference_hash));
        let recorded = (Some(&record.proposal_ref), Some(&stored.proposal_ref));
        if recorded != (proposal_ref.as_ref(), proposal_ref.as_ref()) {
            self.found(at, Fault::ProposalRef);
        }
        if let Some(key) = self.message_keys.get(&record.key_fingerprint)
            && !self.signed_by(key, record, &message)
        {
            self.found(at, Fault::Signature);
        }
    }

    fn signed_by(&self, key: &VerifyingKey, record: &Record, message: &SignedRemoval) -> bool {
        let (input, signature) = (message.signature_input(), message.signature());
        let crypto = &self.crypto;
        let verified = crypto.verify_signature(key.scheme, &input, &key.public_key, signature);
        key.scheme == record.scheme && verified.is_ok()
    }

    /// Checks the end, and says what was found.
    pub fn finish(mut self) -> Report {
        if self.report.last != self.chain.sequence {
            self.found(self.chain.sequence, Fault::End);
        }
        if self.head != self.chain.head {
            self.found(self.chain.sequence, Fault::Head);
        }
        for statement in std::mem::take(&mut self.statements).into_values().flatten() {
            let sequence = statement.statement.sequence;
            let fault = match sequence > self.report.last {
                true => Fault::Truncated,
                false => Fault::Missing,
            };
            self.found(sequence, fault);
        }
        self.report
    }
}
