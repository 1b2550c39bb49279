//! One session's operations over cryptoki.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use cryptoki::error::Error as CryptokiError;
use cryptoki::object::{
    Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle as ModuleHandle,
};
use cryptoki::session::{ObjectHandleIterator, Session};

use super::boundary::lied;
use super::handles::Handles;
use super::module::ModuleSession;
use super::{KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle, TokenSession};
use crate::error::Error;
use crate::mechanism::{SigningMechanism, without_parameter};
use crate::quirks::Quirks;
use mls_signer_message::encoding::pkcs8::PrivateKey;

/// How many objects a search asks for at a time.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// How many objects one search may give. More than any token holds: a search that goes on has no
/// end, and takes memory until there is none.
const MOST: usize = 1_000_000;

/// A session of this process, closed when it is dropped.
pub(super) struct LocalSession {
    pub session: ModuleSession,
    pub handles: Arc<Handles>,
    pub quirks: &'static Quirks,
    pub deadline: Instant,
}

impl LocalSession {
    fn run<T>(
        &self,
        operation: impl FnOnce(&Session) -> Result<T, CryptokiError>,
    ) -> Result<T, Error> {
        self.session.run(self.deadline, operation)
    }

    /// What a search finds, which may have no end.
    fn collected(
        &self,
        objects: ObjectHandleIterator<'_>,
    ) -> Result<Result<Vec<ModuleHandle>, Error>, CryptokiError> {
        let mut found = Vec::new();
        for object in objects {
            found.push(object?);
            if found.len() > MOST {
                let what = format!("more than {MOST} objects to one search");
                return Ok(Err(lied(self.session.path(), what)));
            }
            if found.len().is_multiple_of(AT_ONCE.get()) && Instant::now() >= self.deadline {
                return Ok(Err(Error::DeadlinePassed));
            }
        }
        Ok(Ok(found))
    }
}

impl TokenSession for LocalSession {
    fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error> {
        let what = "more objects than were asked for";
        let found = self.session.run_guarded(self.deadline, what, |session| {
            let template = selector.template(class);
            let objects = session.iter_objects_with_cache_size(&template, AT_ONCE)?;
            self.collected(objects)
        })??;
        Ok(self.handles.give_out(&found))
    }

    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error> {
        let key = self.handles.raw(key)?;
        let ask = |kinds| self.session.attributes(self.deadline, key, kinds);
        let mut attributes = match ask(KeyObject::ATTRIBUTES) {
            Err(Error::ModuleMisbehaved(_)) => ask(KeyObject::of_known_mechanisms())?,
            asked => asked?,
        };
        if attributes.contains(&Attribute::KeyType(KeyType::ML_DSA)) {
            attributes.extend(ask(KeyObject::OF_ML_DSA)?);
        }
        if attributes.contains(&Attribute::Class(ObjectClass::PUBLIC_KEY)) {
            attributes.extend(ask(KeyObject::PUBLIC_VALUE)?);
        }
        Ok(KeyObject::from_attributes(attributes))
    }

    fn label(&self, key: ObjectHandle) -> Result<String, Error> {
        let key = self.handles.raw(key)?;
        let label = self
            .session
            .attributes(self.deadline, key, &[AttributeType::Label])?;
        Ok(KeyObject::from_attributes(label).label)
    }

    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let key = self.handles.raw(key)?;
        let mechanism = mechanism.with_parameter()?;
        self.run(|session| session.sign(&mechanism, key, data))
    }

    fn relabel(&self, object: ObjectHandle, label: &str) -> Result<(), Error> {
        let object = self.handles.raw(object)?;
        let label = [Attribute::Label(label.as_bytes().to_vec())];
        self.run(|session| session.update_attributes(object, &label))
    }

    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error> {
        let mechanism = without_parameter(spec.key_generation())?;
        let (public, private) = (spec.public_template(self.quirks), spec.private_template());
        let (public, private) =
            self.run(|session| session.generate_key_pair(&mechanism, &public, &private))?;
        Ok(self.handles.give_out_pair(private, public))
    }

    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error> {
        let public_template = spec.public_import_template(key, self.quirks)?;
        let private_template = spec.private_import_template(key, self.quirks)?;
        let private = self.run(|session| session.create_object(&private_template.0))?;
        match self.run(|session| session.create_object(&public_template)) {
            Ok(public) => Ok(self.handles.give_out_pair(private, public)),
            Err(error) => {
                if let Err(left) = self.run(|session| session.destroy_object(private)) {
                    tracing::error!(error = %left, "half a key pair could not be destroyed");
                }
                Err(error)
            }
        }
    }

    fn destroy(&self, object: ObjectHandle) -> Result<(), Error> {
        let object = self.handles.raw(object)?;
        self.run(|session| session.destroy_object(object))
    }
}
