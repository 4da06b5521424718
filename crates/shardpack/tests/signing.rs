//! Signing and verifying, with our program and with the officials' stock tools.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use specimen::Roll;

use support::{Desk, Sets, ok, refused, tree};

const VERIFY: [&str; 4] = ["verify", "package", "--trust", "officer.pub"];

#[test]
fn a_signed_package_verifies_and_says_what_was_checked() {
    let desk = Desk::with_signed_package();
    let text = ok(&desk.run(&VERIFY));
    for line in [
        "signatures",
        "sums",
        "structure",
        "digests",
        "filters",
        "indexes",
        "regions",
        "roll",
    ] {
        assert!(
            text.lines().any(|printed| printed.starts_with(line)),
            "{line:?} not in: {text}"
        );
    }
    let json = ok(&desk.run(&[&VERIFY[..], &["--json"]].concat()));
    let checked: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(checked["signers"][0], "officer.pub");
}

/// One flipped byte in the middle of every file; `tampering.rs` of crate shards does every byte.
#[test]
fn invariant_7_verify_refuses_an_altered_file() {
    let desk = Desk::with_signed_package();
    for (file, bytes) in tree(&desk.path("package")) {
        let path = desk.path("package").join(&file);
        let mut altered = bytes.clone();
        altered[bytes.len() / 2] ^= 1;
        fs::write(&path, altered).expect("written");
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8");
        // An altered manifest no longer fits its signature, which is what the message names.
        let word = if name == "manifest.json" {
            "manifest.json.minisig"
        } else {
            name
        };
        refused(&desk.run(&VERIFY), 1, &[word]);
        fs::write(&path, bytes).expect("written");
    }
    ok(&desk.run(&VERIFY));
}

#[test]
fn invariant_7_verify_refuses_unsigned_and_foreign_packages() {
    let desk = Desk::with_signed_package();
    desk.keygen("other");
    refused(
        &desk.run(&["verify", "package", "--trust", "other.pub"]),
        1,
        &["signed by 0", "other.pub", "expected 1"],
    );
    fs::remove_file(desk.path("package/manifest.json.minisig")).expect("it is there");
    refused(&desk.run(&VERIFY), 1, &["signed by 0", "shardpack sign"]);
}

#[test]
fn missing_and_extra_files_are_refused() {
    let desk = Desk::with_signed_package();
    fs::write(desk.path("package/extra"), "x").expect("written");
    refused(&desk.run(&VERIFY), 1, &["extra", "not listed", "remove it"]);
    fs::remove_file(desk.path("package/extra")).expect("it is there");
    fs::remove_file(desk.path("package/shards/L2025-001/0001.reg")).expect("it is there");
    refused(
        &desk.run(&VERIFY),
        1,
        &["0001.reg", "missing", "copy the package again"],
    );
}

#[test]
fn two_officers_sign_side_by_side() {
    let desk = Desk::with_signed_package();
    desk.keygen("second");
    let sign = ["sign", "package", "--key", "second.key", "--no-password"];
    let written = ok(&desk.run(&sign));
    assert!(
        written.contains("manifest.json.") && written.trim().ends_with(".minisig"),
        "{written}"
    );
    refused(&desk.run(&sign), 1, &["exists already", "--force"]);
    ok(&desk.run(&[&sign[..], &["--force"]].concat()));
    let both = ["--trust", "second.pub", "--require", "2"];
    ok(&desk.run(&[&VERIFY[..], &both].concat()));
    refused(
        &desk.run(&[&VERIFY[..], &["--require", "2"]].concat()),
        1,
        &["2 signatures", "1 distinct"],
    );
    let again = ["sign", "package", "--key", "officer.key", "--no-password"];
    refused(
        &desk.run(&again),
        1,
        &["this officer's signature already", "--force"],
    );
}

