//! Which host and which scheme a request names (RFC 9112, section 3.2): what two servers in a row
//! could read in two ways is refused.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderValue, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{MALFORMED, Problem};

/// Passes on a request whose target is clear.
pub async fn clear(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err(MALFORMED.because("host: it is there twice")),
        // HTTP/1.0 knows none, and HTTP/2 has :authority.
        (None, None) if request.version() == Version::HTTP_11 => {
            return Err(MALFORMED.because("host: it is missing"));
        }
        (Some(host), None) if !is_host(host) => {
            return Err(MALFORMED.because("host: a name or an address, and maybe a port"));
        }
        _ => {}
    }
    match request.uri().scheme() {
        Some(scheme) if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS => {
            Err(MALFORMED.because(format!("the target's scheme is {scheme}")))
        }
        _ => Ok(()),
    }
}

/// It may be empty, and has no user.
fn is_host(host: &HeaderValue) -> bool {
    let bytes = host.as_bytes();
    bytes.is_empty() || (!bytes.contains(&b'@') && Authority::try_from(bytes).is_ok())
}
