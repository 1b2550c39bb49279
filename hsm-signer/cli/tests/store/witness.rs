//! The store holds the database against what it wrote itself: a log that was rewritten below it
//! is refused, not gone on with.

use std::sync::Arc;

use mls_hsm_signer::audit::store::{Attested, Store, StoreError};
use mls_hsm_signer::audit::{Record, SignedStatement, StatementSigner, chain};
use mls_hsm_signer::encoding::hex;

use crate::opening::change;
use crate::support::{
    Cluster, Key, Place, SoftSigner, TENANT, assert_sound, places, requests, settle, settle_all,
    soon,
};

/// Deletes the last record and its checkpoint, and moves the chain's head back.
const ROLLED_BACK: &str = "DELETE FROM record WHERE sequence = 3; \
     DELETE FROM statement WHERE sequence = 3; \
     UPDATE chain SET sequence = 2, head = (SELECT hash FROM record WHERE sequence = 2)";

/// Exchanges the last record for another one, and says that the chain ends with that.
const FORKED: &str = "UPDATE record SET hash = (SELECT head FROM chain), encoded = message \
     WHERE sequence = 2; UPDATE record SET hash = (SELECT anchor FROM chain) WHERE sequence = 3; \
     UPDATE chain SET head = anchor";

/// Changes what the last record says, and no hash.
const LAST_SAYS_ELSE: &str = "UPDATE record SET encoded = message WHERE sequence = 3";

const REMOVED: &str = "DELETE FROM statement; DELETE FROM record; DELETE FROM chain";

/// Takes the last record away, and nothing else.
const LAST_GONE: &str = "DELETE FROM record WHERE sequence = 3";

/// Puts a row where the next record belongs.
const IN_THE_WAY: &str = "INSERT INTO record SELECT tenant, 4, (SELECT head FROM chain), encoded, \
     hash, message, proposal_ref FROM record WHERE sequence = 3";

/// Cuts the beginning off, as if it had been pruned.
const UNSIGNED_PRUNING: &str = "UPDATE chain SET pruned = 2, anchor = (SELECT hash FROM record \
     WHERE sequence = 2); DELETE FROM record WHERE sequence <= 2";

/// A store with three records and a checkpoint of them.
async fn filled(place: &Place, key: &Key, signer: &Arc<SoftSigner>) -> Store {
    let store = place.open().await;
    for number in 1..=3 {
        settle(&store, key, number).await;
    }
    let made = store.checkpoint(TENANT, false, signer.clone()).await;
    assert_eq!(made.unwrap().unwrap().statement.sequence, 3);
    store
}

/// Asserts that nothing is signed, recorded or attested any more.
async fn assert_refuses(store: &Store, key: &Key, signer: &Arc<SoftSigner>) {
    let first = settle_all(store, key, &requests(key, [104]), soon()).await;
    assert!(first[0].is_err(), "a record was added to a rewritten log");
    let signatures = key.signatures();
    let next = settle_all(store, key, &requests(key, [105]), soon()).await;
    assert!(next[0].is_err());
    assert_eq!(key.signatures(), signatures, "the HSM was asked");
    let error = store.available().unwrap_err().to_string();
    assert!(error.contains("is not the one that"), "{error}");
    let made = store.checkpoint(TENANT, false, signer.clone()).await;
    assert!(made.is_err(), "{made:?}");
}

/// Asserts that a store that starts refuses the log; why.
async fn assert_refused_at_the_start(place: &Place, attested: &Attested, what: &str) -> String {
    let held = match Store::open(&place.config()).await {
        Ok(store) => {
            let held = store.hold(TENANT, attested).await;
            store.close().await;
            held
        }
        Err(error) => Err(error),
    };
    assert!(
        matches!(held, Err(StoreError::Rewritten { .. })),
        "{what}: {held:?}"
    );
    held.unwrap_err().to_string()
}

