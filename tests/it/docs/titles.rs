//! The page on troubleshooting has every title of a diagnostic that the code has, and no other.
//!
//! The titles are found in the code itself, parsed: whatever is handed to a parameter called `summary`, or bound to
//! that name. It must come to texts, constants or `format!`; what can't be followed fails, so that no title slips through.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Expr, FnArg, Pat};

use crate::repository::{read_files_under, text};

const PAGE: &str = "docs/guides/troubleshooting.md";
/// The name that every title goes by.
const NAME: &str = "summary";

/// What takes a title, and which argument it is.
type Takers = BTreeMap<Taker, usize>;

/// A function or method by its name. `self` is not counted among the arguments.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Taker {
    name: String,
    arguments: usize,
    is_method: bool,
}

/// Every Rust file of these layers that is no test.
fn sources() -> Vec<(String, syn::File)> {
    let layers = ["src/provider", "src/tf_provider"].into_iter().flat_map(|layer| read_files_under(layer, &[".rs"]));
    let code = layers.filter(|(name, _)| !name.contains("/tests/") && !name.ends_with("/tests.rs"));
    code.map(|(name, text)| (name, syn::parse_file(&text).unwrap())).collect()
}

/// First look: who takes a title, and what constants there are.
#[derive(Default)]
struct Declared {
    takers: Takers,
    constants: BTreeMap<String, String>,
}

impl Declared {
    fn note(&mut self, signature: &syn::Signature) {
        let inputs = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(&*typed.pat),
            FnArg::Receiver(_) => None,
        });
        let names: Vec<bool> = inputs.map(|pattern| matches!(pattern, Pat::Ident(it) if it.ident == NAME)).collect();
        if let Some(place) = names.iter().position(|is_title| *is_title) {
            let (name, is_method) = (signature.ident.to_string(), signature.receiver().is_some());
            self.takers.insert(Taker { name, arguments: names.len(), is_method }, place);
        }
    }
}

impl<'ast> Visit<'ast> for Declared {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_const(&mut self, constant: &'ast syn::ItemConst) {
        if let Some(text) = literal(&constant.expr) {
            self.constants.insert(constant.ident.to_string(), text);
        }
    }
}

/// Second look: what is handed to them.
struct Titles<'a> {
    declared: &'a Declared,
    file: &'a str,
    /// What `let` has bound to other names, for a list of titles that a loop goes through.
    bound: BTreeMap<String, Vec<Expr>>,
    found: BTreeSet<String>,
}

impl Titles<'_> {
    /// Every text that this expression can come to; `place` is where in a tuple it stands.
    fn collect(&mut self, expression: &Expr, place: Option<usize>) {
        match expression {
            Expr::Lit(_) => {
                let title = literal(expression);
                self.found.insert(title.unwrap_or_else(|| panic!("{}: a title is a text", self.file)));
            }
            Expr::Macro(it) if it.mac.path.is_ident("format") => {
                let parts =
                    it.mac.parse_body_with(syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated);
                let text = parts.ok().and_then(|parts| parts.first().and_then(literal)).expect("a text to format");
                // As the page writes what differs from case to case.
                self.found.insert(text.replace(":?}", "}").replace('{', "<").replace('}', ">"));
            }
            Expr::Path(it) => {
                let name = it.path.segments.last().expect("a name").ident.to_string();
                if let Some(text) = self.declared.constants.get(&name) {
                    self.found.insert(text.clone());
                } else if let Some(values) = self.bound.get(&name).cloned() {
                    values.iter().for_each(|value| self.collect(value, place));
                } else {
                    // Handed on: it was looked at where it came in.
                    assert_eq!(name, NAME, "{}: call what holds a title {NAME}, or write it out", self.file);
                }
            }
            // A title that a diagnostic has already.
            Expr::Field(it) => assert!(matches!(&it.member, syn::Member::Named(name) if name == NAME), "{}", self.file),
            Expr::MethodCall(it) if it.method == "into" => self.collect(&it.receiver, place),
            Expr::Match(it) => it.arms.iter().for_each(|arm| self.collect(&arm.body, place)),
            Expr::Block(it) => match it.block.stmts.last() {
                Some(syn::Stmt::Expr(value, None)) => self.collect(value, place),
                _ => panic!("{}: a title is what a block ends with", self.file),
            },
            Expr::Array(it) => it.elems.iter().for_each(|element| self.collect(element, place)),
            Expr::Tuple(it) => {
                let place = place.unwrap_or_else(|| panic!("{}: a title is no tuple", self.file));
                self.collect(&it.elems[place], None);
            }
            Expr::Return(_) => {}
            other => panic!("{}: write the title out, this can't be followed: {other:?}", self.file),
        }
    }

    fn call<'b>(&mut self, name: &syn::Ident, is_method: bool, mut arguments: impl ExactSizeIterator<Item = &'b Expr>) {
        let taker = Taker { name: name.to_string(), arguments: arguments.len(), is_method };
        if let Some(place) = self.declared.takers.get(&taker)
            && let Some(title) = arguments.nth(*place)
        {
            self.collect(title, None);
        }
    }
}

