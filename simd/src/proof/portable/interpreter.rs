//! Runs functions of the portable backend, as they stand in its files, on symbols.
//!
//! No more of Rust than they use: words, arrays, tuples and tuple structs; calls, loops over
//! known counts, assignments. What it does not know it refuses. An operator that would panic
//! on overflow is an obligation that it does not; so is a `debug_assert`.

use std::collections::HashMap;

use syn::{
    BinOp, Block, Expr, FnArg, ImplItem, Item, Lit, Local, Pat, Signature, Stmt, Type, UnOp,
};

use super::values::Value;

/// The functions and constants of some files.
#[derive(Default)]
pub(super) struct Program {
    /// Of a type, if they are in an `impl`, and of none.
    functions: HashMap<(String, String), (Signature, Block)>,
    constants: HashMap<String, Expr>,
    given: HashMap<String, Value>,
}

/// What is known where a function is being run.
struct Frame<'a> {
    program: &'a Program,
    /// The type of the `impl`.
    this: &'a str,
    variables: Vec<(String, Value)>,
}

impl Program {
    /// Reads a file.
    pub(super) fn read(&mut self, source: &str) {
        let file = syn::parse_file(source).expect("the file compiles");
        for item in file.items {
            match item {
                Item::Fn(function) => self.add("", function.sig, *function.block),
                Item::Const(constant) => {
                    self.constants
                        .insert(constant.ident.to_string(), *constant.expr);
                }
                Item::Impl(block) => {
                    let this = type_name(&block.self_ty);
                    for item in block.items {
                        if let ImplItem::Fn(method) = item {
                            self.add(&this, method.sig, method.block);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, this: &str, signature: Signature, block: Block) {
        let key = (this.to_owned(), signature.ident.to_string());
        self.functions.insert(key, (signature, block));
    }

    /// A constant whose value the compiler has computed.
    pub(super) fn give(&mut self, name: &str, value: Value) {
        self.given.insert(name.to_owned(), value);
    }

    /// The result of a function; of a type's, if one is named.
    pub(super) fn call(&self, this: &str, name: &str, arguments: Vec<Value>) -> Value {
        self.run(this, name, arguments).0
    }

    /// The result, and what the parameters hold in the end.
    fn run(&self, this: &str, name: &str, arguments: Vec<Value>) -> (Value, Vec<Value>) {
        let key = (this.to_owned(), name.to_owned());
        let found = self.functions.get(&key);
        let (signature, block) = found.unwrap_or_else(|| panic!("no function {this}::{name}"));
        let mut frame = Frame {
            program: self,
            this,
            variables: Vec::new(),
        };
        let mut names = Vec::new();
        assert_eq!(signature.inputs.len(), arguments.len(), "{name}");
        for (input, argument) in signature.inputs.iter().zip(arguments) {
            names.push(frame.variables.len());
            match input {
                FnArg::Receiver(_) => frame.variables.push(("self".to_owned(), argument)),
                FnArg::Typed(typed) => frame.bind(&typed.pat, argument),
            }
        }
        let result = frame.block(block);
        let ends = names
            .iter()
            .map(|at| frame.variables.get(*at).map(|(_, value)| value.clone()));
        let ends = ends
            .map(|value| value.unwrap_or(Value::Tuple(Vec::new())))
            .collect();
        (result, ends)
    }
}

fn type_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().expect("a name").ident.to_string(),
        _ => panic!("a type without a name"),
    }
}

impl Frame<'_> {
    fn bind(&mut self, pattern: &Pat, value: Value) {
        match pattern {
            Pat::Ident(ident) => self.variables.push((ident.ident.to_string(), value)),
            Pat::Wild(_) => {}
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Tuple(tuple) => self.bind_all(tuple.elems.iter(), &value),
            Pat::Slice(slice) => self.bind_all(slice.elems.iter(), &value),
            _ => panic!("a pattern"),
        }
    }

    fn bind_all<'p>(&mut self, patterns: impl ExactSizeIterator<Item = &'p Pat>, value: &Value) {
        assert_eq!(
            patterns.len(),
            value.parts().len(),
            "a pattern of another length"
        );
        for (pattern, part) in patterns.zip(value.parts()) {
            self.bind(pattern, part.clone());
        }
    }

    /// Runs a block in a scope of its own.
    fn block(&mut self, block: &Block) -> Value {
        let outside = self.variables.len();
        let mut result = Value::Tuple(Vec::new());
        for statement in &block.stmts {
            result = self.statement(statement);
        }
        self.variables.truncate(outside);
        result
    }

    fn statement(&mut self, statement: &Stmt) -> Value {
        let nothing = Value::Tuple(Vec::new());
        match statement {
            Stmt::Local(Local {
                pat,
                init: Some(init),
                ..
            }) => {
                let value = self.value(&init.expr);
                self.bind(pat, value);
                nothing
            }
            Stmt::Expr(expression, None) => self.value(expression),
            Stmt::Expr(expression, Some(_)) => {
                self.value(expression);
                nothing
            }
            Stmt::Macro(statement) => {
                assert!(statement.mac.path.is_ident("debug_assert"), "a macro");
                let condition = statement.mac.parse_body().expect("an expression");
                assert!(
                    matches!(self.value(&condition), Value::Bool(true)),
                    "an assertion"
                );
                nothing
            }
            _ => panic!("a statement"),
        }
    }

    fn value(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(int) => {
                    let number = Value::Number(int.base10_parse().expect("a literal of 64 bits"));
                    match int.suffix() {
                        "" => number,
                        suffix => number.cast(suffix),
                    }
                }
                _ => panic!("a literal"),
            },
            Expr::Path(path) => self.named(&path.path.require_ident().expect("a name").to_string()),
            Expr::Paren(inner) => self.value(&inner.expr),
            Expr::Reference(inner) => self.value(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.value(&unary.expr),
            Expr::Cast(cast) => self.value(&cast.expr).cast(&type_name(&cast.ty)),
            Expr::Binary(binary) => {
                let (left, right) = (self.value(&binary.left), self.value(&binary.right));
                let operator = operator(&binary.op);
                match operator.strip_suffix('=') {
                    Some(operator) => {
                        *self.place(&binary.left) = left.operate(operator, &right);
                        Value::Tuple(Vec::new())
                    }
                    None => left.operate(operator, &right),
                }
            }
            Expr::Assign(assign) => {
                let value = self.value(&assign.right);
                self.assign(&assign.left, value);
                Value::Tuple(Vec::new())
            }
            Expr::Index(_) | Expr::Field(_) => self.part(expression),
            Expr::Array(array) => Value::Array(array.elems.iter().map(|e| self.value(e)).collect()),
            Expr::Tuple(tuple) => Value::Tuple(tuple.elems.iter().map(|e| self.value(e)).collect()),
            Expr::Repeat(repeat) => {
                let (value, count) = (self.value(&repeat.expr), self.value(&repeat.len).number());
                Value::Array(vec![value; count])
            }
            Expr::If(choice) => match self.value(&choice.cond) {
                Value::Bool(true) => self.block(&choice.then_branch),
                Value::Bool(false) => match &choice.else_branch {
                    Some((_, other)) => self.value(other),
                    None => Value::Tuple(Vec::new()),
                },
                _ => panic!("a condition"),
            },
            Expr::Block(block) => self.block(&block.block),
            Expr::While(repeat) => {
                while matches!(self.value(&repeat.cond), Value::Bool(true)) {
                    self.block(&repeat.body);
                }
                Value::Tuple(Vec::new())
            }
            Expr::Call(call) => self.call(&call.func, call.args.iter().collect()),
            Expr::MethodCall(call) => {
                let receiver = self.value(&call.receiver);
                let arguments: Vec<_> = call.args.iter().map(|e| self.value(e)).collect();
                self.method(receiver, &call.method.to_string(), arguments)
            }
            _ => panic!("an expression"),
        }
    }

