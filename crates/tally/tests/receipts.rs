//! `tally receipt check`: what is proved is said in words, and whatever does not hold is refused with the reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use transparency::{
    Checkpoint, Hash, KeyName, KeyUse, Leaf, LogProof, Note, PrivateKey, Promise, ReceiptExtra,
    list_path, list_root, tracker_path, trackers_root,
};

const ORIGIN: &str = "scrutin.example/QC-2025/0";
const RECEIPT: &str = "0-3-248h248h248h248h248h248h24";

fn key(name: &str, used: KeyUse, number: u8) -> PrivateKey {
    let name = KeyName::new(name).expect("a name");
    PrivateKey::from_seed(name, used, &[number; 32].into())
}

fn log() -> PrivateKey {
    key(ORIGIN, KeyUse::Log, 1)
}

fn witness(number: u8) -> PrivateKey {
    key(&format!("w{number}.example"), KeyUse::Witness, number)
}

fn policy() -> String {
    let log = format!("log {}\n", log().public());
    let names = ["paper", "party", "university"].into_iter().zip(11..);
    let witnesses =
        names.map(|(name, number)| format!("witness {name} {}\n", witness(number).public()));
    log + &witnesses.collect::<String>() + "group enough 2 paper party university\nquorum enough\n"
}

fn checkpoint(leaves: &[Hash], witnesses: &[u8]) -> Note {
    let checkpoint = Checkpoint {
        origin: log().public().name().clone(),
        size: leaves.len() as u64,
        root: list_root(leaves),
    };
    let mut note = checkpoint.sign(&log()).expect("the log's key");
    for number in witnesses {
        let time_s = 1_791_126_240 + u64::from(*number);
        note.add(
            witness(*number)
                .cosign_text(note.text(), time_s)
                .expect("a witness's key"),
        );
    }
    note
}

/// Vote 4 of 9 in frame 3 of 5.
fn proof(partition: u16, witnesses: &[u8]) -> LogProof {
    let trackers: Vec<[u8; 16]> = (0..9).map(|number| [number * 16 + number; 16]).collect();
    let leaf = Leaf {
        partition,
        sequence: 3,
        link: [3; 32],
        votes: 9,
        trackers: trackers_root(&trackers),
    };
    let mut leaves: Vec<Hash> = (0..5_u8).map(|number| Hash::of_leaf(&[number])).collect();
    leaves[2] = leaf.hash();
    let extra = ReceiptExtra {
        leaf,
        tracker: trackers[4],
        position: 4,
        path: tracker_path(&trackers, 4).expect("a vote"),
    };
    LogProof {
        extra: Some(extra.encode()),
        index: 2,
        path: list_path(&leaves, 2).expect("a leaf"),
        checkpoint: checkpoint(&leaves, witnesses),
    }
}

fn good() -> String {
    proof(0, &[11, 12]).to_string()
}

fn promise() -> String {
    let promise = Promise {
        origin: log().public().name().clone(),
        request_id: RECEIPT.to_owned(),
        minute: 29_852_104,
    };
    promise.sign(&log()).expect("the log's key").to_string()
}

struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let directory = tempfile::tempdir().expect("a directory");
        Desk { directory }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    fn check(&self, files: &[&Path], policy: &str) -> Output {
        let policy = self.put("log.policy", policy.as_bytes());
        Command::new(env!("CARGO_BIN_EXE_tally"))
            .args(["receipt", "check", "--policy"])
            .arg(policy)
            .args(files)
            .output()
            .expect("tally runs")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_a_file_proves_is_said_in_words() {
    let desk = Desk::new();
    for (name, file, parts) in [
        (
            "a.tlog-proof",
            good(),
            [
                format!("the vote with receipt {RECEIPT} is in frame 3 of {ORIGIN}, with 9 votes in all"),
                "the frame is in the log of 5 frames, root ".to_owned(),
                "checked by 2 of 3 witnesses: paper at 2026-10-04T15:04:11Z, party at 2026-10-04T15:04:12Z (the policy asks for 2 of (paper, party, university))".to_owned(),
                "It does not say who voted, nor what the choice was.".to_owned(),
            ],
        ),
        (
            "a.promise",
            promise(),
            [
                format!("the operator of {ORIGIN} has signed that the vote with receipt {RECEIPT} was recorded in frame 3 at 2026-10-04T15:04:00Z"),
                "look the receipt up again for the proof".to_owned(),
                "Where none ever comes, this file is evidence".to_owned(),
                "It does not say who voted, nor what the choice was.".to_owned(),
            ],
        ),
    ] {
        let path = desk.put(name, file.as_bytes());
        let output = desk.check(&[&path], &policy());
        let said = text(&output.stdout);
        assert!(output.status.success(), "{}", text(&output.stderr));
        for part in parts {
            assert!(said.contains(&part), "{part}: {said}");
        }
    }
}

/// Refused files, and what is said of them.
fn refused() -> Vec<(Vec<u8>, &'static str)> {
    let (good, promise) = (good(), promise());
    let other_root = proof(0, &[11, 12]);
    let mut another = other_root.clone();
    another.checkpoint = checkpoint(
        &[
            Hash::of_leaf(b"x"),
            Hash::of_leaf(b"y"),
            Hash::of_leaf(b"z"),
        ],
        &[11, 12],
    );
    let mut moved = other_root.clone();
    moved.index = 3;
    let mut bare = other_root.clone();
    bare.extra = None;
    let mut other_tracker = other_root;
    other_tracker.extra.as_mut().expect("extra")[79] ^= 1;
    let own_words: Vec<(Vec<u8>, &'static str)> = vec![
        (vec![], "is empty: save it again"),
        (vec![b'x'; 4 << 20], "bytes: it is another file"),
        (
            vec![0x7f, 0x45, 0x4c, 0x46, 0xff, 0x00],
            "neither a proof nor a promise",
        ),
        (
            b"c2sp.org/tlog-proof@v1\nindex 2\n\xff\xfe\n\n".to_vec(),
            "not a proof of a log",
        ),
        (
            b"\xef\xbb\xbfc2sp.org/tlog-proof@v1\n".to_vec(),
            "neither a proof nor a promise",
        ),
    ];
    let edited = [
        (another.to_string(), "the proof has 3 hashes"),
        (
            moved.to_string(),
            "is of frame 3 and proves the leaf at index 3",
        ),
        (bare.to_string(), "names no vote of it: it is no receipt"),
        (
            other_tracker.to_string(),
            "the vote is not in the frame: the proof leads to root",
        ),
        (
            proof(1, &[11, 12]).to_string(),
            "the vote is in partition 1",
        ),
        (
            proof(0, &[11]).to_string(),
            "too few cosignatures: the policy asks for 2 of (paper, party, university), and there are those of paper",
        ),
        (proof(0, &[11, 99]).to_string(), "too few cosignatures"),
        (proof(0, &[]).to_string(), "and there are none"),
        (
            good.replacen("\n5\n", "\n6\n", 1),
            "signature of scrutin.example/QC-2025/0 does not fit",
        ),
        (good.replacen("@v1", "@v2", 1), "not a proof of a log"),
        (
            good.replacen("extra A", "extra *", 1),
            "extra data is not base 64",
        ),
        (
            good.replacen("\n\n", "\nAAAA\n\n", 1),
            "hash 4 of the proof",
        ),
        (format!("{good}more\n"), "signature line 4 is none"),
        (good.replace('\n', "\r\n"), "not a proof of a log"),
        (good.trim_end().to_owned(), "cut short"),
        (
            promise.replacen("15:04Z", "15:05Z", 1),
            "signature of scrutin.example/QC-2025/0 does not fit",
        ),
        (promise.replacen("/v1", "/v2", 1), "not a promise"),
        (promise.replacen("\n\n", "\nmore\n\n", 1), "not a promise"),
        (
            promise.replacen("/QC-2025/0", "/QC-2026/0", 1),
            "trusts no log of that name",
        ),
    ];
    let edited = edited.map(|(text, words)| (text.into_bytes(), words));
    own_words.into_iter().chain(edited).collect()
}

#[test]
fn whatever_does_not_hold_is_refused_with_the_reason() {
    let desk = Desk::new();
    for (bytes, words) in refused() {
        let path = desk.put("receipt", &bytes);
        let output = desk.check(&[&path], &policy());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(said.contains("/receipt"), "{said}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    }
}

#[test]
fn a_policy_of_others_or_that_nobody_can_meet_is_refused() {
    let desk = Desk::new();
    let paths = [("a.tlog-proof", good()), ("a.promise", promise())]
        .map(|(name, file)| desk.put(name, file.as_bytes()));
    let stranger = key(ORIGIN, KeyUse::Log, 2).public().to_string();
    let policy = policy();
    let log = log().public().to_string();
    for (policy, words) in [
        (String::new(), "is empty"),
        (
            policy.replace("enough 2", "enough 4"),
            "4\" of 3 members cannot be asked for",
        ),
        (policy.replace("quorum enough\n", ""), "one quorum line"),
        (
            policy.replace(&log, &stranger),
            "is not signed by the key that the policy names",
        ),
        (policy.replacen("+", "+0", 1), "name+id+key"),
        ("\0".to_owned(), "line 1 of the policy"),
    ] {
        for path in &paths {
            let output = desk.check(&[path], &policy);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{words}");
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

#[test]
fn one_bad_file_among_good_ones_is_told_and_fails() {
    let desk = Desk::new();
    let files = [good(), good().replacen("index 2", "index 3", 1), promise()];
    let paths: Vec<PathBuf> = files
        .iter()
        .zip(["1", "2", "3"])
        .map(|(file, name)| desk.put(name, file.as_bytes()))
        .collect();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let output = desk.check(&paths, &policy());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let said = text(&output.stderr);
    assert!(said.contains("/2: the receipt is of frame 3"), "{said}");
    assert!(said.contains("1 of 3 files prove nothing"), "{said}");
    let gone = desk.check(&[Path::new("/nowhere/receipt")], &policy());
    assert!(text(&gone.stderr).contains("cannot read /nowhere/receipt"));
    assert_eq!(gone.status.code(), Some(1));
}
