//! The table of ciphersuites in the README and in the provider's documents is the one that the code
//! gives, on AWS-LC: on ring it has one less.
#![cfg(any(feature = "aws-lc", feature = "fips"))]

use std::path::Path;

use openmls_hw_crypto::{SUITES, Suite};
use openmls_libcrux_crypto::CryptoProvider as Libcrux;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

const HEAD: &str = "\
| Suite | | `openmls_hw_crypto` | `openmls_rust_crypto` | `openmls_libcrux_crypto` |
|---|---|---|---|---|
";

fn row(suite: &Suite, others: [&dyn Fn(&Suite) -> bool; 2]) -> String {
    let [rust_crypto, libcrux] = others.map(|supports| match supports(suite) {
        true => "yes",
        false => "no",
    });
    format!(
        "| `{:#06x}` | `{}` | yes | {rust_crypto} | {libcrux} |\n",
        suite.code_point(),
        suite.name
    )
}

fn table() -> String {
    let rust_crypto = RustCrypto::default();
    let libcrux = Libcrux::new().expect("libcrux's provider");
    let rows = SUITES.iter().map(|suite| {
        row(
            suite,
            [
                &|suite| rust_crypto.supports(suite.ciphersuite).is_ok(),
                &|suite| libcrux.supports(suite.ciphersuite).is_ok(),
            ],
        )
    });
    HEAD.to_owned() + &rows.collect::<String>()
}

#[test]
fn the_table_of_ciphersuites_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = table();
    for document in ["README.md", "provider/docs/suites.md"] {
        let text = std::fs::read_to_string(root.join(document)).expect("a document");
        assert!(text.contains(&table), "{document} should have:\n\n{table}");
    }
}
