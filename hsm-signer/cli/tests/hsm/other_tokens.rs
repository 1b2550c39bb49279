//! Tokens that do things differently from SoftHSM: they hash themselves, or give the
//! public key in another form. Real SoftHSM answers behind the seam.

use std::sync::Arc;

use cryptoki::mechanism::MechanismType;
use der::Encode;
use der::asn1::BitStringRef;
use mls_hsm_signer::quirks::SigningPlan;
use mls_hsm_signer::scheme::Algorithm;
use mls_hsm_signer::token::ec_point;
use mls_hsm_signer::token::pkcs11_scheme::Pkcs11Scheme;
use mls_hsm_signer::token::{Access, KeyClass, ObjectHandle, SigningMechanism, TokenSession};
use mls_hsm_signer::{
    Error, HsmSigner, KeyObject, KeySelector, SCHEMES, Scheme, Token, TokenIdentity,
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::signatures::Signer;
use openmls_traits::types::HashType;

use crate::support::{Between, TestToken, Wrapped, generate, verified};

/// A token without quirks that has the mechanisms which hash and sign.
#[derive(Debug)]
struct HashingToken {
    identity: TokenIdentity,
    mechanisms: Vec<MechanismType>,
}

impl HashingToken {
    fn like(token: &dyn Token) -> Self {
        let mut identity = token.identity().clone();
        identity.manufacturer = "a token that hashes".into();
        let hashing = SCHEMES
            .iter()
            .filter_map(|scheme| Some(hash_and_sign(scheme)?.1));
        let mechanisms = token.mechanisms().iter().copied().chain(hashing).collect();
        Self {
            identity,
            mechanisms,
        }
    }
}

fn hash_and_sign(scheme: &Scheme) -> Option<(HashType, MechanismType)> {
    match scheme.algorithm {
        Algorithm::EdDsa | Algorithm::MlDsa => None,
        Algorithm::EcDsa(hash) => Some((hash, Pkcs11Scheme::of(scheme).ok()?.hash_and_sign?)),
    }
}

impl Between for HashingToken {
    fn identity<'a>(&'a self, _: &'a TokenIdentity) -> &'a TokenIdentity {
        &self.identity
    }

    fn mechanisms<'a>(&'a self, _: &'a [MechanismType]) -> &'a [MechanismType] {
        &self.mechanisms
    }

    fn sign(
        &self,
        inner: &dyn TokenSession,
        key: ObjectHandle,
        kind: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        assert_ne!(
            kind,
            SigningMechanism::Plain(MechanismType::ECDSA),
            "the token was not asked to hash"
        );
        let hash = SCHEMES
            .iter()
            .filter_map(hash_and_sign)
            .find(|(_, mechanism)| *mechanism == kind.kind());
        match hash {
            None => inner.sign(key, kind, data),
            Some((hash, _)) => {
                let digest = HwCrypto::default().hash(hash, data).unwrap();
                inner.sign(key, SigningMechanism::Plain(MechanismType::ECDSA), &digest)
            }
        }
    }
}

#[test]
fn a_token_that_hashes_is_given_the_message() {
    let token = TestToken::new();
    let plain = token.open();
    let hashing = Wrapped::new(&plain, HashingToken::like(plain.as_ref()));
    for scheme in SCHEMES {
        generate(&plain, scheme);
        let label = KeySelector::label(scheme.default_label());
        let signer = HsmSigner::open(hashing.clone(), &label).unwrap();
        let expected = hash_and_sign(scheme)
            .map_or(Pkcs11Scheme::of(scheme).unwrap().sign, |(_, mechanism)| {
                SigningMechanism::Plain(mechanism)
            });
        assert_eq!(signer.plan(), SigningPlan::Message(expected));
        let signature = signer.sign(b"message").unwrap();
        assert!(
            verified(scheme, signer.public_key(), b"message", &signature),
            "{}",
            scheme.name
        );
    }
}

/// A token that gives CKA_EC_POINT in another form.
#[derive(Debug)]
struct PointForm(fn(Vec<u8>) -> Vec<u8>);

impl Between for PointForm {
    fn read(&self, mut object: KeyObject) -> KeyObject {
        let scheme = object.scheme().unwrap();
        let bare = |point: Vec<u8>| ec_point::public_key(&point, scheme).unwrap();
        object.point = object.point.map(|point| (self.0)(bare(point)));
        object
    }
}

#[test]
fn bare_points_and_bit_strings_are_understood() {
    let token = TestToken::new();
    let plain = token.open();
    let bit_string = |key: Vec<u8>| BitStringRef::from_bytes(&key).unwrap().to_der().unwrap();
    for scheme in SCHEMES {
        let known = generate(&plain, scheme);
        for form in [PointForm(|key| key), PointForm(bit_string)] {
            let label = KeySelector::label(scheme.default_label());
            let signer = HsmSigner::open(Wrapped::new(&plain, form), &label).unwrap();
            assert_eq!(signer.public_key(), known.public_key(), "{}", scheme.name);
        }
    }
}

/// A token that keeps no public key objects, but the point on the private key.
#[test]
fn the_point_may_be_on_the_private_key() {
    #[derive(Debug)]
    struct OnPrivateKey(Vec<u8>);
    impl Between for OnPrivateKey {
        fn read(&self, object: KeyObject) -> KeyObject {
            KeyObject {
                point: Some(self.0.clone()),
                ..object
            }
        }
    }
    let token = TestToken::new();
    let plain = token.open();
    for scheme in SCHEMES {
        let known = generate(&plain, scheme);
        let label = KeySelector::label(scheme.default_label());
        let manage = plain.session(Access::Manage).unwrap();
        for public in manage.find(KeyClass::Public, &label).unwrap() {
            manage.destroy(public).unwrap();
        }
        assert!(HsmSigner::open(Arc::clone(&plain), &label).is_err());
        let point = OnPrivateKey(known.public_key().to_vec());
        let signer = HsmSigner::open(Wrapped::new(&plain, point), &label).unwrap();
        assert_eq!(signer.public_key(), known.public_key());
    }
}
