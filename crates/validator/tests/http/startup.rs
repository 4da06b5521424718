//! What keeps a validator from starting: each a clear message with a remedy, exit 1 or 2, and
//! nothing left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::fixture::{Fixture, Voter};
use crate::server::{Server, run};
use crate::tls_client::Certificate;

fn check(arguments: &[String], more: &[&str], code: i32, said: &[&str]) {
    let output = run(arguments, more);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for words in said {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
}

#[test]
fn every_configuration_fault_at_once() {
    let said = [
        "package is not set",
        "data is not set",
        "trust is not set",
        "listen is \"here\"",
    ];
    check(&[], &["--listen", "here"], 2, &said);
    check(&[], &["check-config", "--listen", "here"], 2, &said);
    check(&[], &["--config", "/nowhere.toml"], 2, &["/nowhere.toml"]);
    let fixture = Fixture::new();
    check(
        &fixture.arguments("data"),
        &["--no-such-flag"],
        2,
        &["--no-such-flag"],
    );
}

#[test]
fn check_config_opens_nothing() {
    let fixture = Fixture::new();
    let mut arguments = vec!["check-config".to_owned()];
    arguments.extend(fixture.arguments("data"));
    let output = run(&arguments, &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!fixture.path("data").exists());
}

/// What `check-config` says of a validator that must not start.
#[test]
fn check_config_tells_other_formats() {
    let fixture = Fixture::new();
    let mut arguments = vec!["check-config".to_owned()];
    arguments.extend(fixture.arguments("data"));
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(0), "L2025-001", "oui").status, 202);
    // Beside the validator that runs, as before its upgrade.
    let said = [
        "scrutin-package-1, as this program",
        "format 2, as this program",
    ];
    check(&arguments, &[], 0, &said);
    server.kill();
    let segments = fixture.path("data/ledger/p0000");
    let segment = fs::read_dir(segments)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let segment = segment.filter(|path| path.extension().is_some_and(|kind| kind == "segment"));
    let segment = segment.min().unwrap();
    let ours = fs::read(&segment).unwrap();
    let mut newer = ours.clone();
    newer[7..12].copy_from_slice(b"3\x03\0\0\0");
    fs::write(&segment, &newer).unwrap();
    let said = ["format version 3, this program reads version 2"];
    check(&arguments, &[], 1, &said);
    check(&arguments[1..], &[], 1, &said);
    assert_eq!(fs::read(&segment).unwrap(), newer, "nothing was repaired");
    fs::write(&segment, &ours).unwrap();
    check(&arguments, &[], 0, &[]);
    let manifest = fixture.path("package/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace("scrutin-package-1", "scrutin-package-2"),
    )
    .unwrap();
    check(
        &arguments,
        &[],
        1,
        &["scrutin-package-2", "use the release that made"],
    );
    fs::remove_file(&manifest).unwrap();
    check(&arguments, &[], 0, &["not looked at", "manifest.json"]);
}

#[test]
fn invariant_7_only_a_verified_package_is_served() {
    let fixture = Fixture::new();
    let signature = fixture.path("package/manifest.json.minisig");
    let kept = fs::read(&signature).unwrap();
    fs::remove_file(&signature).unwrap();
    check(
        &fixture.arguments("data"),
        &[],
        1,
        &["signed by 0", "shardpack sign"],
    );
    fs::write(&signature, &kept).unwrap();
    let event = fixture.path("package/election.json");
    let mut bytes = fs::read(&event).unwrap();
    bytes[40] ^= 1;
    fs::write(&event, &bytes).unwrap();
    check(
        &fixture.arguments("data"),
        &[],
        1,
        &["election.json", "altered"],
    );
    assert!(!fixture.path("data").exists());
}

#[test]
fn the_roll_key_must_fit() {
    let fixture = Fixture::new();
    let other = Fixture::of_another_roll();
    let other_key = other.path("roll.key").display().to_string();
    let mut arguments = fixture.arguments("data");
    let at = arguments
        .iter()
        .position(|argument| argument == "--key")
        .unwrap();
    arguments[at + 1] = other_key;
    check(
        &arguments,
        &[],
        1,
        &["roll key", "bring the key of this roll"],
    );
    arguments.drain(at..at + 2);
    check(&arguments, &[], 1, &["give its file with --key"]);
    let rubbish = fixture.path("rubbish.key");
    specimen::write_secret(&rubbish, "rubbish");
    let given = ["--key", &rubbish.display().to_string()];
    check(&arguments, &given, 1, &["rubbish.key", "hashgen keygen"]);
    fs::set_permissions(&rubbish, fs::Permissions::from_mode(0o644)).unwrap();
    check(&arguments, &given, 1, &["rubbish.key", "chmod 600"]);
}

