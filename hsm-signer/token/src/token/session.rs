//! One session's operations over cryptoki.

use std::cell::Cell;
use std::time::Instant;

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle as RawHandle};
use cryptoki::session::Session;

use super::mechanism::{SigningMechanism, without_parameter};
use super::module::ModuleSession;
use super::{
    KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle, Pkcs11Token, Token,
    TokenSession,
};
use crate::error::Error;
use crate::pool::Loan;
use crate::quirks::Quirks;
use mls_signer_message::encoding::pkcs8::PrivateKey;

/// A session lent to one caller. A failed operation may leave a session in the middle
/// of something (CKR_OPERATION_ACTIVE ever after), so such a session is closed; any
/// other goes back to its token.
pub(super) struct Lease<'a> {
    token: &'a Pkcs11Token,
    session: Held<'a>,
    deadline: Instant,
    clear: Cell<bool>,
}

/// Where a session goes after use.
pub(super) enum Held<'a> {
    /// Back to its pool.
    Pooled(Loan<'a, ModuleSession>),
    /// It is closed.
    Once(ModuleSession),
}

impl<'a> Lease<'a> {
    pub(super) fn new(token: &'a Pkcs11Token, session: Held<'a>, deadline: Instant) -> Self {
        Self {
            token,
            session,
            deadline,
            clear: Cell::new(true),
        }
    }

    /// Runs one operation, and remembers if it failed.
    fn run<T>(
        &self,
        operation: impl FnOnce(&Session) -> Result<T, CryptokiError>,
    ) -> Result<T, Error> {
        let session = match &self.session {
            Held::Pooled(loan) => loan.as_ref(),
            Held::Once(session) => Some(session),
        };
        let done = session
            .ok_or(Error::SessionLost)
            .and_then(|session| session.run(self.deadline, operation));
        done.inspect_err(|_| self.clear.set(false))
    }

    /// The module's own handle; those from before a new login are not known any more.
    fn raw(&self, object: ObjectHandle) -> Result<RawHandle, Error> {
        self.token.raw_handle(object).ok_or_else(|| {
            CryptokiError::Pkcs11(
                RvError::ObjectHandleInvalid,
                cryptoki::context::Function::FindObjects,
            )
            .into()
        })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let (Held::Pooled(loan), false) = (&mut self.session, self.clear.get()) {
            drop(loan.take());
        }
    }
}

impl TokenSession for Lease<'_> {
    fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error> {
        let found = self.run(|session| session.find_objects(&selector.template(class)))?;
        Ok(self.token.remember(&found))
    }

    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error> {
        let key = self.raw(key)?;
        let ask = |attributes| self.run(|session| session.get_attributes(key, attributes));
        let mut attributes = ask(KeyObject::ATTRIBUTES)?;
        if attributes.contains(&Attribute::KeyType(KeyType::ML_DSA)) {
            attributes.extend(ask(KeyObject::OF_ML_DSA)?);
        }
        if attributes.contains(&Attribute::Class(ObjectClass::PUBLIC_KEY)) {
            attributes.extend(ask(KeyObject::PUBLIC_VALUE)?);
        }
        Ok(KeyObject::from_attributes(attributes))
    }

    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let key = self.raw(key)?;
        let mechanism = mechanism.with_parameter()?;
        self.run(|session| session.sign(&mechanism, key, data))
    }

    fn relabel(&self, object: ObjectHandle, label: &str) -> Result<(), Error> {
        let object = self.raw(object)?;
        let label = [Attribute::Label(label.as_bytes().to_vec())];
        self.run(|session| session.update_attributes(object, &label))
    }

    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error> {
        let mechanism = without_parameter(spec.key_generation())?;
        let (public, private) = (spec.public_template(), spec.private_template());
        let (public, private) =
            self.run(|session| session.generate_key_pair(&mechanism, &public, &private))?;
        Ok(self.token.remember_pair(private, public))
    }

    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error> {
        let quirks = Quirks::of(self.token.identity());
        let public_template = spec.public_import_template(key)?;
        let private_template = spec.private_import_template(key, quirks.point_in_private_key)?;
        let private = self.run(|session| session.create_object(&private_template.0))?;
        match self.run(|session| session.create_object(&public_template)) {
            Ok(public) => Ok(self.token.remember_pair(private, public)),
            Err(error) => {
                if let Err(left) = self.run(|session| session.destroy_object(private)) {
                    tracing::error!(error = %left, "half a key pair could not be destroyed");
                }
                Err(error)
            }
        }
    }

    fn destroy(&self, object: ObjectHandle) -> Result<(), Error> {
        let object = self.raw(object)?;
        self.run(|session| session.destroy_object(object))
    }
}
