//! Prometheus' own judge of metrics, for the tests of every server.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::judge::judge;

/// Asks Prometheus' own linter, which must have no complaint about `text`. `make test` gets it and names it
/// in `SCRUTIN_PROMTOOL`; `SCRUTIN_WITHOUT_PROMTOOL=1` leaves it out.
///
/// # Panics
///
/// Where the linter complains, or cannot be run and nobody said to do without.
pub fn promtool_accepts(text: &str) {
    let named = std::env::var_os("SCRUTIN_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let remedy = "make prometheus gets it, and eval \"$(scripts/prometheus env)\" names it";
    let Some(program) = judge(Path::new(&named), "SCRUTIN_WITHOUT_PROMTOOL", remedy) else {
        return;
    };
    let mut promtool = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it ran before");
    let mut stdin = promtool.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("promtool reads");
    drop(stdin);
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success() && said.is_empty(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}