/// SQL that has a record say that it was written at another time.
async fn says_time(store: &Store, sequence: u64, time: impl FnOnce(u64) -> u64) -> String {
    let read = store.reader().records(TENANT, sequence - 1, 1).await;
    let mut record = Record::decode(&read.unwrap()[0].encoded).unwrap();
    record.time = time(record.time);
    let encoded = hex(&record.encode());
    format!("UPDATE record SET encoded = BYTES({encoded}) WHERE sequence = {sequence}")
}

/// Bytes as the place writes them.
fn with_bytes(place: &Place, sql: &str) -> String {
    let (before, after) = match place {
        Place::Sqlite(_) => ("x'", "'"),
        Place::Postgres(_) => ("'\\x", "'::bytea"),
    };
    sql.split("BYTES(")
        .enumerate()
        .map(|(at, part)| match at {
            0 => part.into(),
            _ => format!("{before}{}", part.replacen(')', after, 1)),
        })
        .collect()
}

const HOUR_MS: u64 = 60 * 60 * 1000;

const YEAR_MS: u64 = 365 * 24 * HOUR_MS;

/// The time of the last record is carried on, and ages are measured by it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_record_says_counts_only_if_it_hashes_to_the_head() {
    let changes: [fn(u64) -> u64; 3] = [|time| time + 2 * HOUR_MS, |_| u64::MAX, |_| 0];
    for change_time in changes {
        for place in places() {
            let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
            let store = filled(&place, &key, &signer).await;
            let sql = with_bytes(&place, &says_time(&store, 3, change_time).await);
            store.close().await;
            change(&place, &sql).await;
            let attested = Attested {
                keys: vec![signer.key()],
                ..Attested::default()
            };
            assert_refused_at_the_start(&place, &attested, &sql).await;
        }
    }
}

/// Anybody can hash a record that is appended while no service runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_years_to_come_is_refused() {
    for place in places() {
        let key = Key::p256();
        let store = place.open().await;
        settle(&store, &key, 1).await;
        let log = store.reader();
        let anchor = log.chain(TENANT).await.unwrap().unwrap().anchor;
        let mut record =
            Record::decode(&log.records(TENANT, 0, 1).await.unwrap()[0].encoded).unwrap();
        record.time += 2 * YEAR_MS;
        let encoded = record.encode();
        let hash = hex(&chain::next(&anchor, &encoded));
        store.close().await;
        let sql = format!(
            "UPDATE record SET encoded = BYTES({}), hash = BYTES({hash}); \
             UPDATE chain SET head = BYTES({hash})",
            hex(&encoded)
        );
        change(&place, &with_bytes(&place, &sql)).await;
        let said = assert_refused_at_the_start(&place, &Attested::default(), &sql).await;
        assert!(said.contains("by this machine's clock"), "{said}");
    }
}

/// Where a loss up to some time was accepted, the log does not say itself when the loss was.
#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_loss_covers_no_loss_after_it() {
    const FRONT_GONE: &str = "UPDATE chain SET pruned = 1, anchor = (SELECT hash FROM record \
         WHERE sequence = 1); DELETE FROM record WHERE sequence = 1";
    const ALL_GONE: &str = "UPDATE chain SET pruned = 3, anchor = head; DELETE FROM record";
    for forged in [true, false] {
        for place in places() {
            let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
            let store = filled(&place, &key, &signer).await;
            let forge = with_bytes(&place, &says_time(&store, 2, |_| 1).await);
            store.close().await;
            let sql = match forged {
                true => format!("{forge}; {FRONT_GONE}"),
                false => ALL_GONE.into(),
            };
            change(&place, &sql).await;
            let attested = Attested {
                keys: vec![signer.key()],
                accepted_loss: 1,
                ..Attested::default()
            };
            assert_refused_at_the_start(&place, &attested, &sql).await;
        }
    }
}

