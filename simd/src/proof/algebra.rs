//! A recorded program, read in an algebra: polynomials, exponents, units, multiples of a point.

use num_bigint::BigInt;

use super::{
    polynomial::{Polynomial, number},
    program::{Operation, Program, Step},
};
use crate::{integer::Integer, isa::field::big::big};

/// (A - 2) / 4 of curve25519, as [`Gf25519::add_a24_times`](crate::isa::field::Gf25519) has it.
const A24: Integer = [121_665, 0, 0, 0];

/// Where a program is read.
pub(super) trait Algebra {
    type Value: Clone;

    /// An input, a constant, an entry of a table or an element made from integers.
    fn leaf(&self, operation: &Operation) -> Self::Value;
    fn add(&self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    fn sub(&self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    fn mul(&self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// `a` where the mask holds, `b` elsewhere.
    fn select(&self, mask: &Operation, a: &Self::Value, b: &Self::Value) -> Self::Value;

    fn invert(&self, _: &Self::Value) -> Self::Value {
        unreachable!("no inversion in this proof")
    }
}

impl Program {
    /// The results in an algebra.
    pub(super) fn read<A: Algebra>(&self, algebra: &A) -> Vec<A::Value> {
        let mut values = Vec::with_capacity(self.steps.len());
        for operation in &self.steps {
            let value = self.value(algebra, operation, &values);
            values.push(value);
        }
        let results = self.results.iter().map(|step| values[step.index()].clone());
        results.map(|value| value.expect("an element")).collect()
    }

    /// What a step computes, if it is an element.
    fn value<A: Algebra>(
        &self,
        algebra: &A,
        operation: &Operation,
        values: &[Option<A::Value>],
    ) -> Option<A::Value> {
        let at = |step: &Step| values[step.index()].as_ref().expect("an element");
        let mul = |a: &Step, b: &Step| algebra.mul(at(a), at(b));
        let constant = |value| algebra.leaf(&Operation::Constant(value));
        let mask = |step: &Step| &self.steps[step.index()];
        let value = match operation {
            Operation::Input(_)
            | Operation::Constant(_)
            | Operation::Lookup(..)
            | Operation::FromIntegers(_) => algebra.leaf(operation),
            Operation::Mul(a, b) => mul(a, b),
            Operation::Square(a) => mul(a, a),
            Operation::Add(a, b) | Operation::Plus(a, b) => algebra.add(at(a), at(b)),
            Operation::Sub(a, b) | Operation::Minus(a, b) => algebra.sub(at(a), at(b)),
            Operation::AddA24Times(a, b) => algebra.add(at(a), &algebra.mul(&constant(A24), at(b))),
            Operation::Reduce(a) => at(a).clone(),
            Operation::MulSub([a, b, c, d]) => algebra.sub(&mul(a, b), &mul(c, d)),
            Operation::MulSubSquare([a, b, c]) => algebra.sub(&mul(a, b), &mul(c, c)),
            Operation::Select(m, a, b) => algebra.select(mask(m), at(a), at(b)),
            Operation::NegateIf(m, a) => {
                let negative = algebra.sub(&constant([0; 4]), at(a));
                algebra.select(mask(m), &negative, at(a))
            }
            Operation::AddSub([a, b, c]) => algebra.sub(&algebra.add(at(a), at(b)), at(c)),
            Operation::TwiceAddSub([a, b, c]) => {
                let twice = algebra.add(at(a), at(a));
                algebra.sub(&algebra.add(&twice, at(b)), at(c))
            }
            Operation::Invert(a) => algebra.invert(at(a)),
            _ => return None,
        };
        Some(value)
    }
}

/// Polynomials, for the inputs of a formula.
pub(super) struct Polynomials<'a> {
    /// What the inputs are.
    pub(super) inputs: &'a [Polynomial],
    /// What the coordinates of a table's entry are.
    pub(super) entry: &'a [Polynomial],
    /// Whether the masks hold.
    pub(super) chosen: bool,
}

impl Polynomials<'_> {
    /// The results of a program.
    pub(super) fn of<const COUNT: usize>(&self, program: &Program) -> [Polynomial; COUNT] {
        program.read(self).try_into().expect("as many results")
    }
}

impl Algebra for Polynomials<'_> {
    type Value = Polynomial;

    fn leaf(&self, operation: &Operation) -> Polynomial {
        match operation {
            Operation::Input(i) => self.inputs[usize::from(*i)].clone(),
            Operation::Constant(value) => number(BigInt::from(big(value))),
            Operation::Lookup(column, _) => self.entry[usize::from(column.coordinate)].clone(),
            other => unreachable!("{other:?} in a formula"),
        }
    }
    fn add(&self, a: &Polynomial, b: &Polynomial) -> Polynomial {
        a + b
    }
    fn sub(&self, a: &Polynomial, b: &Polynomial) -> Polynomial {
        a - b
    }
    fn mul(&self, a: &Polynomial, b: &Polynomial) -> Polynomial {
        a * b
    }
    fn select(&self, _: &Operation, a: &Polynomial, b: &Polynomial) -> Polynomial {
        if self.chosen { a.clone() } else { b.clone() }
    }
}
