//! Single-shot HPKE to many recipients, over all cores.

use openmls_traits::types::{CryptoError, HpkeCiphertext, HpkeConfig, HpkeKeyPair};
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::kem::{self, Kem};
use super::{InfoHashCache, Sender, aead_type};
use crate::backend::random;
use crate::policy::Mode;

/// `SealBase` (RFC 9180, section 6.1) to each recipient, a public key with a plaintext.
pub(crate) fn seal<K, P>(
    mode: Mode,
    info_hashes: &InfoHashCache,
    config: &HpkeConfig,
    info: &[u8],
    aad: &[u8],
    recipients: &[(K, P)],
) -> Vec<Result<HpkeCiphertext, CryptoError>>
where
    K: AsRef<[u8]> + Sync,
    P: AsRef<[u8]> + Sync,
{
    let sealing = mode.check_sealing(config).and_then(|()| {
        // The hash of `info` may be known, and then nothing is left to do.
        mode.run_part(|| {
            Ok((
                aead_type(config.2)?,
                kem::of(config.0)?,
                Sender::new(info_hashes, config, info)?,
            ))
        })
    });
    let (aead, kem, sender) = match sealing {
        Ok(sealing) => sealing,
        Err(error) => return recipients.iter().map(|_| Err(error)).collect(),
    };
    in_pieces(mode, kem, recipients, |piece| {
        let keys: Vec<&[u8]> = piece.iter().map(|(key, _)| key.as_ref()).collect();
        let mut sealed = Vec::with_capacity(piece.len());
        kem.encap_batch(&keys, |i, encapsulated| {
            sealed.push(encapsulated.and_then(|(enc, shared_secret)| {
                let plaintext = piece[i].1.as_ref();
                let ciphertext = sender.seal(shared_secret, aead, aad, plaintext)?;
                Ok(HpkeCiphertext {
                    kem_output: enc.to_vec().into(),
                    ciphertext: ciphertext.into(),
                })
            }));
        });
        sealed
    })
}

/// `DeriveKeyPair` (RFC 9180, section 7.1.3) from each input keying material.
pub(crate) fn derive_key_pairs<I: AsRef<[u8]> + Sync>(
    mode: Mode,
    config: &HpkeConfig,
    ikms: &[I],
) -> Vec<Result<HpkeKeyPair, CryptoError>> {
    match mode.check_kem(config.0).and_then(|()| kem::of(config.0)) {
        Ok(kem) => in_pieces(mode, kem, ikms, |piece| kem.derive_key_pairs(piece)),
        Err(error) => ikms.iter().map(|_| Err(error)).collect(),
    }
}

/// Fresh key pairs: in lanes each derived from Nh random bytes of its own, else of the
/// backend's own generation.
pub(crate) fn generate_key_pairs(
    mode: Mode,
    config: &HpkeConfig,
    count: usize,
) -> Result<Vec<HpkeKeyPair>, CryptoError> {
    mode.check_kem(config.0)?;
    let kem = kem::of(config.0)?;
    if !kem.has_lanes_for(count) {
        return generate_one_by_one(mode, kem, count);
    }
    let len = count.checked_mul(kem.ikm_len());
    let len = len.ok_or(CryptoError::TooMuchData)?;
    let mut ikms = Zeroizing::new(Vec::new());
    let reserved = ikms.try_reserve_exact(len);
    reserved.map_err(|_| CryptoError::TooMuchData)?;
    ikms.resize(len, 0);
    random::fill(&mut ikms)?;
    let ikms: Vec<&[u8]> = ikms.chunks_exact(kem.ikm_len()).collect();
    derive_key_pairs(mode, config, &ikms).into_iter().collect()
}

fn generate_one_by_one(
    mode: Mode,
    kem: &dyn Kem,
    count: usize,
) -> Result<Vec<HpkeKeyPair>, CryptoError> {
    let mut pairs = Vec::new();
    let reserved = pairs.try_reserve_exact(count);
    reserved.map_err(|_| CryptoError::TooMuchData)?;
    let generate = |_| mode.run(|| kem.generate_key_pair());
    pairs.par_extend((0..count).into_par_iter().map(generate));
    pairs.into_iter().collect()
}

/// The results of all pieces of `elements`, in their order.
fn in_pieces<T: Sync, R: Send>(
    mode: Mode,
    kem: &'static dyn Kem,
    elements: &[T],
    of_piece: impl Fn(&[T]) -> Vec<Result<R, CryptoError>> + Sync + Send,
) -> Vec<Result<R, CryptoError>> {
    let pieces: Vec<Vec<_>> = elements
        .par_chunks(mode.piece_len(kem.piece_len(elements.len())))
        .map(|piece| mode.run_each(|| of_piece(piece)))
        .collect();
    pieces.into_iter().flatten().collect()
}
