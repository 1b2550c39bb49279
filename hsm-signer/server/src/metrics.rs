//! What Prometheus reads.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mls_signer_audit::store::Store;
use mls_signer_engine::{Phase, SourceHealth};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use super::tenants::Tenants;

/// Upper bounds of the latency histograms, in seconds.
const BOUNDS: [f64; 16] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
    2.0, 10.0,
];

/// A part of the way of a request; each has a latency histogram.
#[derive(Clone, Copy)]
pub enum Stage {
    /// The body is read.
    Read,
    /// It is decoded, checked against the policy, and its keys are looked up.
    Check,
    /// The store is asked for earlier answers.
    Claim,
    /// It waits for its turn at a session.
    Queue,
    /// The engine signs and verifies.
    Sign,
    /// Answers and audit records become durable.
    Record,
    Total,
}

/// The stages' names in metrics and in the Server-Timing header.
const STAGES: [&str; 7] = ["read", "check", "claim", "queue", "sign", "record", "total"];

/// How long each stage of one request took.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes([Duration; STAGES.len()]);

impl StageTimes {
    pub fn set(&mut self, stage: Stage, time: Duration) {
        self.0[stage as usize] = time;
    }

    /// The stages that took any time.
    fn iter(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let all = STAGES.into_iter().zip(self.0);
        all.filter(|(_, time)| !time.is_zero())
    }

    /// The value of a Server-Timing header: durations in milliseconds.
    pub fn header(&self) -> String {
        let mut parts = Vec::new();
        for (stage, time) in self.iter() {
            parts.push(format!("{stage};dur={:.3}", time.as_secs_f64() * 1e3));
        }
        parts.join(", ")
    }
}

