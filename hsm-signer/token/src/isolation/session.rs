//! A session in the child, as the parent sees it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::frame::{FRAME_LIMIT, decode, encode};
use super::message::{Question, SessionReply};
use super::process::no_frame;
use crate::error::{Error, ProcessError};
use crate::sync::locked;
use mls_signer_message::encoding::pkcs8::PrivateKey;
use mls_signer_message::scheme::Scheme;

use crate::mechanism::SigningMechanism;
use crate::pkcs11_scheme::PKCS11_SCHEMES;
use crate::token::{
    KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle, SignedPrefix, TokenSession,
};
use zeroize::Zeroizing;

/// What the longest answer or question has besides the items of a batch.
const ENVELOPE: usize = 1024;

/// Room in the answer for each signature of a curve's; those of P-521 have 132 bytes.
const SIGNATURE_ROOM: usize = 1024;

/// One session, over a channel of its own. None once an exchange on it failed.
pub(super) struct RemoteSession {
    channel: Mutex<Option<Channel>>,
    deadline: Instant,
}

impl RemoteSession {
    /// The session at the other end of `channel`, once the child says that it is open.
    ///
    /// # Errors
    /// Why it is not.
    pub fn opened(channel: Channel, deadline: Instant) -> Result<Self, Error> {
        let session = Self {
            channel: Mutex::new(Some(channel)),
            deadline,
        };
        match session.with_channel(|channel| receive(channel, Instant::now(), deadline))? {
            SessionReply::Done => Ok(session),
            SessionReply::Failed(error) => Err(error),
            _ => Err(session.out_of_step()),
        }
    }

    /// A channel on which an exchange fails is closed: an answer that comes late must not be
    /// taken for the next.
    fn with_channel<T>(
        &self,
        exchange: impl FnOnce(&mut Channel) -> Result<T, ProcessError>,
    ) -> Result<T, ProcessError> {
        let mut slot = locked(&self.channel);
        let done = slot.as_mut().ok_or(ProcessError::Gone).and_then(exchange);
        if done.is_err() {
            *slot = None;
        }
        done
    }

    /// Asks and waits for the answer.
    fn ask(&self, question: &Question<'_>) -> Result<SessionReply, Error> {
        let deadline = self.deadline;
        match self.with_channel(|channel| exchange(channel, question, deadline))? {
            SessionReply::Failed(error) => Err(error),
            answer => Ok(answer),
        }
    }

    fn done(&self, question: &Question<'_>) -> Result<(), Error> {
        match self.ask(question)? {
            SessionReply::Done => Ok(()),
            _ => Err(self.out_of_step()),
        }
    }

    fn pair(&self, question: &Question<'_>) -> Result<KeyPair, Error> {
        match self.ask(question)? {
            SessionReply::Pair(pair) => Ok(pair),
            _ => Err(self.out_of_step()),
        }
    }

    fn out_of_step(&self) -> Error {
        *locked(&self.channel) = None;
        ProcessError::OutOfStep.into()
    }

    /// Signs as many of `items` as a frame takes.
    fn sign_some(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        items: &[&[u8]],
    ) -> Result<SignedPrefix, Error> {
        let question = Question::Sign {
            key,
            mechanism,
            items: items.iter().copied().map(Into::into).collect(),
        };
        match self.ask(&question)? {
            SessionReply::Signed(signatures, failure)
                if signatures.len() <= items.len()
                    && (signatures.len() == items.len()) == failure.is_none() =>
            {
                Ok(SignedPrefix {
                    signatures,
                    failure,
                })
            }
            _ => Err(self.out_of_step()),
        }
    }
}

fn exchange(
    channel: &mut Channel,
    question: &Question<'_>,
    deadline: Instant,
) -> Result<SessionReply, ProcessError> {
    let began = Instant::now();
    let left = deadline.saturating_duration_since(began);
    let milliseconds = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
    channel
        .send(&encode(&(milliseconds, question))?, Some(deadline))
        .map_err(|reason| no_frame(reason, began))?;
    receive(channel, began, deadline)
}

fn receive(
    channel: &mut Channel,
    began: Instant,
    deadline: Instant,
) -> Result<SessionReply, ProcessError> {
    let frame = channel
        .receive(Some(deadline.max(began + Duration::from_millis(1))))
        .map_err(|reason| no_frame(reason, began))?;
    decode(frame)
}

