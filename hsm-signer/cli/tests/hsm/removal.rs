//! The removal proposal: built by OpenMLS, signed in SoftHSM, committed by a group.

use std::sync::Arc;

use mls_hsm_signer::{HsmSigner, KeySelector, SCHEMES, Scheme, Token};
use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};
use openmls_rust_crypto::OpenMlsRustCrypto;

use crate::support::{TestToken, generate};

/// The suites of the four removal keys.
const SUITES: [Ciphersuite; 4] = [
    Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
    Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
    Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
];

/// A group of Alice and Bob.
struct Group<P: openmls::storage::OpenMlsProvider> {
    provider: P,
    signer: SignatureKeyPair,
    alice: MlsGroup,
    bob_provider: P,
    bob: MlsGroup,
}

fn identity<P: openmls::storage::OpenMlsProvider>(
    name: &str,
    suite: Ciphersuite,
    provider: &P,
) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(suite.signature_algorithm()).unwrap();
    signer.store(provider.storage()).unwrap();
    let credential = BasicCredential::new(name.into()).into();
    let credential = CredentialWithKey {
        credential,
        signature_key: signer.public().into(),
    };
    (signer, credential)
}

impl<P: openmls::storage::OpenMlsProvider + Default> Group<P> {
    /// Alice makes the group with `senders` as its external senders, and adds Bob.
    fn new(suite: Ciphersuite, senders: Vec<ExternalSender>) -> Self {
        let (provider, bob_provider) = (P::default(), P::default());
        let (signer, credential) = identity("Alice", suite, &provider);
        let extensions = Extensions::single(Extension::ExternalSenders(senders)).unwrap();
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(suite)
            .wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .with_group_context_extensions(extensions)
            .capabilities(Capabilities::for_provider(provider.crypto()))
            .build();
        let mut alice = MlsGroup::new(&provider, &signer, &config, credential).unwrap();
        let (bob_signer, bob_credential) = identity("Bob", suite, &bob_provider);
        let package = KeyPackage::builder()
            .leaf_node_capabilities(Capabilities::for_provider(bob_provider.crypto()))
            .build(suite, &bob_provider, &bob_signer, bob_credential)
            .unwrap();
        let packages = [package.key_package().clone()];
        let (_, welcome, _) = alice.add_members(&provider, &signer, &packages).unwrap();
        alice.merge_pending_commit(&provider).unwrap();
        let welcome = MlsMessageIn::tls_deserialize_exact(welcome.to_bytes().unwrap()).unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = welcome.extract() else {
            panic!("no Welcome")
        };
        let bob =
            StagedWelcome::new_from_welcome(&bob_provider, config.join_config(), welcome, None)
                .unwrap()
                .into_group(&bob_provider)
                .unwrap();
        Self {
            provider,
            signer,
            alice,
            bob_provider,
            bob,
        }
    }

    fn bobs_leaf(&self) -> u32 {
        self.bob.own_leaf_index().u32()
    }

    /// Alice checks the proposal and keeps it.
    fn accept(&mut self, proposal: &[u8]) -> bool {
        let message = MlsMessageIn::tls_deserialize_exact(proposal).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        let Ok(processed) = self.alice.process_message(&self.provider, message) else {
            return false;
        };
        assert!(matches!(processed.sender(), Sender::External(_)));
        assert!(processed.aad().is_empty());
        let ProcessedMessageContent::ProposalMessage(proposal) = processed.into_content() else {
            panic!("not a proposal");
        };
        let Proposal::Remove(remove) = proposal.proposal() else {
            panic!("not a removal")
        };
        assert_eq!(remove.removed(), self.bob.own_leaf_index());
        self.alice
            .store_pending_proposal(self.provider.storage(), *proposal)
            .unwrap();
        true
    }

    /// Alice commits what is pending; Bob learns that he is out.
    fn commit(&mut self, proposal: &[u8]) {
        let to_bob = MlsMessageIn::tls_deserialize_exact(proposal).unwrap();
        let to_bob = to_bob.try_into_protocol_message().unwrap();
        let seen = self
            .bob
            .process_message(&self.bob_provider, to_bob)
            .unwrap();
        let ProcessedMessageContent::ProposalMessage(seen) = seen.into_content() else {
            panic!("not a proposal");
        };
        self.bob
            .store_pending_proposal(self.bob_provider.storage(), *seen)
            .unwrap();
        let (commit, ..) = self
            .alice
            .commit_to_pending_proposals(&self.provider, &self.signer)
            .unwrap();
        self.alice.merge_pending_commit(&self.provider).unwrap();
        let commit = MlsMessageIn::tls_deserialize_exact(commit.to_bytes().unwrap()).unwrap();
        let commit = commit.try_into_protocol_message().unwrap();
        let processed = self
            .bob
            .process_message(&self.bob_provider, commit)
            .unwrap();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            panic!("not a commit");
        };
        self.bob
            .merge_staged_commit(&self.bob_provider, *staged)
            .unwrap();
    }
}

fn sender(signer: &HsmSigner) -> ExternalSender {
    ExternalSender::new(
        signer.public_key().to_vec().into(),
        BasicCredential::new(b"removal server".to_vec()).into(),
    )
}

