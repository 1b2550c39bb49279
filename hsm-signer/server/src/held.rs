//! Bodies of answers whose bytes hold something until the last of them is written.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// A body that hands what it holds to each of its parts.
struct HeldBody<G> {
    body: Body,
    guard: Arc<G>,
}

/// A part of an answer, and what it holds.
struct HeldBytes<G> {
    bytes: Bytes,
    _guard: Arc<G>,
}

impl<G> AsRef<[u8]> for HeldBytes<G> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<G: Send + Sync + 'static> HttpBody for HeldBody<G> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let hold = |bytes| {
            Bytes::from_owner(HeldBytes {
                bytes,
                _guard: Arc::clone(&self.guard),
            })
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(hold))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The same body. `guard` is dropped once hyper and h2 have written its last byte or have given
/// it up: a body itself is dropped as soon as its bytes wait in a buffer.
pub fn holding<G: Send + Sync + 'static>(body: Body, guard: G) -> Body {
    let guard = Arc::new(guard);
    Body::new(HeldBody { body, guard })
}
