//! Which algorithms FIPS mode runs: those that the standards approve and that the linked module has.

use std::sync::OnceLock;

use crate::{Algorithm, Module, Rule};

/// Whether the linked module lacks `algorithm` ([`Certificate::lacks`](crate::Certificate::lacks)).
/// Of a module that is not known nothing is known, and FIPS mode is not [`ready`](crate::ready).
pub fn is_lacking(algorithm: Algorithm) -> bool {
    static LACKS: OnceLock<&[Algorithm]> = OnceLock::new();
    let lacks = LACKS.get_or_init(|| {
        let certificate = Module::linked().certificate();
        certificate.map_or(&[], |certificate| certificate.lacks)
    });
    lacks.contains(&algorithm)
}

/// Whether FIPS mode runs `algorithm`: the standards approve it, and the module has it.
pub fn is_enabled(algorithm: Algorithm) -> bool {
    algorithm.is_approved() && !is_lacking(algorithm)
}

/// Why FIPS mode does not run `algorithm`, if it does not.
pub fn refusal(algorithm: Algorithm) -> Option<String> {
    let Rule { citation, .. } = algorithm.rule();
    if !algorithm.is_approved() {
        return Some(format!("{algorithm:?} is not approved ({citation})"));
    }
    let lacking = || format!("{algorithm:?} ({citation}) is no service of the linked module");
    is_lacking(algorithm).then(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ALGORITHMS;

    /// Lacking are the algorithms that the certificate's row says, and only of a known module.
    #[test]
    fn what_the_module_lacks_is_not_enabled() {
        let certificate = Module::linked().certificate();
        for rule in ALGORITHMS {
            let algorithm = rule.algorithm;
            let lacks = certificate.is_some_and(|row| row.lacks.contains(&algorithm));
            assert_eq!(is_lacking(algorithm), lacks);
            assert_eq!(is_enabled(algorithm), algorithm.is_approved() && !lacks);
            assert_eq!(refusal(algorithm).is_none(), is_enabled(algorithm));
        }
        assert_eq!(is_lacking(Algorithm::Ed448), cfg!(feature = "fips"));
        assert!(is_enabled(Algorithm::EcdhNist) && is_enabled(Algorithm::MlKem));
    }
}
