//! Each way to tamper with the log is found, and what cannot be found is as documented.

use std::sync::Arc;

use mls_hsm_signer::audit::store::{LogReader, Store, StoredRecord};
use mls_hsm_signer::audit::{
    Chain, Fault, Kind, Line, Record, Report, SignedStatement, Statement, StatementSigner, Trust,
    Verification, VerifyingKey, chain,
};

use crate::support::{
    Key, Place, SoftSigner, TENANT, removal, request, settle, settle_all, soon, trust,
};

/// The last checkpoint is here, and the log ends here.
const CHECKPOINT: u64 = 8;
const END: u64 = 12;

/// A log in memory, as an attacker has it who can write all of the database.
#[derive(Clone)]
struct Log {
    chain: Chain,
    statements: Vec<SignedStatement>,
    records: Vec<StoredRecord>,
}

/// A log, another tenant's log in the same database, and the keys.
struct Fixture {
    log: Log,
    other: Log,
    key: Key,
    trust: Trust,
}

impl Fixture {
    async fn new() -> Self {
        let place = Place::sqlite();
        let store = place.open().await;
        let key = Key::p256();
        let signer = Arc::new(SoftSigner::new("ecdsa_secp384r1_sha384"));
        for number in 1..=END {
            settle(&store, &key, number as u32).await;
            if number == CHECKPOINT {
                let made = store.checkpoint(TENANT, false, signer.clone()).await;
                assert_eq!(made.unwrap().unwrap().statement.sequence, CHECKPOINT);
            }
        }
        other_tenant(&store, &key, &signer).await;
        let fixture = Self {
            log: read(store.reader(), TENANT).await,
            other: read(store.reader(), "other.example").await,
            trust: trust(&signer, &key),
            key,
        };
        store.close().await;
        fixture
    }

    fn check(&self, log: &Log) -> Report {
        check(log, &self.trust, &[])
    }

    /// Changes the log, and asserts that one of the findings is `expected`.
    fn finds(&self, what: &str, expected: Fault, change: impl FnOnce(&mut Log)) {
        let mut log = self.log.clone();
        change(&mut log);
        let report = self.check(&log);
        let found = report.findings.iter().any(|found| found.fault == expected);
        assert!(found, "{what}: {:?}", report.findings);
        println!("{what}: {}", report.findings[0]);
    }
}

async fn other_tenant(store: &Store, key: &Key, signer: &Arc<SoftSigner>) {
    for number in 1..=END {
        let mut request = request(key, number as u32);
        request.tenant = "other.example".into();
        let answers = settle_all(store, key, &[request], soon()).await;
        assert!(answers[0].is_ok());
    }
    let made = store
        .checkpoint("other.example", false, signer.clone())
        .await;
    made.unwrap().unwrap();
}

async fn read(log: &LogReader, tenant: &str) -> Log {
    Log {
        statements: log.statements(tenant, 0, 1000).await.unwrap(),
        chain: log.chain(tenant).await.unwrap().unwrap(),
        records: log.records(tenant, 0, 1000).await.unwrap(),
    }
}

fn check(log: &Log, trust: &Trust, kept: &[SignedStatement]) -> Report {
    let mut verification = Verification::begin(log.chain.clone(), log.statements.clone(), trust);
    for statement in kept {
        verification.kept(statement.clone());
    }
    for record in &log.records {
        verification.record(record);
    }
    verification.finish()
}

impl Log {
    fn record(&mut self, sequence: u64) -> &mut StoredRecord {
        let mut records = self.records.iter_mut();
        records.find(|record| record.sequence == sequence).unwrap()
    }

    fn remove(&mut self, sequences: std::ops::RangeInclusive<u64>) {
        self.records
            .retain(|record| !sequences.contains(&record.sequence));
    }

    /// Edits what a record says.
    fn edit(&mut self, sequence: u64, change: impl FnOnce(&mut Record)) {
        let stored = self.record(sequence);
        let mut record = Record::decode(&stored.encoded).unwrap();
        change(&mut record);
        stored.encoded = record.encode();
    }

    /// What an attacker does who knows how the chain is made: numbers all records anew, computes
    /// all hashes, and says that the chain ends where it does now.
    fn rehash(&mut self) {
        let mut head = self.chain.anchor;
        let mut sequence = self.chain.pruned;
        for stored in &mut self.records {
            sequence += 1;
            let mut record = Record::decode(&stored.encoded).unwrap();
            record.sequence = sequence;
            record.chain_id = self.chain.id;
            record.tenant.clone_from(&self.chain.tenant);
            stored.sequence = sequence;
            stored.encoded = record.encode();
            head = chain::next(&head, &stored.encoded);
            stored.hash = head;
        }
        self.end();
    }