impl<'ast> Visit<'ast> for Titles<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.call(&call.method, true, call.args.iter());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func {
            let segments: Vec<String> = function.path.segments.iter().map(|it| it.ident.to_string()).collect();
            // There are many `new`; one of them takes a title.
            let is_ours = match segments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [.., kind, "new"] => kind == "Failure" || (kind == "Self" && self.file.ends_with("/failure.rs")),
                _ => true,
            };
            if is_ours {
                self.call(&function.path.segments.last().expect("a name").ident, false, call.args.iter());
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(value) = &local.init {
            let pattern = if let Pat::Type(typed) = &local.pat { &*typed.pat } else { &local.pat };
            self.bind(pattern, &value.expr);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_for_loop(&mut self, it: &'ast syn::ExprForLoop) {
        self.bind(&it.pat, &it.expr);
        visit::visit_expr_for_loop(self, it);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == NAME) {
            self.collect(&field.expr, None);
        }
        visit::visit_field_value(self, field);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|it| it.path().is_ident("cfg"));
        if !is_test {
            visit::visit_item_mod(self, module);
        }
    }
}

impl Titles<'_> {
    fn bind(&mut self, pattern: &Pat, value: &Expr) {
        match pattern {
            Pat::Ident(it) if it.ident == NAME => self.collect(value, None),
            Pat::Ident(it) => self.bound.entry(it.ident.to_string()).or_default().push(value.clone()),
            Pat::Tuple(it) => {
                let place = it.elems.iter().position(|part| matches!(part, Pat::Ident(it) if it.ident == NAME));
                if let Some(place) = place {
                    self.collect(value, Some(place));
                }
            }
            _ => {}
        }
    }
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn titles_of_the_code() -> BTreeSet<String> {
    let sources = sources();
    let mut declared = Declared::default();
    for (_, file) in &sources {
        declared.visit_file(file);
    }
    let mut all = BTreeSet::new();
    for (name, file) in &sources {
        let mut titles = Titles { declared: &declared, file: name, bound: BTreeMap::new(), found: BTreeSet::new() };
        titles.visit_file(file);
        all.extend(titles.found);
    }
    all
}

#[test]
fn every_title_of_a_diagnostic_is_on_the_page() {
    let page = text(PAGE);
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    let on_the_page: BTreeSet<String> = headings.map(|it| it.replace('`', "")).collect();
    let in_the_code = titles_of_the_code();
    // Two that come by the longest ways, and one that differs from case to case.
    for known in ["Offsets not verified", "Kafka offset reset timed out", "Invalid <name>"] {
        assert!(in_the_code.contains(known), "{known:?} is not found in the code: {in_the_code:#?}");
    }
    let missing: Vec<_> = in_the_code.difference(&on_the_page).collect();
    let leftover: Vec<_> = on_the_page.difference(&in_the_code).collect();
    assert!(missing.is_empty(), "{PAGE} lacks these titles; add them to its template: {missing:#?}");
    assert!(leftover.is_empty(), "no diagnostic has these titles of {PAGE}: {leftover:#?}");
}