#[test]
fn passwords_protect_the_secret_key() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("package", &[]);
    specimen::write_secret(&desk.path("password"), "correct horse\n");
    specimen::write_secret(&desk.path("wrong"), "battery staple\n");
    ok(&desk.run(&["keygen", "--out", "officer", "--password-file", "password"]));
    let mode = fs::metadata(desk.path("officer.key"))
        .expect("the key")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "the secret key is its owner's");
    let sign = ["sign", "package", "--key", "officer.key", "--password-file"];
    refused_to_sign(&desk, &[&sign[..], &["wrong"]].concat());
    refused_to_sign(
        &desk,
        &["sign", "package", "--key", "officer.key", "--no-password"],
    );
    refused_to_sign(
        &desk,
        &["sign", "package", "--key", "password", "--no-password"],
    );
    ok(&desk.run(&[&sign[..], &["password"]].concat()));
    ok(&desk.run(&VERIFY));
    let keygen = ["keygen", "--out", "officer", "--no-password"];
    refused(&desk.run(&keygen), 1, &["officer.key", "exists", "--force"]);
}

/// The message goes to stderr, names the key's file and quotes no password.
fn refused_to_sign(desk: &Desk, args: &[&str]) {
    let output = desk.run(args);
    refused(&output, 1, &[args[3]]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !stderr.contains("correct horse") && !stderr.contains("battery staple"),
        "{stderr}"
    );
    assert!(!desk.path("package/manifest.json.minisig").exists());
}

#[test]
fn an_altered_package_is_not_signed() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("package", &[]);
    desk.keygen("officer");
    fs::write(desk.path("package/election.json"), "{}").expect("written");
    refused(
        &desk.run(&["sign", "package", "--key", "officer.key", "--no-password"]),
        1,
        &["election.json"],
    );
}

#[test]
fn diff_counts_what_changed() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("before", &[]);
    desk.write_ballot("digests", "L2025-001", &Sets::of(Roll::example(310)));
    desk.write_ballot("digests", "L2025-002", &Sets::of(Roll::new(300, 1..=5)));
    desk.pack("after", &[]);
    let text = ok(&desk.run(&["diff", "before", "after"]));
    assert!(
        text.contains("L2025-001: 300 -> 310 credentials, 10 added, 0 removed, 0 in"),
        "{text}"
    );
    assert!(
        text.contains("L2025-002: 300 -> 300 credentials, 0 added, 0 removed, 250 in"),
        "{text}"
    );
    let json = ok(&desk.run(&["diff", "after", "before", "--json"]));
    let difference: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(difference["ballots"][0]["removed"], 10);
    assert_eq!(difference["definition_changed"], false);
}

/// The officials' own tools accept a package and refuse an altered one.
#[test]
fn stock_tools_accept_the_package() {
    let desk = Desk::with_signed_package();
    let package = desk.path("package");
    let sums = || {
        Command::new("sha256sum")
            .args(["-c", "--quiet", "SHA256SUMS"])
            .current_dir(&package)
            .output()
    };
    assert!(sums().expect("coreutils").status.success());
    let Some(program) = specimen::minisign() else {
        return;
    };
    let minisign = || {
        Command::new(&program)
            .args(["-Vm", "manifest.json", "-p", "../officer.pub"])
            .current_dir(&package)
            .output()
    };
    let output = minisign().expect("it answered");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let manifest = package.join("manifest.json");
    let altered = fs::read_to_string(&manifest)
        .expect("it is there")
        .replacen('1', "2", 1);
    fs::write(&manifest, altered).expect("written");
    assert!(!minisign().expect("it ran before").status.success());
}

/// Officers may use the stock tool for everything: its signatures count, by its keys and by ours.
#[test]
fn stock_signatures_are_accepted() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("package", &[]);
    let Some(minisign) = specimen::minisign() else {
        return;
    };
    let run = |args: &[&str]| {
        Command::new(&minisign)
            .args(args)
            .current_dir(desk.path(""))
            .output()
    };
    let output = run(&["-G", "-W", "-p", "officer.pub", "-s", "officer.key"]).expect("it answered");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for officer in ["officer", "ours"] {
        if officer == "ours" {
            desk.keygen(officer);
        }
        let key = format!("{officer}.key");
        let output = run(&["-S", "-s", &key, "-m", "package/manifest.json"]).expect("ran before");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        ok(&desk.run(&["verify", "package", "--trust", &format!("{officer}.pub")]));
    }
}
