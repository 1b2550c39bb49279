//! The status as data: the minimum over its parts.

use serde::Serialize;

use crate::{
    ALGORITHMS, Certificate, Dispatch, EXCEPTIONS, Entropy, Environment, Exception, FipsError,
    FipsStatus, Module, Operation, Operations, Requirement, Rule, SUITES, SelfTest, Tested,
    backend, ready, requirement, self_test,
};

/// What the status is made of: what the CMVP and the operator say, and what has to hold besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Of the linked module's version.
    pub module: FipsStatus,
    /// Of the operating environment. Where no certificate names any, that of the module.
    pub environment: FipsStatus,
    /// Whether the module is the only one, and no provider computes with another library.
    pub linkage: bool,
    /// Whether integrity and known-answer tests passed.
    pub self_test: bool,
    /// Whether the module's randomness is from where it was when the module was submitted.
    pub entropy: bool,
}

impl Parts {
    /// The lowest of the two, if the others hold. A part that is added has to be named here to
    /// compile.
    pub fn lowest(&self) -> FipsStatus {
        let Self {
            module,
            environment,
            linkage,
            self_test,
            entropy,
        } = *self;
        match linkage && self_test && entropy {
            true => module.min(environment),
            false => FipsStatus::Unvalidated,
        }
    }
}

/// A ciphersuite, and whether FIPS mode has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EnabledSuite {
    /// Its code point in the IANA registry "MLS Cipher Suites".
    pub code_point: u16,
    /// Its name there.
    pub name: &'static str,
    /// Whether FIPS mode has it.
    pub enabled: bool,
    /// The rule that keeps it out.
    pub refusal: Option<String>,
}

/// What this process can say of itself; serializes to JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The lowest status among the parts.
    pub status: FipsStatus,
    /// What the status is made of.
    pub parts: Parts,
    /// The words that may be used of this process.
    pub claim: String,
    /// Why the status is not higher, a sentence for each cause.
    pub because: Vec<String>,
    /// What is required of this process.
    pub requirement: Requirement,
    /// Why this process cannot be in FIPS mode; `None` if it can.
    pub refusal: Option<String>,
    /// The linked module.
    pub module: Module,
    /// The certificate of exactly this module.
    pub certificate: Option<&'static Certificate>,
    /// What it runs on.
    pub environment: Environment,
    /// The module's tests, run for this status.
    pub self_test: SelfTest,
    /// Where the module's randomness is from; `None` without a FIPS module.
    pub entropy: Option<Entropy>,
    /// Which instructions the module may use.
    pub dispatch: Dispatch,
    /// The ciphersuites ([`SUITES`]).
    pub suites: Vec<EnabledSuite>,
    /// The algorithms and the standards' word on each.
    pub algorithms: &'static [Rule],
    /// What the strict policy lets pass without the indicator's word.
    pub exceptions: &'static [Exception],
    /// What the indicator said of each operation, under exactly this module version.
    pub operations: Vec<Operation>,
}

/// Asks the linked module, runs its tests, and reports.
pub fn status() -> Status {
    let module = Module::linked();
    let certificate = module.certificate();
    let environment = Environment::here(certificate.map_or(&[], |row| row.tested));
    let self_test = self_test();
    let entropy = Entropy::linked();
    let parts = Parts {
        module: module.status(),
        environment: of_environment(certificate, &environment),
        linkage: module.is_fips && module.is_alone && backend::check().is_ok(),
        self_test: self_test.error().is_none(),
        entropy: is_as_submitted(certificate, entropy),
    };
    let status = parts.lowest();
    Status {
        status,
        parts,
        claim: claim(status, &module, environment.affirmed_by),
        because: because(&parts, certificate),
        requirement: requirement(),
        refusal: ready().err().as_ref().map(FipsError::to_string),
        operations: Operations::of(&module),
        module,
        certificate,
        environment,
        self_test,
        entropy,
        dispatch: Dispatch::here(),
        suites: enabled_suites(),
        algorithms: ALGORITHMS,
        exceptions: EXCEPTIONS,
    }
}

/// An environment that is not on the certificate is an operator's to affirm, and nobody else's.
fn of_environment(certificate: Option<&Certificate>, here: &Environment) -> FipsStatus {
    let Some(row) = certificate else {
        return FipsStatus::Unvalidated;
    };
    match (row.entry, here.tested, here.affirmed_by) {
        (None, ..) => row.status,
        (Some(_), Tested::Yes, _) => FipsStatus::Certified,
        (Some(_), Tested::CoreOnly | Tested::No, Some(_)) => FipsStatus::Affirmed,
        (Some(_), Tested::CoreOnly | Tested::No, None) => FipsStatus::Unvalidated,
    }
}

