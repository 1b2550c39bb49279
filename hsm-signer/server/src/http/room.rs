//! The memory that answers take until they are written, which counts against their callers.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::extract::Identified;
use crate::core::Core;
use crate::held::holding;
use crate::identity::Peer;
use crate::memory::shrink;
use crate::problem::{CALLER_BUSY, OVERLOADED, Problem};
use crate::shares::{NoShare, Share};

/// Room that a handler took for its work and its answer before it began, in bytes.
#[derive(Clone)]
pub struct Room(usize, Arc<Share>);

/// Takes room for an answer and what it is made of, so that nothing is signed for one that would
/// have none. What the answer does not need is given back when it is there.
pub fn room(core: &Core, asks: &Identified, bytes: usize) -> Result<Room, Problem> {
    let share = core
        .answers
        .take(Some(&asks.caller.name), &asks.peer, bytes);
    let share = share.map_err(no_room)?;
    Ok(Room(bytes, Arc::new(share)))
}

/// Has an answer's bytes count against its caller until they are written. What was signed for an
/// answer that grew beyond its room is in the store, and the same request gets it later.
pub async fn counted_until_written(
    State(core): State<Arc<Core>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return next.run(request).await;
    };
    let caller = core.access.load().caller(&peer).ok();
    let name = caller.map(|caller| Arc::clone(&caller.name));
    let take = |bytes| core.answers.take(name.as_ref(), &peer, bytes);
    let least = match take(0) {
        Ok(least) => least,
        Err(none) => return no_room(none).into_response(),
    };
    let mut answer = next.run(request).await;
    drop(least);
    let length = usize::try_from(answer.body().size_hint().lower()).unwrap_or(usize::MAX);
    let (taken, first) = match answer.extensions_mut().remove() {
        Some(Room(bytes, mut share)) => {
            if let Some(share) = Arc::get_mut(&mut share) {
                shrink(share, length);
            }
            (bytes, Some(share))
        }
        None => (0, None),
    };
    if length <= taken {
        return answer.map(|body| holding(body, first));
    }
    match take(length - taken) {
        Ok(more) => answer.map(|body| holding(body, (first, more))),
        Err(none) => no_room(none).into_response(),
    }
}

fn no_room(none: NoShare) -> Problem {
    match none {
        NoShare::OfOne => CALLER_BUSY.because("the caller does not read the answers it has"),
        NoShare::OfAll => OVERLOADED.because("too many answers wait to be read"),
    }
}
