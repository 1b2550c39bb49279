//! The implementations under test: one static row each.

use std::path::Path;
use std::process::Command;

use mls_rs_core::crypto::CryptoProvider;
use mls_rs_crypto_openssl::OpensslCryptoProvider;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;

use super::member::{Failure, Member, Setup};
use super::mls_rs_member::mls_rs_member;
use super::openmls_member::OpenMlsMember;
use super::provider_signer::ProviderSigner;
use super::remote_member::RemoteMember;

/// An MLS library on a crypto provider.
pub struct Implementation {
    /// Its name in reports.
    pub name: &'static str,
    /// The ciphersuites it says it supports, as their registry values.
    pub ciphersuites: fn() -> Vec<u16>,
    pub(super) member: fn(&Setup<'_>) -> Result<Box<dyn Member>, Failure>,
}

/// OpenMLS on this project's provider.
pub static OPENMLS_HW: Implementation = Implementation {
    name: "openmls/hw",
    ciphersuites: || openmls_suites(&<OpenMlsHwCrypto>::default()),
    member: |setup| {
        let keys = openmls_hw_crypto::SignatureKeyPair::new(setup.ciphersuite.into())
            .map_err(Failure::from_debug)?;
        let public = keys.to_public_vec();
        let provider = <OpenMlsHwCrypto>::default();
        Ok(Box::new(OpenMlsMember::new(provider, keys, public, setup)))
    },
};

/// OpenMLS on this project's provider with ring, in WebAssembly under Node.js: what
/// `cargo xtask test wasm` built, in the folder that the environment variable `MLS_TEST_WASM` names.
pub static OPENMLS_HW_WASM: Implementation = Implementation {
    name: "openmls/hw in WebAssembly",
    ciphersuites: || RemoteMember::ciphersuites(wasm()).expect("it says which suites it has"),
    member: |setup| Ok(Box::new(RemoteMember::start(wasm(), setup)?)),
};

impl Implementation {
    /// OpenMLS on any provider, whose members sign with it too.
    pub const fn openmls<P: OpenMlsProvider + Default + 'static>(name: &'static str) -> Self {
        Self {
            name,
            ciphersuites: || openmls_suites(&P::default()),
            member: |setup| {
                let signer = ProviderSigner::<P>::new(setup.ciphersuite.into())?;
                let public = signer.public_key().to_vec();
                let member = OpenMlsMember::new(P::default(), signer, public, setup);
                Ok(Box::new(member))
            },
        }
    }
}

fn wasm() -> Command {
    let built =
        std::env::var_os("MLS_TEST_WASM").expect("MLS_TEST_WASM: run cargo xtask test wasm");
    let mut command = Command::new("node");
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/wasm/member.cjs"))
        .arg(Path::new(&built).join("mls_wasm_member.js"));
    command
}

/// OpenMLS on openmls_rust_crypto.
pub static OPENMLS_RUST_CRYPTO: Implementation = Implementation {
    name: "openmls/rust-crypto",
    ciphersuites: || openmls_suites(&OpenMlsRustCrypto::default()),
    member: |setup| with_basic_credential(OpenMlsRustCrypto::default(), setup),
};

/// OpenMLS on openmls_libcrux_crypto.
pub static OPENMLS_LIBCRUX: Implementation = Implementation {
    name: "openmls/libcrux",
    ciphersuites: || openmls_suites(&openmls_libcrux_crypto::Provider::default()),
    member: |setup| with_basic_credential(openmls_libcrux_crypto::Provider::default(), setup),
};

/// mls-rs on mls-rs-crypto-openssl.
pub static MLS_RS_OPENSSL: Implementation = Implementation {
    name: "mls-rs/openssl",
    ciphersuites: || mls_rs_suites(&OpensslCryptoProvider::new()),
    member: |setup| {
        Ok(Box::new(mls_rs_member(
            OpensslCryptoProvider::new(),
            setup,
        )?))
    },
};

/// mls-rs on mls-rs-crypto-rustcrypto.
pub static MLS_RS_RUSTCRYPTO: Implementation = Implementation {
    name: "mls-rs/rustcrypto",
    ciphersuites: || mls_rs_suites(&RustCryptoProvider::new()),
    member: |setup| Ok(Box::new(mls_rs_member(RustCryptoProvider::new(), setup)?)),
};

/// The providers that come with OpenMLS leave signing to that crate.
fn with_basic_credential(
    provider: impl OpenMlsProvider + 'static,
    setup: &Setup<'_>,
) -> Result<Box<dyn Member>, Failure> {
    let keys = openmls_basic_credential::SignatureKeyPair::new(setup.ciphersuite.into())
        .map_err(Failure::from_debug)?;
    let public = keys.to_public_vec();
    Ok(Box::new(OpenMlsMember::new(provider, keys, public, setup)))
}

fn openmls_suites(provider: &impl OpenMlsProvider) -> Vec<u16> {
    let suites = provider.crypto().supported_ciphersuites();
    suites.into_iter().map(u16::from).collect()
}

fn mls_rs_suites(crypto: &impl CryptoProvider) -> Vec<u16> {
    let suites = crypto.supported_cipher_suites();
    suites.into_iter().map(u16::from).collect()
}
