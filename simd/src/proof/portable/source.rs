//! The functions and constants of the portable backend's files.
//!
//! They are found by name alone, so a name that may mean two things is refused, and so is what
//! some builds have and others do not.

use std::collections::HashMap;

use syn::{
    Attribute, Block, Expr, ImplItem, Item, ItemImpl, ItemStruct, Signature, Type, UseTree,
    visit::Visit,
};

/// What some files define.
#[derive(Default)]
pub(super) struct Source {
    /// Of a type, if they are in an `impl`, and of none.
    functions: HashMap<(String, String), Function>,
    /// None where some builds have another value.
    constants: HashMap<String, Option<Expr>>,
    /// The names of a struct's fields, in order.
    fields: HashMap<String, Vec<String>>,
}

struct Function {
    signature: Signature,
    block: Block,
    is_conditional: bool,
}

impl Source {
    pub(super) fn read(&mut self, source: &str) {
        let file = syn::parse_file(source).expect("the file compiles");
        assert!(!has_conditions(&file.attrs), "a file that some builds have");
        for item in file.items {
            match item {
                Item::Fn(function) => {
                    let mut conditions = Conditions::default();
                    conditions.visit_item_fn(&function);
                    self.add("", function.sig, *function.block, conditions.found);
                }
                Item::Const(constant) => {
                    let name = constant.ident.to_string();
                    let value = (!has_conditions(&constant.attrs)).then_some(*constant.expr);
                    let before = self.constants.insert(name.clone(), value);
                    assert!(before.is_none(), "two constants {name}");
                }
                Item::Impl(block) => self.read_methods(block),
                Item::Struct(item) => self.read_fields(&item),
                Item::Use(import) => assert!(!renames(&import.tree), "an import by another name"),
                _ => {}
            }
        }
    }

    fn read_fields(&mut self, item: &ItemStruct) {
        let mut conditions = Conditions::default();
        conditions.visit_item_struct(item);
        let names = item.fields.iter().filter_map(|field| field.ident.as_ref());
        let names: Vec<_> = names.map(ToString::to_string).collect();
        if !names.is_empty() {
            assert!(!conditions.found, "a struct that is another in some builds");
            let before = self.fields.insert(item.ident.to_string(), names);
            assert!(before.is_none(), "two structs {}", item.ident);
        }
    }

    fn read_methods(&mut self, block: ItemImpl) {
        let this = type_name(&block.self_ty);
        let is_conditional = has_conditions(&block.attrs);
        for item in block.items {
            if let ImplItem::Fn(method) = item {
                let mut conditions = Conditions {
                    found: is_conditional,
                };
                conditions.visit_impl_item_fn(&method);
                self.add(&this, method.sig, method.block, conditions.found);
            }
        }
    }

    fn add(&mut self, this: &str, signature: Signature, block: Block, is_conditional: bool) {
        let key = (this.to_owned(), signature.ident.to_string());
        let function = Function {
            signature,
            block,
            is_conditional,
        };
        let before = self.functions.insert(key.clone(), function);
        assert!(before.is_none(), "two functions {}::{}", key.0, key.1);
    }

    /// A function; of a type, if one is named.
    pub(super) fn function(&self, this: &str, name: &str) -> (&Signature, &Block) {
        let found = self.functions.get(&(this.to_owned(), name.to_owned()));
        let found = found.unwrap_or_else(|| panic!("no function {this}::{name}"));
        assert!(
            !found.is_conditional,
            "a function that is another in some builds: {this}::{name}"
        );
        (&found.signature, &found.block)
    }

    /// Which field of a struct has this name.
    pub(super) fn field(&self, of: &str, name: &str) -> usize {
        let fields = self.fields.get(of);
        let found = fields.and_then(|fields| fields.iter().position(|field| field == name));
        found.unwrap_or_else(|| panic!("no field {of}.{name}"))
    }

    pub(super) fn constant(&self, name: &str) -> &Expr {
        let found = self.constants.get(name);
        let found = found.unwrap_or_else(|| panic!("no variable {name}"));
        let value = found.as_ref();
        value.unwrap_or_else(|| panic!("a constant that is another in some builds: {name}"))
    }
}

/// Whether anything is imported by another name than its own.
fn renames(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => renames(&path.tree),
        UseTree::Group(group) => group.items.iter().any(renames),
        UseTree::Rename(_) => true,
        UseTree::Name(_) | UseTree::Glob(_) => false,
    }
}

/// The name of a type, without what leads there.
pub(super) fn type_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().expect("a name").ident.to_string(),
        _ => panic!("a type without a name"),
    }
}

/// Whether anything depends on how the crate is built.
#[derive(Default)]
struct Conditions {
    found: bool,
}

impl Visit<'_> for Conditions {
    fn visit_attribute(&mut self, attribute: &Attribute) {
        let path = attribute.path();
        self.found |= path.is_ident("cfg") || path.is_ident("cfg_attr");
    }
}

fn has_conditions(attributes: &[Attribute]) -> bool {
    let mut conditions = Conditions::default();
    for attribute in attributes {
        conditions.visit_attribute(attribute);
    }
    conditions.found
}
