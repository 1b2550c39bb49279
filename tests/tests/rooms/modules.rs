//! A target's modules, read from its source by `syn`: what each defines, imports and names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, ItemImpl, ItemMod, Lit, Meta, TraitItem, UseTree};

/// The segments of a path: `crate::a::B` is `["crate", "a", "B"]`.
pub type Segments = Vec<String>;

/// One module of a target, in a file of its own or within its parent's.
#[derive(Default)]
pub struct Module {
    /// Its path from the root, which is `crate`.
    pub path: String,
    pub parent: Option<usize>,
    /// The module that its file is: itself, or the one it stands within.
    pub file: usize,
    /// Its child modules by name; features may give two the same name.
    pub children: Vec<(String, usize)>,
    /// What it defines that a path can go on from.
    pub types: BTreeSet<String>,
    /// What else it defines.
    pub values: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Every path that it names outside of its `use` lines.
    pub named: Vec<Segments>,
    /// The type of every inherent `impl`.
    pub inherent: Vec<Segments>,
}

/// What one name of a `use` line stands for.
pub struct Import {
    /// None for `*`.
    pub name: Option<String>,
    pub path: Segments,
}

/// Where sources are read from: the disk, or what a test plants.
pub type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The modules below the file `root`, which comes first. What is only compiled for unit tests is
/// left out.
pub fn modules(root: &Path, read: Read<'_>) -> Vec<Module> {
    let mut reader = Reader {
        modules: Vec::new(),
        read,
    };
    let folder = root.parent().unwrap();
    reader.file(root, folder, "crate", None);
    reader.modules
}

struct Reader<'a> {
    modules: Vec<Module>,
    read: Read<'a>,
}

impl Reader<'_> {
    /// Reads the file of a module whose children stand in `folder`.
    fn file(&mut self, file: &Path, folder: &Path, name: &str, parent: Option<usize>) -> usize {
        let source = (self.read)(file).unwrap_or_else(|| panic!("no {}", file.display()));
        let parsed = syn::parse_file(&source).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let module = self.add(name, parent, None);
        self.items(module, &parsed.items, folder);
        module
    }

    fn add(&mut self, name: &str, parent: Option<usize>, file: Option<usize>) -> usize {
        let module = self.modules.len();
        let path = match parent {
            Some(parent) => format!("{}::{name}", self.modules[parent].path),
            None => name.to_owned(),
        };
        self.modules.push(Module {
            path,
            parent,
            file: file.unwrap_or(module),
            ..Module::default()
        });
        module
    }

    fn items(&mut self, module: usize, items: &[Item], folder: &Path) {
        for item in items {
            match item {
                Item::Mod(item) if !is_test(&item.attrs) => self.child(module, item, folder),
                item => {
                    self.modules[module].define(item);
                    self.modules[module].visit_item(item);
                }
            }
        }
    }

    fn child(&mut self, parent: usize, item: &ItemMod, folder: &Path) {
        let name = item.ident.to_string();
        let child = match &item.content {
            Some((_, items)) => {
                let file = self.modules[parent].file;
                let child = self.add(&name, Some(parent), Some(file));
                self.items(child, items, &folder.join(&name));
                child
            }
            None => {
                let (file, folder) = self.locate(item, folder);
                self.file(&file, &folder, &name, Some(parent))
            }
        };
        self.modules[parent].children.push((name, child));
    }

    /// The file of a module and the folder of its children.
    fn locate(&self, item: &ItemMod, folder: &Path) -> (PathBuf, PathBuf) {
        let name = item.ident.to_string();
        if let Some(path) = item.attrs.iter().find_map(path_attribute) {
            let file = folder.join(path);
            let folder = file.parent().unwrap().to_owned();
            return (file, folder);
        }
        let inside = folder.join(&name);
        let file = folder.join(format!("{name}.rs"));
        match (self.read)(&file) {
            Some(_) => (file, inside),
            None => (inside.join("mod.rs"), inside),
        }
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("path") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether an item is there in unit tests alone: `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => requires_test(list.tokens.clone()),
        _ => false,
    })
}

fn requires_test(condition: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(word)] => word == "test",
        [TokenTree::Ident(all), TokenTree::Group(group)] if all == "all" => group
            .stream()
            .into_iter()
            .collect::<Vec<_>>()
            .split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
            .any(|part| requires_test(part.iter().cloned().collect())),
        _ => false,
    }
}

impl Module {
    fn define(&mut self, item: &Item) {
        let (names, name) = match item {
            Item::Enum(item) => (&mut self.types, &item.ident),
            Item::Struct(item) => (&mut self.types, &item.ident),
            Item::Trait(item) => (&mut self.types, &item.ident),
            Item::Type(item) => (&mut self.types, &item.ident),
            Item::Union(item) => (&mut self.types, &item.ident),
            Item::Const(item) => (&mut self.values, &item.ident),
            Item::Fn(item) => (&mut self.values, &item.sig.ident),
            Item::Static(item) => (&mut self.values, &item.ident),
            Item::Macro(syn::ItemMacro {
                ident: Some(name), ..
            }) => (&mut self.values, name),
            _ => return,
        };
        names.insert(name.to_string());
    }

    fn import(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&with(&path.ident), &path.tree),
            UseTree::Group(group) => {
                group
                    .items
                    .iter()
                    .for_each(|tree| self.import(prefix, tree));
            }
            // `use a::{self}` imports `a`.
            UseTree::Name(name) if name.ident == "self" => {
                self.import_as(prefix.last().cloned(), prefix.to_vec());
            }
            UseTree::Name(name) => self.import_as(Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(rename) => {
                let path = match rename.ident == "self" {
                    true => prefix.to_vec(),
                    false => with(&rename.ident),
                };
                self.import_as(Some(rename.rename.to_string()), path);
            }
            UseTree::Glob(_) => self.import_as(None, prefix.to_vec()),
        }
    }

    fn import_as(&mut self, name: Option<String>, path: Segments) {
        self.imports.push(Import { name, path });
    }

    /// `syn` leaves what a macro is given as tokens: the paths of more than one segment in them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(colon) if colon.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.end(&mut path);
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Segments) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.named.push(path);
        }
    }
}

/// Gathers what an item imports and names, within functions too.
impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => &item.attrs[..],
            ImplItem::Const(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes = match item {
            TraitItem::Fn(item) => &item.attrs[..],
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let (None, syn::Type::Path(own)) = (&item.trait_, &*item.self_ty) {
            self.inherent.push(segments(&own.path));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // `use ::name` is another crate's.
        if item.leading_colon.is_none() {
            self.import(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.named.push(segments(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.visit_path(&invoked.path);
        self.tokens(invoked.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
    }

    /// `pub(in crate::a)` says who may look, and uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

fn segments(path: &syn::Path) -> Segments {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
