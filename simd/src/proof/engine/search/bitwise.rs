//! Logic on words.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Definition, Search, because,
    facts::fact,
    nodes::{High, Node, Or, OrBounds},
};

const WORD: u32 = 64;

/// The variable that a logical or is.
pub(super) struct Either {
    range: Fact,
    /// The sum of the words.
    sum: Rc<Polynomial>,
    /// That it is no less than each.
    no_less: [Fact; 2],
}

impl Search {
    fn is(&self, term: Term, value: u32) -> bool {
        *self.nodes[term].polynomial == Polynomial::constant(value)
    }

    /// That a term, read without a sign, lies below 2^64: what is read.
    fn unsigned(&mut self, term: Term) -> (Rc<Polynomial>, Fact) {
        let split = self.split(term, WORD);
        let polynomial = self.facts[split.remainder].polynomial.clone();
        (polynomial, split.remainder)
    }

    pub(super) fn and(&mut self, a: Term, b: Term) -> (Node, Reason) {
        if self.nodes[a].polynomial == self.nodes[b].polynomial {
            return (self.nodes[a].clone(), Reason::default());
        }
        let mask = match (
            self.make_constant(b),
            self.nodes[a].polynomial.as_constant(),
        ) {
            (Some(mask), _) => Some((a, mask)),
            (None, Some(mask)) => Some((b, mask)),
            (None, None) => self.make_constant(a).map(|mask| (b, mask)),
        };
        match mask {
            Some((_, mask)) if mask == BigInt::ZERO => (Node::constant(&mask), Reason::default()),
            Some((value, mask)) => match ones(&unsigned(&mask)) {
                Some([0, to]) => self.low(value, to),
                Some([from, to]) => self.middle(value, from, to),
                None => self.some_of_both(a, b),
            },
            None => self.some_of_both(a, b),
        }
    }

    /// The bits of a term from one to another.
    fn middle(&mut self, term: Term, from: u32, to: u32) -> (Node, Reason) {
        let (below_to, below_from) = (self.split(term, to), self.split(term, from));
        let reason = because([below_to.remainder, below_from.remainder]);
        let multiple = &*below_from.quotient - &below_to.quotient.shifted(to - from);
        let evidence = &fact(below_to.remainder) - &fact(below_from.remainder);
        let known = self.settle(&Rc::new(multiple.clone()), &evidence, &power(from));
        let node = Node {
            polynomial: Rc::new(multiple.shifted(from)),
            atoms: fact(known).shifted(from),
            parts: fact(known).shifted(from),
            ..Node::default()
        };
        (node, reason)
    }

    /// A conjunction of which little is known.
    fn some_of_both(&mut self, a: Term, b: Term) -> (Node, Reason) {
        let ((x, first), (y, second)) = (self.unsigned(a), self.unsigned(b));
        let (both, range) = self.variable(&Interval::bits(WORD));
        for word in [x, y] {
            self.learn(Rc::new(&*word - &*both), Interval::bits(WORD));
        }
        (Node::known(both, range), because([first, second]))
    }

