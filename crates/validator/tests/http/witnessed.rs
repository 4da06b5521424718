//! The ledger as a log: nobody votes before witnesses have seen that it is empty, every vote is proven soon after, and
//! a ledger that contradicts what was signed takes no vote.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use election::Event;
use transparency::{
    Checkpoint, KeyName, KeyUse, LogProof, Note, Policy, PrivateKey, Promise, ProvenVote,
    ReceiptExtra,
};
use zeroize::Zeroizing;

use crate::fixture::{Fixture, Voter};
use crate::server::{Server, init, run};
use crate::straw_witness::{Manner, StrawWitness};

const LAW: &str = "L2025-001";
const ORIGIN: &str = "scrutin.example/test";

struct Scene {
    fixture: Fixture,
    witnesses: Vec<StrawWitness>,
    policy: Policy,
}

fn log_key(seed: u8) -> PrivateKey {
    let name = KeyName::new(ORIGIN).unwrap();
    PrivateKey::from_seed(name, KeyUse::Log, &Zeroizing::new([seed; 32]))
}

impl Scene {
    /// An event of which `required` of these witnesses must cosign.
    fn new(required: usize, manners: &[Manner]) -> Scene {
        let names = ["a", "bb", "ccc"];
        let witnesses = names.iter().zip(manners);
        let witnesses: Vec<StrawWitness> = witnesses
            .map(|(name, manner)| StrawWitness::start(name, *manner))
            .collect();
        let public = log_key(7);
        let key = data_encoding::HEXLOWER.encode(public.public().key_bytes());
        let mut log = format!(
            "\n[log]\norigin = \"{ORIGIN}\"\nkey = \"{key}\"\n[witnesses]\nrequired = {required}\n"
        );
        for (name, witness) in names.iter().zip(&witnesses) {
            log.push_str(&witness.table(name));
        }
        let definition = format!("{}{log}", specimen::EXAMPLE);
        let fixture = Fixture::of_definition(&definition);
        let policy = Event::from_toml(&definition).unwrap().policy(1).unwrap();
        specimen::write_secret(&fixture.path("log.key"), &*log_key(7).file_text());
        specimen::write_secret(&fixture.path("other.key"), &*log_key(8).file_text());
        Scene {
            fixture,
            witnesses,
            policy,
        }
    }

    fn start(&self) -> Server {
        let key = self.fixture.path("log.key").display().to_string();
        let variables = [("VALIDATOR_LOG_KEY", key.as_str())];
        Server::start_with(&self.fixture.arguments("data"), &[], &variables)
    }

    fn checkpoint(&self, server: &Server) -> Option<Checkpoint> {
        let answer = server.get_internal("/log/0/checkpoint");
        let note = (answer.status == 200).then(|| Note::parse(&answer.body).unwrap());
        note.map(|note| self.policy.check(&note).unwrap().checkpoint)
    }

    /// The checkpoint on the disk, which always counts.
    fn kept(&self) -> Checkpoint {
        let kept = fs::read(self.fixture.path("data/ledger/p0000/checkpoint")).unwrap();
        let kept = self.policy.check(&Note::parse(&kept).unwrap());
        kept.unwrap().checkpoint
    }

    /// Asks for a receipt until it is a proof.
    fn proven(&self, server: &Server, receipt: &str) -> ProvenVote {
        let found = within(|| {
            let json = server.get(&format!("/api/v1/receipts/{receipt}")).json();
            assert_eq!(json["status"], "recorded", "{json}");
            if let Some(promise) = json["promise"].as_str() {
                let note = Note::parse(promise.as_bytes()).unwrap();
                let promise = Promise::verify(&note, &self.policy).unwrap();
                assert_eq!(promise.request_id, receipt);
            }
            json["proof"].as_str().map(str::to_owned)
        });
        let file = server.get(&format!("/api/v1/receipts/{receipt}/proof"));
        assert_eq!(file.status, 200);
        let proof = LogProof::parse(found.as_bytes()).unwrap();
        ReceiptExtra::verify(&proof, &self.policy).unwrap()
    }
}

