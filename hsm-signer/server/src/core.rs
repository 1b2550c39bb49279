//! What all requests share: who may ask, the tenants, the store, the metrics.

use std::sync::Arc;

use arc_swap::ArcSwap;
use mls_signer_audit::FipsMark;
use mls_signer_audit::store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::AccessRules;
use crate::answers::AnswerMemory;
use crate::bodies::Bodies;
use crate::config::{Config, ServiceLimits};
use crate::metrics::ServiceMetrics;
use crate::problem::{HSM_OUT, NO_KEY, Problem, STOPPING, STORE_OUT, TOKEN_REFUSED};
use crate::reload_outcome::ReloadOutcomes;
use crate::tenants::Tenants;

pub struct Core {
    /// Who may ask now.
    pub access: Arc<ArcSwap<AccessRules>>,
    pub tenants: Tenants,
    pub store: Store,
    pub metrics: ServiceMetrics,
    pub limits: Arc<ServiceLimits>,
    pub bodies: Bodies,
    /// What answers take until they are written.
    pub answers: AnswerMemory,
    /// What FIPS 140-3 said of the process when it started.
    pub fips: FipsMark,
    /// What became of readings that a person asked for.
    pub reloads: Arc<ReloadOutcomes>,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
    /// Whatever holds a token keeps the service from ending.
    pub busy: TaskTracker,
}

impl Core {
    pub fn new(config: &Config, access: AccessRules, tenants: Tenants, store: Store) -> Arc<Self> {
        let fips = FipsMark::of_process();
        Arc::new(Self {
            access: Arc::new(ArcSwap::from_pointee(access)),
            tenants,
            metrics: ServiceMetrics::new(&store, &fips),
            store,
            limits: Arc::new(config.limits.clone()),
            bodies: Bodies::new(&config.limits),
            answers: AnswerMemory::new(&config.limits),
            fips,
            reloads: Arc::default(),
            stopping: CancellationToken::new(),
            busy: TaskTracker::new(),
        })
    }

    /// Whether every tenant's removals can be signed and recorded.
    pub fn ready(&self) -> Result<(), Problem> {
        if self.stopping.is_cancelled() {
            return Err(STOPPING.because("no new connections are taken"));
        }
        match self.store.available() {
            Ok(()) => {}
            Err(error) if error.is_final() => return Err(error.into()),
            Err(_) => return Err(STORE_OUT.because("the store is being recovered")),
        }
        for tenant in self.tenants.values() {
            let health = tenant.engine.health();
            let name = &tenant.name;
            if health.waits_for_person() {
                let reason =
                    format!("a token of tenant {name} refuses the PIN, and no other signs");
                return Err(TOKEN_REFUSED.because(reason));
            }
            if health.has_no_key() {
                let reason = format!("no token of tenant {name} has a removal key that it can use");
                return Err(NO_KEY.because(reason));
            }
            if !health.healthy {
                return Err(HSM_OUT.because(format!("tenant {name} has no token that signs")));
            }
        }
        Ok(())
    }
}
