//! Interoperability: members of different MLS implementations, one of them in WebAssembly,
//! share one group and exchange nothing but serialized messages.
//!
//! A [`Pairing`] sets two [`Implementation`]s against each other. For every
//! ciphersuite both support, [`scenario::play`] runs the life of one group:
//! members are added, updated and removed by either implementation, some of
//! the removals at the request of an external sender. In every epoch all
//! members must agree on the key schedule, read each other's messages, and
//! keep the removed members out.
//!
//! ```text
//! pairing      which implementations, which suites, every run
//!   scenario     the story of one group
//!     conversation   one step: operate, deliver, then check the epoch (checks)
//!       member         what a member can do (trait)
//!         openmls_member   OpenMLS, generic over the crypto provider (provider_signer)
//!         mls_rs_member    mls-rs, generic over the crypto provider
//!         remote_member    in another process, asked by lines (request)
//! ```

mod case;
mod conversation;
mod external_sender;
pub mod implementation;
mod member;
mod mls_rs_member;
mod openmls_member;
mod pairing;
mod provider_signer;
mod remote_member;
mod request;
pub mod scenario;
mod wire_format;

pub use case::Case;
pub use conversation::Tally;
pub use implementation::Implementation;
pub use pairing::{Pairing, RUNS_PER_SUITE, Report};
