//! A real token behind the seam, some of whose answers are changed on their way.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use cryptoki::mechanism::MechanismType;
use mls_hsm_signer::token::{
    Access, KeyClass, KeyPair, ObjectHandle, SigningMechanism, TokenSession,
};
use mls_hsm_signer::{Error, KeyObject, KeySelector, KeySpec, PrivateKey, Token, TokenIdentity};

/// The answers that may be changed; each is passed on as it is by default.
pub trait Between: Debug + Send + Sync {
    /// Who the token is.
    fn identity<'a>(&'a self, inner: &'a TokenIdentity) -> &'a TokenIdentity {
        inner
    }

    /// What it can do.
    fn mechanisms<'a>(&'a self, inner: &'a [MechanismType]) -> &'a [MechanismType] {
        inner
    }

    /// What it says of a key.
    fn read(&self, object: KeyObject) -> KeyObject {
        object
    }

    /// What it signs.
    fn sign(
        &self,
        inner: &dyn TokenSession,
        key: ObjectHandle,
        kind: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        inner.sign(key, kind, data)
    }
}

/// `inner` with `between` in between.
#[derive(Debug)]
pub struct Wrapped<B> {
    inner: Arc<dyn Token>,
    pub between: Arc<B>,
}

impl<B: Between> Wrapped<B> {
    /// Puts `between` before `inner`.
    pub fn new(inner: &Arc<dyn Token>, between: B) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            between: Arc::new(between),
        })
    }
}

impl<B: Between + 'static> Token for Wrapped<B> {
    fn identity(&self) -> &TokenIdentity {
        self.between.identity(self.inner.identity())
    }

    fn mechanisms(&self) -> &[MechanismType] {
        self.between.mechanisms(self.inner.mechanisms())
    }

    fn session_by(
        &self,
        access: Access,
        deadline: Instant,
    ) -> Result<Box<dyn TokenSession>, Error> {
        let inner = self.inner.session_by(access, deadline)?;
        let between = Arc::clone(&self.between);
        Ok(Box::new(WrappedSession { between, inner }))
    }
}

struct WrappedSession<B> {
    between: Arc<B>,
    inner: Box<dyn TokenSession>,
}

impl<B: Between> TokenSession for WrappedSession<B> {
    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error> {
        self.inner.find(class, selector)
    }

    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error> {
        Ok(self.between.read(self.inner.read(key)?))
    }

    fn sign(
        &self,
        key: ObjectHandle,
        kind: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        self.between.sign(self.inner.as_ref(), key, kind, data)
    }

    fn relabel(&self, object: ObjectHandle, label: &str) -> Result<(), Error> {
        self.inner.relabel(object, label)
    }

    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error> {
        self.inner.generate(spec)
    }

    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error> {
        self.inner.import(spec, key)
    }

    fn destroy(&self, object: ObjectHandle) -> Result<(), Error> {
        self.inner.destroy(object)
    }
}
