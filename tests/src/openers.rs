//! Other implementations of HPKE, which open what ours seals.

use mls_rs_core::crypto::{
    CipherSuite, CipherSuiteProvider, CryptoProvider, HpkeCiphertext as MlsRsCiphertext,
    HpkePublicKey, HpkeSecretKey,
};
use mls_rs_crypto_openssl::OpensslCryptoProvider;
use openmls_hw_crypto::HwCrypto;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{Ciphersuite, HpkeCiphertext, HpkeKeyPair},
};

/// The additional data of everything that is sealed to be opened here.
pub const AAD: &[u8] = b"aad";
/// The `info` of everything that is sealed to be opened here.
pub const INFO: &[u8] = b"info";

/// An implementation that opens HPKE ciphertexts under [`INFO`] and [`AAD`].
pub struct Opener {
    /// Its name in reports.
    pub name: &'static str,
    /// The ciphersuites that it has, by their code points.
    pub suites: &'static [u16],
    open: fn(Ciphersuite, &HpkeKeyPair, &HpkeCiphertext) -> Result<Vec<u8>, String>,
}

/// All of them.
pub static OPENERS: [Opener; 2] = [
    Opener {
        name: "openmls_rust_crypto",
        suites: &[0x0001, 0x0002, 0x0003],
        open: open_by_rust_crypto,
    },
    Opener {
        name: "mls-rs-crypto-openssl",
        suites: &[0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007],
        open: open_by_openssl,
    },
];

/// Those that have `suite`.
pub fn openers(suite: Ciphersuite) -> impl Iterator<Item = &'static Opener> {
    let code_point = u16::from(suite);
    OPENERS
        .iter()
        .filter(move |opener| opener.suites.contains(&code_point))
}

/// Has every implementation that has `suite` open `sealed`; returns how many did.
///
/// # Panics
///
/// Panics if one of them refuses it or finds another plaintext, or if none has the suite.
pub fn assert_opens(
    suite: Ciphersuite,
    recipient: &HpkeKeyPair,
    sealed: &HpkeCiphertext,
    plaintext: &[u8],
) -> usize {
    let mut opened = 0;
    for opener in openers(suite) {
        let found = (opener.open)(suite, recipient, sealed);
        assert_eq!(found.as_deref(), Ok(plaintext), "{}", opener.name);
        opened += 1;
    }
    assert!(opened > 0, "{suite:?}: nobody opens it");
    opened
}

/// Prints which implementation does batches of each KEM here.
pub fn print_engines(crypto: &HwCrypto) {
    let status = crypto.status();
    println!("lanes: {:?}", status.lanes);
    for (kem, engine) in status.batches {
        println!("{kem:?}: {engine}");
    }
}

fn open_by_rust_crypto(
    suite: Ciphersuite,
    recipient: &HpkeKeyPair,
    sealed: &HpkeCiphertext,
) -> Result<Vec<u8>, String> {
    RustCrypto::default()
        .hpke_open(suite.hpke_config(), sealed, &recipient.private, INFO, AAD)
        .map_err(|error| format!("{error:?}"))
}

fn open_by_openssl(
    suite: Ciphersuite,
    recipient: &HpkeKeyPair,
    sealed: &HpkeCiphertext,
) -> Result<Vec<u8>, String> {
    let sealed = MlsRsCiphertext {
        kem_output: sealed.kem_output.as_slice().to_vec(),
        ciphertext: sealed.ciphertext.as_slice().to_vec(),
    };
    let private = HpkeSecretKey::from(recipient.private.to_vec());
    let public = HpkePublicKey::from(recipient.public.clone());
    OpensslCryptoProvider::new()
        .cipher_suite_provider(CipherSuite::from(u16::from(suite)))
        .ok_or("no such suite")?
        .hpke_open(&sealed, &private, &public, INFO, Some(AAD))
        .map(|plaintext| plaintext.to_vec())
        .map_err(|error| format!("{error:?}"))
}
