//! The callers as the configuration has them now, and what each may do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use mls_signer_message::scheme::Scheme;
use serde_json::json;

use crate::config::{CallerConfig, Config, Permission, San, ServiceLimits};
use crate::identity::Peer;
use crate::problem::{
    BATCH_LARGE, CALLER_UNKNOWN, GROUP_REFUSED, NOT_PERMITTED, Problem, RATE, SCHEME_REFUSED,
    TENANT_NEEDED, TENANT_REFUSED,
};
use crate::rate::TokenBucket;

/// Seconds' worth of removals at once, unless the configuration says otherwise.
const BURST_SECONDS: u32 = 10;

pub struct CallerPolicy {
    pub name: Arc<str>,
    /// Its share of the HSM.
    pub weight: usize,
    /// How many of its removals may wait.
    pub waiting: usize,
    batch: usize,
    bucket: Option<TokenBucket>,
    prefixes: Vec<Vec<u8>>,
    config: CallerConfig,
}

/// All callers, by what they are known by.
pub struct Callers {
    by_uid: HashMap<u32, Arc<CallerPolicy>>,
    by_san: HashMap<San, Arc<CallerPolicy>>,
    development: Option<Arc<CallerPolicy>>,
}

impl Callers {
    pub fn new(config: &Config) -> Self {
        let mut callers = Self {
            by_uid: HashMap::new(),
            by_san: HashMap::new(),
            development: None,
        };
        let plain = config.listen.plain.as_ref().map(|plain| &plain.caller);
        for one in &config.callers {
            let caller = Arc::new(CallerPolicy::new(one, &config.limits));
            for uid in &one.unix_uids {
                callers.by_uid.insert(*uid, Arc::clone(&caller));
            }
            for san in &one.sans {
                callers.by_san.insert(san.clone(), Arc::clone(&caller));
            }
            if plain == Some(&one.name) {
                callers.development = Some(caller);
            }
        }
        callers
    }

    /// Who is at the other end.
    pub fn of(&self, peer: &Peer) -> Result<Arc<CallerPolicy>, Problem> {
        let found = match peer {
            Peer::User(uid) => self.by_uid.get(uid),
            Peer::Development => self.development.as_ref(),
            Peer::Certificate(names) => {
                let mut callers = names.iter().filter_map(|name| self.by_san.get(name));
                let first = callers.next();
                for other in callers {
                    if !first.is_some_and(|first| Arc::ptr_eq(first, other)) {
                        return Err(CALLER_UNKNOWN.because("the certificate names two callers"));
                    }
                }
                first
            }
        };
        found.cloned().ok_or_else(|| {
            CALLER_UNKNOWN.because(match peer {
                Peer::User(uid) => format!("no caller has the user id {uid}"),
                Peer::Certificate(names) => {
                    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                    let names = names.join(", ");
                    format!("no caller has a name of the certificate: {names}")
                }
                Peer::Development => "there is no caller for development".into(),
            })
        })
    }
}

impl CallerPolicy {
    fn new(config: &CallerConfig, limits: &ServiceLimits) -> Self {
        let or = |value: usize, default: usize| if value == 0 { default } else { value };
        let rate = config.removals_per_second;
        let burst = match config.burst {
            0 => rate.saturating_mul(BURST_SECONDS),
            burst => burst,
        };
        Self {
            name: config.name.as_str().into(),
            weight: config.weight as usize,
            prefixes: config.prefixes(),
            bucket: (rate > 0).then(|| TokenBucket::new(rate, burst)),
            batch: or(config.batch, limits.batch).min(limits.batch),
            waiting: or(config.waiting, limits.waiting.div_ceil(2)),
            config: config.clone(),
        }
    }

    pub fn must(&self, permission: Permission) -> Result<(), Problem> {
        if self.config.may.contains(&permission) {
            return Ok(());
        }
        let permission = json!(permission);
        let permission = permission.as_str().unwrap_or_default();
        let reason = format!("{} has not the permission {permission}", self.name);
        Err(NOT_PERMITTED.because(reason))
    }

    /// The tenant that is asked for, or the caller's only one.
    pub fn tenant(&self, asked: Option<&str>) -> Result<&str, Problem> {
        match (asked, self.config.tenants.as_slice()) {
            (Some(asked), all) => match all.iter().find(|tenant| *tenant == asked) {
                Some(tenant) => Ok(tenant),
                None => Err(TENANT_REFUSED.because("the tenant is none of the caller's")),
            },
            (None, [only]) => Ok(only),
            (None, []) => Err(TENANT_REFUSED.because("the caller has no tenant")),
            (None, all) => Err(TENANT_NEEDED.because(format!("it is one of: {}", all.join(", ")))),
        }
    }

    /// Whether it may send `count` removals, in one request and by its rate. If so, they count
    /// against its rate.
    pub fn admit(&self, count: usize) -> Result<(), Problem> {
        if count > self.batch {
            return Err(BATCH_LARGE.because(format!("{count} removals; at most {}", self.batch)));
        }
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        bucket.take(count, Instant::now()).map_err(|wait| {
            let milliseconds = wait.as_millis() + 1;
            Problem {
                retry_after: Some(u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX)),
                ..RATE.because(format!("there is room again in {milliseconds} ms"))
            }
        })
    }

    /// Whether it may use the scheme in the group.
    pub fn may_remove(&self, scheme: &Scheme, group_id: &[u8]) -> Result<(), Problem> {
        let schemes = &self.config.schemes;
        if !schemes.is_empty() && !schemes.iter().any(|name| name == scheme.name) {
            return Err(SCHEME_REFUSED.because(format!("{} is not allowed", scheme.name)));
        }
        let starts = |prefix: &Vec<u8>| group_id.starts_with(prefix);
        if !self.prefixes.is_empty() && !self.prefixes.iter().any(starts) {
            return Err(GROUP_REFUSED.because("the group id has none of the caller's prefixes"));
        }
        Ok(())
    }
}
