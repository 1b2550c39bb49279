//! Single-shot HPKE to many recipients, over all cores.

use aws_lc_rs::rand;
use openmls_traits::types::{CryptoError, HpkeCiphertext, HpkeConfig, HpkeKeyPair};
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::kem::DhKem;
use super::{InfoHashMemory, Sender, aead_type};

/// `SealBase` (RFC 9180, section 6.1) to each recipient, a public key with a plaintext.
pub(crate) fn seal<K, P>(
    info_hashes: &InfoHashMemory,
    config: &HpkeConfig,
    info: &[u8],
    aad: &[u8],
    recipients: &[(K, P)],
) -> Vec<Result<HpkeCiphertext, CryptoError>>
where
    K: AsRef<[u8]> + Sync,
    P: AsRef<[u8]> + Sync,
{
    let sealing = aead_type(config.2).and_then(|aead| {
        Ok((
            aead,
            DhKem::of(config.0)?,
            Sender::new(info_hashes, config, info)?,
        ))
    });
    let (aead, kem, sender) = match sealing {
        Ok(sealing) => sealing,
        Err(error) => return recipients.iter().map(|_| Err(error)).collect(),
    };
    in_pieces(kem, recipients, |piece| {
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
    config: &HpkeConfig,
    ikms: &[I],
) -> Vec<Result<HpkeKeyPair, CryptoError>> {
    match DhKem::of(config.0) {
        Ok(kem) => in_pieces(kem, ikms, |piece| kem.derive_key_pairs(piece)),
        Err(error) => ikms.iter().map(|_| Err(error)).collect(),
    }
}

/// Fresh key pairs, each derived from Nh random bytes of its own.
pub(crate) fn generate_key_pairs(
    config: &HpkeConfig,
    count: usize,
) -> Result<Vec<HpkeKeyPair>, CryptoError> {
    let kem = DhKem::of(config.0)?;
    let mut ikms = Zeroizing::new(vec![0; count * kem.ikm_len()]);
    rand::fill(&mut ikms).map_err(|_| CryptoError::InsufficientRandomness)?;
    let ikms: Vec<&[u8]> = ikms.chunks_exact(kem.ikm_len()).collect();
    derive_key_pairs(config, &ikms).into_iter().collect()
}

/// The results of all pieces of `elements`, in their order.
fn in_pieces<T: Sync, R: Send>(
    kem: &DhKem,
    elements: &[T],
    of_piece: impl Fn(&[T]) -> Vec<R> + Sync + Send,
) -> Vec<R> {
    let pieces: Vec<Vec<R>> = elements
        .par_chunks(kem.piece_len(elements.len()))
        .map(of_piece)
        .collect();
    pieces.into_iter().flatten().collect()
}
