//! One signature for each request, however often and by whomever it is asked.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::SCHEMES;
use mls_hsm_signer::audit::Trust;
use mls_hsm_signer::audit::store::{Answer, Claim, Store, StoreError, Unsettled};
use mls_hsm_signer::message::signed_removal::SignedRemoval;

use crate::support::{
    Key, Place, TENANT, assert_sound, places, removal, request, requests, settle, settle_all, sign,
    soon, verify,
};

/// How many ask at once.
const PARALLEL: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_parallel_repeats_have_one_signature_one_record_and_the_same_bytes() {
    for place in places() {
        let store = Arc::new(place.open().await);
        let key = Arc::new(Key::p256());
        let asking = (0..PARALLEL).map(|_| {
            let (store, key) = (Arc::clone(&store), Arc::clone(&key));
            tokio::spawn(async move { settle(&store, &key, 1).await })
        });
        let mut answers = HashSet::new();
        for asking in asking.collect::<Vec<_>>() {
            answers.insert(asking.await.unwrap().message);
        }
        assert_eq!(answers.len(), 1);
        assert_eq!(key.signatures(), 1);
        assert_sound(&store, TENANT, 1).await;
        assert_eq!(store.claimed(), 0);
        store.close().await;
    }
}

#[tokio::test]
async fn a_repeat_after_a_restart_has_the_same_bytes() {
    for place in places() {
        let key = Key::p256();
        let first = place.open().await;
        let answer = settle(&first, &key, 5).await;
        first.close().await;
        let second = place.open().await;
        assert_eq!(settle(&second, &key, 5).await, answer);
        assert_eq!(key.signatures(), 1);
        second.close().await;
    }
}

/// Requests stored.
const STORED: u32 = 5000;

/// Claims at a time.
const SOME: usize = 1000;

/// A process never signs again what was signed: not what it answered itself, and not what
/// was stored before it started.
#[tokio::test]
async fn what_is_stored_is_never_signed_again() {
    let place = Place::sqlite();
    let key = Key::p256();
    for run in 0..2 {
        let store = place.open().await;
        let stored = requests(&key, 0..STORED);
        for some in stored.chunks(SOME).chain(stored.chunks(SOME)) {
            let settled = settle_all(&store, &key, some, soon()).await;
            assert!(settled.iter().all(Result::is_ok));
        }
        assert_eq!(key.signatures(), STORED as usize, "in run {run}");
        assert_sound(&store, TENANT, STORED.into()).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_repeats_within_it_are_one() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        settle(&store, &key, 2).await;
        let asked = requests(&key, [3, 2, 3, 1, 2]);
        let answers = settle_all(&store, &key, &asked, soon()).await;
        let answers: Vec<Answer> = answers.into_iter().map(Result::unwrap).collect();
        for (request, answer) in asked.iter().zip(&answers) {
            let message = SignedRemoval::read(answer.message.clone()).unwrap();
            assert_eq!(*message.removal(), request.removal);
        }
        assert_eq!(answers[0], answers[2]);
        assert_eq!(answers[1], answers[4]);
        assert_eq!(key.signatures(), 3);
        assert_sound(&store, TENANT, 3).await;
        store.close().await;
    }
}

#[tokio::test]
async fn every_part_of_the_key_makes_another_request() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        let base = request(&key, 1);
        let mut asked = vec![base.clone(); 7];
        asked[1].tenant = "other.example".into();
        asked[2].key.public_key[31] ^= 1;
        asked[3].removal.group_id.push(0);
        asked[4].removal.epoch += 1;
        asked[5].removal.leaf_index += 1;
        asked[6].removal.sender_index += 1;
        let answers = settle_all(&store, &key, &asked, soon()).await;
        let messages: HashSet<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().message)
            .collect();
        assert_eq!((messages.len(), key.signatures()), (7, 7));
        assert_sound(&store, TENANT, 6).await;
        assert_sound(&store, "other.example", 1).await;
        store.close().await;
    }
}

#[tokio::test]
async fn a_claim_that_is_dropped_is_anothers_to_sign() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        let asked = requests(&key, [1]);
        let first = claim(&store, &key).await;
        assert!(matches!(first, Claim::Ours(_)));
        let Claim::Theirs(second) = claim(&store, &key).await else {
            panic!("claimed twice");
        };
        let waiting = second.wait(soon());
        drop(first);
        assert_eq!(waiting.await, None);
        let answers = settle_all(&store, &key, &asked, soon()).await;
        assert!(answers[0].is_ok());
        assert_eq!(store.claimed(), 0);
        store.close().await;
    }
}

async fn claim(store: &Store, key: &Key) -> Claim {
    let mut claims = store.claim(&requests(key, [1]), soon()).await;
    claims.pop().unwrap().unwrap()
}