type Labels<const N: usize> = [(&'static str, String); N];

pub struct ServiceMetrics {
    registry: Registry,
    removals: Family<Labels<3>, Counter>,
    requests: Family<Labels<2>, Counter>,
    stages: Family<Labels<1>, Histogram>,
    connections: Family<Labels<1>, Gauge>,
    refused_connections: Family<Labels<1>, Counter>,
    failed_handshakes: Family<Labels<1>, Counter>,
    sessions: Family<Labels<1>, Gauge>,
    busy_sessions: Family<Labels<1>, Gauge>,
    waiting: Family<Labels<2>, Gauge>,
    token_ready: Family<Labels<2>, Gauge>,
    token_refused: Family<Labels<2>, Gauge>,
    refused_keys: Family<Labels<1>, Gauge>,
    token_signatures: Family<Labels<2>, Counter>,
    token_rejected: Family<Labels<2>, Counter>,
    token_breaker: Family<Labels<2>, Counter>,
    recoveries: Family<Labels<3>, Counter>,
    store_ready: Gauge,
    reloads: Family<Labels<2>, Counter>,
}

impl ServiceMetrics {
    pub fn new(store: &Store) -> Self {
        let mut registry = Registry::with_prefix("mls_hsm_signer");
        store.metrics().register(&mut registry);
        let stages: Family<Labels<1>, Histogram> =
            Family::new_with_constructor(|| Histogram::new(BOUNDS));
        let help = "Seconds in each stage of a request";
        registry.register_with_unit("stage_duration", help, Unit::Seconds, stages.clone());
        let all = &mut registry;
        Self {
            stages,
            removals: shown(all, "removals", "Removals answered, by scheme and outcome"),
            requests: shown(all, "requests", "HTTP requests, by route and status"),
            connections: shown(all, "connections", "Open connections"),
            refused_connections: shown(all, "refused_connections", "Connections closed at a bound"),
            failed_handshakes: shown(
                all,
                "failed_handshakes",
                "Connections that did not prove who they are",
            ),
            sessions: shown(all, "sessions", "Sessions that sign"),
            busy_sessions: shown(all, "busy_sessions", "Sessions that are signing"),
            waiting: shown(all, "waiting_removals", "Removals that wait for a session"),
            token_ready: shown(all, "token_ready", "Whether the token signs"),
            token_refused: shown(
                all,
                "token_refused",
                "Whether the token refused the login and waits for a person",
            ),
            refused_keys: shown(
                all,
                "refused_keys",
                "Keys that are named as removal keys and cannot be used",
            ),
            token_signatures: shown(
                all,
                "token_signatures",
                "Signatures made and verified since the start",
            ),
            token_rejected: shown(
                all,
                "token_rejected_signatures",
                "Signatures that did not verify",
            ),
            token_breaker: shown(
                all,
                "token_breaker_openings",
                "How often recovery has failed",
            ),
            recoveries: shown(all, "token_recovery_steps", "Steps of recovery taken"),
            store_ready: shown(all, "store_ready", "Whether the store keeps records"),
            reloads: shown(
                all,
                "reloads",
                "Readings of the configuration and its files, by part and outcome",
            ),
            registry,
        }
    }

    /// A removal was answered; the outcome is `signed`, for one that was signed before too, or a
    /// problem's code.
    pub fn removal(&self, tenant: &str, scheme: &'static str, outcome: &'static str) {
        let labels = [
            ("tenant", tenant.into()),
            ("scheme", scheme.into()),
            ("outcome", outcome.into()),
        ];
        self.removals.get_or_create(&labels).inc();
    }

    pub fn request(&self, route: &str, status: u16) {
        let labels = [("route", route.into()), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
    }

    /// A request went its way.
    pub fn stages(&self, times: &StageTimes) {
        for (stage, time) in times.iter() {
            let stage = self.stages.get_or_create(&[("stage", stage.into())]);
            stage.observe(time.as_secs_f64());
        }
    }

    /// A part of the configuration was taken over, or was not.
    pub fn reload(&self, part: &str, taken: bool) {
        let outcome = if taken { "taken-over" } else { "refused" };
        let labels = [("part", part.into()), ("outcome", outcome.into())];
        self.reloads.get_or_create(&labels).inc();
    }

    pub fn connections(&self, listener: &'static str) -> Gauge {
        let labels = [("listener", listener.into())];
        self.connections.get_or_create_owned(&labels)
    }

    /// Connections that were closed because there were too many.
    pub fn refused_connections(&self, listener: &'static str) -> Counter {
        let labels = [("listener", listener.into())];
        self.refused_connections.get_or_create_owned(&labels)
    }

    /// Connections that did not prove who is at the other end.
    pub fn failed_handshakes(&self, listener: &'static str) -> Counter {
        let labels = [("listener", listener.into())];
        self.failed_handshakes.get_or_create_owned(&labels)
    }

    /// The text that Prometheus reads, with the engines and the store as they are now.
    pub fn text(&self, tenants: &Tenants, store: &Store) -> String {
        self.store_ready.set(store.available().is_ok().into());
        self.waiting.clear();
        for (name, tenant) in tenants {
            let labels = [("tenant", name.clone())];
            let (busy, all) = (tenant.engine.busy(), tenant.engine.sessions());
            self.sessions.get_or_create(&labels).set(all as i64);
            self.busy_sessions.get_or_create(&labels).set(busy as i64);
            let refused = tenant.engine.refused_keys().len();
            self.refused_keys.get_or_create(&labels).set(refused as i64);
            for (caller, waiting) in tenant.engine.waiting() {
                let labels = [("tenant", name.clone()), ("caller", caller.as_ref().into())];
                self.waiting.get_or_create(&labels).set(waiting as i64);
            }
            for source in tenant.engine.health().sources {
                self.token(name, &source);
            }
        }
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn token(&self, tenant: &str, source: &SourceHealth) {
        let labels = [("tenant", tenant.into()), ("token", source.name.clone())];
        let ready = i64::from(source.phase == Phase::Ready);
        self.token_ready.get_or_create(&labels).set(ready);
        let refused = i64::from(source.phase == Phase::Refused);
        self.token_refused.get_or_create(&labels).set(refused);
        for (family, count) in [
            (&self.token_signatures, source.signatures),
            (&self.token_rejected, source.rejected),
            (&self.token_breaker, source.breaker_opened),
        ] {
            set(&family.get_or_create(&labels), count);
        }
        let [tenant, token] = labels;
        for (step, count) in &source.steps {
            let labels = [tenant.clone(), token.clone(), ("step", step.to_string())];
            set(&self.recoveries.get_or_create(&labels), *count);
        }
    }
}

/// A new metric that `registry` shows.
fn shown<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Takes over what the engine has counted.
fn set(counter: &Counter, count: u64) {
    counter.inner().store(count, Ordering::Relaxed);
}
