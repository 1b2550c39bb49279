//! What one run of the scenario is made of.

use std::fmt;

use openmls_traits::types::Ciphersuite;

use super::implementation::Implementation;
use super::member::HandshakeFormat;

/// One run of the scenario.
pub struct Case {
    /// The implementation that creates the group.
    pub creator: &'static Implementation,
    /// The implementation of the first to join.
    pub joiner: &'static Implementation,
    /// The group's ciphersuite.
    pub ciphersuite: Ciphersuite,
    /// How all members send proposals and commits.
    pub handshake_format: HandshakeFormat,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            creator, joiner, ..
        } = self;
        write!(f, "{} creates, {} joins, ", creator.name, joiner.name)?;
        write!(f, "suite {:#06x}, ", u16::from(self.ciphersuite))?;
        write!(f, "handshakes as {:?}", self.handshake_format)
    }
}