#[tokio::test]
async fn who_waits_for_another_caller_waits_no_longer_than_its_deadline() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        let held = claim(&store, &key).await;
        let deadline = Instant::now() + Duration::from_millis(50);
        let answers = settle_all(&store, &key, &requests(&key, [1]), deadline).await;
        assert!(matches!(
            &answers[..],
            [Err(Unsettled::Store(StoreError::DeadlinePassed))]
        ));
        drop(held);
        assert_eq!(key.signatures(), 0);
        store.close().await;
    }
}

/// Two callers want the same two requests in opposite orders.
#[tokio::test(flavor = "multi_thread")]
async fn callers_do_not_wait_for_each_other_in_a_circle() {
    for place in places() {
        let store = Arc::new(place.open().await);
        let key = Arc::new(Key::p256());
        let orders = (0..40u32).map(|round| {
            let numbers: Vec<u32> = (0..20).map(|at| (at * 7 + round) % 20).collect();
            let (store, key) = (Arc::clone(&store), Arc::clone(&key));
            tokio::spawn(async move {
                let asked = requests(&key, numbers);
                settle_all(&store, &key, &asked, soon()).await
            })
        });
        for order in orders.collect::<Vec<_>>() {
            assert!(order.await.unwrap().iter().all(Result::is_ok));
        }
        assert_eq!(key.signatures(), 20);
        assert_sound(&store, TENANT, 20).await;
        store.close().await;
    }
}

#[tokio::test]
async fn no_more_is_claimed_than_may_be() {
    for place in places() {
        let mut config = place.config();
        config.max_claims = 3;
        let store = Store::open(&config).await.unwrap();
        let key = Key::p256();
        let claims = store.claim(&requests(&key, 0..5), soon()).await;
        let ours = claims.iter().filter(|claim| claim.is_ok()).count();
        assert_eq!(ours, 3);
        assert!(matches!(claims[4], Err(StoreError::Full)));
        drop(claims);
        assert_eq!(store.claimed(), 0);
        store.close().await;
    }
}

/// What is committed must be what was claimed.
#[tokio::test]
async fn another_message_than_the_one_claimed_is_refused() {
    type Change = fn(&Key, Vec<u8>) -> Vec<u8>;
    let wrong: [Change; 5] = [
        |key, _| key.message(&removal(2)),
        |_, mut message| {
            message.push(0);
            message
        },
        |_, mut message| {
            message.truncate(40);
            message
        },
        |_, _| Vec::new(),
        |_, mut message| {
            // Another protocol version.
            message[1] = 2;
            message
        },
    ];
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        let mut unreadable = 0;
        for change in wrong {
            let Claim::Ours(ours) = claim(&store, &key).await else {
                panic!("not ours");
            };
            let mut signed = sign(&key, ours);
            let changed = change(&key, signed.proposal.into_message());
            // What is no proposal cannot even be handed over.
            let Some(proposal) = SignedRemoval::read(changed) else {
                unreadable += 1;
                continue;
            };
            signed.proposal = proposal;
            let results = store.commit(vec![signed]).await;
            assert!(matches!(results[0], Err(StoreError::NotTheClaim(_))));
        }
        assert_eq!(unreadable, 4);
        assert!(store.reader().chain(TENANT).await.unwrap().is_none());
        settle(&store, &key, 1).await;
        assert_sound(&store, TENANT, 1).await;
        store.close().await;
    }
}

/// All schemes, their ProposalRefs as OpenMLS computes them, and their signatures.
#[tokio::test]
async fn the_log_of_every_scheme_verifies_with_its_signatures() {
    for place in places() {
        let store = place.open().await;
        let mut trust = Trust::default();
        for scheme in SCHEMES {
            let key = Key::new(scheme.name);
            let answer = settle(&store, &key, 1).await;
            let expected = openmls_proposal_ref(&answer.message, scheme);
            assert_eq!(answer.proposal_ref, expected, "{}", scheme.name);
            trust.message_keys.push(key.verifying());
        }
        let report = verify(store.reader(), TENANT, &trust).await;
        assert!(report.sound(), "{report:?}");
        assert_eq!(report.records, SCHEMES.len() as u64);
        store.close().await;
    }
}

/// RFC 9420, section 5.2, with OpenMLS's own encoding of the content.
fn openmls_proposal_ref(message: &[u8], scheme: &mls_hsm_signer::Scheme) -> Vec<u8> {
    use openmls_traits::crypto::OpenMlsCrypto;
    use openmls_traits::types::HashType;
    use tls_codec::{Serialize, VLByteSlice};

    let label = VLByteSlice(b"MLS 1.0 Proposal Reference");
    let content = VLByteSlice(&message[2..]);
    let input = (label, content).tls_serialize_detached().unwrap();
    let hash = match scheme.name {
        "ecdsa_secp384r1_sha384" | "mldsa44" | "mldsa65" => HashType::Sha2_384,
        "ecdsa_secp521r1_sha512" | "ed448" | "mldsa87" => HashType::Sha2_512,
        _ => HashType::Sha2_256,
    };
    let crypto = openmls_rust_crypto::RustCrypto::default();
    crypto.hash(hash, &input).unwrap()
}