/// Room in the answer for each signature by `mechanism`, with its length before it.
fn signature_room(mechanism: SigningMechanism) -> usize {
    let by_it = PKCS11_SCHEMES
        .iter()
        .filter(|row| row.sign == mechanism)
        .filter_map(|row| Scheme::by_signature_scheme(row.signature_scheme));
    let longest = by_it.map(|scheme| scheme.signature_length + 4).max();
    longest.unwrap_or(0).max(SIGNATURE_ROOM)
}

/// How many of `items` fit one frame, with their signatures in the answer; at least one,
/// which is refused when it is sent if it does not fit.
fn fitting(mechanism: SigningMechanism, items: &[&[u8]]) -> usize {
    let signature_room = signature_room(mechanism);
    let mut room = FRAME_LIMIT - ENVELOPE;
    let mut count = 0;
    for item in items {
        let needed = (item.len() + 4).max(signature_room);
        if needed > room {
            break;
        }
        room -= needed;
        count += 1;
    }
    count.max(1)
}

impl TokenSession for RemoteSession {
    fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn find(&self, class: KeyClass, selector: &KeySelector) -> Result<Vec<ObjectHandle>, Error> {
        match self.ask(&Question::Find(class, selector.clone()))? {
            SessionReply::Found(handles) => Ok(handles),
            _ => Err(self.out_of_step()),
        }
    }

    fn read(&self, key: ObjectHandle) -> Result<KeyObject, Error> {
        match self.ask(&Question::Read(key))? {
            SessionReply::Object(object) => Ok(*object),
            _ => Err(self.out_of_step()),
        }
    }

    fn sign(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mut prefix = self.sign_some(key, mechanism, &[data])?;
        match (prefix.signatures.pop(), prefix.failure) {
            (Some(signature), None) => Ok(signature),
            (_, Some(failure)) => Err(failure),
            (None, None) => Err(self.out_of_step()),
        }
    }

    fn sign_batch(
        &self,
        key: ObjectHandle,
        mechanism: SigningMechanism,
        items: &[&[u8]],
    ) -> SignedPrefix {
        let mut done = SignedPrefix::default();
        while done.signatures.len() < items.len() && done.failure.is_none() {
            let left = &items[done.signatures.len()..];
            match self.sign_some(key, mechanism, &left[..fitting(mechanism, left)]) {
                Ok(more) => {
                    done.signatures.extend(more.signatures);
                    done.failure = more.failure;
                }
                Err(error) => done.failure = Some(error),
            }
        }
        done
    }

    fn relabel(&self, object: ObjectHandle, label: &str) -> Result<(), Error> {
        self.done(&Question::Relabel(object, label.into()))
    }

    fn generate(&self, spec: &KeySpec) -> Result<KeyPair, Error> {
        self.pair(&Question::Generate(spec.clone()))
    }

    fn import(&self, spec: &KeySpec, key: &PrivateKey) -> Result<KeyPair, Error> {
        let secret = Zeroizing::new(key.secret().to_vec());
        self.pair(&Question::Import(spec.clone(), secret))
    }

    fn destroy(&self, object: ObjectHandle) -> Result<(), Error> {
        self.done(&Question::Destroy(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 150 bytes are a removal's; of ML-DSA-87 the signatures decide how many go together.
    #[test]
    fn the_signatures_of_what_goes_together_fit_the_answer() {
        let item: &[u8] = &[7; 150];
        let items = [item; 1000];
        for row in PKCS11_SCHEMES {
            let scheme = Scheme::by_signature_scheme(row.signature_scheme).unwrap();
            let count = fitting(row.sign, &items);
            let signatures = vec![vec![9; scheme.signature_length]; count];
            let answer = encode(&SessionReply::Signed(signatures, None)).unwrap();
            assert!(answer.len() <= FRAME_LIMIT, "{}: {count}", scheme.name);
            assert!(count >= 20, "{}: {count}", scheme.name);
        }
        assert_eq!(fitting(PKCS11_SCHEMES[0].sign, &[&[0; FRAME_LIMIT]]), 1);
    }
}
