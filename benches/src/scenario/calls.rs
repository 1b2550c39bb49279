//! Calls too short to time one by one: a run of them is timed as a whole.

use std::{array, hint::black_box, time::Duration};

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider, crypto::OpenMlsCrypto, random::OpenMlsRand, types::CryptoError,
};

use super::{Trial, timed::timed_part};
use crate::{BenchError, engine::Engine, error::ensure};

/// How many inputs a scenario takes in turn. As in a group, successive calls have
/// different keys and messages, so no engine gains by remembering the last one.
pub(super) const INPUTS: usize = 8;

/// A call on rotating inputs; the last result for each input is verified.
struct Calls<I, O, C, V> {
    inputs: [I; INPUTS],
    outputs: [Option<O>; INPUTS],
    call: C,
    verify: V,
}

/// A trial of `call` on `inputs`, whose results `verify` judges outside the timed part.
pub(super) fn calls<I, O, C, V>(inputs: [I; INPUTS], call: C, verify: V) -> Box<dyn Trial>
where
    I: Send + 'static,
    O: Send + 'static,
    C: Fn(&I) -> Result<O, CryptoError> + Send + 'static,
    V: Fn(&I, &O) -> Result<(), BenchError> + Send + 'static,
{
    Box::new(Calls {
        inputs,
        outputs: array::from_fn(|_| None),
        call,
        verify,
    })
}

/// A trial of a deterministic `call` on engine `E`, each result compared with that of
/// openmls_rust_crypto, which has all the hashes and AEADs of the suites.
pub(super) fn compared<E, I, O, C>(
    inputs: [I; INPUTS],
    call: C,
) -> Result<Box<dyn Trial>, BenchError>
where
    E: Engine,
    I: Send + 'static,
    O: PartialEq + Send + 'static,
    C: Fn(&dyn OpenMlsCrypto, &I) -> Result<O, CryptoError> + Copy + Send + 'static,
{
    let provider = E::provider()?;
    let reference = RustCrypto::default();
    call(provider.crypto(), &inputs[0])?;
    Ok(calls(
        inputs,
        move |input| call(provider.crypto(), input),
        move |input, output| {
            let expected = call(&reference, input)?;
            ensure(*output == expected, "differs from openmls_rust_crypto's")
        },
    ))
}

impl<I, O, C, V> Trial for Calls<I, O, C, V>
where
    I: Send,
    O: Send,
    C: Fn(&I) -> Result<O, CryptoError> + Send,
    V: Fn(&I, &O) -> Result<(), BenchError> + Send,
{
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let (called, elapsed) = timed_part(|| self.call_in_turn(iterations));
        called?;
        self.verify_and_forget()?;
        Ok(elapsed)
    }
}

impl<I, O, C, V> Calls<I, O, C, V>
where
    C: Fn(&I) -> Result<O, CryptoError>,
{
    fn call_in_turn(&mut self, iterations: u64) -> Result<(), CryptoError> {
        let mut slot = 0;
        for _ in 0..iterations {
            let output = (self.call)(black_box(&self.inputs[slot]))?;
            self.outputs[slot] = Some(black_box(output));
            slot = (slot + 1) % INPUTS;
        }
        Ok(())
    }
}

impl<I, O, C, V> Calls<I, O, C, V>
where
    V: Fn(&I, &O) -> Result<(), BenchError>,
{
    fn verify_and_forget(&mut self) -> Result<(), BenchError> {
        for (input, output) in self.inputs.iter().zip(&mut self.outputs) {
            if let Some(output) = output.take() {
                (self.verify)(input, &output)?;
            }
        }
        Ok(())
    }
}

/// An array of inputs from a constructor that may fail.
pub(super) fn inputs<I>(
    mut input: impl FnMut() -> Result<I, CryptoError>,
) -> Result<[I; INPUTS], CryptoError> {
    let made = (0..INPUTS)
        .map(|_| input())
        .collect::<Result<Vec<I>, _>>()?;
    made.try_into().map_err(|_| CryptoError::CryptoLibraryError)
}

/// `length` fresh random bytes.
pub(super) fn random_bytes(length: usize) -> Result<Vec<u8>, CryptoError> {
    RustCrypto::default()
        .random_vec(length)
        .map_err(|_| CryptoError::InsufficientRandomness)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn each_input_is_taken_in_turn_and_each_last_output_verified() {
        let verified = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&verified);
        let mut next = 0;
        let inputs = inputs(|| {
            next += 1;
            Ok(next)
        });
        let mut trial = calls(
            inputs.unwrap(),
            |input: &u64| Ok(input * 2),
            move |input, output| {
                count.fetch_add(1, Ordering::Relaxed);
                ensure(*output == input * 2, "not the double")
            },
        );
        trial.run(3).unwrap();
        assert_eq!(verified.load(Ordering::Relaxed), 3);
        trial.run(1000).unwrap();
        assert_eq!(verified.load(Ordering::Relaxed), 3 + INPUTS);
    }

    #[test]
    fn a_wrong_output_ends_the_run() {
        let mut trial = calls(
            [(); INPUTS],
            |()| Ok(1),
            |(), output| ensure(*output == 2, "not two"),
        );
        assert!(matches!(
            trial.run(1),
            Err(BenchError::WrongResult("not two"))
        ));
    }
}
