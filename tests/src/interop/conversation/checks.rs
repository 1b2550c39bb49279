//! What must hold in every epoch, and how a failure is reported.

use std::fmt::Debug;

use super::super::member::Failure;
use super::super::wire_format::{self, wire_format};
use super::Conversation;

const EXPORTER_LABEL: &str = "interop";

/// No multiple of any suite's hash length.
const EXPORTER_LENGTH: usize = 77;

impl Conversation<'_> {
    /// All members are in the same epoch and hold the same secrets, which are
    /// new, and which nobody who was removed holds.
    pub(super) fn check_agreement(&mut self) {
        let exported = self.export(0);
        let authenticator = self.authenticator(0);
        for index in 0..self.members.len() {
            let name = self.members[index].name;
            let epoch = self.expect(name, self.members[index].client.epoch());
            self.expect_equal(name, "the epoch", &epoch, &self.epoch);
            self.expect_equal(name, "the exported secret", &self.export(index), &exported);
            let own = self.authenticator(index);
            self.expect_equal(name, "the epoch authenticator", &own, &authenticator);
        }
        self.check_renewal(authenticator);
        self.check_removed_cannot_export(&exported);
    }

    /// Every member sends a message that all others read and nobody who was
    /// removed can read.
    pub(super) fn check_messages(&mut self) {
        for speaker in self.names() {
            let plaintext = format!("{speaker} in epoch {}", self.epoch).into_bytes();
            let message = self.operate(speaker, |client| client.encrypt(&plaintext));
            self.expect_format(speaker, &message, wire_format::PRIVATE_MESSAGE);
            self.check_read(speaker, &message, &plaintext);
            self.check_refused(&message);
        }
    }

    fn check_renewal(&mut self, authenticator: Vec<u8>) {
        let renewed = authenticator != self.epoch_authenticator;
        self.expect_equal("all", "a new epoch authenticator", &renewed, &true);
        self.epoch_authenticator = authenticator;
    }

    fn check_removed_cannot_export(&self, exported: &[u8]) {
        for removed in &self.removed {
            let own = removed
                .client
                .export(EXPORTER_LABEL, &self.context(), EXPORTER_LENGTH);
            let holds = own.is_ok_and(|own| own == exported);
            self.expect_equal(removed.name, "holding the group's secret", &holds, &false);
        }
    }

    fn check_read(&mut self, speaker: &'static str, message: &[u8], plaintext: &[u8]) {
        for reader in self.names_except(speaker) {
            let read = self.operate(reader, |client| client.decrypt(message));
            self.expect_equal(reader, "the plaintext", read.as_slice(), plaintext);
            self.tally.messages_read += 1;
        }
    }

    fn check_refused(&mut self, message: &[u8]) {
        for index in 0..self.removed.len() {
            let read = self.removed[index].client.decrypt(message).is_ok();
            self.expect_equal(self.removed[index].name, "reading on", &read, &false);
            self.tally.messages_refused += 1;
        }
    }

    fn export(&self, index: usize) -> Vec<u8> {
        let member = &self.members[index];
        let secret = member
            .client
            .export(EXPORTER_LABEL, &self.context(), EXPORTER_LENGTH);
        self.expect(member.name, secret)
    }

    /// The exporter's context.
    fn context(&self) -> [u8; 8] {
        self.epoch.to_be_bytes()
    }

    fn authenticator(&self, index: usize) -> Vec<u8> {
        let member = &self.members[index];
        self.expect(member.name, member.client.epoch_authenticator())
    }
}

/// Failures say which case, epoch, step and member.
impl Conversation<'_> {
    pub(super) fn expect<T>(&self, name: &str, result: Result<T, Failure>) -> T {
        result.unwrap_or_else(|failure| self.fail(name, &failure.to_string()))
    }

    pub(super) fn expect_equal<T: Debug + PartialEq + ?Sized>(
        &self,
        name: &str,
        what: &str,
        actual: &T,
        expected: &T,
    ) {
        if actual != expected {
            self.fail(name, &format!("{what}: {actual:?}, expected {expected:?}"))
        }
    }

    pub(super) fn expect_format(&self, name: &str, message: &[u8], format: u16) {
        let actual = wire_format(message);
        self.expect_equal(name, "the wire format", &actual, &Some(format));
    }

    fn fail(&self, name: &str, what: &str) -> ! {
        let Self {
            case, epoch, step, ..
        } = self;
        panic!("{case}: epoch {epoch}: {step}: {name}: {what}")
    }
}
