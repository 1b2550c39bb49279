//! An OpenMLS group that trusts the service's keys.

use mls_hsm_signer::Scheme;
use openmls::prelude::tls_codec::Deserialize;
use openmls::prelude::*;
use openmls_hw_crypto::SignatureKeyPair;

/// Two members, of whom one will be removed, on a provider.
pub struct Group<P> {
    provider: P,
    signer: SignatureKeyPair,
    group: MlsGroup,
    leaf: u32,
}

impl<P: openmls::storage::OpenMlsProvider + Default> Group<P> {
    /// A group with `suite` and the external senders of these public keys.
    pub fn new(suite: Ciphersuite, senders: &[Vec<u8>]) -> Self {
        let provider = P::default();
        let senders = senders.iter().map(|key| {
            let credential = BasicCredential::new(b"removal server".to_vec());
            ExternalSender::new(key.clone().into(), credential.into())
        });
        let senders = Extension::ExternalSenders(senders.collect());
        let capabilities = Capabilities::for_provider(provider.crypto());
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(suite)
            .capabilities(capabilities.clone())
            .wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .with_group_context_extensions(Extensions::single(senders).unwrap())
            .build();
        let (signer, credential) = member(suite, "alice");
        let mut group = MlsGroup::new(&provider, &signer, &config, credential).unwrap();
        let other = P::default();
        let (bob, credential) = member(suite, "bob");
        let package = KeyPackage::builder()
            .leaf_node_capabilities(capabilities)
            .build(suite, &other, &bob, credential)
            .unwrap();
        let packages = [package.key_package().clone()];
        group.add_members(&provider, &signer, &packages).unwrap();
        group.merge_pending_commit(&provider).unwrap();
        let other = |member: &Member| member.index != group.own_leaf_index();
        let leaf = group.members().find(other).unwrap().index.u32();
        Self {
            provider,
            signer,
            leaf,
            group,
        }
    }

    /// The group's id, its epoch, and the leaf of the member to remove.
    pub fn position(&self) -> (Vec<u8>, u64, u32) {
        let id = self.group.group_id().as_slice().to_vec();
        (id, self.group.epoch().as_u64(), self.leaf)
    }

    /// The scheme of its suite.
    pub fn scheme(&self) -> &'static Scheme {
        Scheme::by_ciphersuite(self.group.ciphersuite()).unwrap()
    }

    /// Has the group take in the proposal, whose ProposalRef must be this one, and commit it.
    pub fn accept(&mut self, message: &[u8], reference: &[u8]) {
        let message = MlsMessageIn::tls_deserialize_exact(message).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        let processed = self.group.process_message(&self.provider, message).unwrap();
        let ProcessedMessageContent::ProposalMessage(proposal) = processed.into_content() else {
            panic!("not a proposal");
        };
        assert_eq!(proposal.proposal_reference_ref().as_slice(), reference);
        self.group
            .store_pending_proposal(self.provider.storage(), *proposal)
            .unwrap();
        self.group
            .commit_to_pending_proposals(&self.provider, &self.signer)
            .unwrap();
        self.group.merge_pending_commit(&self.provider).unwrap();
        assert_eq!(self.group.members().count(), 1, "the member is still there");
    }
}

fn member(suite: Ciphersuite, name: &str) -> (SignatureKeyPair, CredentialWithKey) {
    let signer = SignatureKeyPair::new(suite.signature_algorithm()).unwrap();
    let credential = CredentialWithKey {
        credential: BasicCredential::new(name.into()).into(),
        signature_key: signer.public().into(),
    };
    (signer, credential)
}
