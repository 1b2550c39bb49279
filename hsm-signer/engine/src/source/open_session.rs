//! A session that its source counts for as long as it is open.

use std::time::Instant;

use mls_signer_token::sync::locked;
use mls_signer_token::{Access, Error, Token, TokenSession};

use crate::source::Source;

pub(crate) struct OpenSession<'a> {
    session: Option<Box<dyn TokenSession>>,
    source: &'a Source,
}

impl<'a> OpenSession<'a> {
    /// Opens a session with the source's token.
    ///
    /// # Errors
    /// Those of [`Token::session_by`].
    pub fn open(source: &'a Source, token: &dyn Token, deadline: Instant) -> Result<Self, Error> {
        let session = token.session_by(Access::Use, deadline)?;
        locked(&source.state).sessions += 1;
        Ok(Self {
            session: Some(session),
            source,
        })
    }

    /// The session, what is asked of it to end by `deadline`.
    ///
    /// # Errors
    /// None but [`Error::SessionLost`] after it was closed.
    pub fn until(&mut self, deadline: Instant) -> Result<&mut dyn TokenSession, Error> {
        let session = self.session.as_mut().ok_or(Error::SessionLost)?;
        session.set_deadline(deadline);
        Ok(session.as_mut())
    }
}

impl Drop for OpenSession<'_> {
    /// Closes the session before it is counted as closed.
    fn drop(&mut self) {
        drop(self.session.take());
        locked(&self.source.state).sessions -= 1;
        self.source.wake.notify_all();
    }
}
