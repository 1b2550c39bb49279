//! Handshakes that did not prove who is at the other end: counted by the reason, and a few lines say
//! more.

use std::io;

use prometheus_client::metrics::counter::Counter;
use rustls::{CertificateError, Error};

use crate::log_limit::LogLimit;

/// Why a handshake failed, as metrics have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// No certificate was sent.
    NoCertificate,
    /// It is out of date, or not valid yet.
    CertificateExpired,
    CertificateRevoked,
    /// It leads to none of the roots.
    UnknownIssuer,
    /// The list of its issuer is out of date, or there is none.
    RevocationUnknown,
    /// It is no good for another reason.
    CertificateRefused,
    /// The caller does not trust the service's certificate, or ends it for a reason of its own.
    EndedByCaller,
    /// What was sent is no TLS 1.3 that both know.
    Protocol,
    /// Too long was nothing said.
    Silent,
    /// The connection was closed.
    Closed,
    /// Another connection needed its place, or the system failed.
    Other,
}

const REASONS: [Reason; 11] = [
    Reason::NoCertificate,
    Reason::CertificateExpired,
    Reason::CertificateRevoked,
    Reason::UnknownIssuer,
    Reason::RevocationUnknown,
    Reason::CertificateRefused,
    Reason::EndedByCaller,
    Reason::Protocol,
    Reason::Silent,
    Reason::Closed,
    Reason::Other,
];

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::NoCertificate => "no-certificate",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateRevoked => "certificate-revoked",
            Self::UnknownIssuer => "unknown-issuer",
            Self::RevocationUnknown => "revocation-unknown",
            Self::CertificateRefused => "certificate-refused",
            Self::EndedByCaller => "ended-by-caller",
            Self::Protocol => "protocol",
            Self::Silent => "silent",
            Self::Closed => "closed",
            Self::Other => "other",
        }
    }

    fn of(error: &io::Error) -> Self {
        let inner = error.get_ref();
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<Error>()) {
            return Self::of_tls(error);
        }
        match error.kind() {
            io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Other,
        }
    }

    fn of_tls(error: &Error) -> Self {
        match error {
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::AlertReceived(_) => Self::EndedByCaller,
            _ => Self::Protocol,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::CertificateExpired,
            CertificateError::Revoked => Self::CertificateRevoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::UnknownRevocationStatus
            | CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => Self::RevocationUnknown,
            _ => Self::CertificateRefused,
        }
    }
}

pub struct HandshakeFailures {
    listener: &'static str,
    counters: [Counter; REASONS.len()],
    lines: LogLimit,
}

impl HandshakeFailures {
    /// Of a listener; `counter` is each reason's. All are there from the start: increase() of
    /// Prometheus does not see the first step of one that was not.
    pub fn new(listener: &'static str, counter: impl Fn(&'static str) -> Counter) -> Self {
        Self {
            listener,
            counters: REASONS.map(|reason| counter(reason.name())),
            lines: LogLimit::default(),
        }
    }

    /// One more.
    pub fn add(&self, error: &io::Error) {
        self.counters[Reason::of(error) as usize].inc();
        if let Some(left_out) = self.lines.admit() {
            let (listener, reason) = (self.listener, error.to_string());
            tracing::warn!(
                listener,
                reason,
                left_out,
                "a connection did not prove who it is"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_at_its_own_place_under_its_own_name() {
        let mut names: Vec<_> = REASONS.map(Reason::name).into();
        for (place, reason) in REASONS.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REASONS.len());
    }

    #[test]
    fn errors_are_told_apart() {
        let tls = |error: Error| io::Error::new(io::ErrorKind::InvalidData, error);
        let certificate = |error| tls(Error::InvalidCertificate(error));
        for (error, reason) in [
            (tls(Error::NoCertificatesPresented), Reason::NoCertificate),
            (
                certificate(CertificateError::Expired),
                Reason::CertificateExpired,
            ),
            (
                certificate(CertificateError::Revoked),
                Reason::CertificateRevoked,
            ),
            (
                certificate(CertificateError::UnknownIssuer),
                Reason::UnknownIssuer,
            ),
            (
                certificate(CertificateError::ExpiredRevocationList),
                Reason::RevocationUnknown,
            ),
            (
                certificate(CertificateError::BadEncoding),
                Reason::CertificateRefused,
            ),
            (tls(Error::DecryptError), Reason::Protocol),
            (io::ErrorKind::TimedOut.into(), Reason::Silent),
            (io::ErrorKind::UnexpectedEof.into(), Reason::Closed),
            (io::Error::other("it gave way"), Reason::Other),
        ] {
            assert_eq!(Reason::of(&error), reason, "{error}");
        }
    }
}
