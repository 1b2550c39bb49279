//! What the HSM tests share: SoftHSM tokens of their own, never the user's, and an
//! independent judge of signatures.

pub mod compiled;
pub mod engine;
mod faulty;
mod judge;
#[path = "../../support/odd_keys.rs"]
pub mod odd_keys;
#[path = "../../support/programs.rs"]
pub mod programs;
mod sandbox;
mod softhsm;
mod wrapped;

pub use faulty::FaultyAccess;
pub use judge::{strict_der, verified};
pub use sandbox::{Sandbox, failed, succeeded};
pub use softhsm::{PIN, TestToken, module, module_path};
pub use wrapped::{Between, Wrapped};

use std::sync::Arc;

use mls_hsm_signer::{HsmSigner, KeySelector, KeySpec, Scheme, Token, keys};

/// Generates a key with the scheme's default label.
pub fn generate(token: &Arc<dyn Token>, scheme: &'static Scheme) -> HsmSigner {
    let spec = KeySpec::with_random_id(scheme, &scheme.default_label()).unwrap();
    keys::generate(token, &spec).unwrap()
}

/// Opens the key with the scheme's default label.
pub fn open(token: &Arc<dyn Token>, scheme: &'static Scheme) -> HsmSigner {
    HsmSigner::open(
        Arc::clone(token),
        &KeySelector::label(scheme.default_label()),
    )
    .unwrap()
}
