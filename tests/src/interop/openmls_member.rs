//! A member on OpenMLS, generic over the crypto provider.

use openmls::prelude::{tls_codec::DeserializeBytes, *};
use openmls::storage::OpenMlsProvider;
use openmls_traits::signatures::Signer;

use super::member::{Commit, Failure, HandshakeFormat, Identity, Member, Received, Setup};

/// Application messages are padded to a multiple of this many bytes.
const PADDING_SIZE: usize = 64;

/// A member on OpenMLS with the provider `P`, signing with `S`.
pub struct OpenMlsMember<P, S> {
    provider: P,
    signer: S,
    credential: CredentialWithKey,
    ciphersuite: Ciphersuite,
    wire_format_policy: WireFormatPolicy,
    group: Option<MlsGroup>,
}

impl<P: OpenMlsProvider, S: Signer> OpenMlsMember<P, S> {
    /// A client of no group yet; `signature_public_key` belongs to `signer`.
    pub fn new(provider: P, signer: S, signature_public_key: Vec<u8>, setup: &Setup<'_>) -> Self {
        Self {
            provider,
            signer,
            credential: credential(setup.name, signature_public_key),
            ciphersuite: setup.ciphersuite,
            wire_format_policy: wire_format_policy(setup.handshake_format),
            group: None,
        }
    }

    /// The suites the provider performs, not OpenMLS's fixed default list.
    fn capabilities(&self) -> Capabilities {
        Capabilities::for_provider(self.provider.crypto())
    }

    fn join_config(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format_policy)
            .padding_size(PADDING_SIZE)
            .use_ratchet_tree_extension(true)
            .build()
    }

    fn group(&self) -> Result<&MlsGroup, Failure> {
        self.group.as_ref().ok_or_else(no_group)
    }

    fn parse_key_package(&self, bytes: &[u8]) -> Result<KeyPackage, Failure> {
        match parse(bytes)?.extract() {
            MlsMessageBodyIn::KeyPackage(key_package) => {
                Ok(key_package.validate(self.provider.crypto(), ProtocolVersion::Mls10)?)
            }
            _ => Err(Failure::new("not a KeyPackage")),
        }
    }

    fn process_any(&mut self, message: &[u8]) -> Result<ProcessedMessageContent, Failure> {
        let message = parse(message)?.try_into_protocol_message()?;
        let group = self.group.as_mut().ok_or_else(no_group)?;
        Ok(group
            .process_message(&self.provider, message)?
            .into_content())
    }

    fn merge(&mut self, staged: StagedCommit) -> Result<Received, Failure> {
        let removed = staged.self_removed();
        let group = self.group.as_mut().ok_or_else(no_group)?;
        group.merge_staged_commit(&self.provider, staged)?;
        Ok(match removed {
            true => Received::Removed,
            false => Received::NewEpoch,
        })
    }
}

