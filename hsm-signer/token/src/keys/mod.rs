//! Removal keys in a token: found, made, brought in, listed.

pub mod ceremony;
mod create;
mod find;
pub mod generation;
mod list;
pub(crate) mod signer;

pub use create::{generate, generate_all, import, import_all};
pub use find::{LocatedKey, locate, locate_pinned};
pub use list::{KeyEntry, list};
pub use signer::HsmSigner;
