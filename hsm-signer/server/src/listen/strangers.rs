//! Connections of which it is not known who is at the other end. They give way to newer ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_token::sync::{Mutex, locked};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::listener::{AcceptedStream, PeerStream};
use crate::identity::Peer;
use crate::shares::Share;

/// A peer that begins a handshake says something within so long.
const FIRST_BYTE: Duration = Duration::from_secs(1);

/// All of a listener's, by their age.
#[derive(Default)]
pub struct Strangers(Mutex<ByAge>);

#[derive(Default)]
struct ByAge {
    begun: u64,
    places: BTreeMap<u64, Place>,
}

struct Place {
    address: IpAddr,
    _share: Share,
    /// Dropped with its place.
    _kept: oneshot::Sender<()>,
}

/// One of them; dropping it gives its place back.
pub struct Stranger {
    number: u64,
    ended: oneshot::Receiver<()>,
    all: Arc<Strangers>,
}

impl Strangers {
    pub fn begin(self: &Arc<Self>, address: IpAddr, share: Share) -> Stranger {
        let (kept, ended) = oneshot::channel();
        let mut by_age = locked(&self.0);
        by_age.begun += 1;
        let number = by_age.begun;
        let place = Place {
            address,
            _share: share,
            _kept: kept,
        };
        by_age.places.insert(number, place);
        Stranger {
            number,
            ended,
            all: Arc::clone(self),
        }
    }

    /// Ends the oldest one of the address that has most, which it returns.
    pub fn end_one(&self) -> Option<IpAddr> {
        let places = &mut locked(&self.0).places;
        let mut of = HashMap::<IpAddr, usize>::new();
        for place in places.values() {
            *of.entry(place.address).or_default() += 1;
        }
        let oldest = places.iter().max_by_key(|(number, place)| {
            let count = of.get(&place.address).copied();
            (count, Reverse(**number))
        });
        let number = *oldest?.0;
        places.remove(&number).map(|place| place.address)
    }
}

impl Stranger {
    /// Who is at the other end.
    ///
    /// # Errors
    /// It was silent for too long, gave way to another connection, or did not prove who it is.
    pub async fn identify(
        &mut self,
        stream: AcceptedStream,
    ) -> io::Result<(Box<dyn PeerStream>, Peer)> {
        let identified = async {
            timeout(FIRST_BYTE, stream.readable()).await??;
            stream.identified().await
        };
        tokio::select! {
            _ = &mut self.ended => Err(io::Error::other("it gave way to another connection")),
            identified = identified => identified,
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        locked(&self.all.0).places.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shares::Shares;

    #[test]
    fn the_oldest_of_whoever_has_most_gives_way() {
        let (shares, all) = (Shares::new(4, 3), Arc::<Strangers>::default());
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let begin = |address| all.begin(address, shares.take(address, 1).unwrap());
        let mut open = [begin(other), begin(one), begin(one), begin(one)];
        assert!(shares.take(other, 1).is_err());
        assert_eq!(all.end_one(), Some(one));
        assert!(shares.take(other, 1).is_ok());
        let ended = open.each_mut().map(|open| open.ended.try_recv());
        let empty = Err(oneshot::error::TryRecvError::Empty);
        let closed = Err(oneshot::error::TryRecvError::Closed);
        assert_eq!(ended, [empty.clone(), closed, empty.clone(), empty]);
        drop(open);
        assert_eq!(all.end_one(), None);
    }
}
