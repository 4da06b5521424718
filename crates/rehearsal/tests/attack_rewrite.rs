//! What `docs/attack_rewrite.py` does to a ledger whose event names no log, and to one that witnesses watch: the same
//! rewritten ledger is counted there and refused here, by every program that reads it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rehearsal::child::Call;
use rehearsal::machines::Hand;
use rehearsal::prepare::Stage;
use rehearsal::services::Addresses;
use rehearsal::steps::Steps;
use rehearsal::truth::Truth;
use rehearsal::voting::{Load, Voting};
use rehearsal::witnesses::{self, Witness};
use serde_json::Value;

const VOTERS: u32 = 300;
const VOTES: u64 = 200;
/// Votes that the attacker puts into a frame of its own.
const STUFFED: u64 = 20;

/// A day that was held, and whose ledger lies aside to be rewritten.
struct Held {
    python: PathBuf,
    stage: Stage,
    witnesses: Vec<Witness>,
    /// Whose vote the attacker takes out.
    receipt: String,
}

/// Holds a small election; with witnesses also asks for the proof of the first vote.
async fn held(python: PathBuf, stage: Stage) -> Held {
    stage.prepare(VOTERS, 1, &mut Steps::new()).await.unwrap();
    let at = Addresses::free().unwrap();
    let witnesses = stage.start_witnesses().await.unwrap();
    let validator = stage.start_validator(at).await.unwrap();
    let voting = Voting {
        load: Load::AsAnswered,
        votes: Some(VOTES),
        connections: 4,
        seed: 1,
    };
    let casting = stage.cast(at, voting).unwrap();
    casting.finish().await.unwrap();
    if stage.is_witnessed {
        stage.check_a_receipt(at).await.unwrap();
    }
    validator.stop().await.unwrap();
    let truth = Truth::read(&stage.machines.truth()).unwrap();
    // A second holder's releases of the true ledger.
    stage.verify().await.unwrap();
    copy(&stage.machines.releases_again(), &stage.machines.releases());
    // The voted bitsets go with it: whoever has the disk takes them away, and a start makes them again.
    rustix::fs::rename(stage.machines.data(), true_data(&stage)).unwrap();
    Held {
        python,
        receipt: truth.first_receipt().unwrap().to_owned(),
        stage,
        witnesses,
    }
}

