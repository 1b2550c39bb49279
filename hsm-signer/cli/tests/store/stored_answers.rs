//! What stands in the database is not believed: an answer that the key did not sign is never
//! released, and the removal is signed again beside it.

use std::process::Command;

use mls_hsm_signer::audit::Record;
use mls_hsm_signer::audit::store::{Store, StoredRecord};
use mls_hsm_signer::message::hash::sha256;
use mls_hsm_signer::message::signed_removal::SignedRemoval;

use crate::opening::change;
use crate::support::{Key, Place, TENANT, places, removal, settle, verify};

/// Bytes as a literal of the database.
fn literal(place: &Place, bytes: &[u8]) -> String {
    let hex = mls_hsm_signer::encoding::hex(bytes);
    match place {
        Place::Sqlite(_) => format!("x'{hex}'"),
        Place::Postgres(_) => format!("'\\x{hex}'::bytea"),
    }
}

/// Of one ECDSA signature anybody can make another that verifies too. Here the key made it.
#[tokio::test(flavor = "multi_thread")]
async fn another_message_that_verifies_is_not_the_answer() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        settle(&store, &key, 1).await;
        settle(&store, &key, 2).await;
        let other = SignedRemoval::read(key.message(&removal(1))).unwrap();
        let sql = format!(
            "UPDATE record SET message = {}, proposal_ref = {} WHERE sequence = 1",
            literal(&place, other.message()),
            literal(&place, &other.proposal_ref(key.scheme().reference_hash))
        );
        change(&place, &sql).await;
        let again = settle(&store, &key, 1).await;
        assert_eq!((again.sequence, key.signatures()), (3, 4));
        assert_ne!(again.message, other.message());
        assert_eq!(store.metrics().bad_answers.get(), 1);
        store.close().await;
    }
}

/// What the record says of the message is exchanged with it; the hash cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_does_not_hash_is_no_answer() {
    for place in places() {
        for number in [1, 2] {
            let store = place.open().await;
            let key = Key::p256();
            let sequence = settle(&store, &key, number).await.sequence;
            settle(&store, &key, 10 + number).await;
            let forged = forged(&store, &key, number, sequence).await;
            let sql = format!(
                "UPDATE record SET encoded = {}, message = {}, proposal_ref = {} \
                 WHERE sequence = {sequence}",
                literal(&place, &forged.encoded),
                literal(&place, &forged.message),
                literal(&place, &forged.proposal_ref)
            );
            change(&place, &sql).await;
            let again = settle(&store, &key, number).await;
            assert_ne!(again.message, forged.message);
            assert_eq!((again.sequence, key.signatures()), (sequence + 2, 4));
            assert_eq!(store.metrics().bad_answers.get(), 1);
            store.close().await;
        }
    }
}

/// A record whose message is another one that verifies too, and which says so.
async fn forged(store: &Store, key: &Key, number: u32, sequence: u64) -> StoredRecord {
    let records = store.reader().records(TENANT, sequence - 1, 1).await;
    let mut stored = records.unwrap().remove(0);
    let other = SignedRemoval::read(key.message(&removal(number))).unwrap();
    let mut record = Record::decode(&stored.encoded).unwrap();
    record.signature_hash = sha256(other.signature());
    record.message_hash = sha256(other.message());
    record.proposal_ref = other.proposal_ref(key.scheme().reference_hash);
    stored.proposal_ref.clone_from(&record.proposal_ref);
    stored.encoded = record.encode();
    stored.message = other.message().to_vec();
    stored
}

/// The table as somebody made it anew: it takes what the schema does not.
const WITHOUT_CONSTRAINTS: &str = "CREATE TABLE other AS SELECT * FROM record; \
     DROP TABLE record; ALTER TABLE other RENAME TO record";

