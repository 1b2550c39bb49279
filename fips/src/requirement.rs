//! Whether this process may do without FIPS mode. Once it may not, it never may again.

use std::ffi::OsStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

use crate::FipsError;

/// The environment variable that requires FIPS mode of a process: `on` and `fips` do, and `strict`
/// requires [`Requirement::Strict`]; an empty one and `off` do not. With any other value nothing
/// runs: whoever wrote it wanted something, and nobody knows what.
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
/// A value of it that is unknown requires the most.
pub fn requirement() -> Requirement {
    require(*variable().as_ref().unwrap_or(&Requirement::Strict));
    match LATCH.load(Ordering::Relaxed) {
        0 => Requirement::None,
        1 => Requirement::Fips,
        _ => Requirement::Strict,
    }
}

/// Whether [`VARIABLE`] says something that is known.
pub(crate) fn check() -> Result<(), FipsError> {
    variable().clone().map(drop)
}

/// What [`VARIABLE`] asks for, read once.
fn variable() -> &'static Result<Requirement, FipsError> {
    static READ: OnceLock<Result<Requirement, FipsError>> = OnceLock::new();
    READ.get_or_init(|| of_variable(std::env::var_os(VARIABLE).as_deref()))
}

fn of_variable(value: Option<&OsStr>) -> Result<Requirement, FipsError> {
    let Some(value) = value else {
        return Ok(Requirement::None);
    };
    match value.as_encoded_bytes() {
        b"" | b"off" => Ok(Requirement::None),
        b"on" | b"fips" => Ok(Requirement::Fips),
        b"strict" => Ok(Requirement::Strict),
        _ => Err(FipsError::UnknownRequirement {
            value: value.to_string_lossy().into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_of_five_or_refused() {
        let of = |value: &str| of_variable(Some(value.as_ref()));
        assert_eq!(of_variable(None), Ok(Requirement::None));
        for (value, expected) in [
            ("", Requirement::None),
            ("off", Requirement::None),
            ("on", Requirement::Fips),
            ("fips", Requirement::Fips),
            ("strict", Requirement::Strict),
        ] {
            assert_eq!(of(value), Ok(expected), "{value}");
        }
        for value in [
            "strictt", "1", "0", "require", "OFF", "no", " off", "Strict",
        ] {
            let error = of(value).unwrap_err();
            assert!(error.to_string().contains(&format!("{value:?}")), "{error}");
        }
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
