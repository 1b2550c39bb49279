//! A member on mls-rs, generic over the crypto provider.

use mls_rs::client_builder::MlsConfig;
use mls_rs::crypto::SignaturePublicKey;
use mls_rs::extension::built_in::ExternalSendersExt;
use mls_rs::group::{CommitEffect, CommitOutput, ReceivedMessage};
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rules::{DefaultMlsRules, EncryptionOptions};
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, ExtensionList, Group, MlsMessage,
};

use super::member::{Commit, Failure, HandshakeFormat, Identity, Member, Received, Setup};

/// A client of no group yet, on mls-rs with `crypto`.
///
/// # Errors
/// If `crypto` lacks the suite or cannot make a signature key.
pub fn mls_rs_member<C: CryptoProvider + Clone>(
    crypto: C,
    setup: &Setup<'_>,
) -> Result<MlsRsMember<impl MlsConfig + use<C>>, Failure> {
    let ciphersuite = CipherSuite::from(u16::from(setup.ciphersuite));
    let suite = crypto
        .cipher_suite_provider(ciphersuite)
        .ok_or_else(|| Failure::new("ciphersuite not supported"))?;
    let (secret, public) = suite
        .signature_key_generate()
        .map_err(Failure::from_debug)?;
    let client = Client::builder()
        .crypto_provider(crypto)
        .identity_provider(BasicIdentityProvider)
        .mls_rules(rules(setup.handshake_format))
        .signing_identity(signing_identity(setup.name, public), secret, ciphersuite)
        .build();
    Ok(MlsRsMember {
        client,
        group: None,
    })
}

/// A member on mls-rs with the configuration `C`.
pub struct MlsRsMember<C: MlsConfig> {
    client: Client<C>,
    group: Option<Group<C>>,
}

impl<C: MlsConfig> MlsRsMember<C> {
    fn group(&self) -> Result<&Group<C>, Failure> {
        self.group.as_ref().ok_or_else(no_group)
    }

    fn group_mut(&mut self) -> Result<&mut Group<C>, Failure> {
        self.group.as_mut().ok_or_else(no_group)
    }

    fn apply(&mut self, output: CommitOutput) -> Result<Commit, Failure> {
        self.group_mut()?.apply_pending_commit()?;
        let welcome = output.welcome_messages();
        if welcome.len() > 1 {
            return Err(Failure::new("more than one Welcome for one Add"));
        }
        Ok(Commit {
            commit: output.commit_message().to_bytes()?,
            welcome: welcome.first().map(MlsMessage::to_bytes).transpose()?,
        })
    }

    fn process_any(&mut self, message: &[u8]) -> Result<ReceivedMessage, Failure> {
        let message = MlsMessage::from_bytes(message)?;
        let group = self.group_mut()?;
        Ok(group.process_incoming_message_with_time(message, MlsTime::now())?)
    }
}

impl<C: MlsConfig> Member for MlsRsMember<C> {
    fn create(&mut self, group_id: &[u8], external_sender: &Identity) -> Result<(), Failure> {
        let group = self.client.create_group_with_id(
            group_id.to_vec(),
            external_senders(external_sender)?,
            ExtensionList::new(),
            Some(MlsTime::now()),
        )?;
        self.group = Some(group);
        Ok(())
    }

    fn key_package(&mut self) -> Result<Vec<u8>, Failure> {
        let message = self.client.generate_key_package_message(
            ExtensionList::new(),
            ExtensionList::new(),
            Some(MlsTime::now()),
        )?;
        Ok(message.to_bytes()?)
    }

    fn join(&mut self, welcome: &[u8]) -> Result<(), Failure> {
        let welcome = MlsMessage::from_bytes(welcome)?;
        let (group, _) = self
            .client
            .join_group(None, &welcome, Some(MlsTime::now()))?;
        self.group = Some(group);
        Ok(())
    }

    fn add(&mut self, key_package: &[u8]) -> Result<Commit, Failure> {
        let key_package = MlsMessage::from_bytes(key_package)?;
        let output = self
            .group_mut()?
            .commit_builder()
            .add_member(key_package)?
            .commit_time(MlsTime::now())
            .build()?;
        self.apply(output)
    }

    fn update(&mut self) -> Result<Commit, Failure> {
        let output = self.group_mut()?.commit(Vec::new())?;
        self.apply(output)
    }

    fn remove(&mut self, leaf_index: u32) -> Result<Commit, Failure> {
        let output = self
            .group_mut()?
            .commit_builder()
            .remove_member(leaf_index)?
            .build()?;
        self.apply(output)
    }

    fn propose_update(&mut self) -> Result<Vec<u8>, Failure> {
        Ok(self.group_mut()?.propose_update(Vec::new())?.to_bytes()?)
    }

    fn commit_proposals(&mut self) -> Result<Commit, Failure> {
        let group = self.group_mut()?;
        if !group.commit_required() {
            return Err(Failure::new("no proposal to commit"));
        }
        let output = group.commit(Vec::new())?;
        self.apply(output)
    }

    fn process(&mut self, handshake: &[u8]) -> Result<Received, Failure> {
        match self.process_any(handshake)? {
            ReceivedMessage::Proposal(_) => Ok(Received::Proposal),
            ReceivedMessage::Commit(commit) => match commit.effect {
                CommitEffect::NewEpoch(_) => Ok(Received::NewEpoch),
                CommitEffect::Removed { .. } => Ok(Received::Removed),
                CommitEffect::ReInit(_) => Err(Failure::new("the group was reinitialized")),
            },
            _ => Err(Failure::new("neither a proposal nor a commit")),
        }
    }

    fn encrypt(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, Failure> {
        let message = self
            .group_mut()?
            .encrypt_application_message(plaintext, Vec::new())?;
        Ok(message.to_bytes()?)
    }

    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match self.process_any(message)? {
            ReceivedMessage::ApplicationMessage(message) => Ok(message.data().to_vec()),
            _ => Err(Failure::new("not an application message")),
        }
    }

    fn export(&self, label: &str, context: &[u8], length: usize) -> Result<Vec<u8>, Failure> {
        let secret = self
            .group()?
            .export_secret(label.as_bytes(), context, length)?;
        Ok(secret.as_bytes().to_vec())
    }

    fn epoch_authenticator(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.group()?.epoch_authenticator()?.as_bytes().to_vec())
    }

    fn epoch(&self) -> Result<u64, Failure> {
        Ok(self.group()?.current_epoch())
    }

    fn leaf_index(&self) -> Result<u32, Failure> {
        Ok(self.group()?.current_member_index())
    }
}

fn rules(format: HandshakeFormat) -> DefaultMlsRules {
    let encrypt = format == HandshakeFormat::PrivateMessage;
    DefaultMlsRules::new()
        .with_encryption_options(EncryptionOptions::new(encrypt, Default::default()))
}

fn signing_identity(name: &str, public_key: SignaturePublicKey) -> SigningIdentity {
    let credential = BasicCredential::new(name.into()).into_credential();
    SigningIdentity::new(credential, public_key)
}

fn external_senders(sender: &Identity) -> Result<ExtensionList, Failure> {
    let public_key = SignaturePublicKey::from(sender.signature_public_key.clone());
    let sender = signing_identity(&sender.name, public_key);
    let mut extensions = ExtensionList::new();
    extensions.set_from(ExternalSendersExt::new(vec![sender]))?;
    Ok(extensions)
}

fn no_group() -> Failure {
    Failure::new("in no group")
}
