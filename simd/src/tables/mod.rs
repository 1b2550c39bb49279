//! Tables computed by the compiler.

/// An array of `function(0)`, `function(1)` and so on, each evaluated on its own:
/// the compiler complains of constants that take long.
macro_rules! each {
    ($function:ident, $($index:literal)*) => { [$(const { $function($index) }),*] };
}

pub(crate) mod curve25519;
pub(crate) mod nistp256;
#[cfg(test)]
mod tests;
