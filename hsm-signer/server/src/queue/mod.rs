//! Between those who ask and the sessions that sign: a fair queue, and a thread for each
//! session.

mod crew;
mod fair;
mod work;

pub use crew::SigningCrew;
pub use fair::{Full, Ticket};
pub use work::Ask;