    /// Says that the chain ends with the last record.
    fn end(&mut self) {
        let last = self.records.last().unwrap();
        self.chain.sequence = last.sequence;
        self.chain.head = last.hash;
    }
}

#[tokio::test]
async fn the_untouched_log_is_sound() {
    let fixture = Fixture::new().await;
    for log in [&fixture.log, &fixture.other] {
        let report = fixture.check(log);
        assert!(report.sound(), "{report:?}");
        assert!(report.pinned);
        assert_eq!((report.records, report.last), (END, END));
        assert_eq!(report.statements, 1);
    }
    let report = fixture.check(&fixture.log);
    assert_eq!(report.attested, CHECKPOINT);
    assert_eq!(report.unattested(), END - CHECKPOINT);
}

/// Every bit of what is stored of a record, and of the chain.
#[tokio::test]
async fn every_flipped_bit_is_found() {
    let mut fixture = Fixture::new().await;
    // The hashes are to show it, not the messages' signatures.
    fixture.trust.message_keys.clear();
    let columns: [fn(&mut StoredRecord) -> &mut [u8]; 5] = [
        |record| &mut record.encoded,
        |record| &mut record.hash,
        |record| &mut record.message,
        |record| &mut record.proposal_ref,
        |record| record.request.as_mut().unwrap(),
    ];
    let mut flips = 0;
    for column in columns {
        let length = column(&mut fixture.log.clone().records[4]).len();
        for bit in 0..length * 8 {
            let mut log = fixture.log.clone();
            column(&mut log.records[4])[bit / 8] ^= 1 << (bit % 8);
            assert!(!fixture.check(&log).sound(), "bit {bit}");
            flips += 1;
        }
    }
    for part in 0..3 {
        for bit in 0..256 {
            let mut log = fixture.log.clone();
            let chain = &mut log.chain;
            let hash = [&mut chain.id, &mut chain.anchor, &mut chain.head];
            hash.into_iter().nth(part).unwrap()[bit / 8] ^= 1 << (bit % 8);
            assert!(!fixture.check(&log).sound(), "chain, bit {bit}");
            flips += 1;
        }
    }
    println!("{flips} flips");
    assert!(flips > 4_000);
}

/// Every field of a record changed, and all hashes computed anew: the checkpoint shows it.
#[tokio::test]
async fn every_changed_field_is_found_after_rehashing() {
    let fixture = Fixture::new().await;
    let changes: [fn(&mut Record); 14] = [
        |record| record.time += 1,
        |record| record.caller.name.push('x'),
        |record| record.caller.authentication.clear(),
        |record| record.request_id.push('x'),
        |record| record.key_label.push('x'),
        |record| record.key_fingerprint[0] ^= 1,
        |record| record.scheme = openmls_traits::types::SignatureScheme::ED25519,
        |record| record.source.push('x'),
        |record| record.removal.group_id.push(0),
        |record| record.removal.epoch += 1,
        |record| record.removal.leaf_index += 1,
        |record| record.removal.sender_index += 1,
        |record| record.proposal_ref[0] ^= 1,
        |record| record.signature_hash[0] ^= 1,
    ];
    for (at, change) in changes.into_iter().enumerate() {
        fixture.finds(&format!("field {at}"), Fault::Hash, |log| {
            log.edit(5, change)
        });
        fixture.finds(&format!("field {at}, rehashed"), Fault::Rewritten, |log| {
            log.edit(5, change);
            log.rehash();
        });
    }
}

#[tokio::test]
async fn cuts_are_found() {
    let fixture = Fixture::new().await;
    fixture.finds("front cut", Fault::Gap, |log| log.remove(1..=3));
    fixture.finds("front cut as if pruned", Fault::FrontMissing, |log| {
        log.chain.pruned = 3;
        log.chain.anchor = log.record(3).hash;
        log.remove(1..=3);
    });
    // An old checkpoint says how far the chain came, not that what was before may go.
    fixture.finds("front cut at the checkpoint", Fault::FrontMissing, |log| {
        log.chain.pruned = CHECKPOINT;
        log.chain.anchor = log.record(CHECKPOINT).hash;
        log.remove(1..=CHECKPOINT);
    });
    fixture.finds("front cut, rehashed", Fault::Rewritten, |log| {
        log.remove(1..=3);
        log.rehash();
    });
    fixture.finds("middle cut", Fault::Gap, |log| log.remove(5..=6));
    fixture.finds("middle cut, rehashed", Fault::Rewritten, |log| {
        log.remove(5..=6);
        log.rehash();
    });
    fixture.finds("tail cut", Fault::End, |log| log.remove(10..=END));
    fixture.finds("tail cut before the checkpoint", Fault::Truncated, |log| {
        log.remove(7..=END);
        log.end();
    });
    fixture.finds("all cut", Fault::Truncated, |log| {
        log.remove(1..=END);
        log.chain.sequence = 0;
        log.chain.head = log.chain.anchor;
    });
}

