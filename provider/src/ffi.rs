//! The functions of AWS-LC that `aws-lc-rs` does not hand out: SHAKE256, SHA3-256 into the
//! caller's memory, and ML-KEM keys from their seeds.

use std::ffi::{c_int, c_uint};
use std::ptr::{NonNull, null_mut};

#[cfg(feature = "fips")]
use aws_lc_fips_sys as aws_lc;
#[cfg(not(feature = "fips"))]
use aws_lc_sys as aws_lc;

use aws_lc::{EVP_MD, EVP_MD_CTX, EVP_PKEY, EVP_PKEY_CTX};
use mls_fips::{Algorithm, Service, observe};

/// AWS-LC did not do what it was asked for. Opaque, for secrets may be why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// Length of an ML-KEM seed in bytes: `d` and `z` (FIPS 203, section 7.1).
pub(crate) const ML_KEM_SEED_LEN: usize = 64;

/// Length of a SHA3-256 hash in bytes.
pub(crate) const SHA3_256_LEN: usize = 32;

/// An ML-KEM parameter set, by AWS-LC's number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MlKemSet(c_int);

pub(crate) const ML_KEM_768: MlKemSet = MlKemSet(aws_lc::NID_MLKEM768);
pub(crate) const ML_KEM_1024: MlKemSet = MlKemSet(aws_lc::NID_MLKEM1024);

/// SHAKE256 (FIPS 202) of the concatenated `message`, as long as `output`.
pub(crate) fn shake256(message: &[&[u8]], output: &mut [u8]) -> Result<(), Refused> {
    // SAFETY: takes nothing, and returns a constant that lives as long as the process.
    let context = absorb(unsafe { aws_lc::EVP_shake256() }, message)?;
    let (bytes, len) = (output.as_mut_ptr(), output.len());
    observe(Service::Digest, Algorithm::Sha3, || {
        // SAFETY: the context is a SHAKE256 in progress, and `output` may be written to over its
        // whole length.
        ok(unsafe { aws_lc::EVP_DigestFinalXOF(context.as_ptr(), bytes, len) })
    })
}

/// SHA3-256 (FIPS 202) of the concatenated `message`.
pub(crate) fn sha3_256(message: &[&[u8]], output: &mut [u8; SHA3_256_LEN]) -> Result<(), Refused> {
    // SAFETY: takes nothing, and returns a constant that lives as long as the process.
    let context = absorb(unsafe { aws_lc::EVP_sha3_256() }, message)?;
    let mut len: c_uint = 0;
    observe(Service::Digest, Algorithm::Sha3, || {
        // SAFETY: the context is a SHA3-256 in progress, whose hash is as long as `output`.
        ok(unsafe { aws_lc::EVP_DigestFinal_ex(context.as_ptr(), output.as_mut_ptr(), &mut len) })
    })?;
    debug_assert_eq!(len as usize, SHA3_256_LEN);
    Ok(())
}

/// A hash in progress over the concatenated `message`; AWS-LC wipes it when it is freed.
fn absorb(hash: *const EVP_MD, message: &[&[u8]]) -> Result<Owned<EVP_MD_CTX>, Refused> {
    // SAFETY: takes nothing; what it returns is ours to free, and nobody else's.
    let context = unsafe { Owned::new(aws_lc::EVP_MD_CTX_new(), aws_lc::EVP_MD_CTX_free) }?;
    // SAFETY: the context is fresh, `hash` one of AWS-LC's, and no engine is asked for.
    ok(unsafe { aws_lc::EVP_DigestInit_ex(context.as_ptr(), hash, null_mut()) })?;
    for part in message {
        // SAFETY: the context is initialised, and `part` may be read over its whole length.
        ok(unsafe {
            aws_lc::EVP_DigestUpdate(context.as_ptr(), part.as_ptr().cast(), part.len())
        })?;
    }
    Ok(context)
}

/// An ML-KEM key pair; AWS-LC wipes it when it is freed.
pub(crate) struct MlKemKey(Owned<EVP_PKEY>);

impl MlKemKey {
    /// `ML-KEM.KeyGen_internal` (FIPS 203, algorithm 16) from `d` and `z`.
    pub(crate) fn from_seed(set: MlKemSet, seed: &[u8; ML_KEM_SEED_LEN]) -> Result<Self, Refused> {
        // SAFETY: the number is that of a kind of key, and no engine is asked for; what it
        // returns is ours to free, and nobody else's.
        let context = unsafe {
            let context = aws_lc::EVP_PKEY_CTX_new_id(aws_lc::EVP_PKEY_KEM, null_mut());
            Owned::new(context, aws_lc::EVP_PKEY_CTX_free)
        }?;
        // SAFETY: the context is fresh and its own.
        ok(unsafe { aws_lc::EVP_PKEY_keygen_init(context.as_ptr()) })?;
        // SAFETY: the context is one for KEM keys, without a key.
        ok(unsafe { aws_lc::EVP_PKEY_CTX_kem_set_params(context.as_ptr(), set.0) })?;
        let mut key = null_mut();
        let mut len = seed.len();
        observe(Service::KeyEntry, Algorithm::MlKem, || {
            // SAFETY: the context is ready to generate; `seed` has the length that `len` says; a
            // null pointer in `key` asks for a new key.
            ok(unsafe {
                aws_lc::EVP_PKEY_keygen_deterministic(
                    context.as_ptr(),
                    &mut key,
                    seed.as_ptr(),
                    &mut len,
                )
            })
        })?;
        // SAFETY: a new key, ours to free, and nobody else's.
        unsafe { Owned::new(key, aws_lc::EVP_PKEY_free) }.map(Self)
    }

