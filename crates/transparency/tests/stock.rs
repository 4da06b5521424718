//! What a stock implementation says of our logs: golang.org/x/mod/sumdb, by oracles/transparency/judge.go.

mod log;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use serde_json::{Value, json};
use transparency::{Hash, Leaf, TiledTree, list_path};

use log::{Served, checkpoint, log_key, serve, witness_key};

/// Compiles the judge once; none where the tests are to do without it.
fn judge() -> Option<Command> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = home.join("transparency-judge");
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../oracles/transparency/judge.go"
    );
    let mut go = specimen::go(&home.join("go"))?;
    let built = go.args(["build", "-o"]).arg(&program).arg(source).output();
    let built = built.expect("go runs");
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{told}");
    Some(Command::new(program))
}

/// Whether the judge accepts a log, and what it says.
fn judged(judge: &mut Command, log: &Value) -> (bool, String) {
    let piped = judge.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(log.to_string().as_bytes()).expect("taken");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), told)
}

/// A log of `new` frames that had `old` when it was looked at before, with proofs of some of its leaves.
fn written(old: usize, new: usize) -> Value {
    let frames = (1..=new as u64).map(|sequence| Leaf {
        partition: 1,
        sequence,
        link: [9; 32],
        votes: 0,
        trackers: Hash::of_empty_tree(),
    });
    let frames: Vec<Leaf> = frames.collect();
    let leaves: Vec<Hash> = frames.iter().map(Leaf::hash).collect();
    let mut served = Served::default();
    let mut tree = transparency::TreeBuilder::new();
    for leaf in &leaves {
        serve(&mut served, tree.append(*leaf).expect("room"));
    }
    serve(&mut served, tree.partial_tiles());
    served.size = new as u64;
    let texts = |hashes: Vec<Hash>| -> Vec<String> { hashes.iter().map(Hash::to_string).collect() };
    let proved = [0, new / 3, new / 2, new - 1].map(|index| {
        let path = list_path(&leaves, index).expect("a leaf");
        json!({ "index": index, "path": texts(path) })
    });
    let consistency = TiledTree::new(new as u64, &mut served).consistency(old as u64);
    let consistency = consistency.expect("served").expect("smaller");
    let entries: Vec<String> = frames.iter().map(|f| BASE64.encode(&f.encode())).collect();
    json!({
        "key": log_key().public().to_string(),
        "witness_key": witness_key(1).public().to_string(),
        "witness_time": 1_001,
        "old_checkpoint": checkpoint(&leaves[..old], &[]).to_string(),
        "checkpoint": checkpoint(&leaves, &[1, 2]).to_string(),
        "leaves": entries,
        "inclusions": proved,
        "consistency": texts(consistency),
    })
}

#[test]
fn a_stock_implementation_accepts_checkpoints_and_proofs() {
    let Some(mut judge) = judge() else {
        return;
    };
    for (old, new) in [
        (1, 2),
        (1, 3),
        (3, 7),
        (4, 8),
        (6, 7),
        (200, 256),
        (256, 257),
        (300, 1_000),
    ] {
        let (accepted, told) = judged(&mut judge, &written(old, new));
        assert!(accepted, "{old} to {new}: {told}");
    }
}

#[test]
fn the_stock_implementation_refuses_what_was_altered() {
    let Some(mut judge) = judge() else {
        return;
    };
    let sound = written(5, 11);
    let hash = Value::from(Hash::of_empty_tree().to_string());
    let text = |name: &str| sound[name].as_str().expect("text").to_owned();
    let swapped = |name: &str, from: &str, to: &str| Value::from(text(name).replacen(from, to, 1));
    for (pointer, value, expected) in [
        ("/consistency/0", hash.clone(), "consistency"),
        ("/inclusions/1/path/0", hash, "inclusion"),
        ("/inclusions/1/index", Value::from(4), "inclusion"),
        ("/leaves/3", Value::from("AAAA"), "root"),
        (
            "/checkpoint",
            swapped("checkpoint", "\n11\n", "\n12\n"),
            "no note",
        ),
        (
            "/checkpoint",
            Value::from(text("old_checkpoint")),
            "inclusion",
        ),
        ("/witness_time", Value::from(1_002), "cosignature"),
        ("/key", swapped("key", "+", "+0"), "key"),
    ] {
        let mut altered = sound.clone();
        *altered.pointer_mut(pointer).expect("a place") = value;
        let (accepted, told) = judged(&mut judge, &altered);
        assert!(!accepted, "{pointer}: {told}");
        assert!(told.contains(expected), "{pointer}: {told}");
    }
}