    fn named(&mut self, name: &str) -> Value {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = found {
            return value.clone();
        }
        if let Some(value) = self.program.given.get(name) {
            return value.clone();
        }
        let constant = self.program.constants.get(name);
        let constant = constant.unwrap_or_else(|| panic!("no variable {name}"));
        let mut outside = Frame {
            program: self.program,
            this: self.this,
            variables: Vec::new(),
        };
        outside.value(constant)
    }

    fn part(&mut self, expression: &Expr) -> Value {
        let (of, at) = match expression {
            Expr::Index(index) => (self.value(&index.expr), self.value(&index.index).number()),
            Expr::Field(field) => (self.value(&field.base), field_number(&field.member)),
            _ => panic!("not a part"),
        };
        of.parts()[at].clone()
    }

    /// Where an expression's value is stored.
    fn place(&mut self, expression: &Expr) -> &mut Value {
        match expression {
            Expr::Path(path) => {
                let name = path.path.require_ident().expect("a name").to_string();
                let mut variables = self.variables.iter_mut().rev();
                let found = variables.find(|(known, _)| *known == name);
                &mut found.expect("a variable").1
            }
            Expr::Index(index) => {
                let at = self.value(&index.index).number();
                &mut self.place(&index.expr).parts_mut()[at]
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.place(&unary.expr),
            _ => panic!("not a place"),
        }
    }

    fn assign(&mut self, to: &Expr, value: Value) {
        match to {
            Expr::Infer(_) => {}
            Expr::Tuple(tuple) => {
                for (to, part) in tuple.elems.iter().zip(value.parts()) {
                    self.assign(to, part.clone());
                }
            }
            _ => *self.place(to) = value,
        }
    }

    fn call(&mut self, function: &Expr, arguments: Vec<&Expr>) -> Value {
        let Expr::Path(path) = function else {
            panic!("a call of a value");
        };
        let values: Vec<_> = arguments.iter().map(|e| self.value(e)).collect();
        let names: Vec<_> = path
            .path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect();
        let (of, name) = match &names[..] {
            [name] => ("", name),
            [of, name] if of == "Self" => (self.this, name),
            [of, name] => (of.as_str(), name),
            _ => panic!("a path of a call"),
        };
        if name == "black_box" {
            return values.into_iter().next().expect("an argument");
        }
        if name.starts_with(char::is_uppercase) {
            let name = if name == "Self" { self.this } else { name };
            return Value::Struct(name.to_owned(), values);
        }
        let (result, ends) = self.program.run(of, name, values);
        for (argument, end) in arguments.iter().zip(ends) {
            if let Expr::Reference(reference) = argument
                && reference.mutability.is_some()
            {
                *self.place(&reference.expr) = end;
            }
        }
        result
    }

    fn method(&mut self, receiver: Value, name: &str, arguments: Vec<Value>) -> Value {
        match (&receiver, name) {
            (_, "wrapping_neg") => receiver.wrapping_neg(),
            (_, "wrapping_sub") => receiver.wrapping_sub(&arguments[0]),
            (Value::Struct(of, _), _) => {
                let of = of.clone();
                let arguments = [vec![receiver], arguments].concat();
                self.program.call(&of, name, arguments)
            }
            _ => panic!("the method {name}"),
        }
    }
}

fn field_number(member: &syn::Member) -> usize {
    match member {
        syn::Member::Unnamed(index) => index.index as usize,
        syn::Member::Named(_) => panic!("a field with a name"),
    }
}

fn operator(operator: &BinOp) -> &'static str {
    match operator {
        BinOp::Add(_) => "+",
        BinOp::Sub(_) => "-",
        BinOp::Mul(_) => "*",
        BinOp::Div(_) => "/",
        BinOp::Rem(_) => "%",
        BinOp::And(_) => "&&",
        BinOp::BitXor(_) => "^",
        BinOp::BitAnd(_) => "&",
        BinOp::BitOr(_) => "|",
        BinOp::Shl(_) => "<<",
        BinOp::Shr(_) => ">>",
        BinOp::Lt(_) => "<",
        BinOp::AddAssign(_) => "+=",
        BinOp::BitAndAssign(_) => "&=",
        _ => panic!("an operator"),
    }
}
