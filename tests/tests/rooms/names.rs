//! From a path in a module to the modules that it leads to.

use std::collections::BTreeSet;

use crate::modules::Module;

/// Where a path leads.
#[derive(Default)]
pub struct Reached {
    /// The modules that define what it names.
    pub definers: BTreeSet<usize>,
    /// The modules that pass it on by a `use` of theirs.
    pub through: BTreeSet<usize>,
}

impl Reached {
    fn defined_by(module: usize) -> Self {
        Self {
            definers: [module].into(),
            through: BTreeSet::new(),
        }
    }

    fn extend(&mut self, other: Self) {
        self.definers.extend(other.definers);
        self.through.extend(other.through);
    }
}

/// Where `path` leads from `module`; nowhere if it is another crate's.
pub fn resolve(modules: &[Module], module: usize, path: &[String]) -> Reached {
    let mut names = Names {
        modules,
        asked: BTreeSet::new(),
    };
    names.resolve(module, path)
}

struct Names<'a> {
    modules: &'a [Module],
    /// What is being looked up: `use a::a` has the name of its own beginning.
    asked: BTreeSet<(usize, String)>,
}

impl Names<'_> {
    fn resolve(&mut self, module: usize, path: &[String]) -> Reached {
        match path.first().map(String::as_str) {
            Some("crate") => self.within(0, &path[1..]),
            Some("self") => self.within(module, &path[1..]),
            Some("super") => match self.modules[module].parent {
                Some(parent) => self.within(parent, &path[1..]),
                None => Reached::default(),
            },
            _ => self.look_up(module, path).unwrap_or_default(),
        }
    }

    /// The rest of a path whose beginning has led to `module`: what it has not, a macro may have
    /// made there.
    fn within(&mut self, module: usize, path: &[String]) -> Reached {
        match path.first().map(String::as_str) {
            None => Reached::defined_by(module),
            Some("super" | "self") => self.resolve(module, path),
            Some(_) => {
                let found = self.look_up(module, path);
                found.unwrap_or_else(|| Reached::defined_by(module))
            }
        }
    }

    /// The first name of `path` among what `module` has in scope, if it is there.
    fn look_up(&mut self, module: usize, path: &[String]) -> Option<Reached> {
        let (name, rest) = path.split_first()?;
        let question = (module, name.clone());
        if !self.asked.insert(question.clone()) {
            return None;
        }
        let named = self.named(module, name, rest);
        let found = named.or_else(|| self.by_glob(module, path));
        self.asked.remove(&question);
        found
    }

    /// A child, an item and an import may have the same name.
    fn named(&mut self, module: usize, name: &str, rest: &[String]) -> Option<Reached> {
        let modules = self.modules;
        let here = &modules[module];
        let mut found = Vec::new();
        for (_, child) in here.children.iter().filter(|(child, _)| child == name) {
            found.push(self.within(*child, rest));
        }
        if here.types.contains(name) {
            found.push(Reached::defined_by(module));
        }
        if here.values.contains(name) {
            // No path goes on from a value: it is another's of the same name.
            found.push(match rest.is_empty() {
                true => Reached::defined_by(module),
                false => Reached::default(),
            });
        }
        let imports = here.imports.iter();
        for import in imports.filter(|import| import.name.as_deref() == Some(name)) {
            let mut imported = self.resolve(module, &[&import.path, rest].concat());
            imported.through.insert(module);
            found.push(imported);
        }
        all(found)
    }

    fn by_glob(&mut self, module: usize, path: &[String]) -> Option<Reached> {
        let modules = self.modules;
        let mut found = Vec::new();
        let imports = modules[module].imports.iter();
        for glob in imports.filter(|import| import.name.is_none()) {
            for source in self.resolve(module, &glob.path).definers {
                if let Some(mut imported) = self.look_up(source, path) {
                    imported.through.insert(module);
                    found.push(imported);
                }
            }
        }
        all(found)
    }
}

fn all(found: Vec<Reached>) -> Option<Reached> {
    found.into_iter().reduce(|mut all, found| {
        all.extend(found);
        all
    })
}
