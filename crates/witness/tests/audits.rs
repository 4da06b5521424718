//! Audits by the real program: of sound logs, of damaged ones, and of another history.

mod home;
mod log;
mod server;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use transparency::{NoteSignature, parse_signatures};

use home::{Home, program, text, told};
use log::TestLog;
use server::{Running, serve_directory, serve_directory_by_tls};

const ORIGIN: &str = "example.com/log";

/// A log of 600 frames, served in a directory with the cosignature of a running witness, and the policy
/// for it.
struct Audited {
    home: Home,
    witness: Running,
    served: PathBuf,
    policy: PathBuf,
}

impl Audited {
    fn new(log: &TestLog) -> Audited {
        let home = Home::new(&[log]);
        let witness = home.start();
        let (served, policy) = (
            home.dir.path().join("served"),
            home.dir.path().join("policy"),
        );
        let other = PrivateWitness::public();
        let lines = format!(
            "log {}\nwitness first {}\nwitness second {other}\ngroup two any first second\nquorum two\n",
            log.key.public(),
            home.public
        );
        fs::write(&policy, lines).expect("written");
        Audited {
            home,
            witness,
            served,
            policy,
        }
    }

    /// Has the witness cosign this size, and serves it.
    fn grow(&self, log: &TestLog, old: u64, new: u64) {
        let submission = log.submission(old, new).to_string();
        let (head, body) = self.witness.ask("POST", "/add-checkpoint", &submission);
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}{body}");
        let cosigned: Vec<NoteSignature> = parse_signatures(&body).expect("a line");
        log.serve(&self.served, new, &cosigned);
    }

    fn audit(&self, log: &str, state: Option<&Path>) -> (Option<i32>, String) {
        let policy = text(&self.policy);
        let mut arguments = vec!["audit", "--policy", policy, "--log", log];
        arguments.extend(state.iter().flat_map(|path| ["--state", text(path)]));
        let output = program(&arguments);
        (output.status.code(), told(&output))
    }

    fn audit_directory(&self) -> (Option<i32>, String) {
        self.audit(text(&self.served), None)
    }
}

/// The second witness of the policy, which never cosigns.
struct PrivateWitness;

impl PrivateWitness {
    fn public() -> String {
        let name = transparency::KeyName::new("witness.example/w2").expect("a name");
        let used = transparency::KeyUse::Witness;
        let key = transparency::PrivateKey::from_seed(name, used, &[2; 32].into());
        key.public().to_string()
    }
}

#[test]
fn an_audit_tells_how_far_a_log_is_and_who_has_seen_it() {
    let log = TestLog::new(ORIGIN, 700);
    let audited = Audited::new(&log);
    audited.grow(&log, 0, 0);
    let state = audited.home.dir.path().join("seen");
    let state = Some(state.as_path());
    let directory = text(&audited.served);
    let (status, words) = audited.audit(directory, state);
    assert_eq!(status, Some(0), "{words}");
    let expected = "example.com/log: 0 frames (0 new, 0 votes in them), root 47DEQpj8";
    assert!(words.starts_with(expected), "{words}");
    audited.grow(&log, 0, 600);
    let (status, words) = audited.audit(directory, state);
    assert_eq!(status, Some(0), "{words}");
    let expected = "example.com/log: 600 frames (600 new, 600 votes in them), root ";
    assert!(words.starts_with(expected), "{words}");
    assert!(
        words.contains("; checked by 1 of 2 witnesses, last at 20"),
        "{words}"
    );
    assert!(words.ends_with("Z (first)\n"), "{words}");
    // Over HTTP, from where the directory was left.
    audited.grow(&log, 600, 700);
    let address = serve_directory(audited.served.clone());
    let (status, words) = audited.audit(&format!("http://{address}/below"), state);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("700 frames (100 new, 100 votes"), "{words}");
    let (status, words) = audited.audit(directory, state);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("700 frames (0 new, 0 votes"), "{words}");
}

#[test]
fn an_audit_names_what_is_not_sound() {
    let log = TestLog::new(ORIGIN, 700);
    let audited = Audited::new(&log);
    audited.grow(&log, 0, 600);
    assert_eq!(audited.audit_directory().0, Some(0));
    let flip = |name: &str, at: usize| {
        let path = audited.served.join(name);
        let sound = fs::read(&path).expect(name);
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("written");
        let told = audited.audit_directory();
        fs::write(&path, sound).expect("written");
        told
    };
    for (name, at, expected) in [
        ("tile/0/001", 40, "tile/0/001 does not fit the leaves"),
        ("tile/0/002.p/88", 0, "tile/0/002.p/88 does not fit"),
        ("tile/1/000.p/2", 33, "tile/1/000.p/2 does not fit"),
        // In the link of frame 300: the tile is compared before the root.
        (
            "tile/entries/001",
            43 * 81 + 20,
            "tile/0/001 does not fit the leaves",
        ),
        ("tile/entries/001", 43 * 81 + 2 + 10, "names frame"),
        ("tile/entries/000", 1, "tile/entries/000"),
        ("checkpoint", 17, "does not fit the note"),
    ] {
        let (status, words) = flip(name, at);
        assert_eq!(status, Some(1), "{name}: {words}");
        assert!(words.contains(expected), "{name}: {words}");
    }
    // A log need not keep the tile that was not full once the full one is there.
    log.serve(&audited.served, 600, &[]);
    let sound = audited.home.dir.path().join("longer");
    TestLog::new(ORIGIN, 768).serve(&sound, 768, &[]);
    audited.grow(&log, 600, 700);
    for name in ["tile/0/002", "tile/entries/002"] {
        fs::remove_file(audited.served.join(format!("{name}.p/188"))).expect("removed");
        fs::copy(sound.join(name), audited.served.join(name)).expect("copied");
    }
    let (status, words) = audited.audit_directory();
    assert_eq!(status, Some(0), "{words}");
    fs::remove_file(audited.served.join("tile/1/000.p/2")).expect("removed");
    let (status, words) = audited.audit_directory();
    assert_eq!(status, Some(1), "{words}");
    assert!(
        words.contains("cannot read tile/1/000.p/2 of the log"),
        "{words}"
    );
}

