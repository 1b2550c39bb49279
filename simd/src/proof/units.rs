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

/// Which elements are zero.
#[derive(Clone, Copy)]
pub(super) enum Zeros {
    None,
    /// A bit for each of them that is.
    These(u64),
    /// Any. What stands for an element, or for 1 where that is zero, has an exponent of its own,
    /// before those of the elements themselves.
    Any,
}

/// Products of powers.
pub(super) struct Units {
    /// How many elements there are.
    pub(super) count: usize,
    pub(super) zeros: Zeros,
}

impl Units {
    pub(super) fn one(&self) -> Unit {
        let both = match self.zeros {
            Zeros::Any => 2,
            Zeros::None | Zeros::These(_) => 1,
        };
        Unit::Product(vec![0; both * self.count])
    }

    /// Element `i` to a power; if any may be zero, what stands for it.
    pub(super) fn power(&self, i: usize, exponent: i64) -> Unit {
        let mut power = self.one();
        if let Unit::Product(exponents) = &mut power {
            exponents[i] = exponent;
        }
        power
    }

    /// Element `i` itself.
    fn element(&self, i: usize) -> Unit {
        match self.zeros {
            Zeros::These(zeros) if zeros >> i & 1 == 1 => Unit::Zero,
            Zeros::None | Zeros::These(_) => self.power(i, 1),
            Zeros::Any => self.power(self.count + i, 1),
        }
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
            Operation::Input(i) => self.element(usize::from(*i)),
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
            Zeros::These(zeros) if zeros >> i & 1 == 1 => a.clone(),
            Zeros::None | Zeros::These(_) => b.clone(),
            // 1 or the element is what stands for it; zero or the inverse of that, the inverse.
            Zeros::Any if (a, b) == (&self.one(), &self.element(i)) => self.power(i, 1),
            Zeros::Any if (a, b) == (&Unit::Zero, &self.power(i, -1)) => b.clone(),
            Zeros::Any => Unit::Other,
        }
    }
}
