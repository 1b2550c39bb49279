//! What an MLS removal signer signs and releases, as bytes: no token, no network, no file but
//! those of secrets.
//!
//! | | |
//! |---|---|
//! | [`scheme`] | the signature schemes, as they are on the wire, in JWK and in PKCS#8 |
//! | [`encoding`] | byte strings between tokens, MLS, X.509 and JSON |
//! | [`Removal`] | what is asked for |
//! | [`signed_removal`] | what is released, read strictly |
//! | [`signature`] | the check of every signature before it is released |
//! | [`hash`] | SHA-2 |
//! | [`printable`] | texts of others, made fit for a terminal |
//! | [`secret_file`] | secrets in files that users outside their group cannot open |

mod derivation;
pub mod encoding;
pub mod hash;
pub mod printable;
mod removal;
pub mod scheme;
pub mod secret_file;
pub mod signature;
pub mod signed_removal;

pub use removal::Removal;
