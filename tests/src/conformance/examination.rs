//! The whole suite on one implementation.

use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto};

use super::checks::{Effort, Part, checks};
use super::findings::{Findings, Row};
use super::groups::groups;
use super::properties;

/// Runs every check of an [`OpenMlsCrypto`] on `crypto`, of all parts but [`Part::Groups`].
pub fn examine_crypto<C: OpenMlsCrypto>(name: &str, crypto: &C, effort: Effort) -> Findings {
    let rows = Part::ALL
        .into_iter()
        .flat_map(|part| rows(part, crypto, effort));
    Findings {
        implementation: name.into(),
        rows: rows.collect(),
    }
}

/// Runs every check of a provider: those of its [`OpenMlsCrypto`], its randomness, and groups.
pub fn examine<P: OpenMlsProvider + Default + 'static>(name: &str, effort: Effort) -> Findings {
    let parts = Part::ALL.into_iter();
    let rows = parts.flat_map(|part| examine_part::<P>(name, part, effort).rows);
    Findings {
        implementation: name.into(),
        rows: rows.collect(),
    }
}

/// Runs the checks of one part.
pub fn examine_part<P: OpenMlsProvider + Default + 'static>(
    name: &str,
    part: Part,
    effort: Effort,
) -> Findings {
    let provider = P::default();
    let mut rows = rows(part, provider.crypto(), effort);
    match part {
        Part::Properties => rows.push(Row {
            part,
            name: "randomness",
            report: Some(properties::randomness(provider.rand())),
        }),
        Part::Groups => rows.push(Row {
            part,
            name: "with mls-rs on OpenSSL",
            report: Some(groups::<P>()),
        }),
        _ => {}
    }
    Findings {
        implementation: name.into(),
        rows,
    }
}

fn rows<C: OpenMlsCrypto>(part: Part, crypto: &C, effort: Effort) -> Vec<Row> {
    let checks = checks::<C>().into_iter().filter(|check| check.part == part);
    let row = |check: super::checks::Check<C>| Row {
        part,
        name: check.name,
        report: (check.concerns)(crypto).then(|| (check.run)(crypto, effort)),
    };
    checks.map(row).collect()
}

/// A test for each part of the suite, on a provider: any
/// [`OpenMlsProvider`] that is `Default + 'static`.
///
/// ```
/// mod conformance {
///     mls_tests::conformance_tests!(openmls_rust_crypto::OpenMlsRustCrypto);
/// }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($provider:ty) => {
        $crate::conformance_tests!($provider:
            wycheproof Wycheproof, rfc9180 Rfc9180, properties Properties, verdicts Verdicts,
            malformed Malformed, groups Groups);
    };
    ($provider:ty: $($test:ident $part:ident),*) => {
        $(
            #[test]
            fn $test() {
                $crate::conformance::examine_part::<$provider>(
                    stringify!($provider),
                    $crate::conformance::Part::$part,
                    $crate::conformance::Effort::default(),
                )
                .assert();
            }
        )*
    };
}
