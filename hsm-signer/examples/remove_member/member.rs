//! A client: one member of one group, on any OpenMLS provider.
//!
//! Clients exchange bytes only, as they do through a delivery service, so that none can
//! know on which provider another runs.

use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls::storage::OpenMlsProvider;
use openmls_basic_credential::SignatureKeyPair as BasicKeyPair;
use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::Signer;

use crate::Result;

/// What a client learns from a message.
pub enum Received {
    /// The text of an application message.
    Text(String),
    /// A proposal, now pending.
    Proposal,
    /// The group is in a new epoch.
    NewEpoch,
    /// This client is no longer in the group.
    Removed,
}

/// A client, whatever its provider.
pub trait Client {
    /// The client's name.
    fn name(&self) -> &'static str;
    /// What computes for it.
    fn engine(&self) -> &'static str;
    /// A fresh key package.
    fn key_package(&mut self) -> Result<Vec<u8>>;
    /// Founds a group that trusts `senders`.
    fn found(&mut self, senders: Vec<ExternalSender>) -> Result<()>;
    /// Adds the owners of the key packages; returns the Welcome.
    fn add(&mut self, key_packages: &[Vec<u8>]) -> Result<Vec<u8>>;
    /// Joins by a Welcome.
    fn join(&mut self, welcome: &[u8]) -> Result<()>;
    /// Takes in a message of the group.
    fn receive(&mut self, message: &[u8]) -> Result<Received>;
    /// Commits what is pending; returns the commit.
    fn commit(&mut self) -> Result<Vec<u8>>;
    /// Encrypts a text for the group.
    fn send(&mut self, text: &str) -> Result<Vec<u8>>;
    /// The group's id, its epoch, and the client's own leaf.
    fn position(&self) -> Result<(Vec<u8>, u64, u32)>;
    /// A value that all members of the same epoch share, and no one else.
    fn epoch_authenticator(&self) -> Result<Vec<u8>>;
}

/// A client on our provider, whose keys AWS-LC keeps.
pub fn on_hw_crypto(name: &'static str, suite: Ciphersuite) -> Result<Box<dyn Client>> {
    let signer = SignatureKeyPair::new(suite.signature_algorithm())?;
    let public = signer.public().to_vec();
    Ok(Box::new(Member::new(
        name,
        "AWS-LC",
        suite,
        OpenMlsHwCrypto::default(),
        signer,
        public,
    )))
}

/// A client on OpenMLS's own RustCrypto provider.
pub fn on_rust_crypto(name: &'static str, suite: Ciphersuite) -> Result<Box<dyn Client>> {
    let signer = BasicKeyPair::new(suite.signature_algorithm())?;
    let public = signer.public().to_vec();
    let provider = OpenMlsRustCrypto::default();
    Ok(Box::new(Member::new(
        name,
        "RustCrypto",
        suite,
        provider,
        signer,
        public,
    )))
}

struct Member<P, S> {
    name: &'static str,
    engine: &'static str,
    suite: Ciphersuite,
    provider: P,
    signer: S,
    credential: CredentialWithKey,
    group: Option<MlsGroup>,
}

impl<P: OpenMlsProvider, S: Signer> Member<P, S> {
    fn new(
        name: &'static str,
        engine: &'static str,
        suite: Ciphersuite,
        provider: P,
        signer: S,
        public: Vec<u8>,
    ) -> Self {
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into()).into(),
            signature_key: public.into(),
        };
        Self {
            name,
            engine,
            suite,
            provider,
            signer,
            credential,
            group: None,
        }
    }

    /// Ciphertext to the others; an external proposal comes as plaintext.
    fn group_config(&self, senders: Vec<ExternalSender>) -> Result<MlsGroupCreateConfig> {
        Ok(MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite)
            .capabilities(self.capabilities())
            .wire_format_policy(MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .with_group_context_extensions(Extensions::single(Extension::ExternalSenders(senders))?)
            .build())
    }

    /// Says which suites the client's own provider has.
    fn capabilities(&self) -> Capabilities {
        Capabilities::for_provider(self.provider.crypto())
    }

    fn group(&self) -> Result<&MlsGroup> {
        self.group
            .as_ref()
            .ok_or_else(|| "the client is in no group".into())
    }
}

