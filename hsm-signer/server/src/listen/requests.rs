//! The requests of one connection: how many are under way, and whose answers nobody reads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use hyper::Version;
use hyper::header::{CONNECTION, HeaderValue};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::held::holding;

/// The requests of one connection, each from when its head is there until its answer is written.
#[derive(Default)]
pub struct Requests(Arc<watch::Sender<UnderWay>>);

#[derive(Default)]
struct UnderWay {
    count: usize,
    begun: u64,
    /// Whether a request came over HTTP/2, where any number share the connection.
    multiplexed: bool,
    /// Whether the connection is to end with the next answer.
    ending: bool,
    /// Since when each answer waits to be written.
    unwritten: BTreeMap<u64, Instant>,
}

/// One request, until this is dropped.
pub struct RequestUnderWay {
    number: u64,
    version: Version,
    of: Arc<watch::Sender<UnderWay>>,
}

impl Requests {
    pub fn begin(&self, version: Version) -> RequestUnderWay {
        let mut number = 0;
        self.0.send_modify(|now| {
            now.count += 1;
            now.begun += 1;
            now.multiplexed |= version == Version::HTTP_2;
            number = now.begun;
        });
        RequestUnderWay {
            number,
            version,
            of: Arc::clone(&self.0),
        }
    }

    pub fn are_multiplexed(&self) -> bool {
        self.0.borrow().multiplexed
    }

    /// Has the next answer of HTTP/1 say that it is the last one of the connection (RFC 9112,
    /// section 9.6). HTTP/2 has GOAWAY for that.
    pub fn next_is_last(&self) {
        self.0.send_if_modified(|now| {
            now.ending = true;
            false
        });
    }

    /// Returns once no request has been under way for so long.
    pub async fn silent_for(&self, limit: Duration) {
        let mut seen = self.0.subscribe();
        loop {
            if seen.borrow_and_update().count > 0 {
                // The sender lives as long as this.
                let _ = seen.changed().await;
            } else if tokio::time::timeout(limit, seen.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Returns once an answer has waited for so long to be written.
    pub async fn stalled_for(&self, limit: Duration) {
        let mut seen = self.0.subscribe();
        loop {
            let oldest = seen.borrow_and_update().unwritten.values().min().copied();
            match oldest {
                Some(since) if since.elapsed() >= limit => return,
                Some(since) => tokio::time::sleep_until(since + limit).await,
                None => {
                    let _ = seen.changed().await;
                }
            }
        }
    }
}

impl RequestUnderWay {
    /// The answer, of which every byte is to be written before the request has ended.
    pub fn answered(self, mut answer: Response) -> Response {
        let mut is_last = false;
        self.of.send_modify(|now| {
            now.unwritten.insert(self.number, Instant::now());
            is_last = now.ending && !now.multiplexed;
        });
        if is_last {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
            // To an answer of HTTP/1.1 for a client of HTTP/1.0, hyper would add "keep-alive".
            *answer.version_mut() = self.version;
        }
        answer.map(|body: Body| holding(body, self))
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.of.send_modify(|now| {
            now.count -= 1;
            now.unwritten.remove(&self.number);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn silence_begins_when_the_last_answer_is_written() {
        let requests = Requests::default();
        let first = requests.begin(Version::HTTP_11);
        let early = tokio::time::timeout(LIMIT * 3, requests.silent_for(LIMIT));
        assert!(early.await.is_err(), "a request is under way");
        let answer = first.answered(Response::new(Body::from("text")));
        let bytes = axum::body::to_bytes(answer.into_body(), 10).await.unwrap();
        requests.stalled_for(LIMIT).await;
        drop(bytes);
        requests.silent_for(LIMIT).await;
        let stalled = tokio::time::timeout(LIMIT * 3, requests.stalled_for(LIMIT));
        assert!(stalled.await.is_err(), "there is no answer");
    }

    #[test]
    fn the_last_answer_of_http_1_says_so() {
        for (version, said) in [
            (Version::HTTP_10, [None, Some("close")]),
            (Version::HTTP_11, [None, Some("close")]),
            (Version::HTTP_2, [None; 2]),
        ] {
            let requests = Requests::default();
            let answers = [false, true].map(|ending| {
                if ending {
                    requests.next_is_last();
                }
                let answer = Response::new(Body::empty());
                requests.begin(version).answered(answer)
            });
            let says = answers.each_ref().map(|answer| {
                let header = answer.headers().get(CONNECTION);
                header.map(|value| value.to_str().unwrap())
            });
            assert_eq!(says, said);
            if said[1].is_some() {
                assert_eq!(answers[1].version(), version);
            }
        }
    }
}
