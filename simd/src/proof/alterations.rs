//! Bugs, planted in recorded programs: one step done otherwise.

use std::{cell::RefCell, collections::HashMap};

use super::program::{Column, Operation, Program, Step};

impl Program {
    /// The program with each of its steps of some kind done otherwise, in each of several ways,
    /// and what was done to it. Steps that no result depends on are left alone.
    pub(super) fn alterations(
        &self,
        kind: impl Fn(&Operation) -> bool,
    ) -> impl Iterator<Item = (String, Self)> {
        let steps = self.steps.iter().enumerate();
        let needed = self.needed();
        let altered = steps.filter(move |(i, operation)| needed[*i] && kind(operation));
        altered.flat_map(move |(i, operation)| {
            let others = self.instead_of(operation).into_iter();
            let others = others.filter(move |other| other != operation);
            others.map(move |other| {
                let mut program = self.clone();
                program.steps[i] = other;
                (format!("step {i}, {other:?} for {operation:?}"), program)
            })
        })
    }

    /// Which steps a result depends on.
    fn needed(&self) -> Vec<bool> {
        let needed = RefCell::new(vec![false; self.steps.len()]);
        let need = |step: Step| {
            needed.borrow_mut()[step.index()] = true;
            step
        };
        self.results.iter().copied().for_each(|step| {
            need(step);
        });
        // Operands come before what is made of them.
        for (i, operation) in self.steps.iter().enumerate().rev() {
            let is_needed = needed.borrow()[i];
            if is_needed {
                operation.renamed(need);
            }
        }
        needed.into_inner()
    }

    /// What might have been written in place of an operation.
    fn instead_of(&self, operation: &Operation) -> Vec<Operation> {
        use Operation::*;
        match *operation {
            Constant([a, b, c, d]) => vec![Constant([a ^ 1, b, c, d])],
            Mul(a, b) => vec![Square(a), Square(b), Add(a, b)],
            Square(a) => vec![Add(a, a), Reduce(a)],
            Add(a, b) => vec![Sub(a, b), Add(a, a), Add(b, b)],
            Sub(a, b) => vec![Add(a, b), Sub(b, a), Reduce(a)],
            Plus(a, b) => vec![Minus(a, b), Reduce(a), Mul(a, b)],
            Minus(a, b) => vec![Plus(a, b), Minus(b, a), Reduce(a)],
            AddA24Times(a, b) => vec![AddA24Times(b, a), Add(a, b)],
            AddSub([a, b, c]) => vec![AddSub([a, c, b]), Add(a, b), Sub(b, c)],
            TwiceAddSub([a, b, c]) => vec![TwiceAddSub([b, a, c]), AddSub([a, b, c])],
            MulSub([a, b, c, d]) => vec![MulSub([c, d, a, b]), MulSub([a, c, b, d]), Mul(a, b)],
            MulSubSquare([a, b, c]) => vec![MulSubSquare([a, c, b]), Mul(a, b)],
            Select(mask, a, b) => vec![Select(mask, b, a), Select(mask, a, a)],
            NegateIf(_, a) => vec![Reduce(a)],
            Invert(a) => vec![Reduce(a)],
            Lookup(column, index) => {
                let other = Column {
                    coordinate: if column.coordinate == 0 {
                        1
                    } else {
                        column.coordinate - 1
                    },
                    ..column
                };
                vec![Lookup(other, index)]
            }
            Bit(scalar, position) => {
                let other = if position == 0 { 1 } else { position - 1 };
                let mut bits = vec![Bit(scalar, other)];
                if let Gray(whole) = self.steps[scalar.index()] {
                    bits.push(Bit(whole, position));
                }
                bits
            }
            Window(scalar, position, width) => vec![
                Window(scalar, position - 1, width),
                Window(scalar, position, width - 1),
            ],
            Negative(window, _) => vec![Is(window, 0)],
            Magnitude(window, width) => vec![Magnitude(window, width - 1)],
            Is(index, value) => {
                let other = self.index_before(index).map(|other| Is(other, value));
                [Is(index, value ^ 1)].into_iter().chain(other).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Another index, made before this one.
    fn index_before(&self, index: Step) -> Option<Step> {
        use Operation::*;
        let before = self.steps[..index.index()].iter().enumerate();
        let mut others = before.filter(|(_, step)| matches!(step, Choice(_) | Magnitude(..)));
        others.next().map(|(other, _)| Step::new(other))
    }

    /// Whether two programs compute the same by the same steps, in whatever order.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let mut numbers = HashMap::new();
        self.numbered(&mut numbers) == other.numbered(&mut numbers)
    }

    /// The results, by the numbers of their operations; what is new gets the next.
    fn numbered(&self, numbers: &mut HashMap<Operation, Step>) -> Vec<Step> {
        let mut renamed: Vec<Step> = Vec::with_capacity(self.steps.len());
        for operation in &self.steps {
            let operation = operation.renamed(|step| renamed[step.index()]);
            let next = Step::new(numbers.len());
            renamed.push(*numbers.entry(operation).or_insert(next));
        }
        self.results
            .iter()
            .map(|step| renamed[step.index()])
            .collect()
    }
}

impl Operation {
    /// The operation with other numbers for its operands.
    fn renamed(self, to: impl Fn(Step) -> Step) -> Self {
        use Operation::*;
        match self {
            Input(_) | Choice(_) | Constant(_) | Load(_) => self,
            Mul(a, b) => Mul(to(a), to(b)),
            Square(a) => Square(to(a)),
            Add(a, b) => Add(to(a), to(b)),
            Sub(a, b) => Sub(to(a), to(b)),
            AddA24Times(a, b) => AddA24Times(to(a), to(b)),
            AddSub(operands) => AddSub(operands.map(to)),
            TwiceAddSub(operands) => TwiceAddSub(operands.map(to)),
            Plus(a, b) => Plus(to(a), to(b)),
            Minus(a, b) => Minus(to(a), to(b)),
            Reduce(a) => Reduce(to(a)),
            MulSub(operands) => MulSub(operands.map(to)),
            MulSubSquare(operands) => MulSubSquare(operands.map(to)),
            Select(mask, a, b) => Select(to(mask), to(a), to(b)),
            NegateIf(mask, a) => NegateIf(to(mask), to(a)),
            Invert(a) => Invert(to(a)),
            Lookup(column, index) => Lookup(column, to(index)),
            FromIntegers(a) => FromIntegers(to(a)),
            ToIntegers(a) => ToIntegers(to(a)),
            Gray(a) => Gray(to(a)),
            Bit(a, position) => Bit(to(a), position),
            Window(a, position, width) => Window(to(a), position, width),
            Negative(a, width) => Negative(to(a), width),
            Magnitude(a, width) => Magnitude(to(a), width),
            Is(a, value) => Is(to(a), value),
            IsZero(a) => IsZero(to(a)),
        }
    }
}
