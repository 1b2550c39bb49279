//! Removal keys in a token: found, made, brought in, listed.

pub mod ceremony;
mod create;
mod find;
pub mod generation;
mod halves;
mod left_halves;
mod list;
mod retirement;
pub(crate) mod signer;

pub use create::{check_possible, generate, generate_all, import, import_all};
pub use find::{LocatedKey, already_there, locate, locate_pinned, mismatch, prove, prove_in};
pub(crate) use left_halves::left_halves;
pub(crate) use list::count;
pub use list::{KeyEntry, list, list_removal_keys};
pub use retirement::refuse_retired;
pub use signer::HsmSigner;
