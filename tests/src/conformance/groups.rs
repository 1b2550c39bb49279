//! Groups of OpenMLS on a provider with members of another implementation, on another cryptography.

use std::panic::{AssertUnwindSafe, catch_unwind};

use openmls_traits::OpenMlsProvider;

use super::{Report, report::same};
use crate::interop::implementation::MLS_RS_OPENSSL;
use crate::interop::{Case, scenario};
use crate::interop::{Implementation, Pairing};

/// One group for each suite that mls-rs on OpenSSL has too, each side that creates it, and each
/// form of the handshakes: its whole life, as [`scenario`] tells it.
pub fn groups<P: OpenMlsProvider + Default + 'static>() -> Report {
    let mut report = Report::new("groups with mls-rs on OpenSSL");
    let pairing = Pairing {
        ours: const { &Implementation::openmls::<P>("openmls on the provider") },
        peer: &MLS_RS_OPENSSL,
    };
    for case in pairing.cases() {
        report.accepts(&case, || played(&case));
    }
    report
}

/// A scenario ends at what is wrong by a panic, which says what it was.
fn played(case: &Case) -> Result<(), String> {
    let tally = catch_unwind(AssertUnwindSafe(|| scenario::play(case)));
    let tally = tally.map_err(|panic| match panic.downcast::<String>() {
        Ok(said) => *said,
        Err(_) => "panicked".into(),
    })?;
    same("the tally", &tally, &scenario::TALLY)
}
