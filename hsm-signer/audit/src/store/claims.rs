//! Who signs what at present, in this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_message::hash::sha256;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signed_removal::SignedRemoval;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout_at};

use crate::VerifyingKey;
use crate::chain::Hash;
use crate::request::{Digest, RequestKey};
use crate::sync::{Mutex, locked};

/// What a request was answered, for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The MLSMessage.
    pub message: Vec<u8>,
    /// Its ProposalRef, by the
    /// [`reference_hash`](mls_signer_message::scheme::Scheme::reference_hash) of the key's scheme.
    pub proposal_ref: Vec<u8>,
    /// The audit record's place in the tenant's chain.
    pub sequence: u64,
}

/// An answer as the database has it, and the hash of the message in the record beside it; `None`
/// where that is not a record in its place in the chain, or another row has the same request.
pub(super) struct StoredAnswer {
    pub(super) answer: Answer,
    pub(super) recorded: Option<Hash>,
}

impl StoredAnswer {
    /// Whether it is the answer that was given to `request`: signed by its key, and byte by byte
    /// what was recorded, for one ECDSA signature is easily made into another. Who writes the
    /// database could exchange it.
    pub(super) fn is_to(&self, request: &RequestKey) -> bool {
        let answer = &self.answer;
        if self.recorded != Some(sha256(&answer.message)) {
            return false;
        }
        let Some(signed) = SignedRemoval::read(answer.message.clone()) else {
            return false;
        };
        let VerifyingKey { scheme, public_key } = &request.key;
        let reference = Scheme::by_signature_scheme(*scheme)
            .map(|scheme| signed.proposal_ref(scheme.reference_hash));
        let (input, signature) = (signed.signature_input(), signed.signature());
        let crypto = HwCrypto::default();
        *signed.removal() == request.removal
            && reference.as_ref() == Some(&answer.proposal_ref)
            && crypto
                .verify_signature(*scheme, &input, public_key, signature)
                .is_ok()
    }
}

/// What the database knows of a request.
pub(super) enum RequestState {
    Answered(StoredAnswer),
    /// No answer, and no other replica has it.
    Free,
    /// Another replica is signing it.
    #[cfg(feature = "postgres")]
    Elsewhere,
}

/// What became of a request that was to be signed.
#[derive(Debug)]
pub enum Claim {
    /// It was signed before.
    Answered(Answer),
    /// It is the caller's to sign.
    Ours(Ours),
    /// Another caller is signing it, in this process or in another replica.
    Theirs(Theirs),
}

/// The right to sign a request, which nobody else has meanwhile. Dropped, it lets another
/// caller sign.
pub struct Ours {
    request: RequestKey,
    digest: Digest,
    outcome: watch::Sender<Option<Answer>>,
    claims: Arc<Claims>,
}

struct HeldClaim {
    outcome: watch::Receiver<Option<Answer>>,
    /// Whether the database has a lock for it.
    locked: bool,
}

impl Ours {
    /// What is to be signed.
    pub fn request(&self) -> &RequestKey {
        &self.request
    }

    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Tells whoever waits. To be called when the answer is durable, not before.
    pub(super) fn answered(self, answer: &Answer) {
        self.outcome.send_replace(Some(answer.clone()));
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let held = locked(&self.claims.held).remove(&self.digest);
        if held.is_some_and(|held| held.locked) {
            // Where nobody listens any more the locks have ended with the connection.
            let _ = self.claims.released.send(self.digest);
        }
    }
}

impl fmt::Debug for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ours").field(&self.request).finish()
    }
}

/// A request that another caller is signing.
#[derive(Debug)]
pub struct Theirs(Option<watch::Receiver<Option<Answer>>>);

/// How long another replica is left alone before it is asked again.
const REMOTE_PAUSE: Duration = Duration::from_millis(5);

impl Theirs {
    /// Another replica has it: there is nobody to wait for in this process.
    #[cfg(feature = "postgres")]
    pub(super) fn elsewhere() -> Self {
        Self(None)
    }

    /// Waits until the other caller is done, or `deadline`. `None` means: claim it again, for
    /// the other gave up, or is another replica, of which only the database knows.
    ///
    /// Whoever waits must have committed or dropped its own claims, or two callers that hold
    /// what the other wants wait for each other; [`Store::settle`](super::Store::settle) does.
    pub async fn wait(self, deadline: Instant) -> Option<Answer> {
        let Some(mut outcome) = self.0 else {
            let until = deadline.min(Instant::now() + REMOTE_PAUSE);
            sleep_until(until.into()).await;
            return None;
        };
        let answered = outcome.wait_for(Option::is_some);
        let answered = timeout_at(deadline.into(), answered).await;
        answered.ok()?.ok()?.clone()
    }
}

pub(super) struct Claims {
    held: Mutex<HashMap<Digest, HeldClaim>>,
    most: usize,
    released: mpsc::UnboundedSender<Digest>,
}

impl Claims {
    /// Room for `most` claims. Those that had a lock are sent to the receiver when they end.
    pub(super) fn new(most: usize) -> (Arc<Self>, mpsc::UnboundedReceiver<Digest>) {
        let (released, ended) = mpsc::unbounded_channel();
        let claims = Self {
            held: Mutex::default(),
            most,
            released,
        };
        (Arc::new(claims), ended)
    }

    /// Claims a request in this process. `None` when there is no room.
    pub(super) fn claim(self: &Arc<Self>, request: &RequestKey) -> Option<Claim> {
        let digest = request.digest();
        let mut held = locked(&self.held);
        let room = held.len() < self.most;
        match held.entry(digest) {
            Entry::Occupied(theirs) => {
                let outcome = theirs.get().outcome.clone();
                Some(Claim::Theirs(Theirs(Some(outcome))))
            }
            Entry::Vacant(_) if !room => None,
            Entry::Vacant(place) => {
                let (outcome, receiver) = watch::channel(None);
                place.insert(HeldClaim {
                    outcome: receiver,
                    locked: false,
                });
                Some(Claim::Ours(Ours {
                    request: request.clone(),
                    digest,
                    outcome,
                    claims: Arc::clone(self),
                }))
            }
        }
    }

    /// Notes that the database has a lock for this claim, which is given back with it. False
    /// when the claim has ended, or has a lock already: then this one is to be given back.
    #[cfg(feature = "postgres")]
    pub(super) fn set_locked(&self, digest: &Digest) -> bool {
        let mut held = locked(&self.held);
        let held = held.get_mut(digest);
        held.is_some_and(|held| !std::mem::replace(&mut held.locked, true))
    }

    pub(super) fn count(&self) -> usize {
        locked(&self.held).len()
    }

    /// Those for which the database has, or had, a lock.
    #[cfg(feature = "postgres")]
    pub(super) fn locked(&self) -> Vec<Digest> {
        let held = locked(&self.held);
        let with_lock = held.iter().filter(|(_, held)| held.locked);
        with_lock.map(|(digest, _)| *digest).collect()
    }
}
