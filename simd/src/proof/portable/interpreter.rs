//! Runs functions of the portable backend, as they stand in its files, on symbols.
//!
//! No more of Rust than they use: words, arrays, tuples and tuple structs; calls, loops over
//! known counts, assignments. What it does not know it refuses. An operator that would panic
//! on overflow is an obligation that it does not; so is a `debug_assert`.

use std::collections::HashMap;

use syn::{
    BinOp, Block, Expr, ExprCall, ExprForLoop, FnArg, Lit, Local, Member, Pat, ReceiverKind,
    Signature, Stmt, Type, UnOp,
};

use super::{
    source::{Source, type_name},
    values::{Domain, Value},
};
use crate::proof::engine::Symbol;

/// Files, and what is known of what they define.
pub(crate) struct Program<W: Domain = Symbol> {
    source: Source,
    given: HashMap<String, Value<W>>,
    /// Functions that are not run, but named.
    left: Vec<(String, String)>,
}

impl<W: Domain> Default for Program<W> {
    fn default() -> Self {
        Self {
            source: Source::default(),
            given: HashMap::new(),
            left: Vec::new(),
        }
    }
}

/// What is known where a function is being run.
struct Frame<'a, W: Domain> {
    program: &'a Program<W>,
    /// The type of the `impl`.
    this: &'a str,
    variables: Vec<(String, Value<W>)>,
}

impl<W: Domain> Program<W> {
    /// Reads a file.
    pub(crate) fn read(&mut self, source: &str) {
        self.source.read(source);
    }

    /// A constant whose value the compiler has computed.
    pub(crate) fn give(&mut self, name: &str, value: Value<W>) {
        self.given.insert(name.to_owned(), value);
    }

    /// A type's function that is not run: its result is a struct of its name and arguments.
    pub(crate) fn leave(&mut self, this: &str, name: &str) {
        self.left.push((this.to_owned(), name.to_owned()));
    }

    /// The result of a function; of a type's, if one is named.
    pub(crate) fn call(&self, this: &str, name: &str, arguments: Vec<Value<W>>) -> Value<W> {
        let written = vec![false; arguments.len()];
        self.run(this, name, arguments, &written).0
    }

