//! Tables that the build script computes (`build/`).

pub(crate) mod curve25519;
pub(crate) mod nistp256;
#[cfg(test)]
mod tests;
