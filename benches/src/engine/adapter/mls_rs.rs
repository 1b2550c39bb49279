//! The cryptography of any provider of mls-rs, by the names of OpenMLS.

use mls_rs_core::crypto::{
    CipherSuite, CipherSuiteProvider, CryptoProvider, HpkeCiphertext as TheirCiphertext,
    HpkeContextR, HpkeContextS, HpkePublicKey, HpkeSecretKey, SignaturePublicKey,
    SignatureSecretKey,
};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKemType, HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use tls_codec::SecretVLBytes;

use crate::suite;

/// The suites of `P`. mls-rs binds every algorithm to a suite, OpenMLS names it alone:
/// each call goes to a suite that has the algorithm.
pub struct MlsRsCrypto<P: CryptoProvider> {
    suites: Vec<(Ciphersuite, P::CipherSuiteProvider)>,
}

impl<P: CryptoProvider + Default> Default for MlsRsCrypto<P> {
    fn default() -> Self {
        let provider = P::default();
        let with_provider = |suite| {
            let theirs = CipherSuite::from(u16::from(suite));
            Some((suite, provider.cipher_suite_provider(theirs)?))
        };
        Self {
            suites: suite::all().into_iter().filter_map(with_provider).collect(),
        }
    }
}

impl<P: CryptoProvider> MlsRsCrypto<P> {
    /// The first suite that `has` what is needed.
    fn suite(&self, has: impl Fn(Ciphersuite) -> bool) -> Option<&P::CipherSuiteProvider> {
        let mut suites = self.suites.iter();
        let found = suites.find(|(suite, _)| has(*suite));
        found.map(|(_, provider)| provider)
    }

    fn hash_suite(&self, hash: HashType) -> Result<&P::CipherSuiteProvider, CryptoError> {
        self.suite(|suite| suite.hash_algorithm() == hash)
            .ok_or(CryptoError::UnsupportedHashAlgorithm)
    }

    fn aead_suite(&self, aead: AeadType) -> Result<&P::CipherSuiteProvider, CryptoError> {
        self.suite(|suite| suite.aead_algorithm() == aead)
            .ok_or(CryptoError::UnsupportedAeadAlgorithm)
    }

    fn signature_suite(
        &self,
        scheme: SignatureScheme,
    ) -> Result<&P::CipherSuiteProvider, CryptoError> {
        self.suite(|suite| suite.signature_algorithm() == scheme)
            .ok_or(CryptoError::UnsupportedSignatureScheme)
    }

    /// The suite of an HPKE configuration, and the length of its public keys.
    fn hpke_suite(
        &self,
        HpkeConfig(kem, kdf, aead): HpkeConfig,
    ) -> Result<(&P::CipherSuiteProvider, usize), CryptoError> {
        let is_it = |suite: Ciphersuite| {
            suite.hpke_kem_algorithm() == kem
                && suite.hpke_kdf_algorithm() == kdf
                && suite.hpke_aead_algorithm() == aead
        };
        let suite = self.suite(is_it);
        let suite = suite.ok_or(CryptoError::UnsupportedCiphersuite)?;
        Ok((suite, public_key_length(kem)?))
    }
}

/// The length of an encoded public key (RFC 9180, section 7.1).
fn public_key_length(kem: HpkeKemType) -> Result<usize, CryptoError> {
    match kem {
        HpkeKemType::DhKem25519 => Ok(32),
        HpkeKemType::DhKemP256 => Ok(65),
        HpkeKemType::DhKemP384 => Ok(97),
        HpkeKemType::DhKemP521 => Ok(133),
        _ => Err(CryptoError::UnsupportedCiphersuite),
    }
}

/// mls-rs asks for the recipient's own public key beside the private one, OpenMLS keeps
/// the private one alone: here it is the two, one after the other.
fn joined(private: &HpkeSecretKey, public: &HpkePublicKey) -> Vec<u8> {
    [&private[..], &public[..]].concat()
}

/// What [`joined`] joined, with a public key of `public_length` bytes.
fn split(
    joined: &[u8],
    public_length: usize,
) -> Result<(HpkeSecretKey, HpkePublicKey), CryptoError> {
    let middle = joined.len().checked_sub(public_length);
    let (private, public) = joined.split_at(middle.ok_or(CryptoError::InvalidLength)?);
    Ok((private.to_vec().into(), public.to_vec().into()))
}

/// Whatever mls-rs says went wrong.
fn failed<E>(_cause: E) -> CryptoError {
    CryptoError::CryptoLibraryError
}

