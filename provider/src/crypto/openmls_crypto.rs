//! The functions of [`OpenMlsCrypto`], each handed to its module.

#[cfg(feature = "targeted-messages-draft")]
use openmls_traits::crypto::HpkeSealPskResolvedAadError;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
    HpkeKeyPair, KemOutput, SignatureScheme,
};
use tls_codec::SecretVLBytes;

use super::HwCrypto;
use crate::backend::{MAX_HASH_LEN, aead};
#[cfg(feature = "virtual-clients-draft")]
use crate::ff1;
#[cfg(feature = "targeted-messages-draft")]
use crate::hpke::psk::{Psk, Sealing};
use crate::kdf::hkdf;
use crate::kdf::hmac::HmacKey;
use crate::secret::SecretBytes;
use crate::{SUITES, hash, hpke, signature, suites};

impl OpenMlsCrypto for HwCrypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<(), CryptoError> {
        match suites::is_supported(ciphersuite) {
            true => self.mode().check_suite(ciphersuite),
            false => Err(CryptoError::UnsupportedCiphersuite),
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        let suites = SUITES.iter().map(|suite| suite.ciphersuite);
        suites
            .filter(|&suite| self.supports(suite).is_ok())
            .collect()
    }

    fn hkdf_extract(
        &self,
        hash_type: HashType,
        salt: &[u8],
        ikm: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        let mode = self.mode();
        mode.check_kdf(hash_type)?;
        mode.run(|| {
            Ok(secret(hash_type.size(), |prk| {
                hkdf::extract(hash_type, salt, ikm, prk);
            }))
        })
    }

    fn hmac(
        &self,
        hash_type: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        let mode = self.mode();
        mode.check_kdf(hash_type)?;
        mode.run(|| {
            Ok(secret(hash_type.size(), |mac| {
                HmacKey::new(hash_type, key).mac([message], mac);
            }))
        })
    }

    fn hkdf_expand(
        &self,
        hash_type: HashType,
        prk: &[u8],
        info: &[u8],
        okm_len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        let mode = self.mode();
        mode.check_kdf(hash_type)?;
        if prk.len() < hash_type.size() {
            return Err(CryptoError::InvalidLength);
        }
        hkdf::check_output_len(hash_type, okm_len)?;
        mode.run(|| {
            Ok(secret(okm_len, |okm| {
                hkdf::expand(&HmacKey::new(hash_type, prk), &[info], okm);
            }))
        })
    }

    fn hash(&self, hash_type: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_hash(hash_type)?;
        mode.run(|| Ok(hash::hash(hash_type, data)))
    }

    fn aead_encrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_aead(alg)?;
        mode.run(|| aead::seal(alg, key, nonce, aad, data))
    }

    fn aead_decrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        ct_tag: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_aead(alg)?;
        mode.run(|| aead::open(alg, key, nonce, aad, ct_tag))
    }

    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        let mode = self.mode();
        mode.check_signature(alg)?;
        mode.run(|| {
            let key = signature::generate(alg)?;
            let private = std::mem::take(&mut *key.private()?);
            Ok((private, key.public().to_vec()))
        })
    }

    fn verify_signature(
        &self,
        alg: SignatureScheme,
        data: &[u8],
        pk: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let mode = self.mode();
        mode.check_signature(alg)?;
        let verifications = &self.shared.verifications;
        mode.run(|| match verifications.take(alg, data, pk, signature) {
            true => Ok(()),
            false => signature::verify(alg, data, pk, signature),
        })
    }

    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_signature(alg)?;
        mode.run(|| signature::import(alg, key)?.sign(data))
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        let mode = self.mode();
        mode.check_sealing(&config)?;
        mode.run(|| hpke::seal(self.sender_state(), &config, pk_r, info, aad, ptxt))
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        sk_r: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_sealing(&config)?;
        mode.run(|| hpke::open(&config, input, sk_r, info, aad))
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        let mode = self.mode();
        mode.check_exporting(&config)?;
        mode.run(|| {
            hpke::send_export(
                self.sender_state(),
                &config,
                pk_r,
                info,
                exporter_context,
                exporter_length,
            )
        })
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        let mode = self.mode();
        mode.check_exporting(&config)?;
        mode.run(|| {
            hpke::receive_export(&config, enc, sk_r, info, exporter_context, exporter_length)
        })
    }

    fn derive_hpke_keypair(
        &self,
        config: HpkeConfig,
        ikm: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        let mode = self.mode();
        mode.check_kem(config.0)?;
        mode.run(|| hpke::kem::of(config.0)?.derive_key_pair(ikm))
    }

    #[cfg(feature = "targeted-messages-draft")]
    fn hpke_open_psk(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        sk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        psk: &[u8],
        psk_id: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let mode = self.mode();
        mode.check_sealing(&config)?;
        let psk = Psk::new(psk, psk_id).ok_or(CryptoError::HpkeDecryptionError)?;
        mode.run(|| hpke::psk::open(&config, input, sk_r, info, aad, psk))
    }

    #[cfg(feature = "targeted-messages-draft")]
    fn hpke_seal_psk_resolved_aad<F, E>(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        ptxt: &[u8],
        psk: &[u8],
        psk_id: &[u8],
        aad_builder: F,
    ) -> Result<HpkeCiphertext, HpkeSealPskResolvedAadError<E>>
    where
        F: FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    {
        let mode = self.mode();
        let begun = mode.check_sealing(&config).and_then(|()| {
            let psk = Psk::new(psk, psk_id).ok_or(CryptoError::SenderSetupError)?;
            mode.run(|| Sealing::begin(self.sender_state(), &config, pk_r, info, psk))
        });
        let sealing = begun.map_err(HpkeSealPskResolvedAadError::CryptoError)?;
        sealing.finish(mode, aad_builder, ptxt)
    }

    #[cfg(feature = "virtual-clients-draft")]
    fn ff1_aes128_encrypt(&self, key: &[u8; 16], plaintext: u32) -> Result<u32, CryptoError> {
        let mode = self.mode();
        mode.check_ff1()?;
        mode.run(|| ff1::encrypt(key, plaintext))
    }

    #[cfg(feature = "virtual-clients-draft")]
    fn ff1_aes128_decrypt(&self, key: &[u8; 16], ciphertext: u32) -> Result<u32, CryptoError> {
        let mode = self.mode();
        mode.check_ff1()?;
        mode.run(|| ff1::decrypt(key, ciphertext))
    }
}

/// A secret of `len` bytes, written by `fill`.
///
/// Short ones are written on the stack first: an allocator gives out a block to
/// be filled sooner than one of zeros.
fn secret(len: usize, fill: impl FnOnce(&mut [u8])) -> SecretVLBytes {
    let mut short = SecretBytes::<MAX_HASH_LEN>::zeros();
    match short.get_mut(..len) {
        Some(short) => {
            fill(short);
            SecretVLBytes::from(&*short)
        }
        None => {
            let mut long = vec![0; len];
            fill(&mut long);
            long.into()
        }
    }
}
