//! Many signatures verified at once, in lanes where there are any, over all cores.

use openmls_traits::types::{CryptoError, SignatureScheme};
use rayon::prelude::*;

use super::{Scheme, SignedMessage};
use crate::lanes::{LaneSignature, LaneVerdict};
use crate::policy::Mode;

/// The most signatures verified together: they share a field inversion, and take no less time
/// each in greater number.
const BATCH: usize = 128;
/// How many signatures a thread takes at a time where there are no lanes.
const ONE_BY_ONE: usize = 16;
/// Longer messages are hashed by the backend: in lanes all others would wait for them.
const LONGEST: usize = 16 * 1024;

/// Whether each signature is good, in their order.
///
/// # Errors
/// Of each, those of [`verify`](super::verify), and of a scheme that `mode` refuses.
pub(crate) fn verify_batch(
    mode: Mode,
    signed: &[SignedMessage<'_>],
) -> Vec<Result<(), CryptoError>> {
    let mut results = vec![Ok(()); signed.len()];
    let mut schemes: Vec<SignatureScheme> = Vec::new();
    for signed in signed {
        if !schemes.contains(&signed.scheme) {
            schemes.push(signed.scheme);
        }
    }
    for scheme in schemes {
        let places = (0..signed.len()).filter(|place| signed[*place].scheme == scheme);
        let places: Vec<usize> = places.collect();
        let of_scheme: Vec<_> = places.iter().map(|place| &signed[*place]).collect();
        let verified = verify_all(mode, scheme, &of_scheme);
        for (place, result) in places.into_iter().zip(verified) {
            results[place] = result;
        }
    }
    results
}

/// The same for signatures of one scheme.
fn verify_all(
    mode: Mode,
    scheme: SignatureScheme,
    signed: &[&SignedMessage<'_>],
) -> Vec<Result<(), CryptoError>> {
    let functions = match mode
        .check_signature(scheme)
        .and_then(|()| super::of(scheme))
    {
        Ok(functions) => functions,
        Err(error) => return vec![Err(error); signed.len()],
    };
    let piece_len = mode.piece_len(piece_len(functions, signed.len()));
    if signed.len() <= piece_len {
        return mode.run_each(|| verify_piece(functions, signed));
    }
    signed
        .par_chunks(piece_len)
        .flat_map_iter(|piece| mode.run_each(|| verify_piece(functions, piece)))
        .collect()
}

/// How many of `count` signatures one thread should take at a time, so that all threads have work
/// and the lanes are full: no more threads than have enough for lanes.
fn piece_len(scheme: &dyn Scheme, count: usize) -> usize {
    let threads = rayon::current_num_threads();
    match scheme.lanes() {
        Some(lanes) => {
            let threads = threads.min(count / lanes.break_even()).max(1);
            let share = count.div_ceil(threads);
            share.next_multiple_of(lanes.width()).min(BATCH)
        }
        None => count.div_ceil(threads).min(ONE_BY_ONE),
    }
    .max(1)
}

/// Verifies signatures of one scheme on this thread.
fn verify_piece(
    scheme: &dyn Scheme,
    signed: &[&SignedMessage<'_>],
) -> Vec<Result<(), CryptoError>> {
    let lanes = scheme.lanes().filter(|l| signed.len() >= l.break_even());
    let verified = match lanes {
        Some(lanes) => scheme.verify_in_lanes(&lanes, signed),
        None => vec![None; signed.len()],
    };
    let one = |signed: &SignedMessage<'_>| {
        scheme.verify(&signed.message, signed.public_key, signed.signature)
    };
    let verified = verified.into_iter().zip(signed);
    verified
        .map(|(result, signed)| result.unwrap_or_else(|| one(signed)))
        .collect()
}

/// Verifies those of `signed` in lanes of which `load` has no verdict already, and that it does not
/// leave to the backend.
pub(super) fn in_lanes<'a, const KEY: usize>(
    signed: &'a [&SignedMessage<'_>],
    load: impl Fn(&'a SignedMessage<'_>) -> Loaded<'a, KEY>,
    verify: impl FnOnce(&[LaneSignature<'a, KEY>]) -> Vec<LaneVerdict>,
) -> Vec<Option<Result<(), CryptoError>>> {
    let mut results = vec![None; signed.len()];
    let (mut places, mut loaded) = (Vec::new(), Vec::new());
    for (place, signed) in signed.iter().enumerate() {
        match load(signed) {
            Ok(Some(signature)) if signature.message.len() <= LONGEST => {
                places.push(place);
                loaded.push(signature);
            }
            Ok(_) => {}
            Err(error) => results[place] = Some(Err(error)),
        }
    }
    for (place, verdict) in places.into_iter().zip(verify(&loaded)) {
        results[place] = match verdict {
            LaneVerdict::Good => Some(Ok(())),
            LaneVerdict::Bad => Some(Err(CryptoError::InvalidSignature)),
            LaneVerdict::Unknown => None,
        };
    }
    results
}

/// A signature for lanes; `None` for one that the backend is to verify; or why it is not good.
pub(super) type Loaded<'a, const KEY: usize> = Result<Option<LaneSignature<'a, KEY>>, CryptoError>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{SCHEMES, generate, verify};

    struct Case {
        scheme: SignatureScheme,
        message: Vec<u8>,
        public_key: Vec<u8>,
        signature: Vec<u8>,
    }

    impl Case {
        fn signed(&self) -> SignedMessage<'_> {
            SignedMessage {
                scheme: self.scheme,
                message: self.message.clone(),
                public_key: &self.public_key,
                signature: &self.signature,
            }
        }

        /// Does nothing, or what makes a signature bad, and says whether it did nothing.
        fn spoil(&mut self, how: usize) -> bool {
            match how % 12 {
                1 => self.message[0] ^= 1,
                2 => self.signature[7] ^= 1,
                3 => self.public_key[9] ^= 1,
                4 => drop(self.signature.pop()),
                5 => self.signature.push(0),
                6 => drop(self.public_key.pop()),
                7 => self.public_key.push(0),
                // The neutral point of edwards25519, as a key and as R.
                8 => self.public_key.fill(0),
                9 => self.signature[..32].fill(0),
                10 => self.signature.clear(),
                _ => return true,
            }
            false
        }
    }

    /// Signatures of every scheme, mixed, of which one in six is good. Some messages are too long
    /// for lanes.
    fn cases() -> (Vec<Case>, usize) {
        let keys: Vec<_> = SCHEMES
            .iter()
            .map(|(scheme, _)| (*scheme, generate(*scheme).unwrap()))
            .collect();
        let mut good = 0;
        let case = |i: usize| {
            let (scheme, key) = &keys[i % keys.len()];
            let length = 1 + if i.is_multiple_of(13) { LONGEST } else { i };
            let message = vec![i as u8; length];
            let mut case = Case {
                scheme: *scheme,
                public_key: key.public().to_vec(),
                signature: key.sign(&message).unwrap(),
                message,
            };
            good += usize::from(case.spoil(i / keys.len()));
            case
        };
        ((0..120 * keys.len()).map(case).collect(), good)
    }

    #[test]
    fn a_batch_gets_the_verdict_of_each() {
        let (cases, good) = cases();
        let signed: Vec<_> = cases.iter().map(Case::signed).collect();
        for (scheme, functions) in SCHEMES {
            println!("{scheme:?}: {:?}", functions.lanes());
        }
        for count in [0, 1, 7, 100, signed.len()] {
            let results = verify_batch(Mode::of_process(), &signed[..count]);
            assert_eq!(results.len(), count);
            for (case, result) in cases.iter().zip(&results) {
                let one = verify(
                    case.scheme,
                    &case.message,
                    &case.public_key,
                    &case.signature,
                );
                assert_eq!(*result, one, "{:?} {:02x?}", case.scheme, case.signature);
            }
            let found = results.iter().filter(|result| result.is_ok()).count();
            assert!(count < signed.len() || found == good);
        }
        assert_eq!(good, 20 * SCHEMES.len());
    }
}
