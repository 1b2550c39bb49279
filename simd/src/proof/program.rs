//! What shipped code does to field elements, recorded step by step.
//!
//! [`Recorder`] is an instruction set of one lane whose vectors are numbers of steps: the shipped
//! generic code runs on it as it stands, kernels included, and each operation becomes a step. Equal
//! steps are one step, so that two computations of one program are the same exactly if their
//! results have the same number. No step depends on a scalar: what is recorded is what runs for
//! every scalar. A program is then read in whatever algebra a proof needs.

use std::{cell::RefCell, collections::HashMap};

use crate::{
    integer::Integer,
    isa::{
        Isa, Kernel,
        field::{self, CombField, Field},
    },
    tables,
};

/// The number of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Step(u32);

/// What a step does. Those of the field are named as in [`Field`] and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    /// An element that the proof names.
    Input(u8),
    /// A mask, or an index, that the proof names.
    Choice(u8),
    Constant(Integer),
    Mul(Step, Step),
    Square(Step),
    Add(Step, Step),
    Sub(Step, Step),
    AddA24Times(Step, Step),
    Plus(Step, Step),
    Minus(Step, Step),
    Reduce(Step),
    MulSub([Step; 4]),
    MulSubSquare([Step; 3]),
    Select(Step, Step, Step),
    NegateIf(Step, Step),
    AddSub([Step; 3]),
    TwiceAddSub([Step; 3]),
    Invert(Step),
    Lookup(Column, Step),
    FromIntegers(Step),
    ToIntegers(Step),
    /// The integer that a kernel's argument holds: a name, for no step looks into it.
    Load(Integer),
    Gray(Step),
    Bit(Step, usize),
    Window(Step, usize, usize),
    /// The two halves of [`Isa::signed`].
    Negative(Step, usize),
    Magnitude(Step, usize),
    Is(Step, u64),
    IsZero(Step),
}

/// One coordinate of a comb's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Column {
    pub(super) window: u8,
    pub(super) coordinate: u8,
}

#[derive(Default)]
struct Recording {
    steps: Vec<Operation>,
    known: HashMap<Operation, Step>,
    revealed: Vec<Step>,
}

thread_local! {
    static RECORDING: RefCell<Recording> = RefCell::default();
}

/// Records a step, or finds the one that is the same.
pub(super) fn step(operation: Operation) -> Step {
    RECORDING.with_borrow_mut(|recording| {
        let next = Step(recording.steps.len() as u32);
        let step = *recording.known.entry(operation).or_insert(next);
        if step == next {
            recording.steps.push(operation);
        }
        step
    })
}

/// The masks revealed since the last call, in order.
pub(super) fn take_revealed() -> Vec<Step> {
    RECORDING.with_borrow_mut(|recording| core::mem::take(&mut recording.revealed))
}

/// The elements that a proof names.
pub(super) fn inputs<const COUNT: usize>() -> [Step; COUNT] {
    core::array::from_fn(|i| step(Operation::Input(i as u8)))
}

impl Step {
    /// The words that a kernel's output holds for it.
    pub(super) fn stored(self) -> Integer {
        [u64::from(self.0), 0, 0, 0]
    }

    /// The step that a kernel's output names.
    pub(super) fn of_stored(integer: &Integer) -> Self {
        Self(integer[0] as u32)
    }

    pub(super) fn new(index: usize) -> Self {
        Self(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A recorded computation.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) steps: Vec<Operation>,
    pub(super) results: Vec<Step>,
}

impl Program {
    /// What `run` does, up to the results that it names.
    pub(super) fn record(run: impl FnOnce() -> Vec<Step>) -> Self {
        RECORDING.take();
        let results = run();
        let steps = RECORDING.take().steps;
        Self { steps, results }
    }
}

/// The instruction set that records.
#[derive(Clone, Copy)]
pub(super) struct Recorder;

/// Both fields on it.
#[derive(Clone, Copy)]
pub(super) struct Recorded25519;
#[derive(Clone, Copy)]
pub(super) struct RecordedP256;

impl Isa for Recorder {
    const LANES: usize = 1;
    const GROUP: usize = 128;

    type Integers = Step;
    type Mask = Step;
    type Index = Step;
    type Group<T: Copy> = [T; Self::GROUP];

    type Gf25519 = Recorded25519;
    type GfP256 = RecordedP256;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    fn clear_registers(self) {}

    fn group<T: Copy>(vector: T) -> Self::Group<T> {
        [vector; Self::GROUP]
    }

    fn load(self, integers: &[Integer]) -> Step {
        step(Operation::Load(integers[0]))
    }

    fn store(integers: &Step, to: &mut [Integer]) {
        to[0] = integers.stored();
    }

    fn gray(integers: &Step) -> Step {
        step(Operation::Gray(*integers))
    }

