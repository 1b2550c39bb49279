//! What the signer is linked with, when that is to be the FIPS module alone.

#[path = "../../../provider/tests/fips/symbols.rs"]
mod symbols;
