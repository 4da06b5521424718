//! Which file of a crate uses which: read from the syntax trees of its modules.
//!
//! A file uses another where it names an item that the other defines, by whatever path: re-exports are
//! followed to the definition, and are no use themselves. Tests, and what only tests compile, are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree, Visibility};

/// A path as segments: `crate::frame::Link` is `["crate", "frame", "Link"]`.
type Segments = Vec<String>;

/// Names that one file takes from another, both as paths from the root of the crate's folder.
pub type Uses = BTreeMap<(String, String), BTreeSet<String>>;

/// What a module of a crate holds.
#[derive(Default)]
struct Module {
    file: String,
    children: BTreeMap<String, Segments>,
    defined: BTreeSet<String>,
    /// Names brought in by `use`, with what they stand for, in terms of this module.
    imported: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
    /// Paths in the module's own code and in its private imports.
    named: BTreeSet<Segments>,
}

/// All modules of one crate, by their paths below `crate`.
#[derive(Default)]
pub struct Modules {
    modules: BTreeMap<Segments, Module>,
}

impl Modules {
    /// Reads the crate whose root file is `root`, such as `crates/ledger/src/lib.rs`.
    ///
    /// # Panics
    /// A file that is missing or does not parse: the crate would not compile.
    pub fn read(root: &Path) -> Modules {
        let mut crate_modules = Modules::default();
        let folder = root
            .parent()
            .expect("a file lies in a folder")
            .to_path_buf();
        crate_modules.read_file(root, &folder, Segments::new());
        crate_modules
    }

    /// The same for one file's text, for tests: inline modules stand for files.
    #[must_use]
    pub fn of_text(text: &str) -> Modules {
        let mut crate_modules = Modules::default();
        let parsed = syn::parse_file(text).expect("a test's text parses");
        crate_modules.add(&parsed.items, Segments::new(), "crate", None);
        crate_modules
    }

    fn read_file(&mut self, file: &Path, folder: &Path, at: Segments) {
        let text =
            fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.to_string_lossy().into_owned();
        self.add(&parsed.items, at, &name, Some(folder));
    }

