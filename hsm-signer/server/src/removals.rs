//! The way of a batch: checked against the policy, claimed in the store, signed, recorded,
//! released.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::callers::CallerPolicy;
use super::core::Core;
use super::identity::Peer;
use super::metrics::{Stage, StageTimes};
use super::problem::{FAILED, KEY_UNKNOWN, LATE, Problem};
use super::request::{Wanted, WantedKey};
use super::tenants::{Tenant, verifying};
use mls_signer_audit::RequestKey;
use mls_signer_audit::store::{Answer, Ours, Signed, Unsettled};
use mls_signer_engine::{EngineError, Key, Lane, Proposal};
use mls_signer_message::Removal;
use mls_signer_message::signed_removal::SignedRemoval;
use mls_signer_token::sync::{Mutex, locked};
use tokio::sync::oneshot;

/// Answers to what was ready in time may take so much longer to be put together.
const GRACE: Duration = Duration::from_millis(250);

/// A removal, and the key that is to sign it.
type Ask = (Arc<Key>, Removal);

/// A batch on its way from the request to the store, the HSM and back.
pub struct Order {
    pub core: Arc<Core>,
    pub caller: Arc<CallerPolicy>,
    /// How the caller proved to be that.
    pub peer: Peer,
    /// The caller's name for the request; empty where it gave none.
    pub request_id: String,
    pub tenant: Arc<Tenant>,
    pub deadline: Instant,
}

/// A proposal that is recorded and may be released.
#[derive(Clone)]
pub struct Released {
    /// The serialized MLSMessage.
    pub message: Vec<u8>,
    /// Its ProposalRef.
    pub reference: Vec<u8>,
    pub key: Arc<Key>,
}

/// What became of one removal.
pub type RemovalOutcome = Result<Released, Problem>;

impl Order {
    /// An outcome for each removal, in order; `wanted` has why one could not be read.
    ///
    /// What is being signed is signed and recorded even if the caller has gone: its answer
    /// waits in the store.
    pub async fn carry_out(
        self,
        wanted: Vec<Result<Wanted, Problem>>,
        times: &mut StageTimes,
    ) -> Result<Vec<RemovalOutcome>, Problem> {
        let began = Instant::now();
        let order = Arc::new(self);
        let checked: Vec<_> = wanted.iter().map(|wanted| order.check(wanted)).collect();
        let (asks, places) = unique(&checked);
        times.set(Stage::Check, began.elapsed());
        let (working, stages) = (Arc::clone(&order), *times);
        let busy = order.core.busy.token();
        let task = tokio::spawn(async move {
            let settled = working.settle(asks, stages).await;
            drop(busy);
            settled
        });
        let settled = tokio::time::timeout_at((order.deadline + GRACE).into(), task).await;
        let settled = settled.map_err(|_| LATE.because("the batch was not answered in time"))?;
        let (outcomes, stages) = settled.map_err(|_| FAILED.because("the batch was given up"))?;
        *times = stages;
        let places = checked.into_iter().zip(places).zip(&wanted);
        let outcomes: Vec<RemovalOutcome> = places
            .map(|((checked, place), wanted)| {
                checked?;
                in_suite(outcomes[place].clone()?, wanted)
            })
            .collect();
        order.count(&outcomes);
        Ok(outcomes)
    }

    fn check(&self, wanted: &Result<Wanted, Problem>) -> Result<Ask, Problem> {
        let wanted = wanted.as_ref().map_err(Clone::clone)?;
        let engine = &self.tenant.engine;
        let found = match &wanted.key {
            WantedKey::Current(scheme) => engine.key_of_scheme(scheme),
            WantedKey::Named(public_key, _) => engine.key_by_public_key(public_key),
        };
        let key = found.map_err(|error| self.failed(&error))?;
        if let WantedKey::Named(_, Some(scheme)) = &wanted.key
            && scheme.name != key.scheme().name
        {
            let title = key.scheme().title;
            return Err(KEY_UNKNOWN.because(format!("the key with that public key is {title}")));
        }
        let group_id = &wanted.removal.group_id;
        self.caller.may_remove(key.scheme(), group_id)?;
        Ok((key, wanted.removal.clone()))
    }

    fn count(&self, outcomes: &[RemovalOutcome]) {
        for outcome in outcomes {
            let (scheme, outcome) = match outcome {
                Ok(released) => (released.key.scheme().name, "signed"),
                Err(problem) => ("", problem.kind.code),
            };
            self.core
                .metrics
                .removal(&self.tenant.name, scheme, outcome);
        }
    }
}

/// The same with the ProposalRef of the group's ciphersuite, where one is named whose hash is
/// not the scheme's usual one.
fn in_suite(mut released: Released, wanted: &Result<Wanted, Problem>) -> RemovalOutcome {
    let hash = wanted.as_ref().ok().and_then(|wanted| wanted.hash);
    let Some(hash) = hash.filter(|hash| *hash != released.key.scheme().reference_hash) else {
        return Ok(released);
    };
    let proposal = SignedRemoval::read(released.message.clone());
    let proposal = proposal.ok_or_else(|| FAILED.because("the message is no proposal"))?;
    released.reference = proposal.proposal_ref(hash);
    Ok(released)
}

