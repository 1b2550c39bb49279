//! A member of groups in WebAssembly: OpenMLS on `openmls_hw_crypto` with ring.
//!
//! It is asked by lines of JSON, and is the same code as the members of the interop tests.

mod answerer;
#[path = "../../src/interop/member.rs"]
pub mod member;
#[path = "../../src/interop/openmls_member.rs"]
pub mod openmls_member;
#[path = "../../src/interop/request.rs"]
pub mod request;
#[path = "../../src/interop/wire_format.rs"]
pub mod wire_format;

use openmls_hw_crypto::{OpenMlsHwCrypto, SUITES, SignatureKeyPair};
use wasm_bindgen::prelude::wasm_bindgen;

use answerer::Answerer;
use member::{Failure, Member, Setup};
use openmls_member::OpenMlsMember;

/// A client, and the member that it becomes.
#[wasm_bindgen]
pub struct Client(Answerer);

#[wasm_bindgen]
impl Client {
    /// A client that was not started yet.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self(Answerer {
            ciphersuites: || SUITES.iter().map(|suite| suite.code_point()).collect(),
            start,
            member: None,
        })
    }

    /// The line that answers the line `request`.
    pub fn answer(&mut self, request: &str) -> String {
        self.0.answer(request)
    }
}

fn start(setup: &Setup<'_>) -> Result<Box<dyn Member>, Failure> {
    let scheme = setup.ciphersuite.signature_algorithm();
    let keys = SignatureKeyPair::new(scheme).map_err(Failure::from_debug)?;
    let public = keys.to_public_vec();
    let provider = OpenMlsHwCrypto::default();
    Ok(Box::new(OpenMlsMember::new(provider, keys, public, setup)))
}
