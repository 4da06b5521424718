//! Programs of other people that judge ours. A test that finds no judge fails: green without one would
//! say what nobody has looked at. Who has no judge says so, and `make test` repeats it in its report.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether the tests of `judge` are to be left out: only where `SCRUTIN_WITHOUT_...=1` says so.
fn is_left_out(judge: &str, variable: &str) -> bool {
    let left_out = std::env::var(variable).is_ok_and(|value| value == "1");
    if left_out {
        eprintln!("SKIPPED: told to do without {judge} ({variable}=1)");
    }
    left_out
}

/// A program that answers to `--version`; none where the tests are to do without it.
///
/// # Panics
///
/// It is not there, and nobody said to do without.
#[must_use]
pub fn judge(program: &Path, variable: &str, remedy: &str) -> Option<PathBuf> {
    let name = program.display();
    if is_left_out(&name.to_string(), variable) {
        return None;
    }
    let answers = Command::new(program).arg("--version").output().is_ok();
    assert!(
        answers,
        "{name} cannot be run: {remedy}, or set {variable}=1"
    );
    Some(program.to_owned())
}

/// systemd's judge of unit files.
///
/// # Panics
///
/// As [`judge()`].
#[must_use]
pub fn systemd_analyze() -> Option<PathBuf> {
    let remedy = "install it (Debian: apt-get install systemd)";
    judge(
        Path::new("systemd-analyze"),
        "SCRUTIN_WITHOUT_SYSTEMD",
        remedy,
    )
}

/// The officials' stock tool of signatures.
///
/// # Panics
///
/// As [`judge()`].
#[must_use]
pub fn minisign() -> Option<PathBuf> {
    let remedy = "install it (Debian: apt-get install minisign)";
    judge(Path::new("minisign"), "SCRUTIN_WITHOUT_MINISIGN", remedy)
}

/// Go with golang.org/x/mod where Debian puts it, ready to `run` a file; `cache` keeps what it compiles.
///
/// # Panics
///
/// As [`judge()`].
#[must_use]
pub fn go(cache: &Path) -> Option<Command> {
    let remedy = "make go sets it up (Debian: apt-get install golang-go golang-golang-x-mod-dev)";
    let program = judge(Path::new("go"), "SCRUTIN_WITHOUT_GO", remedy)?;
    let library = Path::new(GO_PATH).join("src/golang.org/x/mod/sumdb/note");
    assert!(
        library.is_dir(),
        "{} is not there: {remedy}, or set SCRUTIN_WITHOUT_GO=1",
        library.display()
    );
    let mut go = Command::new(program);
    go.env("GO111MODULE", "off")
        .env("GOPATH", GO_PATH)
        .env("GOCACHE", cache);
    Some(go)
}

/// Where Debian's packages put libraries of Go.
const GO_PATH: &str = "/usr/share/gocode";

const PYTHON_REMEDY: &str = "make python sets it up in target/venv, and SCRUTIN_PYTHON names \
     target/venv/bin/python";

/// An interpreter that has cbor2 and cryptography; `SCRUTIN_PYTHON` names it where python3 has not.
///
/// # Panics
///
/// It has not, and nobody said to do without.
#[must_use]
pub fn python() -> Option<PathBuf> {
    let named = std::env::var_os("SCRUTIN_PYTHON").unwrap_or_else(|| "python3".into());
    let python = judge(Path::new(&named), "SCRUTIN_WITHOUT_PYTHON", PYTHON_REMEDY)?;
    let imported = Command::new(&python)
        .args(["-c", "import cbor2, cryptography"])
        .output();
    assert!(
        imported.is_ok_and(|output| output.status.success()),
        "{} has no cbor2 and cryptography: {PYTHON_REMEDY}, or set SCRUTIN_WITHOUT_PYTHON=1",
        python.display()
    );
    Some(python)
}

/// The judge of APIs, beside the interpreter that `SCRUTIN_PYTHON` names.
///
/// # Panics
///
/// As [`python()`].
#[must_use]
pub fn schemathesis() -> Option<PathBuf> {
    let program = python()?.with_file_name("schemathesis");
    judge(&program, "SCRUTIN_WITHOUT_PYTHON", PYTHON_REMEDY)
}
