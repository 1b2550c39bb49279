//! Checkpoints of each tenant's audit log, signed in its HSM now and then, and the removal of
//! what is older than the log is to be.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::config::Audit;
use super::core::{Core, told_to_stop};
use super::tenants::Tenant;
use crate::audit::StatementSigner;
use crate::store::StoreError;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Makes checkpoints until the service is stopped, and a last one then.
pub fn spawn(core: &Arc<Core>, audit: &Audit) {
    let interval = Duration::from_secs(audit.checkpoint_seconds);
    let retention = u64::from(audit.retention_days) * DAY;
    for tenant in core.tenants().values() {
        let (core, tenant) = (Arc::clone(core), Arc::clone(tenant));
        tokio::spawn(async move {
            let mut stopping = core.stopping();
            loop {
                let told = told_to_stop(&mut stopping);
                let stopped = tokio::time::timeout(interval, told).await.is_ok();
                let _busy = core.busy();
                if let Err(error) = make(&core, &tenant, retention).await {
                    tracing::warn!(tenant = %tenant.name, %error, "no checkpoint was made");
                }
                if stopped {
                    return;
                }
            }
        });
    }
}

async fn make(core: &Core, tenant: &Tenant, retention: u64) -> Result<(), StoreError> {
    let signer = tenant.statement_signer().map_err(StoreError::from)?;
    let signer: Arc<dyn StatementSigner> = Arc::new(signer);
    let made = core
        .store
        .checkpoint(&tenant.name, Arc::clone(&signer))
        .await?;
    if let Some(signed) = made {
        let sequence = signed.statement.sequence;
        tracing::info!(tenant = %tenant.name, sequence, "checkpoint signed");
    }
    if retention == 0 {
        return Ok(());
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let before = (now.as_millis() as u64).saturating_sub(retention);
    while let Some(signed) = core
        .store
        .prune(&tenant.name, before, Arc::clone(&signer))
        .await?
    {
        let sequence = signed.statement.sequence;
        tracing::info!(tenant = %tenant.name, sequence, "old records removed");
    }
    Ok(())
}
