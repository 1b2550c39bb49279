//! The words and atoms that were ever written, each once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hash, Hasher},
    rc::Rc,
};

use super::{Term, forms::Form};

/// What is no sum or product.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Atom {
    Input(u64),
    /// The low bits.
    Low(u32, Term),
    /// Shifted to the right, filled with zeros.
    Shr(u32, Term),
    /// Shifted to the right, filled with the sign.
    Sar(u32, Term),
    /// The low bits of a product of integers.
    LowProduct(u32, Term, Term),
    /// A product of integers without its low bits.
    HighProduct(u32, Term, Term),
    /// A product modulo 2^64 that would have too many terms.
    Product(Term, Term),
    /// One bit.
    Bit(u32, Term),
    /// 1 if a word is zero, else 0.
    Zero(Term),
    /// The bits in all, and those in any.
    All(Box<[Term]>),
    Any(Box<[Term]>),
    /// The entry of a table, by its number, that a word names.
    Pick(Term, u32),
    /// Truth values, one in each bit.
    Packed([Term; 16]),
}

impl Atom {
    /// Whether it is 0 or 1.
    pub(super) fn is_truth(&self) -> bool {
        matches!(self, Self::Bit(..) | Self::Zero(_))
    }
}

/// An atom or a product of atoms, by its number.
pub(super) type Monomial = u32;

pub(super) struct Known {
    pub(super) atoms: Rc<[u32]>,
    pub(super) bound: u64,
    pub(super) is_truth: bool,
}

#[derive(Default)]
pub(super) struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

pub(super) struct Arena {
    forms: Vec<Rc<Form>>,
    bounds: Vec<Option<u64>>,
    form_numbers: Map<Rc<Form>, Term>,
    /// The atoms, each with the monomial that it is alone.
    atoms: Vec<(Rc<Atom>, Monomial)>,
    atom_numbers: Map<Rc<Atom>, u32>,
    pub(super) monomials: Vec<Known>,
    monomial_numbers: Map<Rc<[u32]>, Monomial>,
    pub(super) tables: Vec<Rc<[u64]>>,
    table_numbers: Map<Rc<[u64]>, u32>,
    /// The name of the last input without one of its own.
    pub(super) unnamed: u64,
    /// The words that a word is the exclusive or of.
    pub(super) differences: Map<Term, (Term, Term)>,
    /// The word that a word is shifted to the left, and by how many bits.
    pub(super) shifted: Map<Term, (Term, u32)>,
}

impl Arena {
    pub(super) fn new() -> Self {
        let nothing = Rc::new(Form::number(0));
        Self {
            forms: vec![nothing],
            bounds: vec![None],
            form_numbers: Map::default(),
            atoms: Vec::new(),
            atom_numbers: Map::default(),
            monomials: Vec::new(),
            monomial_numbers: Map::default(),
            tables: Vec::new(),
            table_numbers: Map::default(),
            unnamed: u64::MAX,
            differences: Map::default(),
            shifted: Map::default(),
        }
    }

    pub(super) fn known(&self) -> usize {
        self.atoms.len()
    }

    pub(super) fn form(&self, term: Term) -> Rc<Form> {
        self.forms[term.0 as usize].clone()
    }

    /// The most that a word can be, if its sum cannot exceed 2^64: none else.
    pub(super) fn bound(&self, term: Term) -> Option<u64> {
        self.bounds[term.0 as usize]
    }

    /// The word of a form that follows all rules.
    pub(super) fn intern(&mut self, form: Form) -> Term {
        if let Some(term) = self.form_numbers.get(&form) {
            return *term;
        }
        let mut bound = Some(u128::from(form.constant));
        for (monomial, coefficient) in &form.terms {
            let most = u128::from(self.monomials[*monomial as usize].bound);
            let most = u128::from(*coefficient) * most;
            bound = bound.and_then(|bound| bound.checked_add(most));
        }
        let bound = bound.and_then(|bound| u64::try_from(bound).ok());
        let term = Term(self.forms.len() as u32);
        let form = Rc::new(form);
        self.forms.push(form.clone());
        self.bounds.push(bound);
        self.form_numbers.insert(form, term);
        term
    }

    /// The monomial of an atom alone.
    pub(super) fn atom(&mut self, atom: Atom) -> Monomial {
        if let Some(number) = self.atom_numbers.get(&atom) {
            return self.atoms[*number as usize].1;
        }
        let number = self.atoms.len() as u32;
        let bound = self.most(&atom);
        let is_truth = atom.is_truth();
        let atoms: Rc<[u32]> = Rc::new([number]);
        let monomial = self.monomials.len() as Monomial;
        self.monomials.push(Known {
            atoms: atoms.clone(),
            bound,
            is_truth,
        });
        self.monomial_numbers.insert(atoms, monomial);
        let atom = Rc::new(atom);
        self.atoms.push((atom.clone(), monomial));
        self.atom_numbers.insert(atom, number);
        monomial
    }

    /// The word of an atom alone.
    pub(super) fn term_of(&mut self, atom: Atom) -> Term {
        let monomial = self.atom(atom);
        self.intern(Form::of(monomial, 1))
    }

    pub(super) fn numbered(&self, atom: u32) -> Rc<Atom> {
        self.atoms[atom as usize].0.clone()
    }

    /// The word of an atom alone, by the atom's number.
    pub(super) fn alone_of(&mut self, atom: u32) -> Term {
        let monomial = self.atoms[atom as usize].1;
        self.intern(Form::of(monomial, 1))
    }