    /// The sum, where no bit is in both; else something of which little is known.
    pub(super) fn or(&mut self, a: Term, b: Term) -> (Node, Reason) {
        for (low, high) in [(a, b), (b, a)] {
            let valuations = self.nodes[high]
                .polynomial
                .terms()
                .map(|(_, c)| c.trailing_zeros());
            let multiple = valuations
                .flatten()
                .min()
                .map_or(WORD, |v| v.min(u64::from(WORD)) as u32);
            let Ok(known) = self.range_within(low, &Interval::bits(multiple)) else {
                continue;
            };
            let mut node = self.combine(a, b, false);
            let above = self.nodes[high].high.clone();
            let above = above.filter(|above| above.low.is_none());
            let fits = |above: &High| {
                self.facts[known]
                    .interval
                    .within(&Interval::bits(above.bits))
            };
            node.high = above.filter(fits).map(|above| High {
                low: Some(known),
                ..above
            });
            node.or_of = Some(Or {
                parts: [a, b],
                bounds: None,
            });
            return (node, because([known]));
        }
        let ((x, first), (y, second)) = (self.unsigned(a), self.unsigned(b));
        let (either, range) = self.variable(&Interval::bits(WORD));
        let no_less =
            [&x, &y].map(|word| self.learn(Rc::new(&*either - &**word), Interval::bits(WORD)));
        let sum = Rc::new(&*x + &*y);
        let no_more = self.learn(Rc::new(&*sum - &*either), Interval::bits(WORD));
        self.define_last(sum.clone(), no_more);
        self.pending_either = Some(Either {
            range,
            sum,
            no_less,
        });
        let node = Node {
            or_of: Some(Or {
                parts: [a, b],
                bounds: Some(OrBounds { no_less, no_more }),
            }),
            ..Node::known(either, range)
        };
        (node, because([first, second]))
    }

    /// What is no less than either of two words is no less than half their sum.
    pub(super) fn no_less_than_half(&mut self, either: Either) {
        let Either {
            range,
            sum,
            no_less,
        } = either;
        let variable = self.facts[range].polynomial.clone();
        let sum = self.bound(&sum);
        let twice = &(&fact(no_less[0]) + &fact(no_less[1])) + &fact(sum);
        let found = self.settle(&variable, &twice, &BigInt::from(2));
        self.meet(range, found);
    }

    /// The newest variable is no more than a polynomial: what bounds begin with.
    fn define_last(&mut self, root: Rc<Polynomial>, rest: Fact) {
        let last = self.variables.last_mut().expect("a variable was made");
        last.definition = Some(Definition {
            root,
            bits: 0,
            rest,
        });
    }

    pub(super) fn xor(&mut self, a: Term, b: Term) -> (Node, Reason) {
        if self.nodes[a].polynomial == self.nodes[b].polynomial {
            return (Node::constant(&BigInt::ZERO), Reason::default());
        }
        for (one, other) in [(a, b), (b, a)] {
            if self.is(other, 0) {
                return (self.nodes[one].clone(), Reason::default());
            }
            let of = self.xors.get(&self.nodes[one].polynomial).copied();
            let found = of.and_then(|[p, q]| {
                let is = |term: Term| self.nodes[term].polynomial == self.nodes[other].polynomial;
                if is(q) {
                    Some(p)
                } else {
                    Some(q).filter(|_| is(p))
                }
            });
            if let Some(term) = found {
                return (self.nodes[term].clone(), Reason::default());
            }
        }
        let ((x, first), (y, second)) = (self.unsigned(a), self.unsigned(b));
        let (xor, range) = self.variable(&Interval::bits(WORD));
        let (sum, difference) = (Rc::new(&*x + &*y), &*x - &*y);
        let no_more = self.learn(Rc::new(&*sum - &*xor), Interval::bits(WORD + 1));
        for bound in [&*xor - &difference, &*xor + &difference] {
            self.learn(Rc::new(bound), Interval::bits(WORD + 1));
        }
        let square = (&difference * &difference).shifted(WORD);
        self.learn(Rc::new(&square - &*xor), Interval::bits(4 * WORD));
        self.define_last(sum, no_more);
        if x == self.nodes[a].polynomial && y == self.nodes[b].polynomial {
            self.xors.insert(xor.clone(), [a, b]);
        }
        (Node::known(xor, range), because([first, second]))
    }
}

/// A constant as a word.
fn unsigned(value: &BigInt) -> BigInt {
    value & (power(WORD) - 1)
}

/// From which bit to which the ones of a mask stand, if they stand together.
fn ones(mask: &BigInt) -> Option<[u32; 2]> {
    let from = mask.trailing_zeros()? as u32;
    let to = mask.bits() as u32;
    (*mask == power(to) - power(from)).then_some([from, to])
}
