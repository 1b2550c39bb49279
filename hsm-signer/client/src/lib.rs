//! A client of the signer service, for Rust servers.
//!
//! [`SignerClient`] is asynchronous, keeps connections open and sends requests again whose
//! answer was lost: the service always answers the same removal with the same bytes. [`RemoteSigner`] is an OpenMLS signer
//! whose key is behind the service.
//!
//! ```no_run
//! use mls_signer_api::{RemovalItem, RemovalResult, RemovalsRequest};
//! use mls_signer_message::encoding::base64;
//! use mls_signer_client::{Endpoint, SignerClient};
//!
//! # async fn remove() -> Result<(), mls_signer_client::ClientError> {
//! let client = SignerClient::new(Endpoint::unix("/run/mls-hsm-signer/signer.sock"))?;
//! let response = client.propose_removals(RemovalsRequest {
//!     removals: vec![RemovalItem {
//!         group_id: base64(b"group"),
//!         epoch: 7,
//!         leaf_index: 3,
//!         sender_index: 0,
//!         ciphersuite: Some(1),
//!         ..RemovalItem::default()
//!     }],
//!     ..RemovalsRequest::default()
//! });
//! for result in response.await?.results {
//!     match result {
//!         RemovalResult::Signed(proposal) => println!("{}", proposal.message),
//!         RemovalResult::Refused { problem } => println!("{}: {}", problem.code, problem.action),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod connect;
mod endpoint;
mod error;
mod patience;
mod remote_signer;
mod signer_client;
pub mod tls;

pub use endpoint::Endpoint;
pub use error::ClientError;
pub use patience::Patience;
pub use remote_signer::RemoteSigner;
pub use signer_client::SignerClient;
