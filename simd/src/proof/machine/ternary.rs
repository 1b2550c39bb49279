//! Any logic of three words, by its table.

use super::lane::Lane;

/// The bit of the result for each row of three bits, the first operand's the highest.
const fn row(table: u8, a: bool, b: bool, c: bool) -> bool {
    table >> ((a as u8) << 2 | (b as u8) << 1 | c as u8) & 1 == 1
}

/// A word of which two are combined first, then the third.
#[derive(Clone, Copy)]
struct Shape {
    /// Which operands, the first two combined first.
    order: [usize; 3],
    inner: Logic,
    outer: Logic,
    /// Whether all bits are turned over at the end.
    complement: bool,
}

/// Logic of two bits.
#[derive(Clone, Copy)]
enum Logic {
    And,
    Or,
    Xor,
    /// The second and not the first.
    AndNot,
    First,
}

const LOGIC: [Logic; 5] = [
    Logic::First,
    Logic::And,
    Logic::Or,
    Logic::Xor,
    Logic::AndNot,
];
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 2, 0],
    [1, 0, 2],
    [2, 0, 1],
    [2, 1, 0],
];

impl Logic {
    fn of_bits(self, a: bool, b: bool) -> bool {
        match self {
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::AndNot => !a & b,
            Self::First => a,
        }
    }

    fn of_words<W: Lane>(self, a: W, b: W) -> W {
        match self {
            Self::And => a.and(b),
            Self::Or => a.or(b),
            Self::Xor => a.xor(b),
            Self::AndNot => b.minus(a.and(b)),
            Self::First => a,
        }
    }
}

impl Shape {
    fn has(&self, table: u8) -> bool {
        (0..8_u8).all(|bits| {
            let operand = |i: usize| bits >> (2 - i) & 1 == 1;
            let [x, y, z] = self.order.map(operand);
            let found = self.outer.of_bits(self.inner.of_bits(x, y), z) != self.complement;
            found == row(table, operand(0), operand(1), operand(2))
        })
    }
}

/// `vpternlogq`, of the operands in their order.
pub(crate) fn vpternlog<W: Lane>(table: u8, a: W, b: W, c: W) -> W {
    match table {
        0 => return W::constant(0),
        0xff => return W::constant(u64::MAX),
        _ => (),
    }
    let operands = [a, b, c];
    let shape = shape(table);
    let Some(Shape {
        order,
        inner,
        outer,
        complement,
    }) = shape
    else {
        return chosen(table, operands).unwrap_or_else(|| sum_of_products(table, operands));
    };
    let [x, y, z] = order.map(|i| operands[i]);
    let word = outer.of_words(inner.of_words(x, y), z);
    if complement {
        word.xor(W::constant(u64::MAX))
    } else {
        word
    }
}

fn shape(table: u8) -> Option<Shape> {
    let shapes = LOGIC.into_iter().flat_map(|outer| {
        LOGIC.into_iter().flat_map(move |inner| {
            ORDERS.into_iter().flat_map(move |order| {
                [false, true].map(|complement| Shape {
                    order,
                    inner,
                    outer,
                    complement,
                })
            })
        })
    });
    shapes.into_iter().find(|shape| shape.has(table))
}

/// The bits of one operand where another has ones, of the third elsewhere.
fn chosen<W: Lane>(table: u8, operands: [W; 3]) -> Option<W> {
    let order = ORDERS.into_iter().find(|order| {
        (0..8_u8).all(|bits| {
            let operand = |i: usize| bits >> (2 - i) & 1 == 1;
            let [mask, one, zero] = order.map(operand);
            let found = if mask { one } else { zero };
            found == row(table, operand(0), operand(1), operand(2))
        })
    });
    let [mask, one, zero] = order?.map(|i| operands[i]);
    Some(one.and(mask).or(zero.minus(zero.and(mask))))
}

/// The exclusive or of those products of the operands that make up the table.
fn sum_of_products<W: Lane>(table: u8, operands: [W; 3]) -> W {
    let mut word = W::constant(0);
    for chosen in 0..8_u8 {
        // The coefficient: the parity of the rows of which no operand is outside.
        let rows = (0..8_u8).filter(|bits| bits & !chosen == 0);
        let parity = rows.filter(|bits| table >> bits & 1 == 1).count() % 2;
        if parity == 1 {
            let mut product = W::constant(u64::MAX);
            for (i, operand) in operands.iter().enumerate() {
                if chosen >> (2 - i) & 1 == 1 {
                    product = product.and(*operand);
                }
            }
            word = word.xor(product);
        }
    }
    word
}

/// Bit i of the operands is row i's: the word is the table.
#[test]
fn every_table_is_its_own_word() {
    for table in 0..=u8::MAX {
        let word = vpternlog(table, 0xf0_u64, 0xcc, 0xaa);
        assert_eq!(word as u8, table, "{table:#x}");
    }
}