#[test]
fn one_validator_a_data_directory() {
    let fixture = Fixture::new();
    let _server = Server::start(&fixture, &[]);
    check(
        &fixture.arguments("data"),
        &[],
        1,
        &["locked", "another validator", "stop it first"],
    );
}

#[test]
fn a_port_in_use() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let mut arguments = fixture.arguments("other");
    let at = arguments
        .iter()
        .position(|argument| argument == "--listen")
        .unwrap();
    arguments[at + 1] = server.public.to_string();
    let port = server.public.port().to_string();
    check(&arguments, &[], 1, &["cannot listen on", &port, "--listen"]);
    assert!(
        !fixture.path("other/ledger").exists(),
        "no ledger was begun"
    );
}

#[test]
fn a_ledger_of_another_event() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(0), "L2025-001", "oui").status, 202);
    server.kill();
    let other = Fixture::of_another_roll();
    let mut arguments = other.arguments("data");
    let at = arguments
        .iter()
        .position(|argument| argument == "--data")
        .unwrap();
    arguments[at + 1] = fixture.path("data").display().to_string();
    check(&arguments, &[], 1, &["cannot open the ledger: "]);
}

/// `VALIDATOR_TLS_KEY=$(cat tls.key)` is a slip that must not print the key into a journal.
#[test]
fn invariant_4_a_key_in_place_of_its_path_is_not_repeated() {
    let fixture = Fixture::new();
    let certificate = Certificate::new();
    let roll_key = fs::read_to_string(fixture.path("roll.key")).unwrap();
    for (name, text) in [
        ("VALIDATOR_TLS_KEY", &certificate.key_pem),
        ("VALIDATOR_KEY", &roll_key.trim().to_owned()),
    ] {
        let mut arguments = vec!["check-config".to_owned()];
        arguments.extend(fixture.arguments("data"));
        if let Some(at) = arguments.iter().position(|argument| argument == "--key") {
            arguments.drain(at..at + 2);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_validator"))
            .args(arguments)
            .env("VALIDATOR_TLS_CERTIFICATE", "/nowhere.crt")
            .env("VALIDATOR_TLS_KEY", "/nowhere.key")
            .env(name, text)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("give the file's path"), "{said}");
        let secret = text.lines().find(|line| !line.starts_with('-')).unwrap();
        let secret = &secret[secret.len() / 2..];
        assert!(!said.contains(secret), "{said}");
    }
}

/// The roll's third law was over before its ledger was begun: a wrong clock would say the same.
#[test]
fn invariant_10_a_close_in_the_past_is_held_and_told() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    server.wait_for_log("voting on ballots is over by the clock at this start");
    assert!(server.log().contains("L2024-009"), "{}", server.log());
    let health = server.get("/api/v1/health");
    assert_eq!(health.status, 200, "other ballots take votes");
    assert_eq!(health.json()["services"]["clock"], "close-held");
    let held = |count: u32| {
        let metrics = server.get_internal("/metrics").body;
        let metrics = String::from_utf8(metrics).unwrap();
        metrics.contains(&format!("\nledger_closes_held {count}\n"))
    };
    assert!(held(1));
    assert_eq!(server.vote(Voter(0), "L2025-001", "oui").status, 202);
    let began = std::time::Instant::now();
    while !held(0) {
        assert!(began.elapsed() < std::time::Duration::from_secs(10));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A misspelt name would leave a default in force that nobody meant.
#[test]
fn a_misspelt_variable_is_refused_with_the_nearest_name() {
    let fixture = Fixture::new();
    let started = Command::new(env!("CARGO_BIN_EXE_validator"))
        .args(fixture.arguments("data"))
        .env("VALIDATOR_CLIENTS_REQUEST_BURST", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&started.stderr);
    assert_eq!(started.status.code(), Some(2), "{said}");
    let named = "error: environment variable VALIDATOR_CLIENTS_REQUEST_BURST is not known: unset it, \
        or write VALIDATOR_CLIENTS_REQUESTS_BURST if that is meant\n";
    assert_eq!(said, named);
}
