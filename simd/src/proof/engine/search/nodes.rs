//! Terms: sums, differences, products, quotients and remainders.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Evidence, Search, Variable, because,
    facts::fact,
    one,
    split::Chain,
};

const WORD: u32 = 64;

/// What is known of a term.
#[derive(Clone, Default)]
pub(super) struct Node {
    pub(super) polynomial: Rc<Polynomial>,
    /// The value as a sum of products of facts, down to inputs, quotients and remainders: a
    /// remainder that occurs twice is not counted twice.
    pub(super) atoms: Evidence,
    /// The value as a sum of what is known of the terms that it was made of.
    pub(super) parts: Evidence,
    /// The value as a rest and the last of a row of carries.
    pub(super) chain: Option<Chain>,
    /// Whether it is that carry alone.
    pub(super) is_floor: bool,
    pub(super) is_product: bool,
    /// The value as a low part and a multiple of another term.
    pub(super) high: Option<High>,
    /// What it is the logical or of.
    pub(super) or_of: Option<Or>,
    /// The term that it is so many low bits of, if that is near to zero.
    pub(super) low_of: Option<(Term, u32)>,
}

/// A term that occurs times a power of two, with less than that power below it.
#[derive(Clone)]
pub(super) struct High {
    pub(super) term: Term,
    pub(super) bits: u32,
    /// The part below; none if there is nothing.
    pub(super) low: Option<Fact>,
}

#[derive(Clone, Copy)]
pub(super) struct OrBounds {
    pub(super) no_less: [Fact; 2],
    pub(super) no_more: Fact,
}

/// A logical or.
#[derive(Clone)]
pub(super) struct Or {
    pub(super) parts: [Term; 2],
    /// That it is no less than each part, and no more than both; none if it is their sum.
    pub(super) bounds: Option<OrBounds>,
}

impl Node {
    pub(super) fn constant(value: &BigInt) -> Self {
        let polynomial = Polynomial::constant(value.clone());
        Self {
            atoms: polynomial.clone(),
            parts: polynomial.clone(),
            polynomial: Rc::new(polynomial),
            ..Self::default()
        }
    }

    /// A node of which a fact says all.
    pub(super) fn known(polynomial: Rc<Polynomial>, known: Fact) -> Self {
        Self {
            polynomial,
            atoms: fact(known),
            parts: fact(known),
            ..Self::default()
        }
    }
}

impl Search {
    pub(super) fn input(&mut self, interval: &Interval) -> Node {
        let (polynomial, known) = self.variable(interval);
        Node::known(polynomial, known)
    }

    /// A variable that an operation makes.
    pub(super) fn variable(&mut self, interval: &Interval) -> (Rc<Polynomial>, Fact) {
        let variable = Rc::new(Polynomial::variable(self.variables.len() as u32));
        let range = self.learn(variable.clone(), interval.clone());
        self.variables.push(Variable {
            range,
            definition: None,
        });
        (variable, range)
    }

    pub(super) fn given(&mut self, polynomial: &Polynomial, interval: &Interval) -> Node {
        let polynomial = Rc::new(polynomial.clone());
        let known = self.learn(polynomial.clone(), interval.clone());
        self.pending_special = Some(known);
        Node::known(polynomial, known)
    }

    /// A sum or a difference.
    pub(super) fn combine(&mut self, a: Term, b: Term, negative: bool) -> Node {
        if a == b && !negative && self.nodes[a].high.is_some() {
            return self.shifted(a, 1);
        }
        let (a, b) = (&self.nodes[a], &self.nodes[b]);
        let sign = BigInt::from(if negative { -1 } else { 1 });
        let plus = |a: &Polynomial, b: &Polynomial| {
            let mut sum = a.clone();
            sum.add_scaled(b, &sign);
            sum
        };
        let with_rest = |chain: &Chain, other: &Polynomial| Chain {
            rest: plus(&chain.rest, other),
            ..chain.clone()
        };
        let chain = match (&a.chain, &b.chain) {
            (_, Some(chain)) if !negative && b.is_floor => Some(with_rest(chain, &a.polynomial)),
            (Some(chain), _) => Some(with_rest(chain, &b.polynomial)),
            (None, Some(chain)) if !negative => Some(with_rest(chain, &a.polynomial)),
            _ => None,
        };
        let polynomial = plus(&a.polynomial, &b.polynomial);
        let borrow = self.chain_of_borrow(&polynomial).filter(|_| negative);
        Node {
            polynomial: Rc::new(polynomial),
            atoms: plus(&a.atoms, &b.atoms),
            parts: plus(&a.parts, &b.parts),
            chain: borrow.or(chain),
            ..Node::default()
        }
    }

