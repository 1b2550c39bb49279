//! Products of powers of elements that are not zero: what inversions are read in.

use super::{algebra::Algebra, program::Operation};
use crate::integer::Integer;

/// An element, as far as products and inverses go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Zero,
    /// The exponent of each element.
    Product(Vec<i64>),
    /// Neither.
    Other,
}

/// Products of powers; which elements are zero is given, or left open.
pub(super) struct Units {
    /// How many elements there are.
    pub(super) count: usize,
    /// A bit for each of them that is zero.
    pub(super) zeros: Option<u64>,
}

impl Units {
    pub(super) fn one(&self) -> Unit {
        Unit::Product(vec![0; self.count])
    }

    /// Element `i` to a power.
    pub(super) fn power(&self, i: usize, exponent: i64) -> Unit {
        let mut exponents = vec![0; self.count];
        exponents[i] = exponent;
        Unit::Product(exponents)
    }
}

impl Algebra for Units {
    type Value = Unit;

    fn leaf(&self, operation: &Operation) -> Unit {
        const ZERO: Integer = [0; 4];
        const ONE: Integer = [1, 0, 0, 0];
        match operation {
            Operation::Constant(ZERO) => Unit::Zero,
            Operation::Constant(ONE) => self.one(),
            Operation::Input(i) => match self.zeros {
                Some(zeros) if zeros >> i & 1 == 1 => Unit::Zero,
                _ => self.power(usize::from(*i), 1),
            },
            _ => Unit::Other,
        }
    }
    fn add(&self, _: &Unit, _: &Unit) -> Unit {
        Unit::Other
    }
    fn sub(&self, _: &Unit, _: &Unit) -> Unit {
        Unit::Other
    }
    fn mul(&self, a: &Unit, b: &Unit) -> Unit {
        match (a, b) {
            (Unit::Zero, _) | (_, Unit::Zero) => Unit::Zero,
            (Unit::Product(a), Unit::Product(b)) => {
                Unit::Product(a.iter().zip(b).map(|(a, b)| a + b).collect())
            }
            _ => Unit::Other,
        }
    }
    fn invert(&self, a: &Unit) -> Unit {
        match a {
            Unit::Zero | Unit::Other => a.clone(),
            Unit::Product(a) => Unit::Product(a.iter().map(|exponent| -exponent).collect()),
        }
    }
    fn select(&self, mask: &Operation, a: &Unit, b: &Unit) -> Unit {
        let Operation::IsZero(element) = mask else {
            unreachable!("a mask of zeros");
        };
        // The elements are the first steps.
        let i = element.index();
        match self.zeros {
            Some(zeros) if zeros >> i & 1 == 1 => a.clone(),
            Some(_) => b.clone(),
            // Left open: 1 or the element is the unit n, zero or 1 / n the inverse.
            None if (a, b) == (&self.one(), &self.power(i, 1)) => b.clone(),
            None if (a, b) == (&Unit::Zero, &self.power(i, -1)) => b.clone(),
            None => Unit::Other,
        }
    }
}
