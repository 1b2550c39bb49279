//! OpenMLS over a provider in FIPS mode: groups of approved suites work, others are refused
//! when they are created, joined and processed.

use openmls::prelude::*;
use openmls_hw_crypto::{HwCrypto, MemoryStorage, OpenMlsHwCrypto, SignatureKeyPair};
use openmls_traits::OpenMlsProvider;

use crate::refusals::APPROVED;

const REFUSED: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
const CHACHA: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

type Provider = OpenMlsHwCrypto<MemoryStorage>;

fn unrestricted() -> Provider {
    OpenMlsHwCrypto::default()
}

/// The state of `provider`, from now on in FIPS mode: a deployment that switches it on.
fn switched(provider: Provider) -> Provider {
    let storage = MemoryStorage::default();
    let values = provider.storage().values.read().unwrap().clone();
    *storage.values.write().unwrap() = values;
    OpenMlsHwCrypto::new(HwCrypto::fips().unwrap(), storage)
}

fn in_fips_mode() -> Provider {
    switched(unrestricted())
}

struct Client {
    credential: CredentialWithKey,
    signer: SignatureKeyPair,
}

impl Client {
    fn new(suite: Ciphersuite) -> Self {
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).unwrap();
        let credential = CredentialWithKey {
            credential: BasicCredential::new(b"client".to_vec()).into(),
            signature_key: signer.public().into(),
        };
        Self { credential, signer }
    }

    fn found(&self, suite: Ciphersuite, provider: &Provider) -> Result<MlsGroup, String> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(suite)
            .use_ratchet_tree_extension(true)
            .capabilities(Capabilities::for_provider(unrestricted().crypto()))
            .build();
        let credential = self.credential.clone();
        MlsGroup::new(provider, &self.signer, &config, credential)
            .map_err(|error| error.to_string())
    }

    fn key_package(&self, suite: Ciphersuite, provider: &Provider) -> KeyPackage {
        KeyPackage::builder()
            .leaf_node_capabilities(Capabilities::for_provider(unrestricted().crypto()))
            .build(suite, provider, &self.signer, self.credential.clone())
            .unwrap()
            .key_package()
            .clone()
    }
}

/// A group of two, whose second member has not joined yet.
struct Invitation {
    founder: Client,
    provider: Provider,
    group: MlsGroup,
    welcome: Welcome,
    invited: Provider,
}

impl Invitation {
    fn to(suite: Ciphersuite) -> Self {
        let (provider, invited) = (unrestricted(), unrestricted());
        let founder = Client::new(suite);
        let mut group = founder.found(suite, &provider).unwrap();
        let key_package = Client::new(suite).key_package(suite, &invited);
        let (_, welcome, _) = group
            .add_members(&provider, &founder.signer, &[key_package])
            .unwrap();
        group.merge_pending_commit(&provider).unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = MlsMessageIn::from(welcome).extract() else {
            panic!("no Welcome")
        };
        Self {
            founder,
            provider,
            group,
            welcome,
            invited,
        }
    }
}

fn join(welcome: Welcome, provider: &Provider) -> Result<MlsGroup, String> {
    let config = MlsGroupJoinConfig::default();
    StagedWelcome::new_from_welcome(provider, &config, welcome, None)
        .and_then(|staged| staged.into_group(provider))
        .map_err(|error| error.to_string())
}

/// The error of OpenMLS says that the suite is the reason, and the provider says which rule.
fn assert_refused(suite: Ciphersuite, what: &str, outcome: Result<(), String>) {
    let error = outcome.expect_err(what);
    let rule = HwCrypto::fips().unwrap().refusal(suite).unwrap();
    println!("{what}: {error}; {rule}");
    assert!(rule.contains("is not approved"), "{rule}");
}

#[test]
fn refused_at_creation() {
    for suite in [REFUSED, CHACHA] {
        let founder = Client::new(suite);
        assert!(founder.found(suite, &unrestricted()).is_ok());
        let founded = founder.found(suite, &in_fips_mode()).map(drop);
        assert_refused(suite, "creation", founded);
    }
}

