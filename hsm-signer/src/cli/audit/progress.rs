//! A sign of life on long work.

use std::io::{self, IsTerminal, Write};

use mls_hsm_signer::audit::Chain;

/// How far it is, for a person who waits at a terminal.
pub struct Progress {
    tenant: String,
    verb: &'static str,
    all: u64,
    said: u64,
    shown: bool,
}

/// Records between two signs of life.
const STEP: u64 = 10_000;

impl Progress {
    /// Nothing is done yet.
    pub fn of(chain: &Chain, verb: &'static str) -> Self {
        Self {
            tenant: chain.tenant.clone(),
            verb,
            all: chain.sequence.saturating_sub(chain.pruned),
            said: 0,
            shown: io::stderr().is_terminal(),
        }
    }

    /// So many records are done.
    pub fn at(&mut self, done: u64) {
        if self.shown && done >= self.said + STEP {
            self.said = done;
            let percent = done * 100 / self.all.max(1);
            // Where standard error is closed there is nobody to tell.
            let _ = write!(
                io::stderr(),
                "\r{}: {done} of {} records {} ({percent} %)",
                self.tenant,
                self.all,
                self.verb
            );
        }
    }

    /// All are.
    pub fn end(&mut self) {
        if self.said > 0 {
            let _ = writeln!(io::stderr());
        }
    }
}
