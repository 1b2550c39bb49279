//! Who affirms that the module does in this operating environment what it did in those that it was tested
//! in (FIPS 140-3 Management Manual, section 7.9).
//!
//! Nobody but an operator can, and by name: a program that finds itself on another system than the
//! certificate's has no one to speak for it.

use std::sync::OnceLock;

/// The environment variable with the name of the operator who affirms this environment.
pub const AFFIRMED_BY: &str = "MLS_FIPS_AFFIRMED_BY";

static NAME: OnceLock<Option<String>> = OnceLock::new();

/// Says that `operator` affirms this operating environment. It goes before [`AFFIRMED_BY`], and before
/// what is said later; a name that is empty, or not of one line, affirms nothing.
///
/// This is what a program calls whose configuration names an operator, before it asks for the
/// [`status`](crate::status()).
pub fn affirm(operator: &str) {
    if let Some(name) = name_of(operator) {
        NAME.get_or_init(|| Some(name));
    }
}

/// Who affirms this operating environment, if anyone does.
pub fn affirmed_by() -> Option<&'static str> {
    let by_environment = || name_of(&std::env::var(AFFIRMED_BY).ok()?);
    NAME.get_or_init(by_environment).as_deref()
}

fn name_of(operator: &str) -> Option<String> {
    let name = operator.trim();
    let is_name = !name.is_empty() && !name.contains(char::is_control);
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_without_a_name_affirms() {
        assert_eq!(name_of(" Ada Lovelace "), Some("Ada Lovelace".into()));
        for none in ["", "  ", "\t", "a\nb", "\u{1b}[31mred"] {
            assert_eq!(name_of(none), None, "{none:?}");
        }
    }
}