impl<P: CryptoProvider> OpenMlsRand for MlsRsCrypto<P> {
    type Error = CryptoError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut bytes = [0; N];
        let suite = self
            .suite(|_| true)
            .ok_or(CryptoError::InsufficientRandomness)?;
        suite.random_bytes(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn random_vec(&self, length: usize) -> Result<Vec<u8>, CryptoError> {
        let suite = self
            .suite(|_| true)
            .ok_or(CryptoError::InsufficientRandomness)?;
        suite.random_bytes_vec(length).map_err(failed)
    }
}

impl<P: CryptoProvider> OpenMlsCrypto for MlsRsCrypto<P> {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        let found = self.suite(|other| other == suite);
        found.map(drop).ok_or(CryptoError::UnsupportedCiphersuite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.suites.iter().map(|(suite, _)| *suite).collect()
    }

    fn hkdf_extract(
        &self,
        hash: HashType,
        salt: &[u8],
        ikm: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        let prk = self.hash_suite(hash)?.kdf_extract(salt, ikm);
        Ok(prk.map_err(failed)?.to_vec().into())
    }

    fn hmac(
        &self,
        hash: HashType,
        key: &[u8],
        message: &[u8],
    ) -> Result<SecretVLBytes, CryptoError> {
        Ok(self
            .hash_suite(hash)?
            .mac(key, message)
            .map_err(failed)?
            .into())
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        let okm = self.hash_suite(hash)?.kdf_expand(prk, info, length);
        Ok(okm.map_err(failed)?.to_vec().into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.hash_suite(hash)?.hash(data).map_err(failed)
    }

    fn aead_encrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let suite = self.aead_suite(aead)?;
        suite.aead_seal(key, data, Some(aad), nonce).map_err(failed)
    }

    fn aead_decrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        ciphertext: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let suite = self.aead_suite(aead)?;
        let opened = suite.aead_open(key, ciphertext, Some(aad), nonce);
        let opened = opened.map_err(|_| CryptoError::AeadDecryptionError)?;
        Ok(opened.to_vec())
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        let generated = self.signature_suite(scheme)?.signature_key_generate();
        let (private, public) = generated.map_err(failed)?;
        Ok((private.as_bytes().to_vec(), public.as_bytes().to_vec()))
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public_key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let public_key = SignaturePublicKey::new_slice(public_key);
        let suite = self.signature_suite(scheme)?;
        let verified = suite.verify(&public_key, signature, data);
        verified.map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        private_key: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let private_key = SignatureSecretKey::new_slice(private_key);
        let suite = self.signature_suite(scheme)?;
        suite.sign(&private_key, data).map_err(failed)
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        public_key: &[u8],
        info: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        let (suite, _) = self.hpke_suite(config)?;
        let to = HpkePublicKey::from(public_key.to_vec());
        let sealed = suite.hpke_seal(&to, info, Some(aad), plaintext);
        let sealed = sealed.map_err(|_| CryptoError::HpkeEncryptionError)?;
        Ok(HpkeCiphertext {
            kem_output: sealed.kem_output.into(),
            ciphertext: sealed.ciphertext.into(),
        })
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        private_key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (suite, public_length) = self.hpke_suite(config)?;
        let (private, public) = split(private_key, public_length)?;
        let sealed = TheirCiphertext {
            kem_output: input.kem_output.as_slice().to_vec(),
            ciphertext: input.ciphertext.as_slice().to_vec(),
        };
        let opened = suite.hpke_open(&sealed, &private, &public, info, Some(aad));
        let opened = opened.map_err(|_| CryptoError::HpkeDecryptionError)?;
        Ok(opened.to_vec())
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        public_key: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        let (suite, _) = self.hpke_suite(config)?;
        let to = HpkePublicKey::from(public_key.to_vec());
        let set_up = suite.hpke_setup_s(&to, info);
        let (kem_output, context) = set_up.map_err(|_| CryptoError::SenderSetupError)?;
        let exported = context.export(exporter_context, exporter_length);
        let exported = exported.map_err(|_| CryptoError::ExporterError)?;
        Ok((kem_output, exported.to_vec().into()))
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        private_key: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        let (suite, public_length) = self.hpke_suite(config)?;
        let (private, public) = split(private_key, public_length)?;
        let set_up = suite.hpke_setup_r(enc, &private, &public, info);
        let context = set_up.map_err(|_| CryptoError::ReceiverSetupError)?;
        let exported = context.export(exporter_context, exporter_length);
        let exported = exported.map_err(|_| CryptoError::ExporterError)?;
        Ok(exported.to_vec().into())
    }

    fn derive_hpke_keypair(
        &self,
        config: HpkeConfig,
        ikm: &[u8],
    ) -> Result<HpkeKeyPair, CryptoError> {
        let (suite, _) = self.hpke_suite(config)?;
        let (private, public) = suite.kem_derive(ikm).map_err(failed)?;
        Ok(HpkeKeyPair {
            private: joined(&private, &public).into(),
            public: public.to_vec(),
        })
    }
}
