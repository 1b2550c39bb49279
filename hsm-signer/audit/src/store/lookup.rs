//! The one place that knows which requests are answered, and which another replica is signing.

use super::claims::RequestState;
use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::locks::Locks;
use super::reader::LogReader;
use crate::request::Digest;

/// Asks the database about requests that this process claims.
pub(super) enum Lookup {
    /// This process is the only one.
    Alone(LogReader),
    /// There may be other replicas.
    #[cfg(feature = "postgres")]
    Shared(Locks),
}

impl Lookup {
    /// What is known of each request, in order.
    pub(super) async fn look_up(
        &self,
        requests: Vec<Digest>,
    ) -> Result<Vec<RequestState>, StoreError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Shared(locks) => locks.take(requests).await,
            Self::Alone(reader) => {
                let mut stored = reader.answers(&requests).await?;
                let known = requests.iter().map(|request| match stored.remove(request) {
                    Some(answer) => RequestState::Answered(answer),
                    None => RequestState::Free,
                });
                Ok(known.collect())
            }
        }
    }
}