    /// Adds a module. `folder` holds the files of its children; without one, an inline module counts as
    /// a file of its own.
    fn add(&mut self, items: &[Item], at: Segments, file: &str, folder: Option<&Path>) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    let mut below = at.clone();
                    below.push(name.clone());
                    module.children.insert(name.clone(), below.clone());
                    match (&child.content, folder) {
                        (Some((_, items)), Some(folder)) => {
                            self.add(items, below, file, Some(&folder.join(&name)));
                        }
                        (Some((_, items)), None) => {
                            self.add(items, below.clone(), &below.join("::"), None);
                        }
                        (None, Some(folder)) => self.read_child(folder, &name, below),
                        (None, None) => {}
                    }
                }
                Item::Use(import) => {
                    let public = !matches!(import.vis, Visibility::Inherited);
                    module.import(&import.tree, &mut Segments::new(), public);
                }
                other => {
                    module.defined.extend(defined_name(other));
                    collect_paths(&other.to_token_stream(), &mut module.named);
                }
            }
        }
        self.modules.insert(at, module);
    }

    fn read_child(&mut self, folder: &Path, name: &str, at: Segments) {
        let flat: PathBuf = folder.join(format!("{name}.rs"));
        let file = if flat.exists() {
            flat
        } else {
            folder.join(name).join("mod.rs")
        };
        self.read_file(&file, &folder.join(name), at);
    }

    /// Every use of one file by another.
    #[must_use]
    pub fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (at, module) in &self.modules {
            for path in &module.named {
                let Some((home, name)) = self.resolve(at, path, 0) else {
                    continue;
                };
                let file = &self.modules[&home].file;
                if *file != module.file {
                    let pair = (module.file.clone(), file.clone());
                    uses.entry(pair).or_default().insert(name);
                }
            }
        }
        uses
    }

    /// The module that defines what `path` names, seen from module `at`, and its name there. `None` for
    /// a module itself and for what other crates define.
    fn resolve(&self, at: &Segments, path: &[String], depth: usize) -> Option<(Segments, String)> {
        let (first, rest) = path.split_first()?;
        let module = self.modules.get(at)?;
        if depth > 32 {
            return None;
        }
        match first.as_str() {
            "crate" => return self.resolve_within(&Segments::new(), rest, depth),
            "self" => return self.resolve_within(at, rest, depth),
            "super" => return self.resolve_within(&at[..at.len().checked_sub(1)?], rest, depth),
            _ => {}
        }
        if let Some(child) = module.children.get(first) {
            return self.resolve_within(child, rest, depth);
        }
        if module.defined.contains(first) {
            return Some((at.clone(), first.clone()));
        }
        if let Some(stands_for) = module.imported.get(first) {
            let mut longer = stands_for.clone();
            longer.extend_from_slice(rest);
            // An import of another crate's name, such as `use serde::Serialize`.
            return (longer.first() != Some(first) || stands_for.len() > 1)
                .then(|| self.resolve(at, &longer, depth + 1))?;
        }
        module.globs.iter().find_map(|glob| {
            let mut longer = glob.clone();
            longer.extend_from_slice(path);
            self.resolve(at, &longer, depth + 1)
        })
    }

    fn resolve_within(
        &self,
        at: &[String],
        rest: &[String],
        depth: usize,
    ) -> Option<(Segments, String)> {
        match rest.first().map(String::as_str) {
            None => None,
            Some("super") => {
                self.resolve_within(&at[..at.len().checked_sub(1)?], &rest[1..], depth + 1)
            }
            Some("self") => self.resolve_within(at, &rest[1..], depth + 1),
            Some(_) => self.resolve(&at.to_vec(), rest, depth + 1),
        }
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, before: &mut Segments, public: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before, public);
                before.pop();
            }
            UseTree::Name(name) => self.import_as(&name.ident.to_string(), None, before, public),
            UseTree::Rename(name) => {
                let known_as = name.rename.to_string();
                self.import_as(&name.ident.to_string(), Some(known_as), before, public);
            }
            UseTree::Glob(_) => self.globs.push(before.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, public);
                }
            }
        }
    }

    fn import_as(&mut self, name: &str, known_as: Option<String>, before: &[String], public: bool) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let last = path.last().cloned().unwrap_or_default();
        if !public {
            self.named.insert(path.clone());
        }
        self.imported.insert(known_as.unwrap_or(last), path);
    }
}

/// Groups of files that use each other in a circle, each with its arrows.
#[must_use]
pub fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        reach.entry(from).or_default().insert(to);
    }
    let starts: Vec<&str> = reach.keys().copied().collect();
    let reachable: BTreeMap<&str, BTreeSet<&str>> = starts
        .iter()
        .map(|start| (*start, reached_from(start, &reach)))
        .collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in starts {
        let mutual = |other: &&&str| {
            reachable[start].contains(**other)
                && reachable
                    .get(**other)
                    .is_some_and(|back| back.contains(start))
        };
        if reachable[start].contains(start) && !seen.contains(start) {
            let members: Vec<&str> = reachable.keys().filter(mutual).copied().collect();
            seen.extend(members.iter().copied());
            found.push(members.into_iter().map(str::to_owned).collect());
        }
    }
    found
}

fn reached_from<'a>(
    start: &'a str,
    reach: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for next in reach.get(file).into_iter().flatten() {
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    seen
}

/// Paths of two segments or more, and single names: what the code of an item may refer to.
fn collect_paths(tokens: &TokenStream, into: &mut BTreeSet<Segments>) {
    let mut path = Segments::new();
    let mut colons = 0;
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    into.extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            other => {
                into.extend((!path.is_empty()).then(|| std::mem::take(&mut path)));
                colons = 0;
                if let TokenTree::Group(group) = other {
                    collect_paths(&group.stream(), into);
                }
            }
        }
    }
    into.extend((!path.is_empty()).then_some(path));
}

fn defined_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
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
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether only tests or fuzz targets compile what carries these attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute.meta.to_token_stream().to_string();
        attribute.path().is_ident("cfg")
            && (condition.contains("test") || condition.contains("fuzzing"))
            && !condition.contains("not")
    })
}
