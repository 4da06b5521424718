//! A stage for each test: a private directory, and the programs of this build.

// Each target that includes this module uses its part of it.
#![allow(dead_code)]

pub(crate) mod typed;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use rehearsal::cluster::tools;
use rehearsal::definition::Definition;
use rehearsal::machines::Machines;
use rehearsal::postgres::{self, Postgres};
use rehearsal::prepare::Stage;
use rehearsal::programs::Programs;
use tempfile::TempDir;

/// The real programs; built once where one is missing.
pub(crate) fn programs() -> Programs {
    static BUILT: Once = Once::new();
    let dir = Path::new(env!("CARGO_BIN_EXE_rehearsal")).parent().unwrap();
    if Programs::in_dir(dir).is_err() || !dir.join("examples/moved_clock").is_file() {
        BUILT.call_once(|| build(dir));
    }
    Programs::in_dir(dir).unwrap()
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Builds into the directory that this test was built into.
fn build(dir: &Path) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--workspace", "--bins", "--example", "moved_clock"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if dir.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(
        cargo.status().unwrap().success(),
        "cannot build the programs"
    );
}

/// A stage that is removed with the returned directory.
pub(crate) fn stage() -> (TempDir, Stage) {
    stage_of(Definition::example().unwrap().showing_each_vote())
}

/// The same for validators that share a ledger.
pub(crate) fn shared_stage() -> (TempDir, Stage) {
    let (dir, stage) = stage();
    let partitions = rehearsal::validators::PARTITIONS;
    (
        dir,
        Stage {
            partitions,
            ..stage
        },
    )
}

/// The same for another event.
pub(crate) fn stage_of(event: Definition) -> (TempDir, Stage) {
    let dir = TempDir::with_prefix("rehearsal-").unwrap();
    let machines = Machines::create(&dir.path().join("site"), false).unwrap();
    (
        dir,
        Stage {
            event,
            partitions: 1,
            is_witnessed: false,
            programs: programs(),
            machines,
        },
    )
}

/// Whether a test that needs PostgreSQL is to run: always, unless SCRUTIN_WITHOUT_POSTGRES=1 says that
/// tests do without. One that finds no server and was not told so fails.
pub(crate) fn has_postgres() -> bool {
    let without = std::env::var("SCRUTIN_WITHOUT_POSTGRES").is_ok_and(|value| value == "1");
    if without {
        eprintln!("SKIPPED: told to do without PostgreSQL");
        return false;
    }
    assert!(
        postgres::is_installed(),
        "PostgreSQL is not installed: install it (Debian: apt-get install postgresql), or set \
         SCRUTIN_WITHOUT_POSTGRES=1"
    );
    true
}

/// The same for a test that needs a whole cluster, and SCRUTIN_WITHOUT_PATRONI=1.
pub(crate) fn has_cluster() -> bool {
    let without = std::env::var("SCRUTIN_WITHOUT_PATRONI").is_ok_and(|value| value == "1");
    if without || !has_postgres() {
        eprintln!("SKIPPED: told to do without Patroni");
        return false;
    }
    assert!(
        tools::are_installed(),
        "etcd, Patroni or HAProxy is not installed: install them (Debian: apt-get install etcd-server \
         patroni haproxy), or set SCRUTIN_WITHOUT_PATRONI=1"
    );
    true
}

/// The same for a test that needs what watches a stack, and SCRUTIN_WITHOUT_PROMTOOL=1.
pub(crate) fn has_stack() -> bool {
    let without = std::env::var("SCRUTIN_WITHOUT_PROMTOOL").is_ok_and(|value| value == "1");
    if without || !has_cluster() {
        eprintln!("SKIPPED: told to do without Prometheus");
        return false;
    }
    assert!(
        rehearsal::stack::tools::are_installed(),
        "Prometheus, Alertmanager or the node exporter is missing: run scripts/prometheus install and the lines of \
         scripts/prometheus env, or set SCRUTIN_WITHOUT_PROMTOOL=1"
    );
    true
}

/// A private server, where there may be one.
pub(crate) async fn postgres(stage: &Stage) -> Option<Postgres> {
    let log = stage.machines.logs().join("postgres.log");
    match has_postgres() {
        true => Some(Postgres::start(&log).await.unwrap()),
        false => None,
    }
}
