//! Checkpoints of each tenant's audit log, signed in its HSM at intervals, and the removal of
//! records older than the retention time.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mls_signer_audit::StatementSigner;
use mls_signer_audit::store::StoreError;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Audit;
use crate::core::Core;
use crate::tenants::Tenant;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What makes checkpoints at intervals, until the service is told to stop.
pub struct Checkpoints {
    tasks: JoinSet<()>,
    retention: u64,
}

impl Checkpoints {
    pub fn begin(core: &Arc<Core>, audit: &Audit) -> Self {
        let interval = Duration::from_secs(audit.checkpoint_seconds);
        let retention = u64::from(audit.retention_days) * DAY_MS;
        let mut tasks = JoinSet::new();
        for tenant in core.tenants.values() {
            let (core, tenant) = (Arc::clone(core), Arc::clone(tenant));
            tasks.spawn(async move {
                while timeout(interval, core.stopping.cancelled()).await.is_err() {
                    make_or_warn(&core, &tenant, retention).await;
                }
            });
        }
        Self { tasks, retention }
    }

    /// Makes one of each tenant's log, once nothing is written there any more.
    pub async fn last(mut self, core: &Core) {
        while self.tasks.join_next().await.is_some() {}
        for tenant in core.tenants.values() {
            make_or_warn(core, tenant, self.retention).await;
        }
    }
}

async fn make_or_warn(core: &Core, tenant: &Tenant, retention: u64) {
    if let Err(error) = make(core, tenant, retention).await {
        tracing::warn!(tenant = %tenant.name, %error, "no checkpoint was made");
    }
}

async fn make(core: &Core, tenant: &Tenant, retention: u64) -> Result<(), StoreError> {
    let signer = tenant
        .statement_signer()
        .map_err(|error| StoreError::Unsigned(error.to_string()))?;
    let signer: Arc<dyn StatementSigner> = Arc::new(signer);
    let (store, name) = (&core.store, &tenant.name);
    if let Some(signed) = store.checkpoint(name, Arc::clone(&signer)).await? {
        let sequence = signed.statement.sequence;
        tracing::info!(tenant = %name, sequence, "checkpoint signed");
    }
    if retention == 0 {
        return Ok(());
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let before = (now.as_millis() as u64).saturating_sub(retention);
    while let Some(signed) = store.prune(name, before, Arc::clone(&signer)).await? {
        let sequence = signed.statement.sequence;
        tracing::info!(tenant = %name, sequence, "old records removed");
    }
    Ok(())
}
