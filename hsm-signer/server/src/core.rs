//! What all requests share: the policy, the tenants, the store, the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Notify, watch};

use super::bodies::Bodies;
use super::callers::Callers;
use super::config::{Config, Limits};
use super::metrics::Metrics;
use super::problem::{HSM_OUT, Problem, STOPPING, STORE_OUT, TENANT_REFUSED};
use super::tenants::{Tenant, Tenants};
use mls_signer_audit::FipsMark;
use mls_signer_audit::store::Store;

/// What all requests share.
pub struct Core {
    callers: ArcSwap<Callers>,
    tenants: Tenants,
    /// The answers and audit records.
    pub store: Store,
    /// What is counted and timed.
    pub metrics: Metrics,
    /// The bounds.
    pub limits: Arc<Limits>,
    /// Room for requests' bodies.
    pub bodies: Bodies,
    /// What FIPS 140-3 said of the process when it started.
    pub fips: FipsMark,
    stopping: watch::Sender<bool>,
    busy: AtomicUsize,
    idle: Notify,
}

/// Something that must end before the service does.
pub struct Busy(Arc<Core>);

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
            stopping: watch::Sender::new(false),
            busy: AtomicUsize::new(0),
            idle: Notify::new(),
        })
    }

    /// The callers as the configuration has them now.
    pub fn callers(&self) -> Guard<Arc<Callers>> {
        self.callers.load()
    }

    /// The same, for longer than a moment.
    pub fn callers_now(&self) -> Arc<Callers> {
        self.callers.load_full()
    }

    /// Takes over other callers.
    pub fn replace_callers(&self, callers: Callers) {
        self.callers.store(Arc::new(callers));
    }

    /// The tenant of this name.
    pub fn tenant(&self, name: &str) -> Result<Arc<Tenant>, Problem> {
        let tenant = self.tenants.get(name).cloned();
        tenant.ok_or_else(|| TENANT_REFUSED.because("the tenant is none of the caller's"))
    }

    /// All tenants.
    pub fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Whether every tenant's removals can be signed and recorded.
    pub fn ready(&self) -> Result<(), Problem> {
        if self.is_stopping() {
            return Err(STOPPING.because("no new connections are taken"));
        }
        let health = self.store.health();
        if !health.available {
            return Err(STORE_OUT.because("the store is being recovered"));
        }
        let out = self
            .tenants
            .values()
            .find(|tenant| !tenant.engine.health().healthy);
        match out {
            Some(tenant) => {
                Err(HSM_OUT.because(format!("tenant {} has no token that signs", tenant.name)))
            }
            None => Ok(()),
        }
    }

    /// What Prometheus reads.
    pub fn metrics_text(&self) -> String {
        self.metrics.text(&self.tenants, &self.store.health())
    }

    /// Keeps the service from ending until what is returned is dropped.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }

    /// Tells everybody that the service is being stopped.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether it is.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// For those who wait for that.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Returns once nothing is busy.
    pub async fn wait_until_idle(&self) {
        loop {
            let told = self.idle.notified();
            if self.busy.load(Ordering::SeqCst) == 0 {
                return;
            }
            told.await;
        }
    }
}

/// Returns once the service is told to stop.
pub async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // What is waited for is a guard, which must not be held while something else is.
    let _ = stopping.wait_for(|stopping| *stopping).await.map(drop);
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.busy.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