    /// Writes the encapsulation key, whose length `public` must have.
    pub(crate) fn public(&self, public: &mut [u8]) -> Result<(), Refused> {
        let mut len = public.len();
        // SAFETY: the key is valid; `public` may be written to over the length that `len`
        // says, and AWS-LC refuses one that is too short.
        ok(unsafe {
            aws_lc::EVP_PKEY_get_raw_public_key(self.0.as_ptr(), public.as_mut_ptr(), &mut len)
        })?;
        whole(len, public)
    }

    /// `ML-KEM.Decaps` (FIPS 203, algorithm 21) into `secret`, of 32 bytes; a ciphertext of
    /// the wrong length is refused.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8], secret: &mut [u8]) -> Result<(), Refused> {
        let context = context_of(&self.0)?;
        let mut len = secret.len();
        observe(Service::Decapsulation, Algorithm::MlKem, || {
            // SAFETY: the context holds a key pair; `ciphertext` has the length that is said, and
            // `secret` may be written to over the length that `len` says; AWS-LC refuses lengths
            // other than the parameter set's.
            ok(unsafe {
                aws_lc::EVP_PKEY_decapsulate(
                    context.as_ptr(),
                    secret.as_mut_ptr(),
                    &mut len,
                    ciphertext.as_ptr(),
                    ciphertext.len(),
                )
            })
        })?;
        whole(len, secret)
    }
}

/// `ML-KEM.Encaps_internal` (FIPS 203, algorithm 17) under the randomness `m`, which only
/// known-answer tests choose.
#[cfg(test)]
pub(crate) fn ml_kem_encapsulate_with(
    set: MlKemSet,
    public: &[u8],
    m: &[u8; 32],
    ciphertext: &mut [u8],
    secret: &mut [u8; 32],
) -> Result<(), Refused> {
    // SAFETY: `public` has the length that is said, and AWS-LC copies it; what it returns is
    // ours to free, and nobody else's.
    let key = unsafe {
        let key = aws_lc::EVP_PKEY_kem_new_raw_public_key(set.0, public.as_ptr(), public.len());
        Owned::new(key, aws_lc::EVP_PKEY_free)
    }?;
    let context = context_of(&key)?;
    let mut lens = (ciphertext.len(), secret.len(), m.len());
    // SAFETY: the context holds a public key; each buffer has the length that is said, and
    // AWS-LC refuses buffers that are too short and other lengths of `m`.
    ok(unsafe {
        aws_lc::EVP_PKEY_encapsulate_deterministic(
            context.as_ptr(),
            ciphertext.as_mut_ptr(),
            &mut lens.0,
            secret.as_mut_ptr(),
            &mut lens.1,
            m.as_ptr(),
            &mut lens.2,
        )
    })?;
    whole(lens.0, ciphertext)
}

/// A context for operations with `key`.
fn context_of(key: &Owned<EVP_PKEY>) -> Result<Owned<EVP_PKEY_CTX>, Refused> {
    // SAFETY: the key is valid, and the context holds a reference of its own to it; what is
    // returned is ours to free, and nobody else's.
    unsafe {
        let context = aws_lc::EVP_PKEY_CTX_new(key.as_ptr(), null_mut());
        Owned::new(context, aws_lc::EVP_PKEY_CTX_free)
    }
}

/// What AWS-LC allocated for us, freed on drop.
struct Owned<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Takes `pointer` over; a null pointer is a refusal.
    ///
    /// # Safety
    /// `pointer` is null, or valid until `free` is called with it, once, and owned by nobody
    /// else.
    unsafe fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Result<Self, Refused> {
        let pointer = NonNull::new(pointer).ok_or(Refused)?;
        Ok(Self { pointer, free })
    }

    fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `new` was promised that this is how it is freed; it is not used after.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}

fn ok(returned: c_int) -> Result<(), Refused> {
    match returned {
        1 => Ok(()),
        _ => Err(Refused),
    }
}

/// Whether all of `buffer` was written.
fn whole(len: usize, buffer: &[u8]) -> Result<(), Refused> {
    match len == buffer.len() {
        true => Ok(()),
        false => Err(Refused),
    }
}