#[test]
fn refused_as_a_key_package() {
    let provider = in_fips_mode();
    let client = Client::new(REFUSED);
    let built = KeyPackage::builder()
        .build(
            REFUSED,
            &provider,
            &client.signer,
            client.credential.clone(),
        )
        .map(drop);
    assert_refused(
        REFUSED,
        "key package",
        built.map_err(|error| error.to_string()),
    );
    let key_package = KeyPackageIn::from(client.key_package(REFUSED, &unrestricted()));
    let validated = key_package.validate(provider.crypto(), ProtocolVersion::Mls10);
    let validated = validated.map(drop).map_err(|error| error.to_string());
    // Ed25519 itself is approved: whoever adds this member is refused when he seals to it.
    println!("validation of a key package of a refused suite: {validated:?}");
}

#[test]
fn refused_at_join() {
    for suite in [REFUSED, CHACHA] {
        let invitation = Invitation::to(suite);
        let invited = switched(invitation.invited);
        let joined = join(invitation.welcome, &invited).map(drop);
        assert_refused(suite, "join", joined);
    }
    let invitation = Invitation::to(REFUSED);
    assert!(join(invitation.welcome, &invitation.invited).is_ok());
}

#[test]
fn refused_at_processing() {
    for suite in [REFUSED, CHACHA] {
        let mut invitation = Invitation::to(suite);
        let member = join(invitation.welcome, &invitation.invited).unwrap();
        let id = member.group_id().clone();
        let commit = invitation
            .group
            .self_update(
                &invitation.provider,
                &invitation.founder.signer,
                LeafNodeParameters::default(),
            )
            .unwrap()
            .into_commit();
        let message = || {
            MlsMessageIn::from(commit.clone())
                .try_into_protocol_message()
                .unwrap()
        };
        let process = |provider: &Provider| {
            let mut member = MlsGroup::load(provider.storage(), &id).unwrap().unwrap();
            let processed = member.process_message(provider, message());
            processed.map(drop).map_err(|error| error.to_string())
        };
        let restricted = switched(OpenMlsHwCrypto::new(HwCrypto::default(), {
            let storage = MemoryStorage::default();
            let values = invitation.invited.storage().values.read().unwrap().clone();
            *storage.values.write().unwrap() = values;
            storage
        }));
        assert_refused(suite, "processing", process(&restricted));
        // The same message, without FIPS mode.
        assert_eq!(process(&invitation.invited), Ok(()));
    }
}

/// Created, joined, and a commit processed, all in FIPS mode.
#[test]
fn groups_of_approved_suites_work() {
    for &code_point in APPROVED {
        let suite = Ciphersuite::try_from(code_point).unwrap();
        let (provider, invited) = (in_fips_mode(), in_fips_mode());
        let founder = Client::new(suite);
        let mut group = founder.found(suite, &provider).unwrap();
        let key_package = Client::new(suite).key_package(suite, &invited);
        let (_, welcome, _) = group
            .add_members(&provider, &founder.signer, &[key_package])
            .unwrap();
        group.merge_pending_commit(&provider).unwrap();
        let MlsMessageBodyIn::Welcome(welcome) = MlsMessageIn::from(welcome).extract() else {
            panic!("no Welcome")
        };
        let mut member = join(welcome, &invited).unwrap();
        let update = LeafNodeParameters::default();
        let commit = group
            .self_update(&provider, &founder.signer, update)
            .unwrap();
        group.merge_pending_commit(&provider).unwrap();
        let message = MlsMessageIn::from(commit.into_commit());
        let message = message.try_into_protocol_message().unwrap();
        let processed = member.process_message(&invited, message).unwrap();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            panic!("no commit")
        };
        member.merge_staged_commit(&invited, *staged).unwrap();
        let authenticator = |group: &MlsGroup| group.epoch_authenticator().as_slice().to_vec();
        assert_eq!(authenticator(&group), authenticator(&member));
    }
}
