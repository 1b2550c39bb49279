//! One session's operations over cryptoki.

use std::cell::Cell;

use cryptoki::error::Result as CryptokiResult;
use cryptoki::mechanism::MechanismType;
use cryptoki::session::Session;

use super::mechanism::without_parameter;
use super::{
    KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle, Pkcs11Token, TokenSession,
};
use crate::encoding::pkcs8::PrivateKey;
use crate::error::Error;

/// A session lent to one caller. A failed operation may leave a session in the middle
/// of something (CKR_OPERATION_ACTIVE ever after), so such a session is closed; any
/// other goes back to its token.
pub(super) struct Lease<'a> {
    session: Option<Session>,
    home: Option<&'a Pkcs11Token>,
    clear: Cell<bool>,
}

impl<'a> Lease<'a> {
    /// A session that is closed after use.
    pub(super) fn once(session: Session) -> Self {
        Self {
            session: Some(session),
            home: None,
            clear: Cell::new(true),
        }
    }

    /// A session that `home` takes back.
    pub(super) fn returning(session: Session, home: &'a Pkcs11Token) -> Self {
        Self {
            session: Some(session),
            home: Some(home),
            clear: Cell::new(true),
        }
    }

    /// Runs one operation, and remembers if it failed.
    fn run<T>(&self, operation: impl FnOnce(&Session) -> CryptokiResult<T>) -> Result<T, Error> {
        let session = self.session.as_ref().ok_or_else(closed)?;
        operation(session).map_err(|error| {
            self.clear.set(false);
            error.into()
        })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let (Some(session), Some(home), true) =
            (self.session.take(), self.home, self.clear.get())
        {
            home.give_back(session);
        }
    }
}

impl TokenSession for Lease<'_> {
    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error> {
        self.run(|session| session.find_objects(&selector.template(class)))
    }

    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error> {
        let attributes = self.run(|session| session.get_attributes(key, KeyObject::ATTRIBUTES))?;
        Ok(KeyObject::from_attributes(attributes))
    }

    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: MechanismType,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mechanism = without_parameter(mechanism)?;
        self.run(|session| session.sign(&mechanism, key, data))
    }

    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error> {
        let mechanism = without_parameter(spec.scheme().key_generation)?;
        let (public, private) = (spec.public_template(), spec.private_template());
        let (public, private) =
            self.run(|session| session.generate_key_pair(&mechanism, &public, &private))?;
        Ok(KeyPair { private, public })
    }

    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error> {
        let public_template = spec.public_import_template(key)?;
        let private_template = spec.private_import_template(key);
        let private = self.run(|session| session.create_object(&private_template.0))?;
        match self.run(|session| session.create_object(&public_template)) {
            Ok(public) => Ok(KeyPair { private, public }),
            Err(error) => {
                self.destroy(private)?;
                Err(error)
            }
        }
    }

    fn destroy(&self, object: ObjectHandle) -> Result<(), Error> {
        self.run(|session| session.destroy_object(object))
    }
}

fn closed() -> Error {
    Error::ModuleMisbehaved("a session was used after it was closed".into())
}
