//! Which crate may know which: the architecture, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// What each crate of ours may depend on. The order is the path of a vote: an arrow may only
/// point to the left, and no arrow points at a program.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("credentials", &[]),
    ("handwritten", &[]),
    ("transparency", &[]),
    ("election", &["handwritten", "transparency"]),
    ("companions", &["election"]),
    ("counting", &[]),
    ("durable", &[]),
    ("database", &[]),
    ("shards", &["credentials", "companions", "election"]),
    ("ledger", &["election", "durable"]),
    ("replicated", &["durable", "ledger", "database"]),
    ("tlog", &["ledger", "transparency"]),
    ("pages", &["companions", "election"]),
    ("secrets", &[]),
    ("certificates", &["secrets"]),
    ("listener", &["election", "certificates"]),
    ("relay", &["certificates"]),
    ("caller", &["certificates"]),
    ("commandline", &[]),
    (
        "hashgen",
        &[
            "credentials",
            "election",
            "durable",
            "commandline",
            "secrets",
        ],
    ),
    (
        "shardpack",
        &[
            "credentials",
            "companions",
            "election",
            "durable",
            "shards",
            "commandline",
            "secrets",
            "transparency",
        ],
    ),
    (
        "validator",
        &[
            "credentials",
            "election",
            "durable",
            "shards",
            "ledger",
            "database",
            "replicated",
            "relay",
            "caller",
            "transparency",
            "tlog",
            "pages",
            "listener",
            "handwritten",
            "commandline",
            "secrets",
            "secrets",
        ],
    ),
    (
        "tally",
        &[
            "credentials",
            "companions",
            "election",
            "durable",
            "database",
            "shards",
            "ledger",
            "tlog",
            "transparency",
            "counting",
            "pages",
            "caller",
            "listener",
            "commandline",
            "secrets",
        ],
    ),
    (
        "witness",
        &[
            "transparency",
            "durable",
            "handwritten",
            "listener",
            "caller",
            "secrets",
            "commandline",
        ],
    ),
    (
        "loadgen",
        &["credentials", "election", "durable", "commandline"],
    ),
    ("manual", &[]),
    ("dashboards", &[]),
    ("rehearsal", &["commandline"]),
    (
        "specimen",
        &["credentials", "companions", "election", "shards"],
    ),
    ("simulation", &["election", "durable", "ledger"]),
    ("tidy", &[]),
];

/// Crates for tests and benches, which stop with a panic where they meet what they did not expect.
const DEVELOPMENT_ONLY: &[&str] = &["manual", "simulation", "specimen"];

const FORMATS: &[&str] = &[
    "handwritten",
    "credentials",
    "election",
    "companions",
    "counting",
    "durable",
    "shards",
    "ledger",
    "transparency",
    "tlog",
];

/// Crates that open a socket or speak a network protocol.
const NETWORK: &[&str] = &[
    "axum",
    "curl",
    "h2",
    "hyper",
    "hyper-util",
    "mio",
    "native-tls",
    "openssl",
    "postgres",
    "quinn",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
    "tokio-postgres",
    "tungstenite",
    "ureq",
];

/// HTTP, SQL, async runtimes and command lines: the business of programs.
const PROGRAMS_ONLY: &[&str] = &[
    "clap",
    "indicatif",
    "anyhow",
    "tracing-subscriber",
    "futures",
];

fn metadata() -> Metadata {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .current_dir(tidy::root())
        .other_options(vec!["--filter-platform".to_owned(), platform])
        .exec()
        .expect("cargo metadata answers inside the workspace")
}

