//! Where connections come in: each listener accepts, learns who is at the other end, and
//! hands the connection on.

mod accept;
mod connection;
mod handshake_failures;
mod listener;
mod places;
mod refusals;
mod requests;
mod strangers;
mod tls;

pub use accept::accept_all;
pub use connection::ConnectionTerms;
pub use listener::bind_all;
pub use tls::TlsListenerConfig;