fn true_data(stage: &Stage) -> PathBuf {
    stage.machines.online().join("true")
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

impl Held {
    /// Puts a rewritten ledger into the place of the true one. Returns what the attacker tells.
    fn rewrite(&self, more: &[&str]) -> Value {
        let _ = fs::remove_dir_all(self.stage.machines.ledger());
        let mut attack = Command::new(&self.python);
        attack.arg(support::file("docs/attack_rewrite.py"));
        attack
            .arg("--ledger")
            .arg(true_data(&self.stage).join("ledger"));
        attack.arg("--package").arg(self.stage.machines.package());
        attack.arg("--out").arg(self.stage.machines.ledger());
        attack.args(["--without", &self.receipt]);
        let output = attack
            .arg("--stuff")
            .arg(STUFFED.to_string())
            .args(more)
            .output();
        let output = output.unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn tally(&self, command: &str) -> Call {
        let machines = &self.stage.machines;
        let call = self.stage.call("tally").arg(command);
        let call = call
            .flag("--ledger", machines.ledger())
            .flag("--package", machines.package());
        self.stage.trusting(call)
    }

    /// A program of a hand, by the releases of the true ledger where it reads any.
    fn hands(&self) -> [(&'static str, Call); 3] {
        let machines = &self.stage.machines;
        let reading = |command| {
            self.tally(command)
                .flag("--mask", machines.hand_key(Hand::Mask))
                .flag("--releases", machines.releases())
        };
        let fresh = machines.hand(Hand::Count).join("releases-of-a-new-holder");
        let _ = fs::remove_dir_all(&fresh);
        let release = self
            .tally("release")
            .flag("--key", machines.hand_key(Hand::Count))
            .flag("--out", fresh);
        [
            ("release", release),
            ("count", reading("count")),
            ("verify", reading("verify")),
        ]
    }

    /// All three hands and the verifier refuse, each in words that say why.
    async fn is_refused(&self, variant: &str, tallies_say: &str, verifier_says: &str) {
        for (name, call) in self.hands() {
            let said = refused(&self.stage, call).await;
            assert!(said.contains(tallies_say), "{variant}, {name}: {said}");
        }
        let output = self.verified(&[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{variant}: {said}");
        assert!(said.contains(verifier_says), "{variant}: {said}");
    }

    /// What the verifier that is not ours says of the ledger.
    fn verified(&self, more: &[&str]) -> Output {
        let machines = &self.stage.machines;
        let mut run = Command::new(&self.python);
        run.args(["-m", "verifier"]).current_dir(support::file(""));
        run.arg("--package").arg(machines.package());
        run.arg("--trust").arg(machines.officer_public(1));
        run.arg("--ledger").arg(machines.ledger());
        run.args(more).output().unwrap()
    }
}

/// What a program says that must fail.
async fn refused(stage: &Stage, call: Call) -> String {
    let log = stage.machines.logs().join("refused.log");
    let _ = fs::remove_file(&log);
    let (status, told) = call.logging_to(&log).outcome().await.unwrap();
    let said = fs::read_to_string(&log).unwrap();
    assert!(!status.success(), "{told}");
    said
}

/// The attack works where nobody watches: otherwise that it fails elsewhere would show nothing.
#[tokio::test]
async fn where_no_log_is_named_a_rewritten_ledger_verifies_and_is_counted() {
    let Some(python) = specimen::python() else {
        return;
    };
    let (_dir, stage) = support::stage();
    let held = held(python, stage).await;
    let truth = Truth::read(&held.stage.machines.truth()).unwrap();
    let votes: u64 = truth.counts().values().sum();
    held.rewrite(&[]);
    // By releases of its own: an honest count hand makes them.
    let verify = held.stage.reading("verify").await.unwrap().run().await;
    let told = verify.unwrap();
    let expected = format!("{} votes, no credential twice", votes + STUFFED);
    assert!(told.contains(&expected), "{told}");
    let counted = held.stage.counted_from_files().await.unwrap();
    assert_eq!(counted.values().sum::<u64>(), votes + STUFFED);
    assert_ne!(counted, truth.counts(), "the votes are others");
    let output = held.verified(&[]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("NOBODY OUTSIDE HAS VOUCHED FOR IT"), "{told}");
    // All that is left: the voter who comes with a receipt. It proves nothing, since nobody signed it.
    let look_up = held.tally("verify").flag("--receipt", &*held.receipt);
    let said = refused(&held.stage, look_up).await;
    assert!(
        said.contains("1 of 1 receipts are not in the ledger"),
        "{said}"
    );
    let other = truth.receipt_ids().iter().find(|id| **id != held.receipt);
    let look_up = held.tally("verify").flag("--receipt", &**other.unwrap());
    look_up.run().await.unwrap();
}

#[tokio::test]
async fn invariant_10_where_witnesses_watch_a_rewritten_ledger_is_refused_by_everybody() {
    let Some(python) = specimen::python() else {
        return;
    };
    let (_dir, stage) = support::stage();
    let stage = Stage {
        is_witnessed: true,
        ..stage
    };
    let held = held(python, stage).await;
    held.rewrite(&["--checkpoint", "old"]);
    held.is_refused(
        "the old checkpoint",
        "there are two histories",
        "the root over these frames is",
    )
    .await;
    held.rewrite(&["--checkpoint", "none"]);
    held.is_refused(
        "no checkpoint",
        "there is no checkpoint",
        "there is no checkpoint",
    )
    .await;
    let witness = format!("http://{}/", held.witnesses[0].at);
    let own = ["--checkpoint", "own", "--witness", &witness];
    let told = held.rewrite(&own);
    assert_eq!(statuses(&told), [403, 403], "{told}");
    held.is_refused(
        "another key",
        "is not signed by the key",
        "it is not signed by the key of",
    )
    .await;
    let log_key = held.stage.machines.log_key();
    let mut operator = own.to_vec();
    operator.extend(["--log-key", log_key.to_str().unwrap()]);
    let told = held.rewrite(&operator);
    assert_eq!(statuses(&told), [409, 422], "{told}");
    assert_eq!(told["answers"][0][1], told["true_frames"].to_string());
    held.is_refused(
        "the log's key",
        "too few cosignatures",
        "witnesses must have cosigned",
    )
    .await;
    its_receipt_still_proves_the_true_history(&held).await;
    witnesses::stop(held.witnesses).await.unwrap();
}

/// The statuses of a witness's answers, in order.
fn statuses(told: &Value) -> Vec<u64> {
    let answers = told["answers"].as_array().unwrap();
    answers.iter().map(|it| it[0].as_u64().unwrap()).collect()
}

/// The receipt of the vote that was taken out proves that it was there; and the witness has told that something came which does not continue it.
async fn its_receipt_still_proves_the_true_history(held: &Held) {
    let machines = &held.stage.machines;
    let receipt = machines.root().join("receipt.tlog-proof");
    let call = held.stage.call("tally").args(["receipt", "check"]);
    let call = call.arg(&receipt).flag("--policy", machines.policy());
    let told = call.run().await.unwrap();
    assert!(told.contains(&held.receipt), "{told}");
    let log = format!("witness-{}.log", held.witnesses[0].name);
    let log = fs::read_to_string(machines.logs().join(log)).unwrap();
    let told = "a checkpoint came with a proof that does not hold";
    assert!(log.contains(told), "{log}");
}
