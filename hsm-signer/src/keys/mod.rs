//! Removal keys in a token: found, made, brought in, listed.

mod create;
mod find;
mod list;

pub use create::{generate, generate_all, import};
pub(crate) use find::locate;
pub use list::{KeyEntry, list};