#[tokio::test(flavor = "multi_thread")]
async fn rows_outside_of_the_chain_are_no_answers_and_not_sound() {
    for place in places() {
        // Beside the answer, or in its place; before the first record, or of a tenant without log.
        for (beside, tenant, sequence) in [
            (true, "tenant", 0),
            (false, "tenant", 0),
            (true, "tenant", -1),
            (true, "tenant", 1),
            (true, "'nobody.example'", 1),
        ] {
            let place = match place {
                Place::Sqlite(_) => Place::sqlite(),
                Place::Postgres(_) => Place::postgres(),
            };
            let store = place.open().await;
            let key = Key::p256();
            settle(&store, &key, 1).await;
            settle(&store, &key, 2).await;
            settle(&store, &key, 3).await;
            let forged = forged(&store, &key, 1, 1).await;
            store.close().await;
            let columns = format!(
                "{tenant}, {sequence}, request, {}, hash, {}, {}",
                literal(&place, &forged.encoded),
                literal(&place, &forged.message),
                literal(&place, &forged.proposal_ref)
            );
            let remove = match beside {
                true => "",
                false => "; UPDATE record SET request = hash WHERE sequence = 1",
            };
            let sql = format!(
                "{WITHOUT_CONSTRAINTS}; INSERT INTO record SELECT {columns} FROM record \
                 WHERE sequence = 1{remove}"
            );
            change(&place, &sql).await;
            let what = format!("{beside} {tenant} {sequence}");
            assert_eq!(verdict(&place), Some(3), "{what}");
            let store = place.open().await;
            let again = settle(&store, &key, 1).await;
            assert_ne!(again.message, forged.message, "{what}");
            assert_eq!((again.sequence, key.signatures()), (4, 5), "{what}");
            assert_eq!(settle(&store, &key, 1).await, again, "{what}");
            assert_eq!(verdict(&place), Some(3), "{what}");
            store.close().await;
        }
    }
}

/// The exit code of `audit verify`.
fn verdict(place: &Place) -> Option<i32> {
    let config = place.config();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"));
    command.args(["audit", "verify", "--store", &config.url]);
    if let Some(file) = &config.password_file {
        command.arg("--store-password-file").arg(file);
    }
    let output = command.output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    output.status.code()
}

type Change = fn(&Place, &StoredRecord) -> String;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_stored_answer_is_never_released_and_denies_nothing() {
    let changes: [(&str, Change); 4] = [
        ("a signature of zeros", |place, stored| {
            let mut message = stored.message.clone();
            let end = message.len() - 8;
            message[end..].fill(0);
            format!(
                "UPDATE record SET message = {} WHERE sequence = 1",
                literal(place, &message)
            )
        }),
        ("the answer to another request", |_, _| {
            "UPDATE record SET message = (SELECT message FROM record WHERE sequence = 2) \
             WHERE sequence = 1"
                .into()
        }),
        ("no message", |place, _| {
            let message = literal(place, b"nothing");
            format!("UPDATE record SET message = {message} WHERE sequence = 1")
        }),
        ("another ProposalRef", |_, _| {
            "UPDATE record SET proposal_ref = (SELECT proposal_ref FROM record WHERE sequence = 2) \
             WHERE sequence = 1"
                .into()
        }),
    ];
    for place in places() {
        for (what, make) in changes {
            println!("{what}");
            let place = match place {
                Place::Sqlite(_) => Place::sqlite(),
                Place::Postgres(_) => Place::postgres(),
            };
            let store = place.open().await;
            let key = Key::p256();
            let first = settle(&store, &key, 1).await;
            settle(&store, &key, 2).await;
            let records = store.reader().records(TENANT, 0, 10).await.unwrap();
            change(&place, &make(&place, &records[0])).await;
            let again = settle(&store, &key, 1).await;
            assert_eq!(key.signatures(), 3, "{what}: not signed again");
            assert_ne!(again.message, first.message);
            assert_eq!(again.sequence, 3, "{what}");
            // The new one is the answer from now on, and the others are untouched.
            assert_eq!(settle(&store, &key, 1).await, again, "{what}");
            assert_eq!(settle(&store, &key, 2).await.sequence, 2, "{what}");
            assert_eq!(key.signatures(), 3);
            let report = verify(store.reader(), TENANT, &Default::default()).await;
            assert!(!report.sound(), "{what}");
            let new = report.findings.iter().any(|found| found.sequence > 2);
            assert!(!new, "{what}: {:?}", report.findings);
            store.close().await;
        }
    }
}
