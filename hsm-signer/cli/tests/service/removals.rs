//! What a delivery service gets: proposals that OpenMLS groups accept.

use mls_hsm_signer::api::{RemovalItem, RemovalResult};
use mls_hsm_signer::client::RemoteSigner;
use mls_hsm_signer::encoding::{base64, from_base64};
use mls_hsm_signer::{Removal, SCHEMES};
use openmls::group::{GroupEpoch, GroupId};
use openmls::prelude::tls_codec::Serialize;
use openmls::prelude::{Ciphersuite, ExternalProposal, LeafNodeIndex, SenderExtensionIndex};
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_traits::signatures::Signer;

use crate::support::{Group, Setup, item, message, runtime};

/// One suite for each scheme, in the order of SCHEMES.
const SUITES: [Ciphersuite; 4] = [
    Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
    Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
    Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
];

#[test]
fn openmls_groups_accept_proposals_of_all_four_schemes() {
    let service = Setup::new().start();
    let keys = runtime()
        .block_on(service.client().keys(None))
        .unwrap()
        .keys;
    let publics: Vec<_> = keys
        .iter()
        .map(|key| from_base64(&key.public_key).unwrap())
        .collect();
    assert_eq!(publics.len(), SCHEMES.len());
    let mut groups: Vec<_> = SUITES.map(|suite| Group::new(suite, &publics)).into();
    let wanted = |(number, group): (usize, &Group)| {
        let (id, epoch, leaf_index) = group.position();
        let name = group.scheme().name;
        let sender = keys
            .iter()
            .position(|key| key.signature_scheme == name)
            .unwrap();
        let named = number % 2 == 0;
        RemovalItem {
            group_id: base64(&id),
            epoch,
            leaf_index,
            sender_index: sender as u32,
            ciphersuite: Some(SUITES[number].into()),
            sender_public_key: named.then(|| base64(&publics[sender])),
            ..RemovalItem::default()
        }
    };
    let results = service
        .propose(groups.iter().enumerate().map(wanted).collect())
        .unwrap();
    let mut accepted = 0;
    for (group, result) in groups.iter_mut().zip(&results) {
        let RemovalResult::Signed(signed) = result else {
            panic!("{result:?}");
        };
        assert_eq!(signed.signature_scheme, group.scheme().name);
        group.accept(
            &message(result),
            &from_base64(&signed.proposal_ref).unwrap(),
        );
        accepted += 1;
    }
    assert_eq!(accepted, 4);
    assert_eq!(service.verify_audit()["chains"][0]["records"], 4);
}

#[test]
fn a_rust_server_signs_through_the_service() {
    let service = Setup::new().start();
    let mut accepted = 0;
    for suite in SUITES {
        let scheme = mls_hsm_signer::Scheme::by_ciphersuite(suite).unwrap();
        let signer = RemoteSigner::current(service.client(), None, scheme).unwrap();
        let mut group = Group::new(suite, &[signer.public_key().to_vec()]);
        let (id, epoch, leaf) = group.position();
        let proposal = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
            LeafNodeIndex::new(leaf),
            GroupId::from_slice(&id),
            GroupEpoch::from(epoch),
            &signer,
            SenderExtensionIndex::new(0),
        );
        let built = proposal.unwrap().tls_serialize_detached().unwrap();
        let removal = Removal {
            group_id: id,
            epoch,
            leaf_index: leaf,
            sender_index: 0,
        };
        assert_eq!(
            signer.propose_remove(&removal).unwrap(),
            built,
            "the same bytes"
        );
        let read =
            mls_hsm_signer::message::signed_removal::SignedRemoval::read(built.clone()).unwrap();
        group.accept(&built, &read.proposal_ref(scheme.reference_hash));
        accepted += 1;
        // Anything else is refused before the service is asked.
        assert!(signer.sign(b"\x18MLS 1.0 FramedContentTBS\x00").is_err());
        assert!(signer.sign(b"bytes of somebody's choice").is_err());
    }
    assert_eq!(accepted, 4);
}

#[test]
fn public_keys_are_as_wire_answers_them() {
    let service = Setup::new().start();
    let keys = runtime().block_on(service.client().keys(None)).unwrap();
    let raw = service.wire().get("/mls/public-keys?format=raw").json();
    let jwk = service.wire().get("/mls/public-keys?format=jwk").json();
    assert_eq!(service.wire().get("/mls/public-keys").json(), raw);
    let mut compared = 0;
    for key in &keys.keys {
        let name = key.signature_scheme.as_str();
        assert_eq!(raw["removal"][name], key.public_key.as_str());
        let public = from_base64(&key.public_key).unwrap();
        let x = jwk["removal"][name]["x"].as_str().unwrap();
        // JWK is base64url without padding.
        let standard = base64(if name == "ed25519" {
            &public
        } else {
            &public[1..][..public.len() / 2]
        });
        assert_eq!(
            x,
            standard
                .trim_end_matches('=')
                .replace('+', "-")
                .replace('/', "_")
        );
        compared += 1;
    }
    assert_eq!(compared, 4);
    assert_eq!(raw.as_object().unwrap().len(), 1);
}

#[test]
fn results_come_in_order_with_a_problem_where_there_is_one() {
    let service = Setup::new().start();
    let mut items: Vec<_> = (0..10).map(|leaf| item("ed25519", "group", leaf)).collect();
    items[3].sender_public_key = Some(base64(&[7; 32]));
    items[5].group_id = "no base64".into();
    items[7] = items[1].clone();
    let results = service.propose(items).unwrap();
    assert_eq!(results.len(), 10);
    let code = |place: usize| match &results[place] {
        RemovalResult::Refused { problem } => problem.code.as_str(),
        RemovalResult::Signed(_) => "signed",
    };
    assert_eq!((code(3), code(5)), ("key-unknown", "malformed-request"));
    assert_eq!(message(&results[7]), message(&results[1]));
    for place in [0, 1, 2, 4, 6, 7, 8, 9] {
        let read = message(&results[place]);
        let read = mls_hsm_signer::message::signed_removal::SignedRemoval::read(read).unwrap();
        let leaf = if place == 7 { 1 } else { place as u32 };
        assert_eq!(read.removal().leaf_index, leaf);
    }
}
