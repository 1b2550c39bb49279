//! HPKE as MLS uses it: base mode, one message for each encapsulation.

use std::rc::Rc;

use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    types::{Ciphersuite, CryptoError, HpkeCiphertext, HpkeKeyPair},
};

use super::{
    Case, Trial,
    calls::{INPUTS, calls, inputs, random_bytes},
};
use crate::{BenchError, engine::Engine, error::ensure};

/// The length of a typical EncryptContext (RFC 9420, Section 5.1.3) of an update path.
const INFO_LENGTH: usize = 160;

/// The additional authenticated data of every HPKE encryption in MLS: none.
const AAD: &[u8] = &[];

/// The exporter context of an external init (RFC 9420, Section 8.3).
const EXPORTER_CONTEXT: &[u8] = b"MLS 1.0 external init secret";

/// Encryption to different recipients. The info is one and the same, as it is for all
/// recipients of a node of an update path and of a Welcome.
pub(super) fn seal<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let party = Party::<E>::new(case.suite)?;
    let recipient = party.clone();
    let info = random_bytes(INFO_LENGTH)?;
    let path_secret = random_bytes(case.suite.hash_length())?;
    let (seal_info, sealed_secret) = (info.clone(), path_secret.clone());
    Ok(calls(
        party.key_pairs()?,
        move |to| party.seal(to, &seal_info, &sealed_secret),
        move |to, sealed| {
            let opened = recipient.open(to, sealed, &info)?;
            ensure(
                opened == path_secret,
                "the ciphertext opens to another secret",
            )
        },
    ))
}

/// Decryption with different keys, each message with its own info.
pub(super) fn open<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    struct Sealed {
        to: HpkeKeyPair,
        info: Vec<u8>,
        path_secret: Vec<u8>,
        ciphertext: HpkeCiphertext,
    }
    let party = Party::<E>::new(case.suite)?;
    let sealed = inputs(|| {
        let to = party.key_pair()?;
        let info = random_bytes(INFO_LENGTH)?;
        let path_secret = random_bytes(party.suite.hash_length())?;
        let ciphertext = party.seal(&to, &info, &path_secret)?;
        Ok(Sealed {
            to,
            info,
            path_secret,
            ciphertext,
        })
    })?;
    Ok(calls(
        sealed,
        move |sealed| party.open(&sealed.to, &sealed.ciphertext, &sealed.info),
        |sealed, opened| {
            ensure(
                *opened == sealed.path_secret,
                "the ciphertext opens to another secret",
            )
        },
    ))
}

/// Sender setup and export, as for an external commit.
pub(super) fn setup_sender_and_export<E: Engine>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    let party = Party::<E>::new(case.suite)?;
    let receiver = party.clone();
    Ok(calls(
        party.key_pairs()?,
        move |to| party.export_to(to),
        move |to, (enc, exported)| {
            let received = receiver.export_from(to, enc)?;
            ensure(
                received == *exported,
                "the two sides export different secrets",
            )
        },
    ))
}

/// Receiver setup and export, as for an external commit.
pub(super) fn setup_receiver_and_export<E: Engine>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    let party = Party::<E>::new(case.suite)?;
    let sent = inputs(|| {
        let to = party.key_pair()?;
        let (enc, exported) = party.export_to(&to)?;
        Ok((to, enc, exported))
    })?;
    Ok(calls(
        sent,
        move |(to, enc, _)| party.export_from(to, enc),
        |(_, _, exported), received| {
            ensure(
                received == exported,
                "the two sides export different secrets",
            )
        },
    ))
}

/// DeriveKeyPair from different node secrets, each pair verified by a message to it.
pub(super) fn derive_keypair<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let party = Party::<E>::new(case.suite)?;
    let peer = party.clone();
    let secrets = inputs(|| random_bytes(case.suite.hash_length()))?;
    Ok(calls(
        secrets,
        move |secret| party.derive(secret),
        move |secret, pair| {
            let sealed = peer.seal(pair, &[], secret)?;
            let opened = peer.open(pair, &sealed, &[])?;
            ensure(opened == *secret, "the derived keys do not belong together")
        },
    ))
}

/// Either side of HPKE on engine `E`.
struct Party<E: Engine> {
    provider: Rc<E::Provider>,
    suite: Ciphersuite,
}

impl<E: Engine> Clone for Party<E> {
    fn clone(&self) -> Self {
        Self {
            provider: Rc::clone(&self.provider),
            suite: self.suite,
        }
    }
}

impl<E: Engine> Party<E> {
    fn new(suite: Ciphersuite) -> Result<Self, CryptoError> {
        let provider = Rc::new(E::provider()?);
        Ok(Self { provider, suite })
    }

    fn derive(&self, secret: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let crypto = self.provider.crypto();
        crypto.derive_hpke_keypair(self.suite.hpke_config(), secret)
    }

    fn key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        self.derive(&random_bytes(self.suite.hash_length())?)
    }

    fn key_pairs(&self) -> Result<[HpkeKeyPair; INPUTS], CryptoError> {
        inputs(|| self.key_pair())
    }

    fn seal(
        &self,
        to: &HpkeKeyPair,
        info: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        let config = self.suite.hpke_config();
        let crypto = self.provider.crypto();
        crypto.hpke_seal(config, &to.public, info, AAD, plaintext)
    }

    fn open(
        &self,
        to: &HpkeKeyPair,
        sealed: &HpkeCiphertext,
        info: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let config = self.suite.hpke_config();
        let crypto = self.provider.crypto();
        crypto.hpke_open(config, sealed, &to.private, info, AAD)
    }

    /// The encapsulated key and the exported secret of a sender to `to`.
    fn export_to(&self, to: &HpkeKeyPair) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        let (enc, exported) = self.provider.crypto().hpke_setup_sender_and_export(
            self.suite.hpke_config(),
            &to.public,
            &[],
            EXPORTER_CONTEXT,
            self.suite.hash_length(),
        )?;
        Ok((enc, exported.to_vec()))
    }

    /// The secret that the receiver `to` exports from `enc`.
    fn export_from(&self, to: &HpkeKeyPair, enc: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let exported = self.provider.crypto().hpke_setup_receiver_and_export(
            self.suite.hpke_config(),
            enc,
            &to.private,
            &[],
            EXPORTER_CONTEXT,
            self.suite.hash_length(),
        )?;
        Ok(exported.to_vec())
    }
}
