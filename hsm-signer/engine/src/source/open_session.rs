//! A session that its source counts for as long as it is open.

use std::time::Instant;

use mls_signer_token::sync::locked;
use mls_signer_token::{Access, Error, Token, TokenSession};

use crate::source::Source;

/// The session is dropped, and so closed, before it is counted as closed.
pub(crate) struct OpenSession<'a> {
    session: Box<dyn TokenSession>,
    _count: SessionCount<'a>,
}

struct SessionCount<'a>(&'a Source);

impl<'a> OpenSession<'a> {
    /// Opens a session with the source's token.
    ///
    /// # Errors
    /// Those of [`Token::session_by`].
    pub fn open(source: &'a Source, token: &dyn Token, deadline: Instant) -> Result<Self, Error> {
        let session = token.session_by(Access::Use, deadline)?;
        locked(&source.state).sessions += 1;
        Ok(Self {
            session,
            _count: SessionCount(source),
        })
    }

    /// The session, what is asked of it to end by `deadline`.
    pub fn until(&mut self, deadline: Instant) -> &mut dyn TokenSession {
        self.session.set_deadline(deadline);
        self.session.as_mut()
    }
}

impl Drop for SessionCount<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).sessions -= 1;
        self.0.wake.notify_all();
    }
}
