//! The real program: its key, its service, and its death.

mod home;
mod log;
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use home::{Home, program, text, told};
use log::TestLog;

const ORIGIN: &str = "example.com/log";

#[test]
fn a_key_is_its_owners_alone_and_is_made_once() {
    let home = Home::new(&[]);
    let key = home.dir.path().join("w1.key");
    let mode = fs::metadata(&key).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = fs::read_to_string(home.dir.path().join("w1.pub")).expect("a file");
    assert_eq!(public.trim(), home.public);
    assert!(public.starts_with("witness.example/w1+"), "{public}");
    let (out, state) = (home.dir.path().join("w1"), home.dir.path().join("new"));
    let again = program(&[
        "keygen",
        "--name",
        "x",
        "--out",
        text(&out),
        "--state",
        text(&state),
    ]);
    assert_eq!(again.status.code(), Some(1));
    assert!(told(&again).contains("exists already"), "{}", told(&again));
    assert!(!state.exists());
    let (out, state) = (home.dir.path().join("w2"), home.dir.path().join("state"));
    let again = program(&[
        "keygen",
        "--name",
        "x",
        "--out",
        text(&out),
        "--state",
        text(&state),
    ]);
    assert!(told(&again).contains("not empty"), "{}", told(&again));
    assert!(!home.dir.path().join("w2.key").exists());
}

#[test]
fn what_is_wrong_is_told_before_anything_is_served() {
    let log = TestLog::new(ORIGIN, 1);
    let home = Home::new(&[&log]);
    let run = || program(&["run", "--config", text(&home.config())]);
    let key = home.dir.path().join("w1.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("own file");
    let refused = run();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told(&refused).contains("open to other users"),
        "{}",
        told(&refused)
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("own file");
    let secret = fs::read_to_string(&key).expect("a key");
    fs::write(&key, &home.public).expect("written");
    let refused = run();
    assert!(
        told(&refused).contains("not a private key"),
        "{}",
        told(&refused)
    );
    fs::write(&key, secret).expect("written");
    fs::write(home.config(), "key = 3\n").expect("written");
    let refused = run();
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("line 1: key"), "{}", told(&refused));
}

/// The statuses and bodies of c2sp.org/tlog-witness.
#[test]
fn the_service_answers_as_the_protocol_says() {
    let log = TestLog::new(ORIGIN, 20);
    let home = Home::new(&[&log]);
    let witness = home.start();
    let post = |body: &str| witness.ask("POST", "/add-checkpoint", body);
    let submit = |old, new| post(&log.submission(old, new).to_string());

    let (head, body) = submit(0, 0);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        body.starts_with("— witness.example/w1 ") && body.ends_with('\n'),
        "{body}"
    );
    assert!(submit(0, 7).0.starts_with("HTTP/1.1 200 "));
    let (head, body) = submit(0, 20);
    assert!(head.starts_with("HTTP/1.1 409 "), "{head}");
    assert!(
        head.to_lowercase()
            .contains("content-type: text/x.tlog.size\r\n"),
        "{head}"
    );
    assert_eq!(body, "7\n");
    let (head, body) = post(&log.forked(2).submission(7, 7).to_string());
    assert!(
        head.starts_with("HTTP/1.1 409 ") && body == "7\n",
        "{head}{body}"
    );
    let stranger = TestLog::new("example.com/stranger", 3);
    let mut forged = TestLog::new(ORIGIN, 20);
    forged.key = transparency::PrivateKey::from_seed(
        forged.key.public().name().clone(),
        transparency::KeyUse::Log,
        &[5; 32].into(),
    );
    for (body, status) in [
        (log.forked(2).submission(7, 20).to_string(), 422),
        (stranger.submission(0, 3).to_string(), 404),
        (forged.submission(7, 20).to_string(), 403),
        (log.submission(20, 7).to_string(), 400),
        ("old 07\n\n".to_owned(), 400),
        (String::new(), 400),
        ("x".repeat(200_000), 413),
    ] {
        let (head, told) = post(&body);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{status}: {head}{told}"
        );
    }
    assert!(submit(7, 20).0.starts_with("HTTP/1.1 200 "));

    assert!(
        witness
            .ask("GET", "/add-checkpoint", "")
            .0
            .starts_with("HTTP/1.1 405 ")
    );
    assert!(witness.ask("GET", "/", "").0.starts_with("HTTP/1.1 404 "));
    let (_, logs) = witness.ask("GET", "/logs", "");
    assert!(
        logs.contains("\"size\":20") && logs.contains(ORIGIN),
        "{logs}"
    );
    let (_, metrics) = witness.ask("GET", "/metrics", "");
    for line in [
        "witness_submissions_total{answer=\"cosigned\"} 3",
        "witness_submissions_total{answer=\"no_proof\"} 1",
        "witness_log_leaves{log=\"example.com/log\"} 20",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    specimen::promtool_accepts(&metrics);
    specimen::metrics_are_documented("witness", &[], &metrics);
    assert_eq!(witness.terminate(), Some(0));
}

