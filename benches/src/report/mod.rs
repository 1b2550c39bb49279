//! Measurements as people and as programs read them.

pub mod csv;
mod figures;
pub mod html;
pub mod lanes;
mod lines;
pub mod markdown;
pub mod readme;

pub(crate) use figures::counted;
pub use lines::{write_heading, write_json, write_rows};