/// A module with another source of randomness than it was submitted with is not the one on its
/// certificate.
fn is_as_submitted(certificate: Option<&Certificate>, entropy: Option<Entropy>) -> bool {
    certificate.is_some_and(|row| entropy == Some(row.entropy))
}

/// The words of `fips/CLAIMS.md`.
fn claim(status: FipsStatus, module: &Module, affirmed_by: Option<&str>) -> String {
    let version = module.version.as_deref().unwrap_or_default();
    let number = module.certificate().and_then(|row| row.entry);
    let number = number.map(|entry| entry.number);
    let primitives = "Cryptographic primitives execute in AWS-LC FIPS";
    let suites = "in FIPS mode only suites built from approved algorithms are enabled";
    match (status, number, affirmed_by) {
        (FipsStatus::Certified, Some(number), _) => {
            format!("{primitives} {version} (certificate #{number}); {suites}.")
        }
        (FipsStatus::Affirmed, Some(number), Some(operator)) => format!(
            "{primitives} {version} (certificate #{number}; this operating environment is not \
             on the certificate and is affirmed by its operator, {operator}); {suites}."
        ),
        (FipsStatus::Pending, ..) => {
            format!("{primitives} {version} (validation in process); {suites}.")
        }
        _ => "Nothing may be claimed of this process under FIPS 140-3.".into(),
    }
}

/// What keeps the status from being higher.
fn because(parts: &Parts, certificate: Option<&Certificate>) -> Vec<String> {
    let module = match certificate {
        None => "no FIPS module of a known version is linked".into(),
        Some(row) => format!("{}: {}", row.module_version, row.source),
    };
    let environment = match parts.environment {
        FipsStatus::Affirmed => "this operating environment is not on the certificate",
        _ => {
            "this operating environment is not on the certificate, and nobody affirms it \
             (MLS_FIPS_AFFIRMED_BY)"
        }
    };
    let of_certificate = parts.module == FipsStatus::Certified;
    let causes = [
        (!of_certificate, module),
        (
            of_certificate && parts.environment < FipsStatus::Certified,
            environment.into(),
        ),
        (!parts.linkage, "the module is not alone".into()),
        (
            !parts.self_test,
            "a test of the module failed, or there is none".into(),
        ),
        (
            !parts.entropy,
            "the module's randomness is not from where it was when it was submitted".into(),
        ),
    ];
    let causes = causes.into_iter().filter(|(holds, _)| *holds);
    causes.map(|(_, cause)| cause).collect()
}

