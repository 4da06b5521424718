//! Both APIs against their own descriptions, judged by schemathesis: every call of `/openapi.json`
//! with good and bad input, all its checks on, nothing excluded.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use rehearsal::services::Addresses;
use rehearsal::steps::Steps;

fn judge(program: &PathBuf, address: SocketAddr) {
    let output = Command::new(program)
        .args(["run", &format!("http://{address}/openapi.json")])
        .args(["--checks", "all", "--max-examples", "50", "--seed", "1"])
        .args(["--no-color", "--generation-database", "none"])
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    println!(
        "{}",
        said.lines().rev().take(6).collect::<Vec<_>>().join("\n")
    );
}

#[tokio::test]
async fn both_apis_do_what_their_descriptions_say() {
    let Some(program) = specimen::schemathesis() else {
        return;
    };
    let (_dir, stage) = support::stage();
    stage.prepare(100, 1, &mut Steps::new()).await.unwrap();
    let at = Addresses::free().unwrap();
    let _validator = stage.start_validator(at).await.unwrap();
    let _tally = stage.start_tally(at).await.unwrap();
    for address in [at.public, at.results] {
        let program = program.clone();
        let judged = tokio::task::spawn_blocking(move || judge(&program, address));
        judged.await.unwrap();
    }
}