fn removal_keys(token: &Arc<dyn Token>) -> Vec<HsmSigner> {
    SCHEMES
        .iter()
        .map(|scheme| generate(token, scheme))
        .collect()
}

/// The key for the suite and its place among the external senders.
fn key_for(keys: &[HsmSigner], suite: Ciphersuite) -> (u32, &HsmSigner) {
    let scheme = Scheme::by_ciphersuite(suite).unwrap();
    let place = keys
        .iter()
        .position(|key| std::ptr::eq(key.scheme(), scheme))
        .unwrap();
    (place as u32, &keys[place])
}

fn member_is_removed<P: openmls::storage::OpenMlsProvider + Default>(
    keys: &[HsmSigner],
    suite: Ciphersuite,
) {
    let mut group = Group::<P>::new(suite, keys.iter().map(sender).collect());
    let (place, key) = key_for(keys, suite);
    let id = group.alice.group_id().as_slice().to_vec();
    let epoch = group.alice.epoch().as_u64();
    let proposal = key
        .propose_remove(&id, epoch, group.bobs_leaf(), place)
        .unwrap();
    assert!(group.accept(&proposal));
    group.commit(&proposal);
    assert_eq!(group.alice.members().count(), 1);
    assert_eq!(group.alice.epoch().as_u64(), epoch + 1);
    assert!(!group.bob.is_active());
}

#[test]
fn a_group_on_our_provider_removes_the_member_in_every_suite() {
    let token = TestToken::new();
    let keys = removal_keys(&token.open());
    for suite in SUITES {
        member_is_removed::<OpenMlsHwCrypto>(&keys, suite);
    }
}

#[test]
fn a_group_on_rust_crypto_removes_the_member_in_the_suites_it_has() {
    let token = TestToken::new();
    let keys = removal_keys(&token.open());
    let rust_crypto = OpenMlsRustCrypto::default();
    let supported = |suite: &Ciphersuite| rust_crypto.crypto().supports(*suite).is_ok();
    let suites: Vec<_> = SUITES.into_iter().filter(supported).collect();
    assert_eq!(suites, SUITES[..2]);
    for suite in suites {
        member_is_removed::<OpenMlsRustCrypto>(&keys, suite);
    }
}

/// What the group must refuse: another epoch, group or sender, and a changed message.
#[test]
fn a_group_refuses_proposals_that_are_not_for_it() {
    let token = TestToken::new();
    let keys = removal_keys(&token.open());
    for suite in SUITES {
        let mut group = Group::<OpenMlsHwCrypto>::new(suite, keys.iter().map(sender).collect());
        let (place, key) = key_for(&keys, suite);
        let id = group.alice.group_id().as_slice().to_vec();
        let (epoch, leaf) = (group.alice.epoch().as_u64(), group.bobs_leaf());
        let another_place = (place + 1) % 4;
        for wrong in [
            key.propose_remove(&id, epoch + 1, leaf, place),
            key.propose_remove(b"another group", epoch, leaf, place),
            key.propose_remove(&id, epoch, leaf, another_place),
            key.propose_remove(&id, epoch, leaf, 4),
        ] {
            assert!(!group.accept(&wrong.unwrap()));
        }
        let mut changed = key.propose_remove(&id, epoch, leaf, place).unwrap();
        *changed.last_mut().unwrap() ^= 1;
        assert!(!group.accept(&changed));
        assert!(group.accept(&key.propose_remove(&id, epoch, leaf, place).unwrap()));
    }
}

/// The message is what RFC 9420 says, byte for byte up to the signature.
#[test]
fn the_proposal_is_as_rfc_9420_encodes_it() {
    let token = TestToken::new();
    let session = token.open();
    generate(&session, &SCHEMES[0]);
    let label = KeySelector::label(SCHEMES[0].default_label());
    let signer = HsmSigner::open(session, &label).unwrap();
    let message = signer.propose_remove(b"group", 0x0102, 7, 3).unwrap();
    let expected = [
        &[0, 1, 0, 1][..], // mls10, mls_public_message
        &[5],
        b"group",                 // group_id
        &0x0102u64.to_be_bytes(), // epoch
        &[2, 0, 0, 0, 3],         // external sender 3
        &[0],                     // authenticated_data
        &[2, 0, 3, 0, 0, 0, 7],   // proposal, remove, leaf 7
        &[0x40, 64],              // signature<V>
    ]
    .concat();
    assert_eq!(message[..message.len() - 64], expected);
    let parsed = MlsMessageIn::tls_deserialize_exact(&message).unwrap();
    assert_eq!(parsed.tls_serialize_detached().unwrap(), message);
}

/// Ed25519 repeats itself; ECDSA does not, which is why a server must remember.
#[test]
fn repeats_are_equal_for_ed25519_only() {
    let token = TestToken::new();
    for key in removal_keys(&token.open()) {
        let sign = || key.propose_remove(b"group", 1, 2, 0).unwrap();
        assert_eq!(sign() == sign(), key.scheme().name == "ed25519");
    }
}