fn enabled_suites() -> Vec<EnabledSuite> {
    SUITES
        .iter()
        .map(|suite| EnabledSuite {
            code_point: suite.code_point,
            name: suite.name,
            enabled: suite.is_enabled() && ready().is_ok(),
            refusal: suite.refusal(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [FipsStatus; 4] = [
        FipsStatus::Unvalidated,
        FipsStatus::Pending,
        FipsStatus::Affirmed,
        FipsStatus::Certified,
    ];

    fn module(version: &str) -> Module {
        Module {
            is_fips: true,
            is_alone: true,
            version: Some(version.into()),
        }
    }

    #[test]
    fn each_part_can_lower_the_status() {
        assert!(ALL.is_sorted());
        let best = Parts {
            module: FipsStatus::Certified,
            environment: FipsStatus::Certified,
            linkage: true,
            self_test: true,
            entropy: true,
        };
        assert_eq!(best.lowest(), FipsStatus::Certified);
        let parts: [fn(&mut Parts) -> &mut FipsStatus; 2] =
            [|parts| &mut parts.module, |parts| &mut parts.environment];
        for part in parts {
            for lower in ALL {
                let mut parts = best;
                *part(&mut parts) = lower;
                assert_eq!(parts.lowest(), lower, "{parts:?}");
            }
        }
        let conditions: [fn(&mut Parts) -> &mut bool; 3] = [
            |parts| &mut parts.linkage,
            |parts| &mut parts.self_test,
            |parts| &mut parts.entropy,
        ];
        for condition in conditions {
            let mut parts = best;
            *condition(&mut parts) = false;
            assert_eq!(parts.lowest(), FipsStatus::Unvalidated, "{parts:?}");
        }
    }

    /// 3.1.0 can be compiled with either source, 4.2.0 has its own.
    #[test]
    fn another_source_of_randomness_has_no_certificate() {
        let (jitter, passive) = (Entropy::CpuJitter, Entropy::Passive);
        for (version, entropy, expected) in [
            ("3.1.0", Some(passive), true),
            ("3.1.0", Some(jitter), false),
            ("4.2.0", Some(jitter), true),
            ("4.2.0", Some(passive), false),
            ("4.2.0", None, false),
            ("3.6.0", Some(passive), false),
        ] {
            let part = is_as_submitted(Certificate::of(version), entropy);
            assert_eq!(part, expected, "{version} {entropy:?}");
        }
        let linked = Entropy::linked();
        println!("{linked:?}");
        assert_eq!(linked.is_some(), cfg!(feature = "fips"));
        let certificate = Module::linked().certificate();
        assert_eq!(is_as_submitted(certificate, linked), cfg!(feature = "fips"));
    }

    /// Who affirms it, not where it runs, makes an environment affirmed; and of a version without a
    /// certificate there is nothing to affirm.
    #[test]
    fn an_environment_is_affirmed_by_somebody_or_not_at_all() {
        let here = Environment::here(&[]);
        for (version, tested, by, expected) in [
            ("3.1.0", Tested::Yes, None, FipsStatus::Certified),
            ("3.1.0", Tested::Yes, Some("Ada"), FipsStatus::Certified),
            ("3.1.0", Tested::CoreOnly, None, FipsStatus::Unvalidated),
            ("3.1.0", Tested::CoreOnly, Some("Ada"), FipsStatus::Affirmed),
            ("3.1.0", Tested::No, None, FipsStatus::Unvalidated),
            ("3.1.0", Tested::No, Some("Ada"), FipsStatus::Affirmed),
            ("4.2.0", Tested::No, Some("Ada"), FipsStatus::Unvalidated),
            ("3.6.0", Tested::Yes, Some("Ada"), FipsStatus::Unvalidated),
        ] {
            let here = Environment {
                tested,
                affirmed_by: by,
                ..here.clone()
            };
            let part = of_environment(Certificate::of(version), &here);
            assert_eq!(part, expected, "{version} {tested:?} {by:?}");
        }
    }

    #[test]
    fn a_certificate_is_claimed_of_its_own_version_only() {
        let by = Some("Ada");
        for status in ALL {
            assert!(!claim(status, &module("3.6.0"), by).contains('#'));
            assert!(!claim(status, &module("4.2.0"), by).contains('#'));
        }
        let certified = claim(FipsStatus::Certified, &module("3.1.0"), None);
        assert!(certified.contains("AWS-LC FIPS 3.1.0 (certificate #5314);"));
        let affirmed = claim(FipsStatus::Affirmed, &module("3.1.0"), by);
        assert!(affirmed.contains("affirmed by its operator, Ada)"));
        let nobody = claim(FipsStatus::Affirmed, &module("3.1.0"), None);
        assert!(!nobody.contains("affirmed") && !nobody.contains("5314"));
        assert!(!claim(FipsStatus::Unvalidated, &module("3.1.0"), by).contains("5314"));
    }

    #[test]
    fn the_claims_are_those_of_the_document() {
        let document = include_str!("../CLAIMS.md");
        for (status, version) in [
            (FipsStatus::Certified, "3.1.0"),
            (FipsStatus::Affirmed, "3.1.0"),
            (FipsStatus::Pending, "VERSION"),
            (FipsStatus::Unvalidated, "4.2.0"),
        ] {
            let claim = claim(status, &module(version), Some("NAME"));
            let line = format!("| {status:?} | {claim} |");
            assert!(document.contains(&line), "{line}");
        }
    }

    /// What can be read on the certificate stands in the documents as it is here.
    #[test]
    fn the_documents_say_what_the_rows_say() {
        let document = include_str!("../CLAIMS.md");
        for row in crate::CERTIFICATES {
            for part in row.addresses {
                assert!(document.contains(part), "{part}");
            }
            let Some(entry) = row.entry else { continue };
            for part in [entry.name, entry.validated, entry.sunset] {
                assert!(document.contains(part), "{part}");
            }
            for environment in row.tested {
                assert!(document.contains(environment.processor));
            }
        }
    }

    #[test]
    fn what_is_not_so_is_said() {
        let status = status();
        println!("{:?}: {:?}", status.status, status.because);
        let is_certified = status.status == FipsStatus::Certified;
        assert_eq!(status.because.is_empty(), is_certified);
    }

    #[test]
    fn the_status_is_json() {
        let json = serde_json::to_value(status()).unwrap();
        let fips = cfg!(feature = "fips");
        assert_eq!(json["module"]["is_fips"], fips);
        assert_eq!(json["parts"]["entropy"], fips);
        assert_eq!(json["refusal"].is_null(), fips);
        assert_eq!(json["suites"].as_array().unwrap().len(), SUITES.len());
        assert_eq!(
            json["algorithms"].as_array().unwrap().len(),
            ALGORITHMS.len()
        );
        let version = status().module.version;
        assert_eq!(
            json["operations"].as_array().unwrap().is_empty(),
            version.is_none()
        );
    }
}
