//! A session in the child, as the parent sees it.

use std::time::{Duration, Instant};

use super::channel::Channel;
use super::dialogue::Dialogue;
use super::frame::{FRAME_LIMIT, encode};
use super::message::{Question, SessionReply};
use crate::error::Error;
use crate::mechanism::SigningMechanism;
use crate::pkcs11_scheme::PKCS11_SCHEMES;
use crate::token::{
    KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle, SignedPrefix, TokenSession,
};
use mls_signer_message::encoding::pkcs8::PrivateKey;
use mls_signer_message::scheme::Scheme;
use zeroize::Zeroizing;

/// What the longest answer or question has besides the items of a batch.
const ENVELOPE: usize = 1024;

/// Room in the answer for each signature of a curve's; those of P-521 have 132 bytes.
const SIGNATURE_ROOM: usize = 1024;

/// One session, over a channel of its own.
pub(super) struct RemoteSession {
    dialogue: Dialogue,
    deadline: Instant,
}

impl RemoteSession {
    /// The session at the other end of `dialogue`, once the child says that it is open.
    ///
    /// # Errors
    /// Why it is not.
    pub fn opened(dialogue: Dialogue, deadline: Instant) -> Result<Self, Error> {
        let session = Self { dialogue, deadline };
        match session.dialogue.ask(answered(deadline), |_| Ok(()))? {
            SessionReply::Done => Ok(session),
            SessionReply::Failed(error) => Err(error),
            _ => Err(session.out_of_step()),
        }
    }

    fn ask(&self, question: &Question<'_>) -> Result<SessionReply, Error> {
        let deadline = self.deadline;
        let left = deadline.saturating_duration_since(Instant::now());
        let milliseconds = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
        let frame = encode(&(milliseconds, question))?;
        let send = |channel: &Channel| channel.send(&frame, Some(deadline));
        match self.dialogue.ask(answered(deadline), send)? {
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
        self.dialogue.out_of_step().into()
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

/// However late it is, an answer that is there already is taken.
fn answered(deadline: Instant) -> Instant {
    deadline.max(Instant::now() + Duration::from_millis(1))
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

    fn label(&self, key: ObjectHandle) -> Result<String, Error> {
        match self.ask(&Question::Label(key))? {
            SessionReply::Label(label) => Ok(label),
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