impl<P: OpenMlsProvider, S: Signer> Member for OpenMlsMember<P, S> {
    fn create(&mut self, group_id: &[u8], external_sender: &Identity) -> Result<(), Failure> {
        let extensions = Extensions::single(external_senders(external_sender))?;
        let group = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(group_id))
            .ciphersuite(self.ciphersuite)
            .with_capabilities(self.capabilities())
            .with_group_context_extensions(extensions)
            .with_wire_format_policy(self.wire_format_policy)
            .padding_size(PADDING_SIZE)
            .use_ratchet_tree_extension(true)
            .build(&self.provider, &self.signer, self.credential.clone())?;
        self.group = Some(group);
        Ok(())
    }

    fn key_package(&mut self) -> Result<Vec<u8>, Failure> {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(self.capabilities())
            .build(
                self.ciphersuite,
                &self.provider,
                &self.signer,
                self.credential.clone(),
            )?;
        Ok(MlsMessageOut::from(bundle.into_key_package()).to_bytes()?)
    }

    fn join(&mut self, welcome: &[u8]) -> Result<(), Failure> {
        let MlsMessageBodyIn::Welcome(welcome) = parse(welcome)?.extract() else {
            return Err(Failure::new("not a Welcome"));
        };
        let config = self.join_config();
        let staged = StagedWelcome::new_from_welcome(&self.provider, &config, welcome, None)?;
        self.group = Some(staged.into_group(&self.provider)?);
        Ok(())
    }

    fn add(&mut self, key_package: &[u8]) -> Result<Commit, Failure> {
        let key_package = self.parse_key_package(key_package)?;
        let group = self.group.as_mut().ok_or_else(no_group)?;
        let (commit, welcome, _) =
            group.add_members(&self.provider, &self.signer, &[key_package])?;
        group.merge_pending_commit(&self.provider)?;
        serialize(commit, Some(welcome))
    }

    fn update(&mut self) -> Result<Commit, Failure> {
        let group = self.group.as_mut().ok_or_else(no_group)?;
        let (commit, welcome, _) = group
            .self_update(&self.provider, &self.signer, LeafNodeParameters::default())?
            .into_messages();
        group.merge_pending_commit(&self.provider)?;
        serialize(commit, welcome)
    }

    fn remove(&mut self, leaf_index: u32) -> Result<Commit, Failure> {
        let removed = [LeafNodeIndex::new(leaf_index)];
        let group = self.group.as_mut().ok_or_else(no_group)?;
        let (commit, welcome, _) = group.remove_members(&self.provider, &self.signer, &removed)?;
        group.merge_pending_commit(&self.provider)?;
        serialize(commit, welcome)
    }

    fn propose_update(&mut self) -> Result<Vec<u8>, Failure> {
        let group = self.group.as_mut().ok_or_else(no_group)?;
        let (proposal, _) = group.propose_self_update(
            &self.provider,
            &self.signer,
            LeafNodeParameters::default(),
        )?;
        Ok(proposal.to_bytes()?)
    }

    fn commit_proposals(&mut self) -> Result<Commit, Failure> {
        let group = self.group.as_mut().ok_or_else(no_group)?;
        if !group.has_pending_proposals() {
            return Err(Failure::new("no proposal to commit"));
        }
        let (commit, welcome, _) =
            group.commit_to_pending_proposals(&self.provider, &self.signer)?;
        group.merge_pending_commit(&self.provider)?;
        serialize(commit, welcome)
    }

    fn process(&mut self, handshake: &[u8]) -> Result<Received, Failure> {
        match self.process_any(handshake)? {
            ProcessedMessageContent::ProposalMessage(proposal) => {
                let group = self.group.as_mut().ok_or_else(no_group)?;
                group.store_pending_proposal(self.provider.storage(), *proposal)?;
                Ok(Received::Proposal)
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => self.merge(*staged),
            _ => Err(Failure::new("neither a proposal nor another's commit")),
        }
    }

    fn encrypt(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, Failure> {
        let group = self.group.as_mut().ok_or_else(no_group)?;
        let message = group.create_message(&self.provider, &self.signer, plaintext)?;
        Ok(message.to_bytes()?)
    }

    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match self.process_any(message)? {
            ProcessedMessageContent::ApplicationMessage(message) => Ok(message.into_bytes()),
            _ => Err(Failure::new("not an application message")),
        }
    }

    fn export(&self, label: &str, context: &[u8], length: usize) -> Result<Vec<u8>, Failure> {
        let crypto = self.provider.crypto();
        Ok(self
            .group()?
            .export_secret(crypto, label, context, length)?)
    }

    fn epoch_authenticator(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.group()?.epoch_authenticator().as_slice().to_vec())
    }

    fn epoch(&self) -> Result<u64, Failure> {
        Ok(self.group()?.epoch().as_u64())
    }

    fn leaf_index(&self) -> Result<u32, Failure> {
        Ok(self.group()?.own_leaf_index().u32())
    }
}

fn credential(name: &str, signature_public_key: Vec<u8>) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(name.into()).into(),
        signature_key: signature_public_key.into(),
    }
}

fn external_senders(sender: &Identity) -> Extension {
    let CredentialWithKey {
        credential,
        signature_key,
    } = credential(&sender.name, sender.signature_public_key.clone());
    Extension::ExternalSenders(vec![ExternalSender::new(signature_key, credential)])
}

/// Incoming messages are mixed in either case: an external sender has no keys
/// to encrypt its proposals with.
fn wire_format_policy(format: HandshakeFormat) -> WireFormatPolicy {
    match format {
        HandshakeFormat::PublicMessage => MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        HandshakeFormat::PrivateMessage => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
    }
}

fn parse(bytes: &[u8]) -> Result<MlsMessageIn, Failure> {
    Ok(MlsMessageIn::tls_deserialize_exact_bytes(bytes)?)
}

fn serialize(commit: MlsMessageOut, welcome: Option<MlsMessageOut>) -> Result<Commit, Failure> {
    Ok(Commit {
        commit: commit.to_bytes()?,
        welcome: welcome.map(|welcome| welcome.to_bytes()).transpose()?,
    })
}

fn no_group() -> Failure {
    Failure::new("in no group")
}