/// The operator writes another ledger, with the right keys: whoever saw the first one tells.
#[test]
fn another_history_is_noticed_by_whoever_saw_the_first() {
    let log = TestLog::new(ORIGIN, 700);
    let audited = Audited::new(&log);
    audited.grow(&log, 0, 600);
    let state = audited.home.dir.path().join("seen");
    let directory = text(&audited.served);
    assert_eq!(audited.audit(directory, Some(&state)).0, Some(0));
    let kept = fs::read(&state).expect("kept");

    // The witness does not cosign it, and without that the policy does not take it.
    let other = log.forked(100);
    other.serve(&audited.served, 700, &[]);
    let (status, words) = audited.audit(directory, Some(&state));
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("too few cosignatures"), "{words}");
    // Where the policy asks for nobody, the auditor's own memory tells.
    let policy = fs::read_to_string(&audited.policy).expect("a policy");
    fs::write(&audited.policy, policy.replace("quorum two", "quorum none")).expect("written");
    let (status, words) = audited.audit(directory, Some(&state));
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("has another history"), "{words}");
    log.serve(&audited.served, 500, &[]);
    let (status, words) = audited.audit(directory, Some(&state));
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("rolled back"), "{words}");
    assert_eq!(
        fs::read(&state).expect("kept"),
        kept,
        "a log that is not sound was kept as seen"
    );
    // The root is the checkpoint's word against the leaves.
    log.serve(&audited.served, 600, &[]);
    let lie = fs::read_to_string(audited.served.join("checkpoint")).expect("served");
    assert!(lie.starts_with(ORIGIN));
    other.serve(&audited.home.dir.path().join("elsewhere"), 600, &[]);
    let elsewhere = audited.home.dir.path().join("elsewhere/checkpoint");
    fs::copy(elsewhere, audited.served.join("checkpoint")).expect("copied");
    let (status, words) = audited.audit(directory, None);
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("does not hold what it signed"), "{words}");
}

/// By https:// the server must be the one that the authorities know by that name.
#[test]
fn an_audit_by_tls_believes_known_servers_alone() {
    let log = TestLog::new(ORIGIN, 20);
    let audited = Audited::new(&log);
    audited.grow(&log, 0, 20);
    let (address, certificate) = serve_directory_by_tls(audited.served.clone());
    let (_, other) = serve_directory_by_tls(audited.served.clone());
    let authorities = audited.home.dir.path().join("authorities.pem");
    let audit = |host: &str, known: &str| {
        fs::write(&authorities, known).expect("written");
        let url = format!("https://{host}:{}/below", address.port());
        let policy = text(&audited.policy);
        let files = ["--policy", policy, "--authorities", text(&authorities)];
        let output = program(&[&["audit", "--log", &url], files.as_slice()].concat());
        (output.status.code(), told(&output))
    };
    let (status, words) = audit("localhost", &certificate);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("20 frames (20 new"), "{words}");
    for (host, known, expected) in [
        ("localhost", other.as_str(), "certificate"),
        ("127.0.0.1", certificate.as_str(), "certificate"),
        ("localhost", "", "has no certificate"),
    ] {
        let (status, words) = audit(host, known);
        assert_eq!(status, Some(1), "{words}");
        assert!(words.contains(expected), "{words}");
    }
}

/// A monitor waits for a server that is away, and ends at a log that is not sound.
#[test]
fn a_monitor_goes_on_until_something_is_not_sound() {
    let log = TestLog::new(ORIGIN, 20);
    let audited = Audited::new(&log);
    let address = serve_directory(audited.served.clone());
    let mut monitor = Command::new(env!("CARGO_BIN_EXE_witness"))
        .args(["audit", "--follow", "1", "--policy", text(&audited.policy)])
        .args(["--log", &format!("http://{address}/below")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut remarks = BufReader::new(monitor.stderr.take().expect("a pipe")).lines();
    let mut lines = BufReader::new(monitor.stdout.take().expect("a pipe")).lines();
    let remark = remarks.next().expect("a remark").expect("text");
    assert!(remark.contains("404 Not Found: looking again"), "{remark}");
    audited.grow(&log, 0, 12);
    let line = lines.next().expect("a line").expect("text");
    assert!(
        line.contains("12 frames (12 new, 12 votes in them)"),
        "{line}"
    );
    audited.grow(&log, 12, 20);
    let grown = lines.find(|line| {
        let line = line.as_ref().expect("text");
        line.contains("20 frames (8 new, 8 votes in them)")
    });
    assert!(grown.is_some(), "it ended");
    log.serve(&audited.served, 12, &[]);
    let last = remarks.last().expect("a remark").expect("text");
    assert!(last.contains("too few cosignatures"), "{last}");
    assert_eq!(monitor.wait().expect("it ends").code(), Some(1));
}
