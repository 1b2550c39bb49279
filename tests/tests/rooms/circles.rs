//! Rooms, and the circles among them.
//!
//! A room is a module with all its descendants. Where a file names something of another file, and
//! neither is above the other, there is an arrow between two sibling rooms: the ones below their
//! nearest common ancestor that hold them. No arrow may be part of a circle. Between a file and
//! those above it arrows go both ways: a parent declares and composes its children, and they take
//! its types.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::Module;
use crate::names::resolve;

/// Arrows from one room to another, each with what was named.
type Arrows = BTreeMap<(usize, usize), BTreeSet<String>>;

/// How many of the names behind an arrow are shown.
const SHOWN: usize = 3;

/// Every arrow that is part of a circle, for people to read.
pub fn circles(modules: &[Module]) -> Vec<String> {
    let arrows = arrows(modules);
    let circular = arrows
        .iter()
        .filter(|((from, to), _)| leads(&arrows, *to, *from));
    circular
        .map(|((from, to), named)| {
            let named: Vec<_> = named.iter().map(String::as_str).take(SHOWN).collect();
            let (from, to) = (&modules[*from].path, &modules[*to].path);
            format!("{from} -> {to}: {}", named.join(", "))
        })
        .collect()
}

fn arrows(modules: &[Module]) -> Arrows {
    let mut arrows = Arrows::new();
    for (index, module) in modules.iter().enumerate() {
        let imported = module.imports.iter().map(|import| &import.path);
        for path in imported.chain(&module.named) {
            let reached = resolve(modules, index, path);
            for other in reached.definers.iter().chain(&reached.through) {
                if let Some(arrow) = siblings(modules, module.file, modules[*other].file) {
                    let named = format!("{} names {}", module.path, path.join("::"));
                    arrows.entry(arrow).or_default().insert(named);
                }
            }
        }
    }
    arrows
}

/// The sibling rooms of two files; none if one is above the other.
fn siblings(modules: &[Module], one: usize, other: usize) -> Option<(usize, usize)> {
    let (one, other) = (ancestry(modules, one), ancestry(modules, other));
    let mut pairs = one.into_iter().zip(other);
    pairs.find(|(one, other)| one != other)
}

/// A module and those above it, from the root on.
pub fn ancestry(modules: &[Module], module: usize) -> Vec<usize> {
    let mut ancestry: Vec<usize> =
        std::iter::successors(Some(module), |&module| modules[module].parent).collect();
    ancestry.reverse();
    ancestry
}

/// Whether arrows lead from one room to another.
fn leads(arrows: &Arrows, from: usize, to: usize) -> bool {
    let mut reached = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(room) = next.pop() {
        for (_, end) in arrows.keys().filter(|(start, _)| *start == room) {
            if reached.insert(*end) {
                next.push(*end);
            }
        }
    }
    reached.contains(&to)
}
