//! Bodies of answers whose bytes hold something until the last of them is written.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;

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

/// The same body. `guard` is dropped once hyper and h2 have written its last byte or have given
/// it up: a body itself is dropped as soon as its bytes wait in a buffer.
pub fn holding<G: Send + Sync + 'static>(body: Body, guard: G) -> Body {
    let guard = Arc::new(guard);
    Body::new(body.map_frame(move |frame| {
        frame.map_data(|bytes| {
            Bytes::from_owner(HeldBytes {
                bytes,
                _guard: Arc::clone(&guard),
            })
        })
    }))
}