/// Names of everything that `root` links in a normal build, itself left out.
fn linked_by(metadata: &Metadata, root: &str) -> BTreeSet<String> {
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let resolve = metadata
        .resolve
        .as_ref()
        .expect("cargo metadata resolves dependencies");
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let start = names
        .iter()
        .find(|(_, name)| **name == root)
        .expect("a crate of the workspace")
        .0;
    let mut seen = BTreeSet::new();
    let mut open = vec![*start];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let normal = dependency
                .dep_kinds
                .iter()
                .any(|k| k.kind == DependencyKind::Normal);
            if normal && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

#[test]
fn invariant_6_arrows_follow_the_path_of_a_vote() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let named: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, named, "a crate is missing in MAY_KNOW or left it");
    for package in metadata.workspace_packages() {
        let (_, may_know) = MAY_KNOW
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .expect("compared above");
        for dependency in &package.dependencies {
            if dependency.kind != DependencyKind::Normal || !ours.contains(&*dependency.name) {
                continue;
            }
            assert!(
                may_know.contains(&dependency.name.as_str()),
                "{} must not know {}: an arrow points left, and never at a program",
                package.name,
                dependency.name
            );
        }
    }
}

/// An arrow that no Cargo.toml has, or that the sources do not use, stands in the picture only.
#[test]
fn every_arrow_is_used() {
    let metadata = metadata();
    let sources = tidy::sources();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = format!("crates/{}/src/", package.name);
        let own = sources.iter().filter(|s| s.path.starts_with(&folder));
        let code: String = own.map(|source| source.code()).collect();
        for dependency in &package.dependencies {
            let ours = dependency.path.is_some() && dependency.kind == DependencyKind::Normal;
            if ours && !code.contains(&format!("{}::", dependency.name)) {
                faults.push(format!("{} never names {}", package.name, dependency.name));
            }
        }
        let may_know = MAY_KNOW.iter().find(|(name, _)| *name == *package.name);
        for known in may_know.into_iter().flat_map(|(_, names)| *names) {
            let is_it = |d: &&cargo_metadata::Dependency| {
                d.name == *known && d.kind == DependencyKind::Normal
            };
            if !package.dependencies.iter().any(|d| is_it(&d)) {
                faults.push(format!(
                    "{} may know {known} and does not depend on it",
                    package.name
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "take these arrows out of Cargo.toml or MAY_KNOW:\n{}",
        faults.join("\n")
    );
}

#[test]
fn invariant_6_format_crates_know_no_http_sql_runtime_or_command_line() {
    let metadata = metadata();
    for format in FORMATS {
        let linked = linked_by(&metadata, format);
        for banned in NETWORK.iter().chain(PROGRAMS_ONLY) {
            assert!(
                !linked.contains(*banned),
                "{format} links {banned}: that belongs to a program"
            );
        }
    }
}

#[test]
fn invariant_6_hashgen_links_no_network_crate() {
    let linked = linked_by(&metadata(), "hashgen");
    for banned in NETWORK {
        assert!(
            !linked.contains(*banned),
            "hashgen links {banned}: it runs air-gapped"
        );
    }
    for source in tidy::sources() {
        if ["hashgen", "credentials", "election", "durable"].contains(&source.crate_name()) {
            assert!(
                !source.text.contains("std::net"),
                "{} uses std::net",
                source.path
            );
        }
    }
}

#[test]
fn what_is_made_for_tests_is_linked_by_tests_alone() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for dependency in &package.dependencies {
            assert!(
                dependency.kind == DependencyKind::Development
                    || !DEVELOPMENT_ONLY.contains(&dependency.name.as_str()),
                "{} links {}: only [dev-dependencies] may name it",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn counting_is_pure() {
    for source in tidy::sources() {
        if source.path.starts_with("crates/counting/src/") {
            for banned in ["std::fs", "std::time", "f32", "f64"] {
                assert!(
                    !source.text.contains(banned),
                    "{} uses {banned}",
                    source.path
                );
            }
        }
    }
}

/// How a vote comes in and how a refusal is told is not the business of what decides about it.
#[test]
fn what_decides_about_a_vote_knows_no_interface() {
    let banned = [
        "crate::app",
        "crate::http",
        "crate::internal",
        "crate::metrics",
        "crate::site",
        "hyper",
        "http_body_util",
        "pages::",
        "prometheus",
    ];
    let mut sources = tidy::sources();
    sources.retain(|source| source.path.starts_with("crates/validator/src/vote/"));
    assert!(!sources.is_empty(), "the votes have moved");
    for source in sources {
        for banned in banned {
            assert!(
                !source.text.contains(banned),
                "{} uses {banned}",
                source.path
            );
        }
    }
}
