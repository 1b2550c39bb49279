//! The callers as the configuration has them now, and what each may do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use mls_signer_client::tls::{ClientTrust, RootId, root_ids};
use mls_signer_message::scheme::Scheme;
use mls_signer_token::error::Error;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::config::{CallerConfig, Config, Permission, San, ServiceLimits};
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
    /// Its pages of the audit log: one is made at a time.
    pub pages: Semaphore,
    batch: usize,
    bucket: Option<TokenBucket>,
    prefixes: Vec<Vec<u8>>,
    config: CallerConfig,
}

/// All callers, by what they are known by.
pub struct Callers {
    /// Each with the roots under which its names count.
    all: Vec<(Arc<CallerPolicy>, Vec<RootId>)>,
    by_uid: HashMap<u32, Arc<CallerPolicy>>,
    by_name: HashMap<(RootId, San), Arc<CallerPolicy>>,
    development: Option<Arc<CallerPolicy>>,
}

impl Callers {
    /// The configuration's, and what is wrong with some; `trust` has the roots of their
    /// certificates. Who has not changed since `before` has no more to spend than before, and
    /// whose own root cannot be had counts under those of before: nobody's removal waits for that.
    /// A name that two callers claim counts for neither.
    pub fn new(
        config: &Config,
        trust: Option<&ClientTrust>,
        before: Option<&Self>,
    ) -> (Self, Vec<Error>) {
        let mut faults = Vec::new();
        let mut contested = HashSet::new();
        let mut callers = Self {
            all: Vec::new(),
            by_uid: HashMap::new(),
            by_name: HashMap::new(),
            development: None,
        };
        let roots: Vec<RootId> = trust.into_iter().flat_map(ClientTrust::roots).collect();
        let plain = config.listen.plain.as_ref().map(|plain| &plain.caller);
        for one in &config.callers {
            let kept = before.and_then(|before| before.kept(one));
            let caller = kept.unwrap_or_else(|| CallerPolicy::new(one, &config.limits).into());
            for uid in &one.unix_uids {
                callers.by_uid.insert(*uid, Arc::clone(&caller));
            }
            let own = roots_of(one, &roots).unwrap_or_else(|fault| {
                faults.push(fault);
                before
                    .map(|before| before.roots(&one.name))
                    .unwrap_or_default()
            });
            for san in &one.sans {
                for root in &own {
                    let known = (*root, san.clone());
                    if let Some(other) = callers.add_name(known.clone(), &caller)
                        && contested.insert(known)
                    {
                        faults.push(belongs_to_two(san, &other, &caller));
                    }
                }
            }
            if plain == Some(&one.name) {
                callers.development = Some(Arc::clone(&caller));
            }
            callers.all.push((caller, own));
        }
        callers
            .by_name
            .retain(|known, _| !contested.contains(known));
        (callers, faults)
    }

    /// The caller that had the name under the root before, if it is another one.
    fn add_name(
        &mut self,
        known: (RootId, San),
        caller: &Arc<CallerPolicy>,
    ) -> Option<Arc<CallerPolicy>> {
        let before = self.by_name.insert(known, Arc::clone(caller))?;
        (!Arc::ptr_eq(&before, caller)).then_some(before)
    }

    /// The roots under which the names of the caller of that name count.
    fn roots(&self, name: &str) -> Vec<RootId> {
        let mut all = self.all.iter();
        let found = all.find(|(caller, _)| &*caller.name == name);
        found.map(|(_, roots)| roots.clone()).unwrap_or_default()
    }

    /// The caller whose configuration is the same, with what it has spent of its rate.
    fn kept(&self, config: &CallerConfig) -> Option<Arc<CallerPolicy>> {
        let mut all = self.all.iter().map(|(caller, _)| caller);
        all.find(|caller| caller.config == *config).cloned()
    }

    /// Who the process's user is.
    pub fn user(&self, uid: u32) -> Result<Arc<CallerPolicy>, Problem> {
        let found = self.by_uid.get(&uid).cloned();
        found.ok_or_else(|| CALLER_UNKNOWN.because(format!("no caller has the user id {uid}")))
    }

    /// Whose certificate has these names and leads to these roots.
    pub fn certificate(
        &self,
        names: &[San],
        roots: &[RootId],
    ) -> Result<Arc<CallerPolicy>, Problem> {
        let pairs = roots
            .iter()
            .flat_map(|root| names.iter().map(|name| (*root, name.clone())));
        let mut callers = pairs.filter_map(|known| self.by_name.get(&known));
        let Some(first) = callers.next() else {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            let reason = format!("no caller has a name of the certificate under its root: {names}");
            return Err(CALLER_UNKNOWN.because(reason));
        };
        if callers.any(|other| !Arc::ptr_eq(first, other)) {
            return Err(CALLER_UNKNOWN.because("the certificate names two callers"));
        }
        Ok(Arc::clone(first))
    }

    /// Who everybody is on the development listener.
    pub fn development(&self) -> Result<Arc<CallerPolicy>, Problem> {
        let found = self.development.clone();
        found.ok_or_else(|| CALLER_UNKNOWN.because("there is no caller for development"))
    }
}

fn belongs_to_two(san: &San, one: &CallerPolicy, other: &CallerPolicy) -> Error {
    let (one, other) = (&one.name, &other.name);
    Error::Setup(format!(
        "{san} belongs to the callers {one} and {other} under the same root, and counts for neither"
    ))
}

/// The roots under which a caller's names count: those that it names, or the only one.
fn roots_of(caller: &CallerConfig, roots: &[RootId]) -> Result<Vec<RootId>, Error> {
    let wrong = |reason: String| Error::Setup(format!("caller {:?}: {reason}", caller.name));
    let Some(path) = &caller.client_root else {
        if roots.len() > 1 && !caller.sans.is_empty() {
            return Err(wrong(format!(
                "listen.tls.client_roots has {} roots: say under which the caller's names count, \
                 by client_root = \"a file with that root's certificate\"",
                roots.len()
            )));
        }
        return Ok(roots.to_vec());
    };
    let own = root_ids(path).map_err(|error| wrong(format!("client_root: {error}")))?;
    if own.iter().any(|root| !roots.contains(root)) {
        return Err(wrong(format!(
            "client_root: {} has a certificate that is not in listen.tls.client_roots",
            path.display()
        )));
    }
    Ok(own)
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
            pages: Semaphore::new(1),
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
