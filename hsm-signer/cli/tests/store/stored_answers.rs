//! What stands in the database is not believed: an answer that the key did not sign is never
//! released, and the removal is signed again beside it.

use mls_hsm_signer::audit::store::StoredRecord;
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

type Change = fn(&Place, &StoredRecord) -> String;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_stored_answer_is_never_released_and_denies_nothing() {
    let changes: [(&str, Change); 5] = [
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
        ("a row that was never ours", |place, _| {
            let message = literal(place, b"nothing");
            format!("UPDATE record SET sequence = -1, message = {message} WHERE sequence = 1")
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
