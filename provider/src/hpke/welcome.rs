//! What a Welcome costs: the bytes of GroupInfo that are hashed for it.

use std::sync::atomic::Ordering;

use openmls::prelude::*;
use openmls_traits::OpenMlsProvider;

use crate::{OpenMlsHwCrypto, SignatureKeyPair};

const CIPHERSUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

/// A member before it joins: its credential and the key that signs for it.
struct Client {
    credential: CredentialWithKey,
    signer: SignatureKeyPair,
}

impl Client {
    fn new(name: &str) -> Self {
        let signer = SignatureKeyPair::new(CIPHERSUITE.signature_algorithm()).unwrap();
        Self {
            credential: CredentialWithKey {
                credential: BasicCredential::new(name.into()).into(),
                signature_key: signer.public().into(),
            },
            signer,
        }
    }

    fn key_package(self, provider: &OpenMlsHwCrypto) -> KeyPackage {
        KeyPackage::builder()
            .build(CIPHERSUITE, provider, &self.signer, self.credential)
            .unwrap()
            .key_package()
            .clone()
    }
}

/// Adds `members` at once; the bytes of the Welcome, and of those the `info` hashed for it.
fn welcome(members: usize) -> (usize, usize) {
    let provider = OpenMlsHwCrypto::default();
    let creator = Client::new("creator");
    let config = MlsGroupCreateConfig::builder()
        .ciphersuite(CIPHERSUITE)
        .use_ratchet_tree_extension(true)
        .build();
    let mut group = MlsGroup::new(
        &provider,
        &creator.signer,
        &config,
        creator.credential.clone(),
    )
    .unwrap();
    let key_packages: Vec<_> = (0..members)
        .map(|index| Client::new(&index.to_string()).key_package(&provider))
        .collect();
    let hashed = &provider.crypto().shared().info_hashes.hashed_bytes;
    let before = hashed.load(Ordering::Relaxed);
    let (_, welcome, _) = group
        .add_members(&provider, &creator.signer, &key_packages)
        .unwrap();
    let hashed = hashed.load(Ordering::Relaxed) - before;
    (welcome.to_bytes().unwrap().len(), hashed)
}

#[test]
fn hashed_bytes_grow_linearly_with_the_members() {
    for members in [10, 100, 1_000] {
        let (welcome, hashed) = welcome(members);
        println!("{members} members: Welcome of {welcome} bytes, info hashed {hashed} bytes");
        assert!(hashed < welcome, "the GroupInfo was hashed more than once");
    }
}
