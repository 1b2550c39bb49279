//! What `fips/BOUNDARY.md` says is inside the module and what is not: by the addresses of the
//! functions in this program.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

/// What FIPS mode asks for, what seeds and tests it, and X25519, which is there and refused.
const INSIDE: [&str; 17] = [
    "SHA256_Update",
    "SHA512_Update",
    "HMAC_Init_ex",
    "EVP_AEAD_CTX_init",
    "EVP_AEAD_CTX_seal",
    "EVP_AEAD_CTX_open",
    "EVP_PKEY_keygen",
    "ECDH_compute_shared_secret",
    "ECDSA_verify",
    "ED25519_sign",
    "ED25519_verify",
    "RAND_bytes",
    "CTR_DRBG_generate",
    "BORINGSSL_integrity_test",
    "BORINGSSL_self_test",
    "FIPS_service_indicator_before_call",
    "X25519",
];

/// Another algorithm, which is refused, and encodings.
const OUTSIDE: [&str; 4] = [
    "CRYPTO_chacha_20",
    "CRYPTO_poly1305_update",
    "EVP_parse_private_key",
    "ECDSA_SIG_parse",
];

/// The addresses of the functions of `program`, by their names without the module's prefix.
pub fn addresses(program: &Path) -> BTreeMap<String, usize> {
    let nm = Command::new("nm")
        .arg("--defined-only")
        .arg(program)
        .output();
    let nm = nm.expect("nm (apt-get install binutils)").stdout;
    let nm = String::from_utf8(nm).unwrap();
    let function = |line: &str| {
        let mut fields = line.split(' ');
        let address = usize::from_str_radix(fields.next()?, 16).ok()?;
        Some((without_prefix(fields.nth(1)?).into(), address))
    };
    nm.lines().filter_map(function).collect()
}

/// `SHA256_Update` of `aws_lc_fips_0_14_4_SHA256_Update`.
fn without_prefix(name: &str) -> &str {
    match name.strip_prefix("aws_lc_fips_") {
        Some(versioned) => versioned.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_'),
        None => name,
    }
}

/// Where the text of the module is.
pub fn module_text(addresses: &BTreeMap<String, usize>) -> Range<usize> {
    addresses["BORINGSSL_bcm_text_start"]..addresses["BORINGSSL_bcm_text_end"]
}

#[test]
fn the_boundary_is_where_the_document_has_it() {
    let addresses = addresses(&std::env::current_exe().unwrap());
    let text = module_text(&addresses);
    let inside = |name: &str| {
        let address = addresses.get(name).unwrap_or_else(|| panic!("no {name}"));
        text.contains(address)
    };
    for function in INSIDE {
        assert!(inside(function), "{function} is outside");
    }
    for function in ["EVP_PKEY_encapsulate", "EVP_PKEY_decapsulate"] {
        // Linked where a feature brings ML-KEM.
        assert!(!cfg!(feature = "ml-kem") || inside(function), "{function}");
    }
    for function in OUTSIDE {
        assert!(!inside(function), "{function} is inside");
    }
    // A static link has the constants among the code: the hash is over the text alone.
    assert!(!addresses.contains_key("BORINGSSL_bcm_rodata_start"));
    let jitter = addresses.contains_key("jent_read_entropy");
    let entropy = mls_fips::status().entropy;
    println!("{entropy:?}");
    assert_eq!(jitter, entropy == Some(mls_fips::Entropy::CpuJitter));
    assert!(!jitter || !inside("jent_read_entropy"));
    println!(
        "{} functions inside, {} outside",
        INSIDE.len(),
        OUTSIDE.len()
    );
}
