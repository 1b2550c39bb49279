//! Two implementations and every case they are run through.

use std::fmt;

use openmls_traits::types::Ciphersuite;

use super::case::Case;
use super::conversation::Tally;
use super::implementation::Implementation;
use super::member::HandshakeFormat;
use super::scenario;

/// Runs a suite takes: either creates the group, in either handshake format.
pub const RUNS_PER_SUITE: usize = 2 * HandshakeFormat::ALL.len();

/// Two implementations in one group.
pub struct Pairing {
    /// One side.
    pub ours: &'static Implementation,
    /// The other side.
    pub peer: &'static Implementation,
}

impl Pairing {
    /// The suites both sides say they support, as ascending registry values.
    pub fn common_suites(&self) -> Vec<u16> {
        let mut suites = (self.ours.ciphersuites)();
        let theirs = (self.peer.ciphersuites)();
        suites.retain(|suite| theirs.contains(suite));
        suites.sort_unstable();
        suites
    }

    /// Plays the scenario in every common suite, with either side creating the
    /// group and handshakes in either format.
    ///
    /// # Panics
    /// At the first step that goes wrong; see [`scenario::play`].
    pub fn play_all(&self) -> Report<'_> {
        let mut tally = Tally::default();
        for case in self.cases() {
            tally += scenario::play(&case);
        }
        Report {
            pairing: self,
            suites: self.common_suites(),
            tally,
        }
    }

    /// Every run: [`RUNS_PER_SUITE`] in each common suite.
    pub fn cases(&self) -> impl Iterator<Item = Case> {
        let suites = self.common_suites().into_iter();
        suites.flat_map(|suite| self.cases_in(suite))
    }

    fn cases_in(&self, suite: u16) -> [Case; RUNS_PER_SUITE] {
        let ciphersuite = Ciphersuite::try_from(suite).expect("a suite OpenMLS knows");
        let [public, private] = HandshakeFormat::ALL;
        let case = |creator, joiner, handshake_format| Case {
            creator,
            joiner,
            ciphersuite,
            handshake_format,
        };
        [
            case(self.ours, self.peer, public),
            case(self.ours, self.peer, private),
            case(self.peer, self.ours, public),
            case(self.peer, self.ours, private),
        ]
    }
}

/// What a pairing's runs counted.
pub struct Report<'a> {
    pairing: &'a Pairing,
    /// The suites that ran.
    pub suites: Vec<u16>,
    /// The sums over all runs.
    pub tally: Tally,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pairing,
            suites,
            tally,
        } = self;
        write!(f, "{} with {}: ", pairing.ours.name, pairing.peer.name)?;
        for suite in suites {
            write!(f, "{suite:#06x} ")?;
        }
        write!(f, "in {} groups, {} epochs, ", tally.groups, tally.epochs)?;
        write!(f, "{} external removals, ", tally.external_removals)?;
        write!(f, "{} messages read, ", tally.messages_read)?;
        write!(f, "{} refused", tally.messages_refused)
    }
}