/// A key was named for checkpoints since, or the one that signed has left the token.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_outside_of_the_database_counts_whatever_key_signed_it() {
    for place in places() {
        let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
        let store = filled(&place, &key, &signer).await;
        let made = store.reader().last_statement(TENANT, &signer.key()).await;
        let made = made.unwrap().unwrap();
        let attested = |kept: &SignedStatement, accepted_loss| Attested {
            keys: vec![SoftSigner::new("ed25519").key()],
            kept: vec![kept.clone()],
            accepted_loss,
        };
        store.hold(TENANT, &attested(&made, 0)).await.unwrap();
        let mut unsigned = made.clone();
        unsigned.signature[7] ^= 1;
        let held = store.hold(TENANT, &attested(&unsigned, 0)).await;
        assert!(
            matches!(held, Err(StoreError::Rewritten { .. })),
            "{held:?}"
        );
        store.close().await;
        change(&place, ROLLED_BACK).await;
        let said = assert_refused_at_the_start(&place, &attested(&made, 0), ROLLED_BACK).await;
        assert!(said.contains("had record 3"), "{said}");
        let store = place.open().await;
        let time = made.statement.time;
        for kept in [made, unsigned] {
            store.hold(TENANT, &attested(&kept, time)).await.unwrap();
        }
        store.close().await;
    }
}

/// A table that ignores what is put into it keeps no checkpoint; and nothing is pruned then.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_ignores_statements_is_noticed() {
    for place in places() {
        let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
        let store = filled(&place, &key, &signer).await;
        settle(&store, &key, 4).await;
        let ignore = match place {
            Place::Sqlite(_) => {
                "CREATE TRIGGER ignored BEFORE INSERT ON statement \
                 BEGIN SELECT raise(ignore); END"
            }
            Place::Postgres(_) => {
                "CREATE FUNCTION ignored() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN RETURN NULL; END'; CREATE TRIGGER ignored BEFORE INSERT ON statement \
                 FOR EACH ROW EXECUTE FUNCTION ignored()"
            }
        };
        change(&place, ignore).await;
        let made = store.checkpoint(TENANT, false, signer.clone()).await;
        assert!(matches!(made, Err(StoreError::Corrupt(_))), "{made:?}");
        let until = soon();
        while store.available().is_err() {
            assert!(std::time::Instant::now() < until);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let pruned = store.prune(TENANT, 0, signer.clone()).await;
        assert!(matches!(pruned, Err(StoreError::Corrupt(_))), "{pruned:?}");
        store.close().await;
        let store = place.open().await;
        assert_sound(&store, TENANT, 4).await;
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_rewritten_below_a_running_store_is_refused() {
    for what in [
        ROLLED_BACK,
        FORKED,
        LAST_SAYS_ELSE,
        REMOVED,
        LAST_GONE,
        IN_THE_WAY,
        UNSIGNED_PRUNING,
    ] {
        for place in places() {
            let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
            let store = filled(&place, &key, &signer).await;
            change(&place, what).await;
            assert_refuses(&store, &key, &signer).await;
            store.close().await;
        }
    }
}

/// Where the HSM has said nothing of a log, it is read and hashed from its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_checkpoints_is_held_against_its_own_hashes() {
    for what in [
        "UPDATE chain SET head = anchor",
        "UPDATE chain SET id = head",
        "UPDATE chain SET sequence = 9223372036854775807",
        "DELETE FROM record WHERE sequence = 2",
        UNSIGNED_PRUNING,
    ] {
        for place in places() {
            let key = Key::p256();
            let store = place.open().await;
            for number in 1..=3 {
                settle(&store, &key, number).await;
            }
            let attested = Attested {
                keys: vec![SoftSigner::new("ed25519").key()],
                ..Attested::default()
            };
            store.hold(TENANT, &attested).await.unwrap();
            store.close().await;
            change(&place, what).await;
            assert_refused_at_the_start(&place, &attested, what).await;
        }
    }
}

/// What another replica prunes is followed when one of the tenant's keys signed that.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_prunes_is_followed_if_a_key_of_the_tenant_signed_it() {
    for trusted in [true, false] {
        let place = Place::postgres();
        let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
        let (one, two) = (place.open().await, filled(&place, &key, &signer).await);
        settle(&two, &key, 4).await;
        let keys = match trusted {
            true => vec![signer.key()],
            false => vec![SoftSigner::new("ed25519").key()],
        };
        settle(&one, &key, 5).await;
        let attested = Attested {
            keys,
            ..Attested::default()
        };
        one.hold(TENANT, &attested).await.unwrap();
        two.prune(TENANT, 0, signer.clone()).await.unwrap().unwrap();
        if trusted {
            settle(&one, &key, 6).await;
        } else {
            assert_refuses(&one, &key, &Arc::new(SoftSigner::new("ed25519"))).await;
        }
        one.close().await;
        two.close().await;
    }
}

