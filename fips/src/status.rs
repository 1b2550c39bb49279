//! The status as data: the minimum over its parts.

use serde::Serialize;

use crate::{
    ALGORITHMS, Certificate, Dispatch, EXCEPTIONS, Entropy, Environment, Exception, FipsError,
    FipsStatus, Module, Operation, Operations, Requirement, Rule, SUITES, SelfTest, Tested,
    backend, ready, requirement, self_test,
};

/// What the status is made of, each with its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// The linked module's certificate.
    pub module: FipsStatus,
    /// Whether it is the only module, and no provider computes with another library.
    pub linkage: FipsStatus,
    /// Integrity and known-answer tests.
    pub self_test: FipsStatus,
    /// Whether the module's randomness is from where it was when the module was submitted.
    pub entropy: FipsStatus,
    /// The operating environment.
    pub environment: FipsStatus,
}

impl Parts {
    /// The lowest of them. A part that is added has to be named here to compile.
    pub fn lowest(&self) -> FipsStatus {
        let Self {
            module,
            linkage,
            self_test,
            entropy,
            environment,
        } = *self;
        module
            .min(linkage)
            .min(self_test)
            .min(entropy)
            .min(environment)
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
        linkage: holds(module.is_fips && module.is_alone && backend::check().is_ok()),
        self_test: holds(self_test.error().is_none()),
        entropy: of_entropy(certificate, entropy),
        environment: match environment.tested {
            Tested::Yes => FipsStatus::Certified,
            Tested::CoreOnly | Tested::No => FipsStatus::Affirmed,
        },
    };
    let status = parts.lowest();
    Status {
        status,
        parts,
        claim: claim(status, &module),
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

/// A module with another source of randomness than it was submitted with is not the one on its
/// certificate.
fn of_entropy(certificate: Option<&Certificate>, entropy: Option<Entropy>) -> FipsStatus {
    holds(certificate.is_some_and(|row| entropy == Some(row.entropy)))
}

/// A part that is as it must be lowers nothing.
const fn holds(good: bool) -> FipsStatus {
    match good {
        true => FipsStatus::Certified,
        false => FipsStatus::Unvalidated,
    }
}

/// The words of `fips/CLAIMS.md`.
fn claim(status: FipsStatus, module: &Module) -> String {
    let version = module.version.as_deref().unwrap_or_default();
    let number = module.certificate().and_then(|row| row.number);
    let primitives = "Cryptographic primitives execute in AWS-LC FIPS";
    let suites = "in FIPS mode only suites built from approved algorithms are enabled";
    match (status, number) {
        (FipsStatus::Certified, Some(number)) => {
            format!("{primitives} {version} (certificate #{number}); {suites}.")
        }
        (FipsStatus::Affirmed, Some(number)) => format!(
            "{primitives} {version} (certificate #{number}; this operating environment is not \
             on the certificate and is affirmed by its operator); {suites}."
        ),
        (FipsStatus::Pending, _) => {
            format!("{primitives} {version} (validation in process); {suites}.")
        }
        _ => "Nothing may be claimed of this process under FIPS 140-3.".into(),
    }
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
            linkage: FipsStatus::Certified,
            self_test: FipsStatus::Certified,
            entropy: FipsStatus::Certified,
            environment: FipsStatus::Certified,
        };
        assert_eq!(best.lowest(), FipsStatus::Certified);
        let parts: [fn(&mut Parts) -> &mut FipsStatus; 5] = [
            |parts| &mut parts.module,
            |parts| &mut parts.linkage,
            |parts| &mut parts.self_test,
            |parts| &mut parts.entropy,
            |parts| &mut parts.environment,
        ];
        for part in parts {
            for lower in ALL {
                let mut parts = best;
                *part(&mut parts) = lower;
                assert_eq!(parts.lowest(), lower, "{parts:?}");
            }
        }
    }

    /// 3.1.0 can be compiled with either source, 4.2.0 has its own.
    #[test]
    fn another_source_of_randomness_has_no_certificate() {
        let (jitter, passive) = (Entropy::CpuJitter, Entropy::Passive);
        for (version, entropy, expected) in [
            ("3.1.0", Some(passive), FipsStatus::Certified),
            ("3.1.0", Some(jitter), FipsStatus::Unvalidated),
            ("4.2.0", Some(jitter), FipsStatus::Certified),
            ("4.2.0", Some(passive), FipsStatus::Unvalidated),
            ("4.2.0", None, FipsStatus::Unvalidated),
            ("3.6.0", Some(passive), FipsStatus::Unvalidated),
        ] {
            let part = of_entropy(Certificate::of(version), entropy);
            assert_eq!(part, expected, "{version} {entropy:?}");
        }
        let linked = Entropy::linked();
        println!("{linked:?}");
        assert_eq!(linked.is_some(), cfg!(feature = "fips"));
        let certificate = Module::linked().certificate();
        let part = of_entropy(certificate, linked);
        assert_eq!(part == FipsStatus::Certified, cfg!(feature = "fips"));
    }

    #[test]
    fn a_certificate_is_claimed_of_its_own_version_only() {
        for status in ALL {
            assert!(!claim(status, &module("3.6.0")).contains('#'));
            assert!(!claim(status, &module("4.2.0")).contains('#'));
        }
        let certified = claim(FipsStatus::Certified, &module("3.1.0"));
        assert!(certified.contains("AWS-LC FIPS 3.1.0 (certificate #5314);"));
        assert!(claim(FipsStatus::Affirmed, &module("3.1.0")).contains("affirmed"));
        assert!(!claim(FipsStatus::Unvalidated, &module("3.1.0")).contains("5314"));
    }

    #[test]
    fn the_claims_are_those_of_the_document() {
        let document = include_str!("../CLAIMS.md");
        for (status, version) in [
            (FipsStatus::Certified, "3.1.0"),
            (FipsStatus::Affirmed, "3.1.0"),
            (FipsStatus::Pending, "4.2.0"),
            (FipsStatus::Unvalidated, "4.2.0"),
        ] {
            let line = format!("| {status:?} | {} |", claim(status, &module(version)));
            assert!(document.contains(&line), "{line}");
        }
    }

    #[test]
    fn the_status_is_json() {
        let json = serde_json::to_value(status()).unwrap();
        let fips = cfg!(feature = "fips");
        assert_eq!(json["module"]["is_fips"], fips);
        assert_eq!(json["status"] == "Unvalidated", !fips);
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
