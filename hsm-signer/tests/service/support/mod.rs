//! What the tests of the service share: a running service with tokens, certificates and
//! callers of its own, all gone at the end.

mod certificates;
mod group;
mod http;
#[path = "../../hsm/support/sandbox.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod sandbox;
mod service;
#[path = "../../hsm/support/softhsm.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod softhsm;

pub use certificates::{Authority, Leaf};
pub use group::Group;
pub use http::Wire;
pub use service::{Service, Setup, item, message, runtime};
