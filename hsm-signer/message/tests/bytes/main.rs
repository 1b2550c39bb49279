//! What an MLS removal signer signs and releases, as bytes.

mod ecdsa;
mod hexadecimal;
#[cfg(feature = "pkcs8")]
mod key_files;
#[cfg(feature = "pkcs8")]
mod pkcs8;
mod public_keys;
mod schemes;
mod signed_removals;
