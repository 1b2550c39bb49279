//! Checkpoints of each tenant's audit log, signed in its HSM now and then.

use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::tenants::Tenant;
use crate::audit::StatementSigner;
use crate::store::StoreError;

/// Makes checkpoints until the service is stopped, and a last one then.
pub fn spawn(core: &Arc<Core>, interval: Duration) {
    for tenant in core.tenants().values() {
        let (core, tenant) = (Arc::clone(core), Arc::clone(tenant));
        tokio::spawn(async move {
            let mut stopping = core.stopping();
            loop {
                let told = stopping.wait_for(|stopping| *stopping);
                let stopped = tokio::time::timeout(interval, told).await.is_ok();
                let _busy = core.busy();
                if let Err(error) = make(&core, &tenant).await {
                    tracing::warn!(tenant = %tenant.name, %error, "no checkpoint was made");
                }
                if stopped {
                    return;
                }
            }
        });
    }
}

async fn make(core: &Core, tenant: &Tenant) -> Result<(), StoreError> {
    let signer = tenant.statement_signer().map_err(StoreError::from)?;
    let signer: Arc<dyn StatementSigner> = Arc::new(signer);
    let made = core.store.checkpoint(&tenant.name, signer).await?;
    if let Some(signed) = made {
        let sequence = signed.statement.sequence;
        tracing::info!(tenant = %tenant.name, sequence, "checkpoint signed");
    }
    Ok(())
}