    /// The result, and what the parameters hold in the end. An argument that is written through
    /// is one for just the parameters that are.
    fn run(
        &self,
        this: &str,
        name: &str,
        arguments: Vec<Value<W>>,
        written: &[bool],
    ) -> (Value<W>, Vec<Value<W>>) {
        let (signature, block) = self.source.function(this, name);
        assert_eq!(signature.inputs.len(), arguments.len(), "{name}");
        assert_eq!(writes(signature), written, "what {name} writes through");
        if self.left.contains(&(this.to_owned(), name.to_owned())) {
            return (Value::Struct(name.to_owned(), arguments), Vec::new());
        }
        let mut frame = Frame {
            program: self,
            this,
            variables: Vec::new(),
        };
        let mut names = Vec::new();
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

/// Which parameters of a function are written through.
fn writes(signature: &Signature) -> Vec<bool> {
    let writes = signature.inputs.iter().map(|input| match input {
        FnArg::Receiver(receiver) => {
            let is_read = matches!(
                receiver.kind,
                ReceiverKind::Value | ReceiverKind::Reference(_, _, None)
            );
            assert!(is_read, "a method that changes what it is of");
            false
        }
        FnArg::Typed(typed) => match &*typed.ty {
            Type::Reference(reference) if reference.mutability.is_some() => {
                let is_named = matches!(&*typed.pat, Pat::Ident(_));
                assert!(is_named, "a pattern for what is written through");
                true
            }
            _ => false,
        },
    });
    writes.collect()
}

impl<W: Domain> Frame<'_, W> {
    fn bind(&mut self, pattern: &Pat, value: Value<W>) {
        match pattern {
            Pat::Ident(ident) => {
                let is_plain = ident.by_ref.is_none() && ident.subpat.is_none();
                assert!(is_plain, "a pattern that refers");
                self.variables.push((ident.ident.to_string(), value));
            }
            Pat::Wild(_) => {}
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Tuple(tuple) => self.bind_all(tuple.elems.iter(), &value),
            Pat::Slice(slice) => self.bind_all(slice.elems.iter(), &value),
            _ => panic!("a pattern"),
        }
    }

    fn bind_all<'p>(&mut self, patterns: impl ExactSizeIterator<Item = &'p Pat>, value: &Value<W>) {
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
    fn block(&mut self, block: &Block) -> Value<W> {
        let outside = self.variables.len();
        let mut result = Value::Tuple(Vec::new());
        for statement in &block.stmts {
            result = self.statement(statement);
        }
        self.variables.truncate(outside);
        result
    }

    fn statement(&mut self, statement: &Stmt) -> Value<W> {
        let nothing = Value::Tuple(Vec::new());
        match statement {
            Stmt::Local(Local {
                pat,
                init: Some(init),
                ..
            }) if init.diverge.is_none() => {
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

    fn value(&mut self, expression: &Expr) -> Value<W> {
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
            Expr::Reference(inner) => {
                let is_read = inner.mutability.is_none();
                assert!(
                    is_read,
                    "a reference that is written through, outside of a call"
                );
                self.value(&inner.expr)
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.value(&unary.expr),
            Expr::Cast(cast) => self.value(&cast.expr).cast(&type_name(&cast.ty)),
            Expr::Binary(binary) => {
                let (left, right) = (self.value(&binary.left), self.value(&binary.right));
                let operator = operator(&binary.op);
                match operator.strip_suffix('=') {
                    Some(operator) if !matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_)) => {
                        *self.place(&binary.left) = left.operate(operator, &right);
                        Value::Tuple(Vec::new())
                    }
                    _ => left.operate(operator, &right),
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
            Expr::ForLoop(repeat) => {
                self.for_each(repeat);
                Value::Tuple(Vec::new())
            }
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => {
                let receiver = self.value(&call.receiver);
                let arguments: Vec<_> = call.args.iter().map(|e| self.value(e)).collect();
                self.method(receiver, &call.method.to_string(), arguments)
            }
            _ => panic!("an expression"),
        }
    }

    fn named(&mut self, name: &str) -> Value<W> {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = found {
            return value.clone();
        }
        if let Some(value) = self.program.given.get(name) {
            return value.clone();
        }
        let constant = self.program.source.constant(name);
        let mut outside = Frame {
            program: self.program,
            this: self.this,
            variables: Vec::new(),
        };
        outside.value(constant)
    }

    fn part(&mut self, expression: &Expr) -> Value<W> {
        let (of, at) = match expression {
            Expr::Index(index) => (self.value(&index.expr), self.value(&index.index).number()),
            Expr::Field(field) => {
                let of = self.value(&field.base);
                let at = self.field_number(&of, &field.member);
                (of, at)
            }
            _ => panic!("not a part"),
        };
        of.parts()[at].clone()
    }

    fn field_number(&self, of: &Value<W>, member: &Member) -> usize {
        match (of, member) {
            (_, Member::Unnamed(index)) => index.index as usize,
            (Value::Struct(of, _), Member::Named(name)) => {
                self.program.source.field(of, &name.to_string())
            }
            _ => panic!("a field of what has none"),
        }
    }

    /// Where an expression's value is stored.
    fn place(&mut self, expression: &Expr) -> &mut Value<W> {
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

    fn assign(&mut self, to: &Expr, value: Value<W>) {
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

    /// A loop over the parts of something, each with its number.
    fn for_each(&mut self, repeat: &ExprForLoop) {
        let (Expr::MethodCall(zip), None) = (&*repeat.expr, &repeat.label) else {
            panic!("a loop over something else");
        };
        let first = match &*zip.receiver {
            Expr::Paren(inner) => match &*inner.expr {
                Expr::Range(range) if range.end.is_none() => range.start.as_deref(),
                _ => None,
            },
            _ => None,
        };
        let first = self.value(first.expect("a loop over numbers")).number() as u64;
        assert!(
            zip.method == "zip" && zip.args.len() == 1,
            "a loop over something else"
        );
        let parts = self.value(&zip.args[0]).parts().to_vec();
        let outside = self.variables.len();
        for (number, part) in (first..).zip(parts) {
            let pair = Value::Tuple(vec![Value::Number(number), part]);
            self.bind(&repeat.pat, pair);
            self.block(&repeat.body);
            self.variables.truncate(outside);
        }
    }

    fn call(&mut self, call: &ExprCall) -> Value<W> {
        let Expr::Path(path) = &*call.func else {
            panic!("a call of a value");
        };
        let places: Vec<_> = call.args.iter().map(written_place).collect();
        let values = call.args.iter().zip(&places);
        let values: Vec<_> = values
            .map(|(argument, place)| self.value(place.unwrap_or(argument)))
            .collect();
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
        let written: Vec<_> = places.iter().map(Option::is_some).collect();
        let (result, ends) = self.program.run(of, name, values, &written);
        for (place, end) in places.iter().zip(ends) {
            if let Some(place) = place {
                *self.place(place) = end;
            }
        }
        result
    }

    fn method(&mut self, receiver: Value<W>, name: &str, arguments: Vec<Value<W>>) -> Value<W> {
        match (&receiver, name) {
            (_, "wrapping_neg") => receiver.wrapping_neg(),
            (_, "wrapping_mul") => receiver.wrapping_mul(&arguments[0]),
            (_, "wrapping_sub") => receiver.wrapping_sub(&arguments[0]),
            (Value::Array(parts), "get") => match parts.get(arguments[0].number()) {
                Some(part) => Value::Struct("Some".to_owned(), vec![part.clone()]),
                None => Value::Struct("None".to_owned(), Vec::new()),
            },
            (Value::Struct(of, _), "copied") if of == "Some" || of == "None" => receiver,
            (Value::Struct(of, _), "unwrap_or") if of == "None" => arguments[0].clone(),
            (Value::Struct(of, parts), "unwrap_or") if of == "Some" => parts[0].clone(),
            (Value::Struct(of, _), _) => {
                let of = of.clone();
                let arguments = [vec![receiver], arguments].concat();
                self.program.call(&of, name, arguments)
            }
            _ => panic!("the method {name}"),
        }
    }
}

/// Where an argument is stored that the function writes through.
fn written_place(argument: &Expr) -> Option<&Expr> {
    match argument {
        Expr::Reference(reference) if reference.mutability.is_some() => Some(&reference.expr),
        _ => None,
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
        BinOp::Eq(_) => "==",
        BinOp::Ne(_) => "!=",
        BinOp::AddAssign(_) => "+=",
        BinOp::BitAndAssign(_) => "&=",
        _ => panic!("an operator"),
    }
}
