//! The document's table of the ciphersuites that features bring is the one that the code gives.

use std::path::Path;

use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_libcrux_crypto::CryptoProvider as Libcrux;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, CryptoError};

const HEAD: &str = "\
| Suite | | `openmls_hw_crypto` | `openmls_rust_crypto` | `openmls_libcrux_crypto` |
|---|---|---|---|---|
";

/// The suites that need no feature have a table of their own.
const WITHOUT_FEATURES: [u16; 5] = [0x0001, 0x0002, 0x0003, 0x0005, 0x0007];

/// What a provider makes of a suite. Where `supports` says yes, its KEM and its signatures have to
/// run as well.
fn cell<C: OpenMlsCrypto>(crypto: &C, suite: Ciphersuite) -> &'static str {
    match (crypto.supports(suite), runs(crypto, suite)) {
        (Ok(()), Ok(())) => "yes",
        (Ok(()), Err(_)) => "fails, though `supports` says yes",
        (Err(_), _) => "no",
    }
}

fn runs<C: OpenMlsCrypto>(crypto: &C, suite: Ciphersuite) -> Result<(), CryptoError> {
    let config = || suite.hpke_config();
    let pair = crypto.derive_hpke_keypair(config(), &[7; 64])?;
    let sealed = crypto.hpke_seal(config(), &pair.public, b"info", b"aad", b"text")?;
    let opened = crypto.hpke_open(config(), &sealed, &pair.private, b"info", b"aad")?;
    assert_eq!(opened, b"text");
    let scheme = suite.signature_algorithm();
    let (private, public) = crypto.signature_key_gen(scheme)?;
    let signature = crypto.sign(scheme, b"text", &private)?;
    crypto.verify_signature(scheme, b"text", &public, &signature)
}

fn table() -> (String, usize) {
    let (ours, rust_crypto) = (HwCrypto::default(), RustCrypto::default());
    let libcrux = Libcrux::new().expect("libcrux's provider");
    let suites = SUITES.iter();
    let suites = suites.filter(|suite| !WITHOUT_FEATURES.contains(&suite.code_point()));
    let rows: Vec<String> = suites
        .map(|suite| {
            format!(
                "| `{:#06x}` | `{}` | {} | {} | {} |\n",
                suite.code_point(),
                suite.name,
                cell(&ours, suite.ciphersuite),
                cell(&rust_crypto, suite.ciphersuite),
                cell(&libcrux, suite.ciphersuite),
            )
        })
        .collect();
    (HEAD.to_owned() + &rows.concat(), rows.len())
}

/// Every suite that `openmls_traits` names is ours, in one table or the other.
#[test]
fn the_table_of_ciphersuites_is_up_to_date() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provider/docs/suites.md");
    let suites = std::fs::read_to_string(suites).expect("the document");
    let (table, rows) = table();
    let named = (0..=u16::MAX).filter_map(|suite| Ciphersuite::try_from(suite).ok());
    assert_eq!(rows + WITHOUT_FEATURES.len(), named.count());
    assert!(suites.contains(&table), "suites.md should have:\n\n{table}");
}