/// A rule in the database that drops what is written, or makes something else of it: no answer is
/// released without its record.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_keep_records_as_they_are_is_refused() {
    const SQLITE: [&str; 3] = [
        "CREATE TRIGGER dropped BEFORE INSERT ON record BEGIN SELECT raise(ignore); END",
        "CREATE TRIGGER blanked AFTER INSERT ON record BEGIN UPDATE record \
         SET message = x'', proposal_ref = x'' WHERE request = new.request; END",
        "CREATE TRIGGER kept BEFORE UPDATE ON chain BEGIN SELECT raise(ignore); END",
    ];
    const POSTGRES: [&str; 3] = [
        "CREATE RULE dropped AS ON INSERT TO record DO INSTEAD NOTHING",
        "CREATE FUNCTION blanked() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN NEW.message := ''''; NEW.proposal_ref := NEW.message; RETURN NEW; END'; \
         CREATE TRIGGER blanked BEFORE INSERT ON record FOR EACH ROW \
         EXECUTE FUNCTION blanked()",
        "CREATE RULE kept AS ON UPDATE TO chain DO INSTEAD NOTHING",
    ];
    for number in 0..3 {
        for place in places() {
            let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
            let store = filled(&place, &key, &signer).await;
            let rule = match place {
                Place::Sqlite(_) => SQLITE[number],
                Place::Postgres(_) => POSTGRES[number],
            };
            change(&place, rule).await;
            assert_refuses(&store, &key, &signer).await;
            store.close().await;
        }
    }
}

/// A promoted standby lacks the last commits, which were acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_lost_records_is_refused() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
    let store = Store::open(&database.config()).await.unwrap();
    settle(&store, &key, 1).await;
    cluster.keep_copy();
    let until = soon();
    while settle_all(&store, &key, &requests(&key, [2, 3]), soon())
        .await
        .iter()
        .any(Result::is_err)
    {
        assert!(std::time::Instant::now() < until, "{store:?}");
    }
    cluster.fail_over();
    let until = soon();
    loop {
        let answers = settle_all(&store, &key, &requests(&key, [4]), soon()).await;
        assert!(answers[0].is_err(), "the loss of a record was not noticed");
        // Between two attempts it may be available, until it looks at the log.
        let refused = store.available().err();
        if refused.is_some_and(|error| error.to_string().contains("is not the one that")) {
            break;
        }
        assert!(std::time::Instant::now() < until, "{store:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_refuses(&store, &key, &signer).await;
    store.close().await;
}

/// What another replica adds extends what this one knows, and is no reason to refuse.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_adds_is_followed_and_what_it_does_not_is_refused() {
    let place = Place::postgres();
    let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
    let (one, two) = (place.open().await, place.open().await);
    for number in 1..=40 {
        let store = if number % 3 == 0 { &one } else { &two };
        settle(store, &key, number).await;
    }
    let made = one.checkpoint(TENANT, false, signer.clone()).await.unwrap();
    assert_eq!(made.unwrap().statement.sequence, 40);
    assert_sound(&one, TENANT, 40).await;
    // A record that no replica hashed.
    change(
        &place,
        "INSERT INTO record SELECT tenant, 41, sha256(request), encoded, sha256(hash), message, \
         proposal_ref FROM record WHERE sequence = 40; \
         UPDATE chain SET sequence = 41, head = (SELECT hash FROM record WHERE sequence = 41)",
    )
    .await;
    assert_refuses(&one, &key, &signer).await;
    assert_refuses(&two, &key, &signer).await;
    one.close().await;
    two.close().await;
}