    /// The atom that a monomial is, if it is one alone.
    pub(super) fn as_atom(&self, monomial: Monomial) -> Option<Rc<Atom>> {
        match self.monomials[monomial as usize].atoms[..] {
            [atom] => Some(self.atoms[atom as usize].0.clone()),
            _ => None,
        }
    }

    /// The product of two monomials. A truth value times itself is itself.
    pub(super) fn merged(&mut self, a: Monomial, b: Monomial) -> Monomial {
        let (left, right) = (&self.monomials[a as usize], &self.monomials[b as usize]);
        let mut atoms: Vec<u32> = left.atoms.iter().chain(&right.atoms[..]).copied().collect();
        let bound = u128::from(left.bound) * u128::from(right.bound);
        let is_truth = left.is_truth && right.is_truth;
        atoms.sort_unstable();
        let truths = &self.atoms;
        atoms.dedup_by(|a, b| a == b && truths[*a as usize].0.is_truth());
        let atoms: Rc<[u32]> = atoms.into();
        if let Some(monomial) = self.monomial_numbers.get(&atoms) {
            return *monomial;
        }
        let monomial = self.monomials.len() as Monomial;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        self.monomials.push(Known {
            atoms: atoms.clone(),
            bound,
            is_truth,
        });
        self.monomial_numbers.insert(atoms, monomial);
        monomial
    }

    pub(super) fn table(&mut self, table: &[u64]) -> u32 {
        if let Some(number) = self.table_numbers.get(table) {
            return *number;
        }
        let number = self.tables.len() as u32;
        let table: Rc<[u64]> = table.into();
        self.tables.push(table.clone());
        self.table_numbers.insert(table, number);
        number
    }

    /// The most that an atom can be.
    fn most(&self, atom: &Atom) -> u64 {
        let bits = |bits: u32| {
            if bits >= 64 {
                u64::MAX
            } else {
                (1 << bits) - 1
            }
        };
        match atom {
            Atom::Low(count, term) => bits(*count).min(self.bound(*term).unwrap_or(u64::MAX)),
            Atom::Shr(count, term) => self.bound(*term).unwrap_or(u64::MAX) >> count,
            Atom::LowProduct(count, ..) => bits(*count),
            Atom::HighProduct(count, a, b) => {
                let [a, b] = [a, b].map(|term| self.bound(*term).unwrap_or(u64::MAX));
                let most = (u128::from(a) * u128::from(b)) >> count;
                u64::try_from(most).unwrap_or(u64::MAX)
            }
            Atom::Bit(..) | Atom::Zero(_) => 1,
            Atom::All(terms) => {
                let bounds = terms.iter().filter_map(|term| self.bound(*term));
                bounds.min().unwrap_or(u64::MAX)
            }
            Atom::Any(terms) => {
                let bounds = terms
                    .iter()
                    .map(|term| self.bound(*term).unwrap_or(u64::MAX));
                bits(64 - bounds.max().unwrap_or(0).leading_zeros())
            }
            Atom::Pick(_, table) => {
                let entries = self.tables[*table as usize].iter();
                entries.max().copied().unwrap_or(0)
            }
            Atom::Packed(_) => bits(16),
            Atom::Input(_) | Atom::Sar(..) | Atom::Product(..) => u64::MAX,
        }
    }

    /// A word written out, to a depth.
    pub(super) fn written(&self, term: Term, depth: u32) -> String {
        if term == Term::UNKNOWN {
            return "unknown".to_owned();
        }
        let form = self.form(term);
        let mut parts = Vec::new();
        for (monomial, coefficient) in form.terms.iter().take(12) {
            let atoms = self.monomials[*monomial as usize].atoms.iter();
            let atoms: Vec<_> = atoms
                .map(|atom| self.written_atom(&self.atoms[*atom as usize].0, depth))
                .collect();
            parts.push(format!("{:#x} {}", *coefficient as i64, atoms.join(" * ")));
        }
        if form.terms.len() > 12 {
            parts.push(format!("... {} terms", form.terms.len()));
        }
        if form.constant != 0 || parts.is_empty() {
            parts.push(format!("{:#x}", form.constant));
        }
        parts.join(" + ")
    }

    fn written_atom(&self, atom: &Atom, depth: u32) -> String {
        let inner = |term: &Term| match depth {
            0 => format!("#{}", term.0),
            _ => format!("({})", self.written(*term, depth - 1)),
        };
        match atom {
            Atom::Input(name) => format!("input{name}"),
            Atom::Low(bits, term) => format!("low{bits}{}", inner(term)),
            Atom::Shr(bits, term) => format!("shr{bits}{}", inner(term)),
            Atom::Sar(bits, term) => format!("sar{bits}{}", inner(term)),
            Atom::LowProduct(bits, a, b) => format!("lo{bits}{}{}", inner(a), inner(b)),
            Atom::HighProduct(bits, a, b) => format!("hi{bits}{}{}", inner(a), inner(b)),
            Atom::Product(a, b) => format!("product{}{}", inner(a), inner(b)),
            Atom::Bit(place, term) => format!("bit{place}{}", inner(term)),
            Atom::Zero(term) => format!("zero{}", inner(term)),
            Atom::All(terms) => {
                format!(
                    "all[{}]",
                    terms.iter().map(inner).collect::<Vec<_>>().join(", ")
                )
            }
            Atom::Any(terms) => {
                format!(
                    "any[{}]",
                    terms.iter().map(inner).collect::<Vec<_>>().join(", ")
                )
            }
            Atom::Pick(term, table) => format!("table{table}{}", inner(term)),
            Atom::Packed(_) => "packed".to_owned(),
        }
    }
}