/// What is there within a few seconds.
fn within<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within 15 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn receipt(server: &Server, voter: u32) -> String {
    let answer = server.vote(Voter(voter), LAW, "oui");
    assert_eq!(answer.status, 202, "{answer:?} {}", server.log());
    answer.json()["request_id"].as_str().unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

#[test]
fn invariant_11_nobody_votes_before_the_empty_log_is_cosigned() {
    let scene = Scene::new(2, &[Manner::Honest, Manner::Away, Manner::Stranger]);
    let mut server = scene.start();
    within(|| {
        let answer = server.vote(Voter(0), LAW, "oui");
        (answer.status == 503).then(|| assert_eq!(answer.problem(), "log-unwitnessed"))
    });
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(
        server.get("/api/v1/health").json()["status"],
        "log-unwitnessed"
    );
    assert!(scene.checkpoint(&server).is_none());

    scene.witnesses[1].set(Manner::Honest);
    within(|| (server.get("/readyz").status == 200).then_some(()));
    assert_eq!(scene.checkpoint(&server).unwrap().size, 0);
    let first = receipt(&server, 0);
    let proven = scene.proven(&server, &first);
    assert_eq!(proven.receipt.leaf.sequence, 1);
    assert_eq!(proven.attested.cosigned.len(), 2);
    server.wait_for_metric("log_frames_covered{partition=\"0\"} 1");
    let up = "log_witness_up{partition=\"0\",witness=\"ccc\"} 0";
    server.wait_for_metric(up);
    let metrics = String::from_utf8(server.get_internal("/metrics").body).expect("text");
    specimen::metrics_are_documented("validator", &["log"], &metrics);
    let cosigned = |witness| {
        format!(
            "\nlog_witness_cosigned_timestamp_seconds{{partition=\"0\",witness=\"{witness}\"}} "
        )
    };
    assert!(metrics.contains(&(cosigned("a") + "1")), "{metrics}");
    assert!(metrics.contains(&(cosigned("ccc") + "0\n")), "{metrics}");

    // The last votes are covered before the program ends, however short the time.
    receipt(&server, 1);
    server.terminate();
    assert!(server.wait().success());
    assert!(scene.kept().size >= 2);
}

#[test]
fn votes_go_on_while_witnesses_are_away() {
    let scene = Scene::new(1, &[Manner::Honest]);
    let server = scene.start();
    within(|| (server.get("/readyz").status == 200).then_some(()));
    let first = receipt(&server, 0);
    scene.proven(&server, &first);
    scene.witnesses[0].set(Manner::Away);
    let second = receipt(&server, 1);
    std::thread::sleep(Duration::from_millis(2_500));
    let json = server.get(&format!("/api/v1/receipts/{second}")).json();
    assert!(
        json["promise"].is_string() && json["proof"].is_null(),
        "{json}"
    );
    let file = server.get(&format!("/api/v1/receipts/{second}/proof"));
    assert_eq!(file.status, 202);
    scene.witnesses[0].set(Manner::Honest);
    scene.proven(&server, &second);
    assert_eq!(
        server
            .get("/api/v1/receipts/0-9-00000000000000000000000000/proof")
            .status,
        404
    );
}

/// Nothing on the machine tells an older copy of everything from the newest one: the witnesses do.
#[test]
fn invariant_10_witnesses_notice_an_older_copy_of_everything() {
    let scene = Scene::new(2, &[Manner::Honest, Manner::Honest, Manner::Honest]);
    let (data, older) = (scene.fixture.path("data"), scene.fixture.path("older"));
    let mut server = scene.start();
    within(|| (server.get("/readyz").status == 200).then_some(()));
    let first = receipt(&server, 0);
    scene.proven(&server, &first);
    server.terminate();
    server.wait();
    copy(&data, &older);

    let server = scene.start();
    let second = receipt(&server, 1);
    scene.proven(&server, &second);
    server.kill();
    fs::remove_dir_all(&data).unwrap();
    copy(&older, &data);

    let server = scene.start();
    server.wait_for_log("a witness contradicts this ledger");
    within(|| (server.get("/readyz").status == 503).then_some(()));
    let refused = server.vote(Voter(2), LAW, "oui");
    assert_eq!(
        (refused.status, refused.problem()),
        (503, "log-unwitnessed".to_owned())
    );
    let contradicts = "log_witness_contradicts{partition=\"0\",witness=\"a\"} 1";
    server.wait_for_metric(contradicts);
}

#[test]
fn invariant_10_a_ledger_that_is_behind_its_checkpoint_takes_no_vote() {
    let scene = Scene::new(0, &[]);
    let (data, older) = (scene.fixture.path("data"), scene.fixture.path("older"));
    let server = scene.start();
    within(|| (server.get("/readyz").status == 200).then_some(()));
    receipt(&server, 0);
    server.kill();
    copy(&data, &older);
    let server = scene.start();
    let second = receipt(&server, 1);
    scene.proven(&server, &second);
    server.kill();
    let newer = fs::read(data.join("ledger/p0000/checkpoint")).unwrap();
    fs::remove_dir_all(&data).unwrap();
    copy(&older, &data);
    fs::write(data.join("ledger/p0000/checkpoint"), newer).unwrap();

    let server = scene.start();
    server.wait_for_log("it is an older copy or another history");
    within(|| (server.vote(Voter(2), LAW, "oui").status == 503).then_some(()));
}

#[test]
fn one_witness_that_lies_or_hangs_stops_nobody() {
    let manners = [
        Manner::Stranger,
        Manner::Contradicts,
        Manner::Rubbish,
        Manner::Silent,
    ];
    let scene = Scene::new(1, &[Manner::Honest, Manner::Honest]);
    let mut server = scene.start();
    within(|| (server.get("/readyz").status == 200).then_some(()));
    for (voter, manner) in (0..).zip(manners) {
        scene.witnesses[1].set(manner);
        let receipt = receipt(&server, voter);
        let proven = scene.proven(&server, &receipt);
        assert!(proven.attested.cosigned.iter().any(|by| by.witness == "a"));
        assert_eq!(server.get("/readyz").status, 200);
    }
    server.terminate();
    assert!(server.wait().success());
    assert_eq!(scene.kept().size, 4);
}

/// Nobody has seen that the log was empty: what others send meanwhile must not open it.
#[test]
fn invariant_11_frames_without_votes_open_no_log() {
    let scene = Scene::new(1, &[Manner::Away]);
    let server = scene.start();
    let stranger = server.vote(Voter(4_000), LAW, "oui");
    assert_eq!(stranger.status, 403);
    server.wait_for_metric("ledger_last_sequence{partition=\"0\"} 1");
    server.kill();
    let server = scene.start();
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(
        server.vote(Voter(0), LAW, "oui").problem(),
        "log-unwitnessed"
    );
    assert!(scene.checkpoint(&server).is_none());
    scene.witnesses[0].set(Manner::Honest);
    within(|| (server.get("/readyz").status == 200).then_some(()));
    within(|| scene.checkpoint(&server).filter(|covers| covers.size == 1));
}

/// What enough witnesses cosigned is not replaced by what they did not.
#[test]
fn invariant_11_a_checkpoint_that_counts_is_kept() {
    let scene = Scene::new(1, &[Manner::Honest]);
    let mut server = scene.start();
    within(|| (server.get("/readyz").status == 200).then_some(()));
    let first = receipt(&server, 0);
    scene.proven(&server, &first);
    scene.witnesses[0].set(Manner::Away);
    receipt(&server, 1);
    server.terminate();
    assert!(server.wait().success());
    assert_eq!(scene.kept().size, 1);
    server.wait_for_log("the last frames are covered by no checkpoint");
    // Where it was opened before, votes are taken at once, and covered when witnesses are back.
    let server = scene.start();
    let third = receipt(&server, 2);
    scene.witnesses[0].set(Manner::Honest);
    scene.proven(&server, &third);
}

#[test]
fn the_key_must_be_that_of_the_event() {
    let scene = Scene::new(0, &[]);
    let arguments = scene.fixture.arguments("data");
    init(&arguments);
    let refused = |key: Option<&str>, said: &str| {
        let file = scene.fixture.path("validator.toml");
        let key =
            key.map(|key| format!("[log]\nkey = \"{}\"\n", scene.fixture.path(key).display()));
        fs::write(&file, key.unwrap_or_default()).unwrap();
        let output = run(&arguments, &["--config", &file.display().to_string()]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{text}");
    };
    refused(None, "log.key is not set");
    refused(
        Some("other.key"),
        "is another key than the one that the event names",
    );
    refused(Some("roll.key"), "not a private key");
}
