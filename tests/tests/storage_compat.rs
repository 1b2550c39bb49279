//! What one provider stores another one opens: groups, key packages, signature keys.
//!
//! The state of two clients moves, serialized, from one provider to another and back in the middle
//! of what they are doing. Each provider comes with the signer that belongs to it.

use std::collections::HashMap;

use mls_tests::P521;
use mls_tests::stack::{Hw, RustCrypto, Stack};
use openmls::prelude::*;
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{OpenMlsProvider, signatures::Signer, types::SignatureScheme};

const GROUP: &[u8] = b"storage";

/// A client whose state is in its provider's storage.
struct Client<S: Stack> {
    provider: S::Provider,
    signer: S::Signer,
    suite: Ciphersuite,
    credential: CredentialWithKey,
}

impl<S: Stack> Client<S> {
    fn new(name: &str, suite: Ciphersuite) -> Self {
        let provider = S::open(MemoryStorage::default());
        let signer = S::generate(suite.signature_algorithm());
        let public = S::store(&provider, &signer);
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into()).into(),
            signature_key: public.into(),
        };
        Self {
            provider,
            signer,
            suite,
            credential,
        }
    }

    /// The same client on another stack; nothing but its serialized storage goes over.
    fn moved<T: Stack>(self) -> Client<T> {
        let provider = T::open(deserialized(&serialized(self.provider.storage())));
        let public = self.credential.signature_key.as_slice();
        let signer = T::read(&provider, public, self.suite.signature_algorithm());
        let (suite, credential) = (self.suite, self.credential);
        Client {
            provider,
            signer,
            suite,
            credential,
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::for_provider(self.provider.crypto())
    }

    fn key_package(&self) -> KeyPackage {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(
                self.suite,
                &self.provider,
                &self.signer,
                self.credential.clone(),
            )
            .unwrap();
        bundle.key_package().clone()
    }

    fn create(&self) {
        MlsGroup::builder()
            .with_group_id(GroupId::from_slice(GROUP))
            .ciphersuite(self.suite)
            .with_capabilities(self.capabilities())
            .use_ratchet_tree_extension(true)
            .build(&self.provider, &self.signer, self.credential.clone())
            .unwrap();
    }

    fn group(&self) -> MlsGroup {
        MlsGroup::load(self.provider.storage(), &GroupId::from_slice(GROUP))
            .unwrap()
            .expect("the group is stored")
    }

    fn add(&self, key_package: KeyPackage) -> MlsMessageOut {
        let mut group = self.group();
        let (_, welcome, _) = group
            .add_members(&self.provider, &self.signer, &[key_package])
            .unwrap();
        group.merge_pending_commit(&self.provider).unwrap();
        welcome
    }

    fn join(&self, welcome: MlsMessageOut) {
        let MlsMessageBodyIn::Welcome(welcome) = received(welcome).extract() else {
            panic!("not a Welcome");
        };
        let config = MlsGroupJoinConfig::default();
        StagedWelcome::new_from_welcome(&self.provider, &config, welcome, None)
            .unwrap()
            .into_group(&self.provider)
            .unwrap();
    }

    /// A commit with a path, which stays pending.
    fn update(&self) -> MlsMessageOut {
        let bundle = self
            .group()
            .self_update(&self.provider, &self.signer, LeafNodeParameters::default())
            .unwrap();
        bundle.into_commit()
    }

    fn merge_pending(&self) {
        self.group().merge_pending_commit(&self.provider).unwrap();
    }

    fn send(&self, text: &[u8]) -> MlsMessageOut {
        self.group()
            .create_message(&self.provider, &self.signer, text)
            .unwrap()
    }

    /// Merges a commit, or returns the text of an application message.
    fn process(&self, message: MlsMessageOut) -> Vec<u8> {
        let mut group = self.group();
        let message = received(message).try_into_protocol_message().unwrap();
        match group
            .process_message(&self.provider, message)
            .unwrap()
            .into_content()
        {
            ProcessedMessageContent::ApplicationMessage(text) => text.into_bytes(),
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                group.merge_staged_commit(&self.provider, *commit).unwrap();
                Vec::new()
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn received(message: MlsMessageOut) -> MlsMessageIn {
    MlsMessageIn::from(message)
}

fn serialized(storage: &MemoryStorage) -> Vec<u8> {
    let values = storage.values.read().unwrap();
    serde_json::to_vec(&values.iter().collect::<Vec<_>>()).unwrap()
}

fn deserialized(bytes: &[u8]) -> MemoryStorage {
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = serde_json::from_slice(bytes).unwrap();
    let storage = MemoryStorage::default();
    *storage.values.write().unwrap() = HashMap::from_iter(pairs);
    storage
}

/// Alice and Bob begin on `A`, go on on `B`, and end on `A`.
fn there_and_back<A: Stack, B: Stack>(suite: Ciphersuite) {
    let alice = Client::<A>::new("Alice", suite);
    let bob = Client::<A>::new("Bob", suite);
    alice.create();
    let key_package = bob.key_package();

    let (alice, bob) = (alice.moved::<B>(), bob.moved::<B>());
    bob.join(alice.add(key_package));
    assert_eq!(
        bob.process(alice.send(b"on the other stack")),
        b"on the other stack"
    );
    let pending = alice.update();
    bob.process(pending);

    let (alice, bob) = (alice.moved::<A>(), bob.moved::<A>());
    alice.merge_pending();
    assert_eq!(alice.process(bob.send(b"and back")), b"and back");
    alice.process(bob.update());
    bob.merge_pending();
    assert_eq!(bob.process(alice.send(b"a new epoch")), b"a new epoch");
    assert_eq!(alice.group().epoch(), bob.group().epoch());
    assert_eq!(alice.group().epoch().as_u64(), 3);
}

/// The suites that both have.
fn common_suites() -> Vec<Ciphersuite> {
    let theirs = OpenMlsRustCrypto::default()
        .crypto()
        .supported_ciphersuites();
    let ours = openmls_hw_crypto::SUITES
        .iter()
        .map(|suite| suite.ciphersuite);
    ours.filter(|suite| theirs.contains(suite)).collect()
}

#[test]
fn groups_and_key_packages() {
    let suites = common_suites();
    assert_eq!(suites.len(), 3, "0x0001, 0x0002, 0x0003");
    for suite in suites {
        there_and_back::<Hw, RustCrypto>(suite);
        there_and_back::<RustCrypto, Hw>(suite);
        println!("{suite}: there and back, both ways");
    }
}

/// The suites that only ours has go through the same serialization.
#[test]
fn our_other_suites() {
    let common = common_suites();
    let suites = openmls_hw_crypto::SUITES
        .iter()
        .map(|suite| suite.ciphersuite);
    for suite in suites.filter(|suite| !common.contains(suite)) {
        there_and_back::<Hw, Hw>(suite);
        println!("{suite}: there and back");
    }
}

/// A key pair of `A` that `B` reads signs under the public key that `A` made.
fn key_pair_moves<A: Stack, B: Stack>(scheme: SignatureScheme) {
    let before = A::open(MemoryStorage::default());
    let public = A::store(&before, &A::generate(scheme));
    let after = B::open(deserialized(&serialized(before.storage())));
    let signer = B::read(&after, &public, scheme);
    let signature = signer.sign(b"message").unwrap();
    before
        .crypto()
        .verify_signature(scheme, b"message", &public, &signature)
        .unwrap();
    after
        .crypto()
        .verify_signature(scheme, b"message", &public, &signature)
        .unwrap();
    let stored_again = B::open(MemoryStorage::default());
    B::store(&stored_again, &signer);
    let (stored_again, stored) = (stored_again.storage(), before.storage());
    assert_eq!(
        *stored_again.values.read().unwrap(),
        *stored.values.read().unwrap(),
        "same bytes"
    );
}

#[test]
fn signature_key_pairs() {
    for scheme in [
        SignatureScheme::ED25519,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
    ] {
        key_pair_moves::<Hw, RustCrypto>(scheme);
        key_pair_moves::<RustCrypto, Hw>(scheme);
        println!("{scheme:?}: both ways");
    }
    for scheme in [SignatureScheme::ECDSA_SECP521R1_SHA512; P521] {
        key_pair_moves::<Hw, Hw>(scheme);
    }
}
