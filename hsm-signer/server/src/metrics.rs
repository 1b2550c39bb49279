//! What Prometheus reads.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::tenants::Tenants;
use mls_signer_audit::store::{MetricsSnapshot, StoreHealth};

/// Upper bounds of the latency histograms, in seconds.
const BOUNDS: [f64; 16] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
    2.0, 10.0,
];

/// A part of the way of a request; each has a latency histogram.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
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
    /// All of these together.
    Total,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Check,
        Self::Claim,
        Self::Queue,
        Self::Sign,
        Self::Record,
        Self::Total,
    ];

    /// Its name in metrics and in the Server-Timing header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Check => "check",
            Self::Claim => "claim",
            Self::Queue => "queue",
            Self::Sign => "sign",
            Self::Record => "record",
            Self::Total => "total",
        }
    }
}

/// How long each stage of one request took.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes([Duration; Stage::ALL.len()]);

impl StageTimes {
    /// Writes down a stage.
    pub fn set(&mut self, stage: Stage, time: Duration) {
        self.0[stage as usize] = time;
    }

    /// The stages that took any time.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, Duration)> + '_ {
        let all = Stage::ALL.into_iter().zip(self.0);
        all.filter(|(_, time)| !time.is_zero())
    }

    /// The value of a Server-Timing header: durations in milliseconds.
    pub fn header(&self) -> String {
        let part = |(stage, time): (Stage, Duration)| {
            format!("{};dur={:.3}", stage.name(), time.as_secs_f64() * 1e3)
        };
        self.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RemovalLabels {
    tenant: String,
    scheme: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ListenerLabels {
    listener: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct TenantLabels {
    tenant: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LaneLabels {
    tenant: String,
    caller: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct TokenLabels {
    tenant: String,
    token: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StepLabels {
    tenant: String,
    token: String,
    step: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StoreLabels {
    what: &'static str,
}

/// All metrics of the service.
pub struct Metrics {
    registry: Registry,
    removals: Family<RemovalLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    stages: Family<StageLabels, Histogram>,
    connections: Family<ListenerLabels, Gauge>,
    refused_connections: Family<ListenerLabels, Counter>,
    sessions: Family<TenantLabels, Gauge>,
    busy_sessions: Family<TenantLabels, Gauge>,
    waiting: Family<LaneLabels, Gauge>,
    token_ready: Family<TokenLabels, Gauge>,
    token_signatures: Family<TokenLabels, Gauge>,
    token_rejected: Family<TokenLabels, Gauge>,
    token_breaker: Family<TokenLabels, Gauge>,
    recoveries: Family<StepLabels, Gauge>,
    store_ready: Gauge,
    store: Family<StoreLabels, Gauge>,
    reloads: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("mls_hsm_signer"),
            removals: Family::default(),
            requests: Family::default(),
            stages: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            connections: Family::default(),
            refused_connections: Family::default(),
            sessions: Family::default(),
            busy_sessions: Family::default(),
            waiting: Family::default(),
            token_ready: Family::default(),
            token_signatures: Family::default(),
            token_rejected: Family::default(),
            token_breaker: Family::default(),
            recoveries: Family::default(),
            store_ready: Gauge::default(),
            store: Family::default(),
            reloads: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        macro_rules! metric {
            ($field:ident, $name:literal, $help:literal) => {
                registry.register($name, $help, self.$field.clone());
            };
        }
        metric!(
            removals,
            "removals",
            "Removals answered, by scheme and outcome"
        );
        metric!(requests, "requests", "HTTP requests, by route and status");
        metric!(connections, "connections", "Open connections");
        metric!(
            refused_connections,
            "refused_connections",
            "Connections closed at a bound"
        );
        metric!(sessions, "sessions", "Sessions that sign");
        metric!(busy_sessions, "busy_sessions", "Sessions that are signing");
        metric!(
            waiting,
            "waiting_removals",
            "Removals that wait for a session"
        );
        metric!(token_ready, "token_ready", "Whether the token signs");
        metric!(
            token_signatures,
            "token_signatures",
            "Signatures made and verified since the start"
        );
        metric!(
            token_rejected,
            "token_rejected_signatures",
            "Signatures that did not verify"
        );
        metric!(
            token_breaker,
            "token_breaker_openings",
            "How often recovery has failed"
        );
        metric!(
            recoveries,
            "token_recovery_steps",
            "Steps of recovery taken"
        );
        metric!(
            store_ready,
            "store_ready",
            "Whether the store keeps records"
        );
        metric!(store, "store", "What the store has counted since the start");
        metric!(
            reloads,
            "reloads",
            "Configurations taken over while running"
        );
        let stages = self.stages.clone();
        let help = "Seconds in each stage of a request";
        registry.register_with_unit("stage_duration", help, Unit::Seconds, stages);
    }

    /// A removal was answered; the outcome is `signed`, `repeated` or a problem's code.
    pub fn removal(&self, tenant: &str, scheme: &'static str, outcome: &'static str) {
        let labels = RemovalLabels {
            tenant: tenant.into(),
            scheme,
            outcome,
        };
        self.removals.get_or_create(&labels).inc();
    }

    /// A request was answered.
    pub fn request(&self, route: &str, status: u16) {
        let labels = RequestLabels {
            route: route.into(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
    }

    /// A request went its way.
    pub fn stages(&self, times: &StageTimes) {
        for (stage, time) in times.iter() {
            let labels = StageLabels {
                stage: stage.name(),
            };
            self.stages
                .get_or_create(&labels)
                .observe(time.as_secs_f64());
        }
    }

    /// The number of open connections of a listener.
    pub fn connections(&self, listener: &'static str) -> Gauge {
        self.connections
            .get_or_create_owned(&ListenerLabels { listener })
    }

    /// A connection was closed because there were too many.
    pub fn refused_connection(&self, listener: &'static str) {
        self.refused_connections
            .get_or_create(&ListenerLabels { listener })
            .inc();
    }

    /// A configuration was taken over.
    pub fn reloaded(&self) {
        self.reloads.inc();
    }

    /// The text that Prometheus reads, with the engines and the store as they are now.
    pub fn text(&self, tenants: &Tenants, health: &StoreHealth, store: &MetricsSnapshot) -> String {
        self.store(health, store);
        self.waiting.clear();
        for (name, tenant) in tenants {
            let labels = TenantLabels {
                tenant: name.clone(),
            };
            let (busy, all) = (tenant.engine.busy(), tenant.engine.sessions());
            self.sessions.get_or_create(&labels).set(all as i64);
            self.busy_sessions.get_or_create(&labels).set(busy as i64);
            for (caller, waiting) in tenant.engine.waiting() {
                let labels = LaneLabels {
                    tenant: name.clone(),
                    caller: caller.as_ref().into(),
                };
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

    fn store(&self, health: &StoreHealth, counted: &MetricsSnapshot) {
        self.store_ready.set(i64::from(health.available));
        let syncs = counted.sync.count();
        let average = counted.sync.sum.checked_div(syncs).unwrap_or(0);
        let values = [
            ("answered", counted.answered),
            ("ours", counted.ours),
            ("theirs", counted.theirs),
            ("records", counted.records),
            ("raced", counted.raced),
            ("failures", counted.failures),
            ("recoveries", counted.recoveries),
            ("syncs", syncs),
            ("average_sync_microseconds", average),
        ];
        for (what, value) in values {
            let labels = StoreLabels { what };
            self.store.get_or_create(&labels).set(value as i64);
        }
    }

    fn token(&self, tenant: &str, source: &mls_signer_engine::SourceHealth) {
        let labels = TokenLabels {
            tenant: tenant.into(),
            token: source.name.clone(),
        };
        let ready = source.phase == mls_signer_engine::Phase::Ready;
        let set = |family: &Family<TokenLabels, Gauge>, value: i64| {
            family.get_or_create(&labels).set(value);
        };
        set(&self.token_ready, i64::from(ready));
        set(&self.token_signatures, source.signatures as i64);
        set(&self.token_rejected, source.rejected as i64);
        set(&self.token_breaker, source.breaker_opened as i64);
        for (step, count) in &source.steps {
            let labels = StepLabels {
                tenant: tenant.into(),
                token: source.name.clone(),
                step: step.to_string(),
            };
            self.recoveries.get_or_create(&labels).set(*count as i64);
        }
    }
}