    fn bit(integers: &Step, position: usize) -> Step {
        step(Operation::Bit(*integers, position))
    }

    fn window(integers: &Step, position: usize, width: usize) -> Step {
        step(Operation::Window(*integers, position, width))
    }

    fn signed(window: &Step, width: usize) -> (Step, Step) {
        let negative = step(Operation::Negative(*window, width));
        (negative, step(Operation::Magnitude(*window, width)))
    }

    fn is(index: &Step, value: u64) -> Step {
        step(Operation::Is(*index, value))
    }

    fn reveal(mask: &Step, _: usize) -> bool {
        RECORDING.with_borrow_mut(|recording| recording.revealed.push(*mask));
        true
    }
}

/// The names of a comb's columns, in its windows.
const fn columns<const COORDINATES: usize, const WINDOWS: usize>()
-> [[Column; COORDINATES]; WINDOWS] {
    let none = Column {
        window: 0,
        coordinate: 0,
    };
    let mut columns = [[none; COORDINATES]; WINDOWS];
    let mut i = 0;
    while i < WINDOWS * COORDINATES {
        columns[i / COORDINATES][i % COORDINATES] = Column {
            window: (i / COORDINATES) as u8,
            coordinate: (i % COORDINATES) as u8,
        };
        i += 1;
    }
    columns
}

macro_rules! recorded_field {
    ($field:ident, $coordinates:literal, $windows:expr) => {
        impl Field for $field {
            type Isa = Recorder;
            type Factor = Step;
            type Product = Step;

            fn constant(_: Recorder, value: &Integer) -> Step {
                step(Operation::Constant(*value))
            }
            fn from_integers(integers: &Step) -> Step {
                step(Operation::FromIntegers(*integers))
            }
            fn to_integers(element: &Step) -> Step {
                step(Operation::ToIntegers(*element))
            }
            fn mul(a: &Step, b: &Step) -> Step {
                step(Operation::Mul(*a, *b))
            }
            fn square(a: &Step) -> Step {
                step(Operation::Square(*a))
            }
            fn carry(a: &Step) -> Step {
                *a
            }
            fn add(a: &Step, b: &Step) -> Step {
                step(Operation::Add(*a, *b))
            }
            fn sub(a: &Step, b: &Step) -> Step {
                step(Operation::Sub(*a, *b))
            }
            fn select(mask: &Step, a: &Step, b: &Step) -> Step {
                step(Operation::Select(*mask, *a, *b))
            }
            fn invert(a: &Step) -> Step {
                step(Operation::Invert(*a))
            }
            fn is_zero(a: &Step) -> Step {
                step(Operation::IsZero(*a))
            }
        }

        impl CombField<$coordinates> for $field {
            type Column = Column;

            fn windows() -> &'static [[Column; $coordinates]] {
                static COLUMNS: [[Column; $coordinates]; $windows] = columns();
                &COLUMNS
            }
            fn lookup(column: &Column, index: &Step) -> Step {
                step(Operation::Lookup(*column, *index))
            }
        }
    };
}
recorded_field!(Recorded25519, 3, tables::curve25519::WINDOWS);
recorded_field!(RecordedP256, 2, tables::nistp256::WINDOWS);

impl field::Gf25519 for Recorded25519 {
    fn add_a24_times(a: &Step, b: &Step) -> Step {
        step(Operation::AddA24Times(*a, *b))
    }
    fn negate_if(mask: &Step, a: &Step) -> Step {
        step(Operation::NegateIf(*mask, *a))
    }
    fn add_sub(a: &Step, b: &Step, c: &Step) -> Step {
        step(Operation::AddSub([*a, *b, *c]))
    }
    fn twice_add_sub(a: &Step, b: &Step, c: &Step) -> Step {
        step(Operation::TwiceAddSub([*a, *b, *c]))
    }
}

impl field::GfP256 for RecordedP256 {
    type Sum = Step;

    fn sum(a: &Step) -> Step {
        *a
    }
    fn plus(a: &Step, b: &Step) -> Step {
        step(Operation::Plus(*a, *b))
    }
    fn minus(a: &Step, b: &Step) -> Step {
        step(Operation::Minus(*a, *b))
    }
    fn negate_if(mask: &Step, a: &Step) -> Step {
        step(Operation::NegateIf(*mask, *a))
    }
    fn reduce(a: &Step) -> Step {
        step(Operation::Reduce(*a))
    }
    fn mul_sub(a: &Step, b: &Step, c: &Step, d: &Step) -> Step {
        step(Operation::MulSub([*a, *b, *c, *d]))
    }
    fn mul_sub_square(a: &Step, b: &Step, c: &Step) -> Step {
        step(Operation::MulSubSquare([*a, *b, *c]))
    }
}
