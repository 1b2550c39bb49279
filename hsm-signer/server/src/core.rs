//! What all requests share: the callers, the tenants, the store, the metrics.

use std::sync::Arc;

use arc_swap::ArcSwap;
use mls_signer_audit::FipsMark;
use mls_signer_audit::store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::bodies::Bodies;
use crate::callers::Callers;
use crate::config::{Config, ServiceLimits};
use crate::metrics::Metrics;
use crate::problem::{HSM_OUT, Problem, STOPPING, STORE_OUT, TENANT_REFUSED};
use crate::tenants::{Tenant, Tenants};

/// What all requests share.
pub struct Core {
    callers: ArcSwap<Callers>,
    tenants: Tenants,
    /// The answers and audit records.
    pub store: Store,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The bounds.
    pub limits: Arc<ServiceLimits>,
    /// The memory for requests' bodies.
    pub bodies: Bodies,
    /// What FIPS 140-3 said of the process when it started.
    pub fips: FipsMark,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
    requests: TaskTracker,
}

impl Core {
    /// The core of a service with this configuration.
    pub fn new(config: &Config, tenants: Tenants, store: Store) -> Arc<Self> {
        Arc::new(Self {
            callers: ArcSwap::from_pointee(Callers::new(config)),
            tenants,
            metrics: Metrics::new(&store),
            store,
            limits: Arc::new(config.limits.clone()),
            bodies: Bodies::new(&config.limits),
            fips: FipsMark::of_process(),
            stopping: CancellationToken::new(),
            requests: TaskTracker::new(),
        })
    }

    /// The callers as the configuration has them now.
    pub fn callers(&self) -> Arc<Callers> {
        self.callers.load_full()
    }

    /// Takes over other callers.
    pub fn replace_callers(&self, callers: Callers) {
        self.callers.store(Arc::new(callers));
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// A problem when there is none.
    pub fn tenant(&self, name: &str) -> Result<Arc<Tenant>, Problem> {
        let tenant = self.tenants.get(name).cloned();
        tenant.ok_or_else(|| TENANT_REFUSED.because("the tenant is none of the caller's"))
    }

    /// All tenants.
    pub fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Whether every tenant's removals can be signed and recorded.
    ///
    /// # Errors
    /// A problem that says what is missing.
    pub fn ready(&self) -> Result<(), Problem> {
        if self.stopping.is_cancelled() {
            return Err(STOPPING.because("no new connections are taken"));
        }
        if !self.store.health().available {
            return Err(STORE_OUT.because("the store is being recovered"));
        }
        for tenant in self.tenants.values() {
            if !tenant.engine.health().healthy {
                let name = &tenant.name;
                return Err(HSM_OUT.because(format!("tenant {name} has no token that signs")));
            }
        }
        Ok(())
    }

    /// What Prometheus reads.
    pub fn metrics_text(&self) -> String {
        self.metrics.text(&self.tenants, &self.store.health())
    }

    /// Keeps the service from ending until what is returned is dropped.
    pub fn busy(&self) -> TaskTrackerToken {
        self.requests.token()
    }

    /// Returns once nothing keeps the service from ending.
    pub async fn wait_until_idle(&self) {
        self.requests.close();
        self.requests.wait().await;
    }
}