#[tokio::test]
async fn reordered_and_repeated_records_are_found() {
    let fixture = Fixture::new().await;
    fixture.finds("rows swapped", Fault::Order, |log| log.records.swap(4, 5));
    fixture.finds("contents swapped", Fault::Sequence, |log| {
        let (five, six) = (log.records[4].clone(), log.records[5].clone());
        log.records[4].encoded = six.encoded;
        log.records[5].encoded = five.encoded;
    });
    fixture.finds("swapped, rehashed", Fault::Rewritten, |log| {
        log.records.swap(4, 5);
        log.rehash();
    });
    fixture.finds("row repeated", Fault::Order, |log| {
        let copy = log.records[4].clone();
        log.records.insert(5, copy);
    });
    // After the checkpoint, where the hashes can be computed anew.
    fixture.finds("repeated, rehashed", Fault::Repeated, |log| {
        let copy = log.records[4].clone();
        log.records.push(copy);
        log.rehash();
    });
}

/// After the checkpoint, where the hashes can be computed anew.
#[tokio::test]
async fn times_that_go_backwards_are_found() {
    let fixture = Fixture::new().await;
    fixture.finds("an earlier time, rehashed", Fault::Time, |log| {
        log.edit(11, |record| record.time -= 60_000);
        log.rehash();
    });
    fixture.finds("a later time, rehashed", Fault::Time, |log| {
        log.edit(11, |record| record.time += 60_000);
        log.rehash();
    });
}

#[tokio::test]
async fn records_of_another_chain_are_found() {
    let fixture = Fixture::new().await;
    let other = fixture.other.clone();
    fixture.finds("spliced", Fault::OtherChain, |log| {
        log.records[4] = other.records[4].clone();
    });
    fixture.finds("spliced, rehashed", Fault::Rewritten, |log| {
        log.records[4] = other.records[4].clone();
        log.rehash();
    });
    fixture.finds("another chain's tail", Fault::OtherChain, |log| {
        log.records[8..].clone_from_slice(&other.records[8..]);
        log.end();
    });
    fixture.finds("another chain under this name", Fault::Genesis, |log| {
        *log = other.clone();
        log.chain.tenant = TENANT.into();
    });
    fixture.finds(
        "another chain with a right beginning",
        Fault::StatementChain,
        |log| {
            log.records = other.records.clone();
            log.statements = other.statements.clone();
            log.rehash();
        },
    );
}

#[tokio::test]
async fn exchanged_answers_are_found() {
    let fixture = Fixture::new().await;
    let another = fixture.key.message(&removal(5));
    fixture.finds("another signature of the same", Fault::MessageHash, |log| {
        log.record(5).message.clone_from(&another);
    });
    fixture.finds("and in the record, rehashed", Fault::Rewritten, |log| {
        log.record(5).message.clone_from(&another);
        log.edit(5, |record| {
            record.message_hash = mls_hsm_signer::message::hash::sha256(&another)
        });
        log.rehash();
    });
    fixture.finds("the answer to another request", Fault::Removal, |log| {
        log.record(5).message = fixture.log.records[6].message.clone();
    });
    fixture.finds("two answers' names", Fault::Request, |log| {
        let six = log.records[5].request;
        log.records[4].request = six;
    });
    fixture.finds("another ProposalRef", Fault::ProposalRef, |log| {
        log.record(5).proposal_ref = fixture.log.records[6].proposal_ref.clone();
    });
    // After the checkpoint only the removal key itself shows that it did not sign.
    let forger = Key::p256();
    fixture.finds("forged, after the checkpoint", Fault::Signature, |log| {
        let message = forger.message(&removal(11));
        let decoded =
            mls_hsm_signer::message::signed_removal::SignedRemoval::read(message.clone()).unwrap();
        let (hash, proposal_ref) = (
            mls_hsm_signer::message::hash::sha256(decoded.signature()),
            decoded.proposal_ref(forger.scheme().reference_hash),
        );
        log.edit(11, |record| {
            record.signature_hash = hash;
            record.message_hash = mls_hsm_signer::message::hash::sha256(&message);
            record.proposal_ref.clone_from(&proposal_ref);
        });
        log.record(11).proposal_ref = proposal_ref;
        log.record(11).message = message;
        log.rehash();
    });
}

