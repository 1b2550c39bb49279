//! The engines: our backends, and the libraries they are compared with.

mod aws_lc_rs;
mod backend;
mod calls;
mod p256;
mod ring;
mod x25519_dalek;

use std::sync::Arc;

use mls_lanes::Backend;

use super::{Batch, Inputs, Operation};
use crate::BenchError;

/// Something that does operations on batches.
///
/// All work from the same bytes: a peer's public key is decoded and checked within
/// the timed part. A library that keeps private keys in a form of its own has
/// imported them before.
pub trait LaneEngine {
    /// The name on the command line and in the results.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn about(&self) -> &'static str;

    /// Prepares `operation` on `inputs`. `Ok(None)` if the engine lacks it.
    ///
    /// # Errors
    ///
    /// What the library refused.
    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError>;
}

/// The engine that every speedup refers to.
pub const REFERENCE: &str = "aws-lc-rs";

/// Every engine that can run on this CPU: the backends, best first, and the libraries.
pub fn engines() -> Vec<Box<dyn LaneEngine>> {
    let mut engines = backends();
    engines.extend([
        Box::new(aws_lc_rs::AwsLcRs) as Box<dyn LaneEngine>,
        Box::new(x25519_dalek::X25519Dalek),
        Box::new(p256::P256),
        Box::new(ring::Ring),
    ]);
    engines
}

fn backends() -> Vec<Box<dyn LaneEngine>> {
    let boxed = |backend| Box::new(backend) as Box<dyn LaneEngine>;
    Backend::available().into_iter().map(boxed).collect()
}

/// The engines whose break-even is of interest: the backends, and the reference.
pub fn break_even_engines() -> Vec<Box<dyn LaneEngine>> {
    let mut engines = backends();
    engines.push(Box::new(aws_lc_rs::AwsLcRs));
    engines
}

/// The engines that `names` lists, in that order and each once.
///
/// # Errors
///
/// [`BenchError::MissingInstructions`] for a backend that this CPU lacks, and
/// [`BenchError::UnknownEngine`] for a name that is no engine's.
pub fn select(names: &[String]) -> Result<Vec<Box<dyn LaneEngine>>, BenchError> {
    let mut selected: Vec<Box<dyn LaneEngine>> = Vec::new();
    for name in names {
        let engine = find(name)?;
        if selected.iter().all(|other| other.name() != engine.name()) {
            selected.push(engine);
        }
    }
    Ok(selected)
}

fn find(name: &str) -> Result<Box<dyn LaneEngine>, BenchError> {
    let found = engines().into_iter().find(|engine| engine.name() == name);
    found.ok_or_else(|| {
        let (name, known) = (name.to_owned(), names().join(", "));
        if Backend::NAMES.contains(&name.as_str()) {
            BenchError::MissingInstructions { name, known }
        } else {
            BenchError::UnknownEngine { name, known }
        }
    })
}

fn names() -> Vec<&'static str> {
    engines().iter().map(|engine| engine.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str]) -> Result<Vec<&'static str>, BenchError> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(select(&names)?.iter().map(|engine| engine.name()).collect())
    }

    #[test]
    fn engines_are_found_by_name_in_the_order_asked_for() {
        let names = selected(&["ring", "portable", "ring", "aws-lc-rs"]).unwrap();
        assert_eq!(names, ["ring", "portable", "aws-lc-rs"]);
    }

    #[test]
    fn an_unknown_engine_is_refused_with_the_known_ones() {
        let error = selected(&["openssl"]).unwrap_err().to_string();
        assert!(error.starts_with("unknown engine `openssl`; choose from: "));
        assert!(error.ends_with("portable, aws-lc-rs, x25519-dalek, p256, ring"));
    }

    #[test]
    fn the_cpus_backends_are_engines_and_the_others_are_refused_with_the_reason() {
        let available: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
        println!("backends: {}", available.join(", "));
        for &name in Backend::NAMES {
            match selected(&[name]) {
                Ok(names) => assert!(available.contains(&name) && names == [name]),
                Err(error) => {
                    assert!(!available.contains(&name));
                    assert!(matches!(error, BenchError::MissingInstructions { .. }));
                }
            }
        }
    }

    #[test]
    fn the_reference_is_an_engine_of_both_sets() {
        assert!(names().contains(&REFERENCE));
        assert!(break_even_engines().iter().any(|e| e.name() == REFERENCE));
    }
}
