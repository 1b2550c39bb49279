//! What the tests of the service share: a running service with tokens, certificates and
//! callers of its own, all gone at the end.

mod certificates;
mod group;
mod http;
pub mod http2;
mod load;
#[path = "../../support/odd_keys.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
pub mod odd_keys;
pub mod operator;
#[cfg(feature = "postgres")]
#[path = "../../store/support/postgres.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod postgres;
#[path = "../../support/programs.rs"]
pub mod programs;
pub mod python;
#[path = "../../hsm/support/sandbox.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod sandbox;
mod secure;
mod service;
#[path = "../../hsm/support/softhsm.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod softhsm;
mod terminal;

pub use certificates::{Authority, Leaf, REVOKED};
/// A group on our provider.
pub type Group = group::Group<openmls_hw_crypto::OpenMlsHwCrypto>;
pub use http::{Reply, Wire};
pub use http2::Heedless;
pub use load::{Load, moment, times};
#[cfg(feature = "postgres")]
pub use postgres::Cluster;
pub use secure::{Secured, TlsStream, not_started, refusal};
pub use service::{PATIENCE, Service, Setup, eventually, item, message, runtime};
pub use softhsm::{PIN, module_path};
pub use terminal::on_terminal;
