//! HPKE as MLS uses it: base mode, one message for each encapsulation.

use std::sync::Arc;

use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    types::{Ciphersuite, CryptoError, HpkeCiphertext, HpkeKeyPair},
};

use super::{
    Case, Trial,
    calls::{INPUTS, calls, inputs, random_bytes},
    work::Work,
};
use crate::{
    BenchError,
    engine::{Engine, Guard},
    error::ensure,
};

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

/// Encryption to `members` recipients together, the info one and the same.
pub(super) fn seal_many<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(SealMany::<E>::new(case)?))
}

/// The same one by one over the threads, what can be prepared already done.
pub(super) fn seal_many_prepared<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(SealManyPrepared(SealMany::<E>::new(case)?)))
}

struct SealMany<E: Engine> {
    party: Party<E>,
    pairs: Vec<HpkeKeyPair>,
    /// The public key and the path secret of each.
    recipients: Vec<(Vec<u8>, Vec<u8>)>,
    info: Vec<u8>,
}

impl<E: Engine> SealMany<E> {
    fn new(case: &Case) -> Result<Self, BenchError> {
        let party = Party::<E>::new(case.suite)?;
        let secrets = node_secrets(case)?;
        let pairs = party.derive_many(&secrets)?;
        let recipients = pairs.iter().zip(secrets);
        Ok(Self {
            recipients: recipients
                .map(|(pair, secret)| (pair.public.clone(), secret))
                .collect(),
            pairs,
            info: random_bytes(INFO_LENGTH)?,
            party,
        })
    }
}

impl<E: Engine> Work for SealMany<E> {
    type Input = ();
    type Output = Vec<Result<HpkeCiphertext, CryptoError>>;

    fn set_up(&mut self) -> Result<(), BenchError> {
        Ok(())
    }

    fn work(&mut self, (): ()) -> Result<Self::Output, BenchError> {
        let (provider, suite) = (&*self.party.provider, self.party.suite);
        Ok(E::seal_many(
            provider,
            suite,
            &self.info,
            AAD,
            &self.recipients,
        ))
    }

    fn verify(&mut self, sealed: Self::Output) -> Result<(), BenchError> {
        ensure(sealed.len() == self.pairs.len(), "a ciphertext is missing")?;
        for (i, sealed) in sealed.into_iter().enumerate() {
            let sealed = sealed?;
            if is_verified(i, self.pairs.len()) {
                let opened = self.party.open(&self.pairs[i], &sealed, &self.info)?;
                let is_right = opened == self.recipients[i].1;
                ensure(is_right, "the ciphertext opens to another secret")?;
            }
        }
        Ok(())
    }
}

struct SealManyPrepared<E: Engine>(SealMany<E>);

impl<E: Engine> Work for SealManyPrepared<E> {
    type Input = Guard;
    type Output = (Guard, Vec<Result<HpkeCiphertext, CryptoError>>);

    fn set_up(&mut self) -> Result<Guard, BenchError> {
        let Self(SealMany {
            party, recipients, ..
        }) = self;
        let keys: Vec<&[u8]> = recipients.iter().map(|(key, _)| &key[..]).collect();
        E::prepare_seals(&party.provider, party.suite, &keys)
    }

    fn work(&mut self, prepared: Guard) -> Result<Self::Output, BenchError> {
        let Self(SealMany {
            party,
            recipients,
            info,
            ..
        }) = self;
        let sealed = E::seal_each(&party.provider, party.suite, info, AAD, recipients);
        Ok((prepared, sealed))
    }

    fn verify(&mut self, (_prepared, sealed): Self::Output) -> Result<(), BenchError> {
        self.0.verify(sealed)
    }
}

/// DeriveKeyPair from `members` node secrets together.
pub(super) fn derive_many<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(DeriveMany {
        party: Party::<E>::new(case.suite)?,
        secrets: node_secrets(case)?,
    }))
}

struct DeriveMany<E: Engine> {
    party: Party<E>,
    secrets: Vec<Vec<u8>>,
}

impl<E: Engine> Work for DeriveMany<E> {
    type Input = ();
    type Output = Vec<HpkeKeyPair>;

    fn set_up(&mut self) -> Result<(), BenchError> {
        Ok(())
    }

    fn work(&mut self, (): ()) -> Result<Vec<HpkeKeyPair>, BenchError> {
        Ok(self.party.derive_many(&self.secrets)?)
    }

    fn verify(&mut self, pairs: Vec<HpkeKeyPair>) -> Result<(), BenchError> {
        ensure(pairs.len() == self.secrets.len(), "a key pair is missing")?;
        for (i, (pair, secret)) in pairs.iter().zip(&self.secrets).enumerate() {
            if is_verified(i, pairs.len()) {
                let expected = self.party.derive(secret)?;
                let is_right = pair.public == expected.public && *pair.private == *expected.private;
                ensure(is_right, "differs from the key pair that is derived alone")?;
            }
        }
        Ok(())
    }
}

/// The results of a batch of `count` that are verified: the first and the last, and
/// some between that share no place in any vector.
fn is_verified(i: usize, count: usize) -> bool {
    i.is_multiple_of(67) || i + 1 == count
}

/// A node secret for each of the members.
fn node_secrets(case: &Case) -> Result<Vec<Vec<u8>>, CryptoError> {
    (0..case.members)
        .map(|_| random_bytes(case.suite.hash_length()))
        .collect()
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
    provider: Arc<E::Provider>,
    suite: Ciphersuite,
}

impl<E: Engine> Clone for Party<E> {
    fn clone(&self) -> Self {
        Self {
            provider: Arc::clone(&self.provider),
            suite: self.suite,
        }
    }
}

impl<E: Engine> Party<E> {
    fn new(suite: Ciphersuite) -> Result<Self, CryptoError> {
        let provider = Arc::new(E::provider()?);
        Ok(Self { provider, suite })
    }

    fn derive(&self, secret: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let crypto = self.provider.crypto();
        crypto.derive_hpke_keypair(self.suite.hpke_config(), secret)
    }

    fn derive_many(&self, secrets: &[Vec<u8>]) -> Result<Vec<HpkeKeyPair>, CryptoError> {
        let derived = E::derive_many(&self.provider, self.suite, secrets);
        derived.into_iter().collect()
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
