//! Connections over which nothing has come yet. They give way to newer ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mls_signer_token::sync::{Mutex, locked};
use tokio::sync::oneshot;

use super::listener::AcceptedStream;
use crate::shares::Share;

/// A peer that begins a handshake says something within so long.
const FIRST_BYTE: Duration = Duration::from_secs(1);

/// All of a listener's, by their age.
#[derive(Default)]
pub struct SilentConnections(Mutex<Silent>);

#[derive(Default)]
struct Silent {
    begun: u64,
    places: BTreeMap<u64, SilentPlace>,
}

struct SilentPlace {
    address: IpAddr,
    place: Share,
    /// Dropped with its place.
    _kept: oneshot::Sender<()>,
}

/// One of them, until something comes.
pub struct SilentConnection {
    number: u64,
    ended: oneshot::Receiver<()>,
    all: Arc<SilentConnections>,
}

impl SilentConnections {
    pub fn begin(self: &Arc<Self>, address: IpAddr, place: Share) -> SilentConnection {
        let (kept, ended) = oneshot::channel();
        let mut silent = locked(&self.0);
        silent.begun += 1;
        let number = silent.begun;
        let place = SilentPlace {
            address,
            place,
            _kept: kept,
        };
        silent.places.insert(number, place);
        SilentConnection {
            number,
            ended,
            all: Arc::clone(self),
        }
    }

    /// Ends the oldest one of the address that has most, which it returns.
    pub fn end_one(&self) -> Option<IpAddr> {
        let places = &mut locked(&self.0).places;
        let mut of = HashMap::<IpAddr, usize>::new();
        for silent in places.values() {
            *of.entry(silent.address).or_default() += 1;
        }
        let oldest = places.iter().max_by_key(|(number, silent)| {
            let count = of.get(&silent.address).copied();
            (count, Reverse(**number))
        });
        let number = *oldest?.0;
        places.remove(&number).map(|silent| silent.address)
    }
}

impl SilentConnection {
    /// Its place, once something has come.
    ///
    /// # Errors
    /// It was silent for too long, or gave way to another one.
    pub async fn first_byte(mut self, stream: &AcceptedStream) -> io::Result<Share> {
        tokio::select! {
            _ = &mut self.ended => {}
            read = tokio::time::timeout(FIRST_BYTE, stream.readable()) => read??,
        }
        let place = locked(&self.all.0).places.remove(&self.number);
        let gave_way = || io::Error::other("it said nothing and gave way to another connection");
        place.map(|silent| silent.place).ok_or_else(gave_way)
    }
}

impl Drop for SilentConnection {
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
        let (shares, all) = (Shares::new(4, 3), Arc::<SilentConnections>::default());
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
