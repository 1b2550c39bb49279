//! The primitives of ring by the names of OpenMLS: hashes, AEADs and signatures.
//!
//! No suite is complete: ring agrees with ephemeral keys alone, which cannot open what
//! was sealed to a stored key. OpenMLS hands keys over as bytes, so that each call
//! reads its key first, which for signatures costs ring a check of the pair.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use ring::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    digest, hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use tls_codec::SecretVLBytes;

/// ring's primitives. Private keys are in PKCS#8, as ring generates them.
pub struct RingCrypto {
    random: SystemRandom,
}

impl Default for RingCrypto {
    fn default() -> Self {
        Self {
            random: SystemRandom::new(),
        }
    }
}

fn failed<E>(_cause: E) -> CryptoError {
    CryptoError::CryptoLibraryError
}

fn hmac_algorithm(hash: HashType) -> hmac::Algorithm {
    match hash {
        HashType::Sha2_256 => hmac::HMAC_SHA256,
        HashType::Sha2_384 => hmac::HMAC_SHA384,
        HashType::Sha2_512 => hmac::HMAC_SHA512,
    }
}

fn hkdf_algorithm(hash: HashType) -> hkdf::Algorithm {
    match hash {
        HashType::Sha2_256 => hkdf::HKDF_SHA256,
        HashType::Sha2_384 => hkdf::HKDF_SHA384,
        HashType::Sha2_512 => hkdf::HKDF_SHA512,
    }
}

fn digest_algorithm(hash: HashType) -> &'static digest::Algorithm {
    match hash {
        HashType::Sha2_256 => &digest::SHA256,
        HashType::Sha2_384 => &digest::SHA384,
        HashType::Sha2_512 => &digest::SHA512,
    }
}

fn aead_key(aead: AeadType, key: &[u8]) -> Result<LessSafeKey, CryptoError> {
    let algorithm = match aead {
        AeadType::Aes128Gcm => &aead::AES_128_GCM,
        AeadType::Aes256Gcm => &aead::AES_256_GCM,
        AeadType::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
    };
    UnboundKey::new(algorithm, key)
        .map(LessSafeKey::new)
        .map_err(failed)
}

fn nonce(bytes: &[u8]) -> Result<Nonce, CryptoError> {
    Nonce::try_assume_unique_for_key(bytes).map_err(failed)
}

type EcdsaSigning = &'static signature::EcdsaSigningAlgorithm;

/// `None` for Ed25519.
fn ecdsa_signing(scheme: SignatureScheme) -> Result<Option<EcdsaSigning>, CryptoError> {
    match scheme {
        SignatureScheme::ED25519 => Ok(None),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => {
            Ok(Some(&signature::ECDSA_P256_SHA256_ASN1_SIGNING))
        }
        SignatureScheme::ECDSA_SECP384R1_SHA384 => {
            Ok(Some(&signature::ECDSA_P384_SHA384_ASN1_SIGNING))
        }
        _ => Err(CryptoError::UnsupportedSignatureScheme),
    }
}

fn verification(
    scheme: SignatureScheme,
) -> Result<&'static dyn signature::VerificationAlgorithm, CryptoError> {
    match scheme {
        SignatureScheme::ED25519 => Ok(&signature::ED25519),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => Ok(&signature::ECDSA_P256_SHA256_ASN1),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => Ok(&signature::ECDSA_P384_SHA384_ASN1),
        _ => Err(CryptoError::UnsupportedSignatureScheme),
    }
}

/// A length that HKDF-Expand is asked for.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl OpenMlsRand for RingCrypto {
    type Error = CryptoError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn random_vec(&self, length: usize) -> Result<Vec<u8>, CryptoError> {
        let mut bytes = vec![0; length];
        self.random.fill(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }
}

impl OpenMlsCrypto for RingCrypto {
    fn supports(&self, _suite: Ciphersuite) -> Result<(), CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        Vec::new()
    }

    /// ring does not hand out the result of its own HKDF-Extract, which is an HMAC
    /// (RFC 5869, section 2.2).
    fn hkdf_extract(
        &self,
        hash: HashType,
        salt: &[u8],
        ikm: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        self.hmac(hash, salt, ikm)
    }

    fn hmac(
        &self,
        hash: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        let key = hmac::Key::new(hmac_algorithm(hash), key);
        Ok(hmac::sign(&key, message).as_ref().to_vec().into())
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        let prk = hkdf::Prk::new_less_safe(hkdf_algorithm(hash), prk);
        let mut okm = vec![0; length];
        let info = [info];
        let expanded = prk.expand(&info, Length(length)).map_err(failed)?;
        expanded.fill(&mut okm).map_err(failed)?;
        Ok(okm.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(digest::digest(digest_algorithm(hash), data)
            .as_ref()
            .to_vec())
    }

    fn aead_encrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        data: &[u8],
        nonce_bytes: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (key, nonce) = (aead_key(aead, key)?, nonce(nonce_bytes)?);
        let mut ciphertext = Vec::with_capacity(data.len() + aead.tag_size());
        ciphertext.extend_from_slice(data);
        key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut ciphertext)
            .map_err(failed)?;
        Ok(ciphertext)
    }

    fn aead_decrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        ciphertext: &[u8],
        nonce_bytes: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (key, nonce) = (aead_key(aead, key)?, nonce(nonce_bytes)?);
        let mut plaintext = ciphertext.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(aad), &mut plaintext);
        let length = opened.map_err(|_| CryptoError::AeadDecryptionError)?.len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        let Some(algorithm) = ecdsa_signing(scheme)? else {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&self.random).map_err(failed)?;
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(failed)?;
            return Ok((pkcs8.as_ref().to_vec(), pair.public_key().as_ref().to_vec()));
        };
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &self.random).map_err(failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &self.random);
        let public_key = pair.map_err(failed)?.public_key().as_ref().to_vec();
        Ok((pkcs8.as_ref().to_vec(), public_key))
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public_key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        UnparsedPublicKey::new(verification(scheme)?, public_key)
            .verify(data, signature)
            .map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        private_key: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let Some(algorithm) = ecdsa_signing(scheme)? else {
            let pair = Ed25519KeyPair::from_pkcs8(private_key).map_err(failed)?;
            return Ok(pair.sign(data).as_ref().to_vec());
        };
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, private_key, &self.random);
        let signature = pair.map_err(failed)?.sign(&self.random, data);
        Ok(signature.map_err(failed)?.as_ref().to_vec())
    }

    fn hpke_seal(
        &self,
        _config: HpkeConfig,
        _public_key: &[u8],
        _info: &[u8],
        _aad: &[u8],
        _plaintext: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }

    fn hpke_open(
        &self,
        _config: HpkeConfig,
        _input: &HpkeCiphertext,
        _private_key: &[u8],
        _info: &[u8],
        _aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }

    fn hpke_setup_sender_and_export(
        &self,
        _config: HpkeConfig,
        _public_key: &[u8],
        _info: &[u8],
        _exporter_context: &[u8],
        _exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }

    fn hpke_setup_receiver_and_export(
        &self,
        _config: HpkeConfig,
        _enc: &[u8],
        _private_key: &[u8],
        _info: &[u8],
        _exporter_context: &[u8],
        _exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }

    fn derive_hpke_keypair(
        &self,
        _config: HpkeConfig,
        _ikm: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        Err(CryptoError::UnsupportedCiphersuite)
    }
}
