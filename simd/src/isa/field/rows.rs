//! Elements in memory, chosen by indices that are public.

use super::Field;

/// Elements of which each lane chooses its own, at an address that says which.
pub(crate) trait Rows: Field {
    /// The limbs of one factor.
    type Row: Copy + 'static;

    /// The row of zero.
    const ZERO: Self::Row;

    /// The element of each lane: as many rows as there are lanes.
    fn scatter(element: &Self::Factor, to: &mut [Self::Row]);
    /// One element for each lane.
    fn gather(isa: Self::Isa, rows: &[&Self::Row]) -> Self::Factor;
}

/// Multiples of the base point in `COORDINATES` coordinates, for public digits.
pub(crate) trait BaseRows<const COORDINATES: usize>: Rows {
    /// Entry `e` is the point times what entry `e` of the table stands for.
    fn multiples() -> &'static [[Self::Row; COORDINATES]];
}
