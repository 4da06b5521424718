//! An auditor's fifty lines of Python, which share no code with the programs, count as `tally count`
//! does.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::process::Command;

use rehearsal::day;
use rehearsal::prepare::Stage;
use rehearsal::steps::Steps;
use serde_json::Value;

fn audited(python: &Path, stage: &Stage, partition: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit_ledger.py");
    let mut audit = Command::new(python);
    let output = audit
        .arg(script)
        .arg(stage.machines.ledger().join(partition));
    let output = output.arg(stage.machines.package()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn counted(stage: &Stage) -> Value {
    let count = stage.reading("count").await.unwrap();
    let json = count.arg("--json").run().await.unwrap();
    serde_json::from_str(&json).unwrap()
}

#[tokio::test]
async fn invariant_1_the_python_auditor_comes_to_the_tallys_totals() {
    let Some(python) = specimen::python() else {
        return;
    };
    let (_dir, stage) = support::stage();
    // A ledger in files may have several partitions too.
    let stage = Stage {
        partitions: 2,
        ..stage
    };
    let steps = &mut Steps::new();
    let day = day::run(&stage, 2_000, None, 1, steps).await.unwrap();
    assert!(day.verdict.is_clean(), "{day:?}");
    let counted = counted(&stage).await;
    let audits = ["p0000", "p0001"].map(|partition| audited(&python, &stage, partition));
    let sum = |of: &dyn Fn(&Value) -> u64| -> u64 { audits.iter().map(of).sum() };
    for ballot in counted["ballots"].as_array().unwrap() {
        let id = ballot["ballot_id"].as_str().unwrap();
        let votes = sum(&|audit| audit["votes"][id].as_u64().unwrap());
        assert_eq!(Some(votes), ballot["votes"].as_u64(), "{id}");
    }
    for (audit, head) in audits.iter().zip(counted["ledger"].as_array().unwrap()) {
        assert_eq!(audit["frames"], head["sequence"]);
        assert_eq!(audit["last_hash"], head["hash"]);
        let votes = audit["votes"].as_object().unwrap().values();
        assert!(
            votes.filter_map(Value::as_u64).sum::<u64>() > 500,
            "uneven: {audit}"
        );
    }
    let of = |name: &'static str| sum(&|audit| audit[name].as_u64().unwrap());
    assert_eq!(Some(of("duplicates")), counted["duplicates"].as_u64());
    let invalid = counted["invalid"].as_array().unwrap().iter();
    let invalid: u64 = invalid.filter_map(|row| row["attempts"].as_u64()).sum();
    assert_eq!(of("invalid"), invalid);
    assert!(
        day.votes == 2_000 && invalid > 0,
        "too little to prove anything"
    );
}
