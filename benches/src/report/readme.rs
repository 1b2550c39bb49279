//! The chart and the table of the README, from records.