/// A process that is killed at any moment has remembered at least what it had answered.
#[test]
fn a_kill_never_leaves_the_memory_behind_an_answer() {
    const KILLS: u64 = 12;
    let log = TestLog::new(ORIGIN, 3_000);
    let home = Home::new(&[&log]);
    let answered = AtomicU64::new(0);
    for kill in 0..KILLS {
        let witness = home.start();
        // Where the witness stands, by its own words: what it remembers.
        let stands = witness.size_of(ORIGIN);
        let sure = answered.load(Ordering::SeqCst);
        assert!(
            stands >= sure,
            "it had answered {sure} and remembers {stands}"
        );
        let rest = Duration::from_millis(2 + 7 * kill);
        std::thread::scope(|scope| {
            let submitting = scope.spawn(|| {
                let mut size = stands;
                // Until the kill cuts the connection.
                while let Some((head, _)) = witness.try_ask(
                    "POST",
                    "/add-checkpoint",
                    &log.submission(size, size + 1).to_string(),
                ) {
                    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
                    size += 1;
                    answered.store(size, Ordering::SeqCst);
                }
            });
            std::thread::sleep(rest);
            witness.kill();
            submitting.join().expect("no panic");
        });
    }
    let sure = answered.load(Ordering::SeqCst);
    assert!(
        sure > KILLS,
        "only {sure} checkpoints were cosigned between the kills"
    );
    assert!(home.start().size_of(ORIGIN) >= sure);
}

#[test]
fn two_witnesses_do_not_run_on_one_memory() {
    let log = TestLog::new(ORIGIN, 1);
    let home = Home::new(&[&log]);
    let _first = home.start();
    // One that served would not end by itself.
    let second = Command::new("timeout")
        .args(["10", env!("CARGO_BIN_EXE_witness"), "run", "--config"])
        .arg(home.config())
        .output()
        .expect("it runs");
    assert_eq!(second.status.code(), Some(1));
    assert!(
        told(&second).contains("another witness runs"),
        "{}",
        told(&second)
    );
}

/// Whoever has seen a public checkpoint can send it with a proof of their own: that accuses nobody.
#[test]
fn a_wrong_proof_is_a_warning_and_another_root_an_error() {
    let log = TestLog::new(ORIGIN, 20);
    let home = Home::new(&[&log]);
    let witness = home.start();
    let post = |submission: &transparency::Submission| {
        let (head, _) = witness.ask("POST", "/add-checkpoint", &submission.to_string());
        head.split(' ').nth(1).expect("a status").to_owned()
    };
    assert_eq!(post(&log.submission(0, 7)), "200");
    let mut unproven = log.submission(7, 20);
    unproven.proof.clear();
    for _ in 0..20 {
        assert_eq!(post(&unproven), "422");
    }
    // In the same second as the noise before it.
    assert_eq!(post(&log.forked(2).submission(7, 7)), "409");
    let told = witness.told_until("two trees of one size");
    let levels = |words: &str| -> Vec<bool> {
        let lines = told.iter().filter(|line| line.contains(words));
        lines.map(|line| line.contains("\"ERROR\"")).collect()
    };
    let warnings = levels("a proof that does not hold");
    assert!(
        !warnings.is_empty() && !warnings.contains(&true),
        "{told:?}"
    );
    assert_eq!(levels("two trees of one size"), [true]);
    assert!(!told.iter().any(|line| line.contains("without showing")));
}
