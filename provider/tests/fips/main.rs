//! FIPS mode over the module that is linked.

mod boundary;
#[cfg(feature = "ml-kem")]
mod drafts;
mod flipped_byte;
mod groups;
mod operations;
mod random_failure;
mod refusals;
mod requirement;
mod strict;
mod symbols;
mod walk;
