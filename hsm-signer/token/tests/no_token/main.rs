//! What can be known of tokens without one: how they are chosen, and how what they say is read.

mod ec_points;
mod failures;
mod pins;
mod quirks;
mod schemes;
mod selection;
