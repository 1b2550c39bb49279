//! The places of one listener: a few for connections whose peer is not known yet, shared between
//! addresses, and those of callers. No listener has places of another's.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::handshake_failures::HandshakeFailures;
use super::refusals::Refusals;
use super::strangers::{Stranger, Strangers};
use crate::config::ServiceLimits;
use crate::identity::Peer;
use crate::shares::{NoShare, Share, Shares};

/// Places of a Unix socket that only the service's own user takes, such as a supervisor's probe,
/// when all others are taken.
const OWN: usize = 8;

pub struct Places {
    unknown: Shares<IpAddr>,
    strangers: Arc<Strangers>,
    known: Shares<Arc<str>>,
    own: Shares<()>,
    refused: Refusals,
    failed: HandshakeFailures,
}

impl Places {
    pub fn new(limits: &ServiceLimits, refused: Refusals, failed: HandshakeFailures) -> Self {
        Self {
            unknown: Shares::new(limits.handshakes, limits.handshakes_per_address),
            strangers: Arc::default(),
            known: Shares::new(limits.connections, limits.connections_per_caller),
            own: Shares::new(OWN, OWN),
            refused,
            failed,
        }
    }

    /// A place until it is known who is at the other end. When there is none left, the oldest
    /// connection of the address that has most gives way.
    pub fn of_address(&self, address: IpAddr) -> Option<Stranger> {
        let network = network(address);
        let mut taken = self.unknown.take(network, 1);
        if taken.as_ref().err() == Some(&NoShare::OfAll)
            && let Some(most) = self.strangers.end_one()
        {
            let reason = format!("{most} has most handshakes, and limits.handshakes is reached");
            self.refused.add(&reason);
            taken = self.unknown.take(network, 1);
        }
        let place = self.or_refused(taken, || {
            ("handshakes_per_address", "handshakes", address.to_string())
        });
        Some(self.strangers.begin(network, place?))
    }

    /// A place of the caller's with this name. Strangers are one, without a name; they are answered
    /// why they are refused.
    pub fn of_caller(&self, name: &Arc<str>, peer: &Peer) -> Option<Share> {
        let mut taken = self.known.take(Arc::clone(name), 1);
        if taken.is_err() && peer.is_own_user() {
            taken = self.own.take((), 1);
        }
        self.or_refused(taken, || {
            ("connections_per_caller", "connections", format!("{name:?}"))
        })
    }

    /// The handshake did not prove who is at the other end.
    pub fn not_identified(&self, error: &std::io::Error) {
        self.failed.add(error);
    }

    /// `reason` names the bound of one, the bound of all, and who is refused.
    fn or_refused(
        &self,
        taken: Result<Share, NoShare>,
        reason: impl FnOnce() -> (&'static str, &'static str, String),
    ) -> Option<Share> {
        let none = match taken {
            Ok(share) => return Some(share),
            Err(none) => none,
        };
        let (of_one, of_all, who) = reason();
        let limit = if none == NoShare::OfOne {
            of_one
        } else {
            of_all
        };
        self.refused.add(&format!("{who} is beyond limits.{limit}"));
        None
    }
}

/// What one peer can choose its addresses from: one of IPv4, or 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    #[test]
    fn the_service_s_own_user_gets_in_when_others_have_all_places() {
        let limits = ServiceLimits {
            connections: 3,
            connections_per_caller: 2,
            ..ServiceLimits::default()
        };
        let counter = Counter::default();
        let refused = Refusals::new("unix", counter.clone());
        let failed = HandshakeFailures::new("unix", |_| Counter::default());
        let places = Places::new(&limits, refused, failed);
        let take = |uid: u32| places.of_caller(&uid.to_string().into(), &Peer::User(uid));
        let one = [take(4711), take(4711), take(4711)];
        assert_eq!(one.each_ref().map(Option::is_some), [true, true, false]);
        let other = [take(4712), take(4712)];
        assert_eq!(other.each_ref().map(Option::is_some), [true, false]);
        let own = rustix::process::geteuid().as_raw();
        let probes: Vec<_> = (0..=OWN).map(|_| take(own)).collect();
        assert_eq!(probes.iter().flatten().count(), OWN);
        assert_eq!(counter.get(), 3);
        drop(probes);
        assert!(take(own).is_some());
    }

    #[test]
    fn addresses_of_one_peer_are_one_network() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
