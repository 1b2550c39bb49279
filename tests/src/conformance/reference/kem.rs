//! DHKEM (RFC 9180, Section 4.1).

use openmls_traits::types::{HashType, HpkeKemType};

use super::{
    labeled::Labeled,
    nist::{p256, p384, p521},
};

/// Every KEM that the checks cover.
pub const KEMS: [HpkeKemType; 4] = [
    HpkeKemType::DhKem25519,
    HpkeKemType::DhKemP256,
    HpkeKemType::DhKemP384,
    HpkeKemType::DhKemP521,
];

/// A row of RFC 9180, Table 2. Lengths are in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// The hash of the KEM's own HKDF.
    pub hash: HashType,
    /// Length of the shared secret.
    pub n_secret: usize,
    /// Length of a private key.
    pub n_sk: usize,
    /// Length of a public key and of an encapsulated key.
    pub n_pk: usize,
}

/// The row of `kem`; `None` if the checks do not cover it.
pub fn parameters(kem: HpkeKemType) -> Option<Parameters> {
    let (hash, n_secret, n_sk, n_pk) = match kem {
        HpkeKemType::DhKem25519 => (HashType::Sha2_256, 32, 32, 32),
        HpkeKemType::DhKemP256 => (HashType::Sha2_256, 32, 32, 65),
        HpkeKemType::DhKemP384 => (HashType::Sha2_384, 48, 48, 97),
        HpkeKemType::DhKemP521 => (HashType::Sha2_512, 64, 66, 133),
        _ => return None,
    };
    Some(Parameters {
        hash,
        n_secret,
        n_sk,
        n_pk,
    })
}

/// The public key of a private key.
pub fn public_key(kem: HpkeKemType, sk: &[u8]) -> Option<Vec<u8>> {
    match kem {
        HpkeKemType::DhKem25519 => x25519(sk, &x25519_dalek::X25519_BASEPOINT_BYTES),
        HpkeKemType::DhKemP256 => p256::public_key(sk),
        HpkeKemType::DhKemP384 => p384::public_key(sk),
        HpkeKemType::DhKemP521 => p521::public_key(sk),
        _ => None,
    }
}

/// `DH(sk, pk)`; `None` also for the all-zero result of X25519 (Section 7.1.4).
pub fn dh(kem: HpkeKemType, sk: &[u8], pk: &[u8]) -> Option<Vec<u8>> {
    match kem {
        HpkeKemType::DhKem25519 => x25519(sk, pk).filter(|dh| dh.iter().any(|&byte| byte != 0)),
        HpkeKemType::DhKemP256 => p256::dh(sk, pk),
        HpkeKemType::DhKemP384 => p384::dh(sk, pk),
        HpkeKemType::DhKemP521 => p521::dh(sk, pk),
        _ => None,
    }
}

/// The uncompressed encoding of a point of a NIST curve, given in any encoding of SEC 1.
pub fn decompress(kem: HpkeKemType, point: &[u8]) -> Option<Vec<u8>> {
    match kem {
        HpkeKemType::DhKemP256 => p256::decompress(point),
        HpkeKemType::DhKemP384 => p384::decompress(point),
        HpkeKemType::DhKemP521 => p521::decompress(point),
        _ => None,
    }
}

/// `ExtractAndExpand(dh, kem_context)` with `kem_context = enc | pk_r`.
pub fn shared_secret(kem: HpkeKemType, dh: &[u8], enc: &[u8], pk_r: &[u8]) -> Option<Vec<u8>> {
    let Parameters { hash, n_secret, .. } = parameters(kem)?;
    let kdf = Labeled::for_kem(hash, kem);
    let eae_prk = kdf.extract(&[], "eae_prk", dh);
    kdf.expand(&eae_prk, "shared_secret", &[enc, pk_r].concat(), n_secret)
}

/// `DeriveKeyPair(ikm)` (Section 7.1.3): the private and the public key.
pub fn derive_key_pair(kem: HpkeKemType, ikm: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let Parameters { hash, n_sk, .. } = parameters(kem)?;
    let kdf = Labeled::for_kem(hash, kem);
    let dkp_prk = kdf.extract(&[], "dkp_prk", ikm);
    if kem == HpkeKemType::DhKem25519 {
        let sk = kdf.expand(&dkp_prk, "sk", &[], n_sk)?;
        return public_key(kem, &sk).map(|pk| (sk, pk));
    }
    let bitmask = if kem == HpkeKemType::DhKemP521 {
        0x01
    } else {
        0xff
    };
    (0..=255u8).find_map(|counter| {
        let mut sk = kdf.expand(&dkp_prk, "candidate", &[counter], n_sk)?;
        sk[0] &= bitmask;
        public_key(kem, &sk).map(|pk| (sk, pk))
    })
}

fn x25519(sk: &[u8], pk: &[u8]) -> Option<Vec<u8>> {
    let (sk, pk) = (sk.try_into().ok()?, pk.try_into().ok()?);
    Some(x25519_dalek::x25519(sk, pk).to_vec())
}