#[tokio::test]
async fn forged_statements_are_found() {
    let fixture = Fixture::new().await;
    let forger = SoftSigner::new("ecdsa_secp384r1_sha384");
    fixture.finds("signed by another key", Fault::StatementKey, |log| {
        log.statements[0] = signed(&forger, log.statements[0].statement.clone());
    });
    fixture.finds(
        "in the trusted key's name",
        Fault::StatementSignature,
        |log| {
            let statement = signed(&forger, log.statements[0].statement.clone());
            log.statements[0].signature = statement.signature;
        },
    );
    fixture.finds("moved", Fault::StatementSignature, |log| {
        log.statements[0].statement.sequence += 1;
    });
    fixture.finds(
        "a checkpoint made a pruning",
        Fault::StatementSignature,
        |log| {
            log.statements[0].statement.kind = Kind::Pruning;
        },
    );
    fixture.finds("another chain's", Fault::StatementChain, |log| {
        log.statements[0] = fixture.other.statements[0].clone();
    });
    // The same key signs MLS messages and statements: neither passes for the other.
    let key = VerifyingKey {
        scheme: fixture.key.scheme().signature_scheme,
        public_key: fixture.key.public_key().to_vec(),
    };
    let message = fixture.log.records[0].message.clone();
    let decoded =
        mls_hsm_signer::message::signed_removal::SignedRemoval::read(message.clone()).unwrap();
    let statement = SignedStatement {
        statement: fixture.log.statements[0].statement.clone(),
        key,
        signature: decoded.signature().to_vec(),
    };
    assert!(!statement.verifies());
    let input = statement.statement.signature_input();
    assert!(!input.windows(7).any(|window| window == b"MLS 1.0"));
}

fn signed(signer: &SoftSigner, statement: Statement) -> SignedStatement {
    SignedStatement {
        signature: signer.sign(&statement.signature_input()).unwrap(),
        key: signer.key(),
        statement,
    }
}

/// What only a checkpoint that was kept elsewhere shows, and what nothing shows.
#[tokio::test]
async fn what_is_not_found_is_as_documented() {
    let fixture = Fixture::new().await;
    let kept = fixture.log.statements.clone();
    // After the last checkpoint the chain can be rewritten.
    let mut rewritten = fixture.log.clone();
    rewritten.edit(10, |record| record.caller.name = "somebody else".into());
    rewritten.rehash();
    let report = check(&rewritten, &fixture.trust, &kept);
    assert!(report.sound() && report.unattested() >= 3);
    // With the checkpoints, the records that they cover can be cut off.
    let mut truncated = fixture.log.clone();
    truncated.remove(5..=END);
    truncated.statements.clear();
    truncated.end();
    let report = check(&truncated, &fixture.trust, &[]);
    assert!(report.sound() && report.attested == 0);
    let report = check(&truncated, &fixture.trust, &kept);
    assert_eq!(report.findings[0].fault, Fault::Truncated);
    // Without pinned keys, statements prove nothing.
    let forger = SoftSigner::new("ed25519");
    let mut forged = fixture.log.clone();
    forged.edit(5, |record| record.caller.name = "somebody else".into());
    forged.rehash();
    forged.statements[0].statement.head = forged.record(CHECKPOINT).hash;
    forged.statements[0] = signed(&forger, forged.statements[0].statement.clone());
    let report = check(&forged, &Trust::default(), &[]);
    assert!(report.sound() && !report.pinned);
    assert!(!fixture.check(&forged).sound());
}

/// Lines of an export say the same as the database, and no character can be changed.
#[tokio::test]
async fn changed_lines_of_an_export_are_found() {
    let fixture = Fixture::new().await;
    let line = Line::Record(Box::new(fixture.log.records[4].clone()));
    let text = line.write().unwrap();
    let (mut refused, mut found) = (0, 0);
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        let Ok(changed) = String::from_utf8(changed) else {
            panic!("not text");
        };
        match Line::read(&changed) {
            Ok(Line::Record(record)) => {
                let mut log = fixture.log.clone();
                for stored in &mut log.records {
                    stored.request = None;
                }
                log.records[4] = *record;
                assert!(!fixture.check(&log).sound(), "{changed}");
                found += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => refused += 1,
        }
    }
    println!("{refused} refused, {found} found");
    assert!(refused > 100 && found > 500);
}