/// The group beside the provider and the signer, which OpenMLS wants together.
macro_rules! group {
    ($member:expr) => {
        $member.group.as_mut().ok_or("the client is in no group")?
    };
}

impl<P: OpenMlsProvider, S: Signer> Client for Member<P, S>
where
    P::StorageError: 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn engine(&self) -> &'static str {
        self.engine
    }

    fn key_package(&mut self) -> Result<Vec<u8>> {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(
                self.suite,
                &self.provider,
                &self.signer,
                self.credential.clone(),
            )?;
        Ok(MlsMessageOut::from(bundle.key_package().clone()).tls_serialize_detached()?)
    }

    fn found(&mut self, senders: Vec<ExternalSender>) -> Result<()> {
        let config = self.group_config(senders)?;
        let group = MlsGroup::new(
            &self.provider,
            &self.signer,
            &config,
            self.credential.clone(),
        )?;
        self.group = Some(group);
        Ok(())
    }

    fn add(&mut self, key_packages: &[Vec<u8>]) -> Result<Vec<u8>> {
        let validated = |bytes: &Vec<u8>| -> Result<KeyPackage> {
            match MlsMessageIn::tls_deserialize_exact(bytes)?.extract() {
                MlsMessageBodyIn::KeyPackage(package) => {
                    Ok(package.validate(self.provider.crypto(), ProtocolVersion::Mls10)?)
                }
                _ => Err("not a key package".into()),
            }
        };
        let packages = key_packages
            .iter()
            .map(validated)
            .collect::<Result<Vec<_>>>()?;
        let group = group!(self);
        let (_, welcome, _) = group.add_members(&self.provider, &self.signer, &packages)?;
        group.merge_pending_commit(&self.provider)?;
        Ok(welcome.tls_serialize_detached()?)
    }

    fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let MlsMessageBodyIn::Welcome(welcome) =
            MlsMessageIn::tls_deserialize_exact(welcome)?.extract()
        else {
            return Err("not a Welcome".into());
        };
        let config = self.group_config(Vec::new())?;
        let config = config.join_config();
        let joining = StagedWelcome::new_from_welcome(&self.provider, config, welcome, None)?;
        self.group = Some(joining.into_group(&self.provider)?);
        Ok(())
    }

    fn receive(&mut self, message: &[u8]) -> Result<Received> {
        let group = group!(self);
        let message = MlsMessageIn::tls_deserialize_exact(message)?.try_into_protocol_message()?;
        let processed = group.process_message(&self.provider, message)?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                Ok(Received::Text(String::from_utf8(message.into_bytes())?))
            }
            ProcessedMessageContent::ProposalMessage(proposal) => {
                group.store_pending_proposal(self.provider.storage(), *proposal)?;
                Ok(Received::Proposal)
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                group.merge_staged_commit(&self.provider, *commit)?;
                Ok(if group.is_active() {
                    Received::NewEpoch
                } else {
                    Received::Removed
                })
            }
            _ => Err("a message that nobody sent".into()),
        }
    }

    fn commit(&mut self) -> Result<Vec<u8>> {
        let group = group!(self);
        let (commit, ..) = group.commit_to_pending_proposals(&self.provider, &self.signer)?;
        group.merge_pending_commit(&self.provider)?;
        Ok(commit.tls_serialize_detached()?)
    }

    fn send(&mut self, text: &str) -> Result<Vec<u8>> {
        let group = group!(self);
        let message = group.create_message(&self.provider, &self.signer, text.as_bytes())?;
        Ok(message.tls_serialize_detached()?)
    }

    fn position(&self) -> Result<(Vec<u8>, u64, u32)> {
        let group = self.group()?;
        let id = group.group_id().as_slice().to_vec();
        Ok((id, group.epoch().as_u64(), group.own_leaf_index().u32()))
    }

    fn epoch_authenticator(&self) -> Result<Vec<u8>> {
        Ok(self.group()?.epoch_authenticator().as_slice().to_vec())
    }
}