    pub(super) fn product(&mut self, a: Term, b: Term) -> Node {
        for (value, factor) in [(a, b), (b, a)] {
            let factor = self.nodes[factor].polynomial.as_constant();
            let bits = factor
                .filter(|factor| *factor > BigInt::ZERO)
                .and_then(|factor| {
                    let bits = factor.trailing_zeros().unwrap_or(0) as u32;
                    (factor == power(bits)).then_some(bits)
                });
            if let Some(bits) = bits {
                return self.shifted(value, bits);
            }
        }
        let (a, b) = (&self.nodes[a], &self.nodes[b]);
        Node {
            polynomial: Rc::new(&*a.polynomial * &*b.polynomial),
            atoms: &a.atoms * &b.atoms,
            parts: &a.parts * &b.parts,
            is_product: true,
            ..Node::default()
        }
    }

    fn shifted(&self, term: Term, bits: u32) -> Node {
        let node = &self.nodes[term];
        Node {
            polynomial: Rc::new(node.polynomial.shifted(bits)),
            atoms: node.atoms.shifted(bits),
            parts: node.parts.shifted(bits),
            high: Some(High {
                term,
                bits,
                low: None,
            }),
            ..Node::default()
        }
    }

    pub(super) fn word(&self, term: Term) -> Node {
        Node {
            is_product: false,
            ..self.nodes[term].clone()
        }
    }

    pub(super) fn low(&mut self, term: Term, bits: u32) -> (Node, Reason) {
        let split = self.split(term, bits);
        let node = self.nodes[term].clone();
        let parts = fact(split.remainder);
        let reason = because([split.remainder]);
        if *split.quotient == Polynomial::default() {
            self.atoms.insert(node.polynomial.clone(), split.remainder);
            return (Node { parts, ..node }, reason);
        }
        let multiple = split.quotient.shifted(bits);
        let low = Node {
            polynomial: Rc::new(&*node.polynomial - &multiple),
            atoms: parts.clone(),
            parts,
            chain: node.chain.map(|chain| Chain {
                rest: &chain.rest - &multiple,
                ..chain
            }),
            low_of: split.is_sign.then_some((term, bits)),
            ..Node::default()
        };
        (low, reason)
    }

    pub(super) fn signed(&mut self, term: Term) -> Result<(Node, Reason), String> {
        let range = Interval::new(-power(WORD - 1), power(WORD - 1) - 1);
        let found = self.range_within(term, &range);
        let known = found.map_err(|known| format!("a word with a sign lies in {known:x?}"))?;
        let node = Node {
            parts: fact(known),
            ..self.nodes[term].clone()
        };
        Ok((node, because([known])))
    }

    pub(super) fn floor(&mut self, term: Term, bits: u32) -> (Node, Reason) {
        let split = self.split(term, bits);
        let reason = because([split.remainder]);
        let whole = self.range(term);
        let evidence = &fact(whole) - &fact(split.remainder);
        let found = self.settle(&split.quotient, &evidence, &power(bits));
        let known = match self.atoms.get(&split.quotient) {
            Some(known) => self.meet(*known, found),
            None => found,
        };
        self.atoms.insert(split.quotient.clone(), known);
        let is_variable = split.quotient.terms().count() == 1;
        let node = Node {
            atoms: if is_variable {
                self.natural(&split.quotient)
            } else {
                fact(known)
            },
            parts: fact(known),
            is_floor: split.chain.is_some(),
            chain: split.chain,
            polynomial: split.quotient,
            ..Node::default()
        };
        (node, reason)
    }

    /// A term whose values are few becomes a constant, a case each.
    pub(super) fn make_constant(&mut self, term: Term) -> Option<BigInt> {
        let polynomial = self.nodes[term].polynomial.clone();
        if let Some(constant) = polynomial.as_constant() {
            return Some(constant);
        }
        let mut known = self.range(term);
        let interval = &self.facts[known].interval;
        if &interval.high - &interval.low > one() {
            return None;
        }
        let value = loop {
            let interval = &self.facts[known].interval;
            match interval.as_point() {
                Some(value) => break value,
                None => known = self.case(known, &interval.high.clone()),
            }
        };
        self.equate(term, known, &value);
        Some(value)
    }

    /// A term is a constant from now on, by a fact.
    pub(super) fn equate(&mut self, term: Term, known: Fact, value: &BigInt) {
        let polynomial = self.nodes[term].polynomial.clone();
        let constant = Polynomial::constant(value.clone());
        let difference = Rc::new(&*polynomial - &constant);
        let zero = self.settle(&difference, &(&fact(known) - &constant), &one());
        self.rules.push(super::Rule::Rewrite(term, zero));
        self.nodes[term] = Node::constant(value);
        self.make_special(zero);
        self.equalities.push(zero);
    }
}
