//! Prometheus' own judge of metrics, for the tests of every server.

use std::io::Write;
use std::process::{Command, Stdio};

/// Asks Prometheus' own linter, which must have no complaint about `text`. `make test` gets it, names it
/// in `SCRUTIN_PROMTOOL`, and says where it could not.
///
/// # Panics
///
/// Where the linter complains, or is named and cannot be run.
pub fn promtool_accepts(text: &str) {
    let named = std::env::var_os("SCRUTIN_PROMTOOL");
    let program = named.clone().unwrap_or_else(|| "promtool".into());
    let Ok(mut promtool) = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        assert!(named.is_none(), "{named:?} cannot be run");
        eprintln!("SKIPPED: promtool is not installed (make promtool gets it)");
        return;
    };
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
