//! Keys in memory, in place of the HSM's: what is tested here is not how signatures are made.
//! ECDSA draws a nonce for each, so that two signatures of one request never have the same
//! bytes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mls_hsm_signer::audit::store::{Answer, Ours, RequestKey, Signed, Store, Unsettled};
use mls_hsm_signer::audit::{Caller, SignerFailure, StatementSigner, VerifyingKey};
use mls_hsm_signer::encoding::from_lower_hex;
use mls_hsm_signer::message::signed_removal::SignedRemoval;
use mls_hsm_signer::{Removal, Scheme};
use openmls::group::{GroupEpoch, GroupId};
use openmls::prelude::{ExternalProposal, LeafNodeIndex, SenderExtensionIndex};
use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};
use openmls_traits::signatures::Signer;
use tls_codec::Serialize;

use super::TENANT;

/// A removal key, which counts its signatures.
pub struct Key {
    pair: SignatureKeyPair,
    scheme: &'static Scheme,
    count: AtomicUsize,
}

impl Key {
    pub fn new(scheme: &str) -> Self {
        let scheme = Scheme::by_name(scheme).unwrap();
        Self {
            pair: SignatureKeyPair::new(scheme.signature_scheme).unwrap(),
            scheme,
            count: AtomicUsize::new(0),
        }
    }

    pub fn p256() -> Self {
        Self::new("ecdsa_secp256r1_sha256")
    }

    /// The same in every process: the private key 1, and the generator of P-256.
    pub fn known() -> Self {
        let scheme = Scheme::by_name("ecdsa_secp256r1_sha256").unwrap();
        let mut private = vec![0; 32];
        private[31] = 1;
        let public = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
            4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let public = from_lower_hex(public).unwrap();
        let pair = SignatureKeyPair::from_raw(scheme.signature_scheme, private, public);
        Self {
            pair: pair.unwrap(),
            scheme,
            count: AtomicUsize::new(0),
        }
    }

    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    pub fn public_key(&self) -> &[u8] {
        self.pair.public()
    }

    /// Under which its signatures are checked.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey {
            scheme: self.scheme.signature_scheme,
            public_key: self.public_key().to_vec(),
        }
    }

    /// How many signatures it has made.
    pub fn signatures(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// The MLSMessage of a removal, built by OpenMLS.
    pub fn message(&self, removal: &Removal) -> Vec<u8> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let message = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
            LeafNodeIndex::new(removal.leaf_index),
            GroupId::from_slice(&removal.group_id),
            GroupEpoch::from(removal.epoch),
            &self.pair,
            SenderExtensionIndex::new(removal.sender_index),
        );
        message.unwrap().tls_serialize_detached().unwrap()
    }
}

/// A removal from the group of this number.
pub fn removal(number: u32) -> Removal {
    Removal {
        group_id: format!("group {number}").into(),
        epoch: 7 + u64::from(number),
        leaf_index: number,
        sender_index: 0,
    }
}

/// The request of this number, by [`TENANT`].
pub fn request(key: &Key, number: u32) -> RequestKey {
    RequestKey {
        tenant: TENANT.into(),
        key: key.verifying(),
        removal: removal(number),
    }
}

/// Requests of these numbers.
pub fn requests(key: &Key, numbers: impl IntoIterator<Item = u32>) -> Vec<RequestKey> {
    numbers
        .into_iter()
        .map(|number| request(key, number))
        .collect()
}

pub fn caller() -> Caller {
    Caller {
        name: "galley".into(),
        authentication: "mtls SAN dns:galley.example.org".into(),
    }
}

/// Signs what was claimed.
pub fn sign(key: &Key, claim: Ours) -> Signed {
    Signed {
        proposal: SignedRemoval::read(key.message(&claim.request().removal)).unwrap(),
        claim,
        caller: caller(),
        request_id: "0d1e2f".into(),
        key_label: key.scheme().default_label(),
        scheme: key.scheme(),
        source: "hsm-a".into(),
    }
}

/// Has requests settled.
pub async fn settle_all(
    store: &Store,
    key: &Key,
    requests: &[RequestKey],
    deadline: Instant,
) -> Vec<Result<Answer, Unsettled<()>>> {
    let sign_all = |claims: Vec<(usize, Ours)>| async move {
        let signed = claims.into_iter();
        signed
            .map(|(at, claim)| (at, Ok(sign(key, claim))))
            .collect()
    };
    store.settle(requests, deadline, sign_all).await
}

/// Has one request settled, which must succeed.
pub async fn settle(store: &Store, key: &Key, number: u32) -> Answer {
    let requests = [request(key, number)];
    let mut results = settle_all(store, key, &requests, super::soon()).await;
    results.pop().unwrap().unwrap()
}

/// A key for checkpoints, in memory.
pub struct SoftSigner {
    pair: SignatureKeyPair,
    scheme: &'static Scheme,
}

impl SoftSigner {
    pub fn new(scheme: &str) -> Self {
        let scheme = Scheme::by_name(scheme).unwrap();
        Self {
            pair: SignatureKeyPair::new(scheme.signature_scheme).unwrap(),
            scheme,
        }
    }
}

impl StatementSigner for SoftSigner {
    fn key(&self) -> VerifyingKey {
        VerifyingKey {
            scheme: self.scheme.signature_scheme,
            public_key: self.pair.public().to_vec(),
        }
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerFailure> {
        self.pair
            .sign(input)
            .map_err(|_| "no signature was made".into())
    }
}
