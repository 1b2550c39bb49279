//! Where connections come in: each listener accepts, learns who is at the other end, and
//! hands the connection on.

mod connection;
mod notify;
mod socket;

pub use connection::{Connections, Terms, serve as serve_connection};
pub use notify::notify;
pub use socket::{Listener, TlsDoor, bind_all};
