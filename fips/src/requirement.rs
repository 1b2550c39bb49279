//! Whether this process may do without FIPS mode. Once it may not, it never may again.

use std::ffi::OsStr;
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

/// The environment variable that requires FIPS mode of a process: any value but an empty
/// one and `off` does, and `strict` requires [`Requirement::Strict`].
pub const VARIABLE: &str = "MLS_FIPS";

/// What is required of every provider of this process. The higher of two holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// Nothing.
    #[default]
    None,
    /// FIPS mode.
    Fips,
    /// FIPS mode, and the module's service indicator checked on every operation.
    Strict,
}

/// The highest requirement so far. It is only ever raised.
static LATCH: AtomicU8 = AtomicU8::new(Requirement::None as u8);

/// Requires FIPS mode of this process from now on, of providers that exist already too.
/// Nothing takes it back, and a lower requirement changes nothing.
///
/// This is what a program calls whose configuration asks for FIPS mode.
pub fn require(requirement: Requirement) {
    LATCH.fetch_max(requirement as u8, Ordering::Relaxed);
}

/// What is required of this process, by [`require`] or by [`VARIABLE`], which is read once.
pub fn requirement() -> Requirement {
    static READ: Once = Once::new();
    READ.call_once(|| require(of_variable(std::env::var_os(VARIABLE).as_deref())));
    match LATCH.load(Ordering::Relaxed) {
        0 => Requirement::None,
        1 => Requirement::Fips,
        _ => Requirement::Strict,
    }
}

/// A value that nobody understands requires: a typing error must not switch FIPS mode off.
fn of_variable(value: Option<&OsStr>) -> Requirement {
    match value.map(OsStr::as_encoded_bytes) {
        None | Some(b"" | b"off") => Requirement::None,
        Some(b"strict") => Requirement::Strict,
        Some(_) => Requirement::Fips,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_but_off_requires() {
        let of = |value: &str| of_variable(Some(value.as_ref()));
        assert_eq!(of_variable(None), Requirement::None);
        for none in ["", "off"] {
            assert_eq!(of(none), Requirement::None, "{none}");
        }
        for required in ["on", "1", "0", "require", "OFF", "no", " off", "Strict"] {
            assert_eq!(of(required), Requirement::Fips, "{required}");
        }
        assert_eq!(of("strict"), Requirement::Strict);
    }

    /// Alone in touching the latch, which no other test of this crate may see raised.
    #[test]
    fn the_higher_of_two_holds() {
        assert!(Requirement::None < Requirement::Fips);
        assert!(Requirement::Fips < Requirement::Strict);
        for (index, requirement) in [Requirement::None, Requirement::Fips, Requirement::Strict]
            .into_iter()
            .enumerate()
        {
            assert_eq!(requirement as usize, index);
        }
    }
}
