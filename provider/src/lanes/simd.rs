//! The lanes of `mls_lanes`.
//!
//! Private keys are drawn from the backend's generator; only the multiplications are done
//! in lanes.

use std::array;

pub(crate) use mls_lanes::SharedSecret;
use mls_lanes::{Backend, Operation, p256, x25519};
use openmls_traits::types::CryptoError;

use super::{BATCH, Exchanged, LaneCurve, NoLanes, PRIVATE_LEN, PrivateKeys};

/// A curve on the instruction set that computes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes {
    curve: LaneCurve,
    backend: Backend,
}

/// The name of the instruction set that lanes use here.
pub(crate) fn selected() -> Result<&'static str, NoLanes> {
    Backend::selected()
        .map(Backend::name)
        .map_err(|error| NoLanes::Backend(error.to_string()))
}

impl LaneCurve {
    /// What an encapsulation takes: one of each.
    const fn operations(self) -> [Operation; 2] {
        match self {
            Self::X25519 => [Operation::X25519KeyGeneration, Operation::X25519Agreement],
            Self::P256 => [Operation::P256KeyGeneration, Operation::P256Agreement],
        }
    }
}

impl Lanes {
    /// The lanes for `curve`, if this CPU has any that are faster than AWS-LC.
    ///
    /// An environment that asks for a backend that is unknown or not there gets none.
    pub(crate) fn of(curve: LaneCurve) -> Option<Self> {
        let backend = Backend::selected().ok()?;
        let lanes = Self { curve, backend };
        lanes.break_even().map(|_| lanes)
    }

    /// The number of encapsulations from which lanes take less time than AWS-LC.
    pub(crate) fn break_even(&self) -> Option<usize> {
        let [generation, agreement] = self.curve.operations();
        let generation = self.backend.break_even(generation)?;
        let agreement = self.backend.break_even(agreement)?;
        Some(generation.max(agreement))
    }

    /// The name of the instruction set.
    pub(crate) fn name(&self) -> &'static str {
        self.backend.name()
    }

    /// How many elements are computed at once.
    pub(crate) fn width(&self) -> usize {
        self.backend.lanes()
    }

    /// Computes the public key of each private key, and its secret with the peer's
    /// public key in the same place; hands the outcome and its place to `each`.
    ///
    /// # Errors
    /// To `each`: [`CryptoError::InvalidPublicKey`] for a peer's key of the wrong
    /// length, off the curve or of small order.
    pub(crate) fn exchange<K: AsRef<[u8]>>(
        &self,
        private: &PrivateKeys,
        peers: &[K],
        each: impl FnMut(usize, Exchanged<'_>),
    ) {
        match self.curve {
            LaneCurve::X25519 => exchange::<X25519, K>(self.backend, private, peers, each),
            LaneCurve::P256 => exchange::<P256, K>(self.backend, private, peers, each),
        }
    }

    /// Computes the public key of each private key, and hands it and its place to
    /// `each`.
    pub(crate) fn public_keys(
        &self,
        private: &PrivateKeys,
        each: impl FnMut(usize, Result<&[u8], CryptoError>),
    ) {
        match self.curve {
            LaneCurve::X25519 => public_keys::<X25519>(self.backend, private, each),
            LaneCurve::P256 => public_keys::<P256>(self.backend, private, each),
        }
    }
}

/// The functions of `mls_lanes` for one curve.
trait Curve {
    type PublicKey: AsRef<[u8]>;

    fn public_keys(
        backend: Backend,
        private: &[[u8; PRIVATE_LEN]],
        public: &mut [Result<Self::PublicKey, mls_lanes::Error>],
    ) -> Result<(), mls_lanes::LengthMismatch>;

    fn diffie_hellman<K: AsRef<[u8]>>(
        backend: Backend,
        private: &[[u8; PRIVATE_LEN]],
        peers: &[K],
        secrets: &mut [Result<SharedSecret, mls_lanes::Error>],
    ) -> Result<(), mls_lanes::LengthMismatch>;
}

struct X25519;
struct P256;

macro_rules! curve {
    ($curve:ident, $module:ident, $length:expr) => {
        impl Curve for $curve {
            type PublicKey = [u8; $length];

            fn public_keys(
                backend: Backend,
                private: &[[u8; PRIVATE_LEN]],
                public: &mut [Result<Self::PublicKey, mls_lanes::Error>],
            ) -> Result<(), mls_lanes::LengthMismatch> {
                $module::public_keys(backend, private, public)
            }

            fn diffie_hellman<K: AsRef<[u8]>>(
                backend: Backend,
                private: &[[u8; PRIVATE_LEN]],
                peers: &[K],
                secrets: &mut [Result<SharedSecret, mls_lanes::Error>],
            ) -> Result<(), mls_lanes::LengthMismatch> {
                $module::diffie_hellman(backend, private, peers, secrets)
            }
        }
    };
}
curve!(X25519, x25519, x25519::LENGTH);
curve!(P256, p256, p256::POINT_LENGTH);

fn exchange<C: Curve, K: AsRef<[u8]>>(
    backend: Backend,
    private: &PrivateKeys,
    peers: &[K],
    mut each: impl FnMut(usize, Exchanged<'_>),
) {
    let keys = private.as_slice();
    let mut public: [_; BATCH] = not_computed::<C::PublicKey>();
    let mut secrets: [_; BATCH] = not_computed::<SharedSecret>();
    let public = &mut public[..keys.len()];
    let secrets = &mut secrets[..keys.len()];
    let computed = C::public_keys(backend, keys, public)
        .and_then(|()| C::diffie_hellman(backend, keys, peers, secrets));
    // What was not computed holds an error that says so.
    debug_assert_eq!(computed, Ok(()));
    // They stay where they are, to be wiped there: moving one would leave its bytes.
    for (i, secret) in secrets.iter().enumerate() {
        each(i, outcome(&public[i], secret));
    }
}

fn public_keys<C: Curve>(
    backend: Backend,
    private: &PrivateKeys,
    mut each: impl FnMut(usize, Result<&[u8], CryptoError>),
) {
    let keys = private.as_slice();
    let mut public: [_; BATCH] = not_computed::<C::PublicKey>();
    let public = &mut public[..keys.len()];
    let computed = C::public_keys(backend, keys, public);
    debug_assert_eq!(computed, Ok(()));
    for (i, public) in public.iter().enumerate() {
        let public = public.as_ref().map(AsRef::as_ref);
        each(i, public.map_err(|_| CryptoError::CryptoLibraryError));
    }
}

fn outcome<'a, P: AsRef<[u8]>>(
    public: &'a Result<P, mls_lanes::Error>,
    secret: &'a Result<SharedSecret, mls_lanes::Error>,
) -> Exchanged<'a> {
    use mls_lanes::Error::{InvalidPoint, PointLength, ZeroSecret};
    let public = public
        .as_ref()
        .map_err(|_| CryptoError::CryptoLibraryError)?;
    match secret {
        Ok(secret) => Ok((public.as_ref(), secret)),
        Err(PointLength | InvalidPoint | ZeroSecret) => Err(CryptoError::InvalidPublicKey),
        Err(_) => Err(CryptoError::CryptoLibraryError),
    }
}

fn not_computed<T>() -> [Result<T, mls_lanes::Error>; BATCH] {
    array::from_fn(|_| Err(mls_lanes::Error::NotComputed))
}
