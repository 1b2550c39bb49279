//! What Prometheus reads.
//!
//! ```text
//! ServiceMetrics     what requests, connections and tenants do      here
//!   StageTimes       the parts of the way of a request              stages.rs
//!   TokenMetrics     what each token does                           tokens.rs
//!   ProcessMetrics   what the process takes                         process.rs
//! ```

mod process;
mod stages;
mod tokens;

use std::time::{SystemTime, UNIX_EPOCH};

use mls_signer_audit::FipsMark;
use mls_signer_audit::store::Store;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use process::ProcessMetrics;
pub use stages::{Stage, StageTimes};
use tokens::TokenMetrics;

use crate::access::AccessRules;
use crate::tenants::Tenants;

/// Before every name but those of the process.
const PREFIX: &str = "mls_hsm_signer";

/// Upper bounds of the latency histograms, in seconds.
const BOUNDS: [f64; 16] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
    2.0, 10.0,
];

type Labels<const N: usize> = [(&'static str, String); N];

pub struct ServiceMetrics {
    registry: Registry,
    removals: Family<Labels<3>, Counter>,
    requests: Family<Labels<2>, Counter>,
    stages: Family<Labels<1>, Histogram>,
    connections: Family<Labels<1>, Gauge>,
    refused_connections: Family<Labels<1>, Counter>,
    failed_handshakes: Family<Labels<2>, Counter>,
    sessions: Family<Labels<1>, Gauge>,
    busy_sessions: Family<Labels<1>, Gauge>,
    waiting: Family<Labels<2>, Gauge>,
    tokens: TokenMetrics,
    refused_keys: Family<Labels<1>, Gauge>,
    store_ready: Gauge,
    reloads: Family<Labels<2>, Counter>,
    certificates: Family<Labels<1>, Gauge>,
    lists: Family<Labels<1>, Gauge>,
    checkpoints: Family<Labels<1>, Gauge>,
    checkpoint_failures: Family<Labels<1>, Counter>,
    sink_failures: Family<Labels<1>, Counter>,
}

impl ServiceMetrics {
    pub fn new(store: &Store, fips: &FipsMark) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessMetrics::started_now()));
        let all = registry.sub_registry_with_prefix(PREFIX);
        store.metrics().register(all);
        all.register("build", "What runs", Info::new(build(fips)));
        let stages: Family<Labels<1>, Histogram> =
            Family::new_with_constructor(|| Histogram::new(BOUNDS));
        let help = "Seconds in each stage of a request";
        all.register_with_unit("stage_duration", help, Unit::Seconds, stages.clone());
        Self {
            certificates: timestamps(
                all,
                "certificate_expiry_timestamp",
                "When the first of the certificates in force ends, in seconds since 1970",
            ),
            lists: timestamps(
                all,
                "revocation_list_expiry_timestamp",
                "When the first of the revocation lists in force is out of date, in seconds since 1970",
            ),
            checkpoints: timestamps(
                all,
                "checkpoint_success_timestamp",
                "When a checkpoint was last found to be on all of the log, or put there and sent, in \
                 seconds since 1970",
            ),
            checkpoint_failures: shown(
                all,
                "checkpoint_failures",
                "How often a checkpoint was not signed, or not kept",
            ),
            sink_failures: shown(
                all,
                "checkpoint_sink_failures",
                "How often a checkpoint did not leave the database",
            ),
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
            tokens: TokenMetrics::new(all),
            refused_keys: shown(
                all,
                "refused_keys",
                "Keys that are named as removal keys and cannot be used",
            ),
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
    pub fn failed_handshakes(&self, listener: &'static str, reason: &'static str) -> Counter {
        let labels = [("listener", listener.into()), ("reason", reason.into())];
        self.failed_handshakes.get_or_create_owned(&labels)
    }

    /// Every record of the tenant's log is under a checkpoint, which the sink has.
    pub fn checkpoint(&self, tenant: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let gauge = self.checkpoints.get_or_create(&[("tenant", tenant.into())]);
        gauge.set(now.unwrap_or_default().as_secs() as i64);
    }

    /// Checkpoints of the tenant's log that were not signed, or not kept.
    pub fn checkpoint_failures(&self, tenant: &str) -> Counter {
        let labels = [("tenant", tenant.into())];
        self.checkpoint_failures.get_or_create_owned(&labels)
    }

    /// Checkpoints of the tenant's log that the sink did not take.
    pub fn sink_failures(&self, tenant: &str) -> Counter {
        let labels = [("tenant", tenant.into())];
        self.sink_failures.get_or_create_owned(&labels)
    }

    /// The text that Prometheus reads, with who may ask, the engines and the store as they are now.
    pub fn text(&self, access: &AccessRules, tenants: &Tenants, store: &Store) -> String {
        self.expiries(access);
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
                self.tokens.set(name, &source);
            }
        }
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn expiries(&self, access: &AccessRules) {
        for (family, what, until) in [
            (&self.certificates, "service", access.certificate_until()),
            (&self.certificates, "client_roots", access.roots_until()),
            (&self.lists, "client_roots", access.lists_until()),
        ] {
            let labels = [("of", what.into())];
            match until {
                Some(until) => {
                    family.get_or_create(&labels).set(until as i64);
                }
                None => {
                    family.remove(&labels);
                }
            }
        }
    }
}

/// The labels of what runs.
fn build(fips: &FipsMark) -> Labels<3> {
    [
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("fips_status", format!("{:?}", fips.status)),
        ("fips_module", fips.module.clone()),
    ]
}

/// New gauges of moments, in seconds.
fn timestamps(registry: &mut Registry, name: &str, help: &str) -> Family<Labels<1>, Gauge> {
    let family = Family::default();
    registry.register_with_unit(name, help, Unit::Seconds, family.clone());
    family
}

/// A new metric that `registry` shows.
fn shown<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}
