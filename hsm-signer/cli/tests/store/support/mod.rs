//! What the tests of the store share.

pub mod child;
mod keys;
mod places;
mod postgres;

pub use keys::{Key, SoftSigner, removal, request, requests, settle, settle_all, sign};
pub use places::{Place, places};
pub use postgres::Cluster;

use std::time::{Duration, Instant};

use mls_hsm_signer::audit::store::{LogReader, Store};
use mls_hsm_signer::audit::{Report, StatementSigner, Trust, Verification};

/// The tenant of most tests.
pub const TENANT: &str = "example.org";

/// Long enough for a loaded machine.
pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Verifies a tenant's log as it stands in the database.
pub async fn verify(log: &LogReader, tenant: &str, trust: &Trust) -> Report {
    let statements = log.statements(tenant, 0, 1000).await.unwrap();
    let chain = log.chain(tenant).await.unwrap().unwrap();
    let mut verification = Verification::begin(chain, statements, trust);
    let mut after = 0;
    loop {
        let page = log.records(tenant, after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for record in &page {
            verification.record(record);
        }
    }
    verification.finish()
}

/// Asserts that a tenant's log is sound and has so many records.
pub async fn assert_sound(store: &Store, tenant: &str, records: u64) {
    let report = verify(store.reader(), tenant, &Trust::default()).await;
    assert!(report.sound(), "{report:?}");
    assert_eq!(report.records, records);
}

/// Trust in one key for checkpoints, and in one for messages.
pub fn trust(statements: &SoftSigner, messages: &Key) -> Trust {
    Trust {
        statement_keys: vec![statements.key()],
        message_keys: vec![messages.verifying()],
    }
}