/// The removals that differ, and for each of `checked` which of them it is.
fn unique(checked: &[Result<Ask, Problem>]) -> (Vec<Ask>, Vec<usize>) {
    let mut seen: HashMap<(*const Key, &Removal), usize> = HashMap::new();
    let mut asks: Vec<Ask> = Vec::new();
    let mut places = Vec::with_capacity(checked.len());
    for checked in checked {
        let Ok(ask) = checked else {
            places.push(0);
            continue;
        };
        let place = seen.entry((Arc::as_ptr(&ask.0), &ask.1));
        let place = *place.or_insert_with(|| {
            asks.push(ask.clone());
            asks.len() - 1
        });
        places.push(place);
    }
    (asks, places)
}

/// The stages of a batch, and when the last signature was there.
type Took = (StageTimes, Option<Instant>);

impl Order {
    /// An outcome for each ask, in order.
    async fn settle(&self, asks: Vec<Ask>, times: StageTimes) -> (Vec<RemovalOutcome>, StageTimes) {
        let request = |(key, removal): &Ask| RequestKey {
            tenant: self.tenant.name.as_ref().into(),
            key: verifying(key),
            removal: removal.clone(),
        };
        let requests: Vec<RequestKey> = asks.iter().map(request).collect();
        let began = Instant::now();
        let took = Mutex::new((times, None));
        let settled = self.core.store.settle(&requests, self.deadline, |ours| {
            let claim = began.elapsed();
            let wanted = ours.iter().map(|(at, _)| asks[*at].clone()).collect();
            let took = &took;
            async move {
                let signed = self.sign(ours, wanted, took).await;
                let (times, ended) = &mut *locked(took);
                times.set(Stage::Claim, claim);
                *ended = Some(Instant::now());
                signed
            }
        });
        let settled = settled.await;
        let (mut times, ended) = *locked(&took);
        match ended {
            Some(ended) => times.set(Stage::Record, ended.elapsed()),
            None => times.set(Stage::Claim, began.elapsed()),
        }
        let outcome = |(ask, settled): (&Ask, Result<Answer, Unsettled<Problem>>)| match settled {
            Ok(answer) => Ok(Released {
                message: answer.message,
                reference: answer.proposal_ref,
                key: Arc::clone(&ask.0),
            }),
            Err(Unsettled::NotSigned(problem)) => Err(problem),
            Err(Unsettled::Store(error)) => Err(error.into()),
        };
        (asks.iter().zip(settled).map(outcome).collect(), times)
    }

    /// Has what is ours signed: what is to be recorded of each, or why there is nothing.
    async fn sign(
        &self,
        ours: Vec<(usize, Ours)>,
        wanted: Vec<Ask>,
        took: &Mutex<Took>,
    ) -> Vec<(usize, Result<Signed, Problem>)> {
        let lane = Lane {
            name: Arc::clone(&self.caller.name),
            weight: self.caller.weight,
            capacity: self.caller.waiting,
        };
        let (done, answer) = oneshot::channel();
        let engine = &self.tenant.engine;
        let submitted =
            engine.submit_removals(&lane, &wanted, self.deadline, |proposals, times| {
                // Who asked may have gone; what was signed is then signed again some day.
                let _ = done.send((proposals, times));
            });
        let answered = match submitted {
            Ok(()) => answer.await.map_err(|_| EngineError::Stopped),
            Err(error) => Err(error),
        };
        let (proposals, times) = match answered {
            Ok(answered) => answered,
            Err(error) => {
                let problem = self.failed(&error);
                let refused = |(at, _)| (at, Err(problem.clone()));
                return ours.into_iter().map(refused).collect();
            }
        };
        let mut took = locked(took);
        took.0.set(Stage::Queue, times.queue);
        took.0.set(Stage::Sign, times.signing);
        drop(took);
        let parts = ours.into_iter().zip(wanted).zip(proposals);
        let parts = parts.map(|(((at, claim), (key, _)), proposal)| {
            let signed = proposal.map(|proposal| self.signed(claim, &key, proposal));
            (at, signed.map_err(|error| self.failed(&error)))
        });
        parts.collect()
    }

    fn signed(&self, claim: Ours, key: &Key, proposal: Proposal) -> Signed {
        Signed {
            claim,
            proposal: proposal.signed,
            caller: mls_signer_audit::Caller {
                name: self.caller.name.as_ref().into(),
                authentication: self.peer.to_string(),
            },
            request_id: self.request_id.clone(),
            key_label: key.object().label.clone(),
            scheme: key.scheme(),
            source: proposal.source.as_ref().into(),
        }
    }

    /// What the caller is told; the reason is logged, though not each time.
    fn failed(&self, error: &EngineError) -> Problem {
        let tenant = &self.tenant;
        if let Some(left_out) = tenant.refusals.admit() {
            tracing::warn!(tenant = %tenant.name, %error, left_out, "removals are not signed");
        }
        Problem::from(error)
    }
}
