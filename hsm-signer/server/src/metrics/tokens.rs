//! What each token does, as its engine says it.

use std::sync::atomic::Ordering;

use mls_signer_engine::{Phase, SourceHealth};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Labels, shown};

/// The phases that are shown, of which each token is in one.
const PHASES: [Phase; 6] = [
    Phase::Starting,
    Phase::Ready,
    Phase::NoKey,
    Phase::Recovering,
    Phase::Out,
    Phase::Refused,
];

pub struct TokenMetrics {
    ready: Family<Labels<2>, Gauge>,
    refused: Family<Labels<2>, Gauge>,
    phase: Family<Labels<3>, Gauge>,
    signatures: Family<Labels<2>, Counter>,
    rejected: Family<Labels<2>, Counter>,
    breaker: Family<Labels<2>, Counter>,
    steps: Family<Labels<3>, Counter>,
}

impl TokenMetrics {
    pub fn new(registry: &mut Registry) -> Self {
        Self {
            ready: shown(registry, "token_ready", "Whether the token signs"),
            refused: shown(
                registry,
                "token_refused",
                "Whether the token refused the PIN and waits for a person",
            ),
            phase: shown(
                registry,
                "token_phase",
                "1 for what the token is doing, 0 for the other phases",
            ),
            signatures: shown(
                registry,
                "token_signatures",
                "Signatures made and verified since the start",
            ),
            rejected: shown(
                registry,
                "token_rejected_signatures",
                "Signatures that did not verify",
            ),
            breaker: shown(
                registry,
                "token_breaker_openings",
                "How often recovery has failed",
            ),
            steps: shown(registry, "token_recovery_steps", "Steps of recovery taken"),
        }
    }

    /// Takes over what is so now.
    pub fn set(&self, tenant: &str, source: &SourceHealth) {
        let labels = [("tenant", tenant.into()), ("token", source.name.clone())];
        let is = |phase| i64::from(source.phase == phase);
        self.ready.get_or_create(&labels).set(is(Phase::Ready));
        self.refused.get_or_create(&labels).set(is(Phase::Refused));
        for (family, count) in [
            (&self.signatures, source.signatures),
            (&self.rejected, source.rejected),
            (&self.breaker, source.breaker_opened),
        ] {
            set(&family.get_or_create(&labels), count);
        }
        let [tenant, token] = labels;
        for phase in PHASES {
            let name = ("phase", phase.to_string());
            let gauge = self
                .phase
                .get_or_create_owned(&[tenant.clone(), token.clone(), name]);
            gauge.set(is(phase));
        }
        for (step, count) in &source.steps {
            let labels = [tenant.clone(), token.clone(), ("step", step.to_string())];
            set(&self.steps.get_or_create(&labels), *count);
        }
    }
}

/// Takes over what the engine has counted.
fn set(counter: &Counter, count: u64) {
    counter.inner().store(count, Ordering::Relaxed);
}
