//! Packing: reproducible, complete, and refused where digests and definition do not fit.

mod support;

use std::fs;

use credentials::BallotId;
use specimen::{Roll, Voter};

use support::{Desk, Sets, definition_path, ok, refused, tree};

/// The same input gives the same bytes on one thread and on two, and for each filter.
#[test]
fn packing_is_reproducible() {
    let desk = Desk::with_digests(&Sets {
        shard_bits: 3,
        ..Sets::default()
    });
    desk.pack("one", &["--threads", "1"]);
    desk.pack("two", &["--threads", "2"]);
    assert!(tree(&desk.path("one")) == tree(&desk.path("two")));
    desk.pack("wide-one", &["--threads", "1", "--filter", "fuse16"]);
    desk.pack("wide-two", &["--threads", "2", "--filter", "fuse16"]);
    assert!(tree(&desk.path("wide-one")) == tree(&desk.path("wide-two")));
    assert!(tree(&desk.path("one")) != tree(&desk.path("wide-one")));
}

#[test]
fn totals_are_printed_for_people_and_machines() {
    let desk = Desk::with_digests(&Sets::default());
    let ballots = support::definition().ballots().len();
    let text = ok(&desk.run_pack("digests", "package", &[]));
    assert!(
        text.contains(&format!("L2025-001: {} credentials", 300)),
        "{text}"
    );
    let json = ok(&desk.run_pack("digests", "again", &["--json"]));
    let totals: serde_json::Value = serde_json::from_str(&json).expect("one JSON document");
    assert_eq!(totals["credentials"], 300 * ballots);
    assert_eq!(totals["ballots"], ballots);
    let inspected = ok(&desk.run(&["inspect", "package", "--json"]));
    let inspected: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
    for field in ["credentials", "bytes", "roll_commitment", "manifest_sha256"] {
        assert_eq!(inspected[field], totals[field], "{field}");
    }
}

#[test]
fn inspect_looks_a_digest_up() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("package", &[]);
    let ballot = BallotId::parse("L2025-001").expect("a sound id");
    let member = Roll::example(300).record(Voter(7), &ballot);
    let digest = member.digest.to_string();
    let found = ok(&desk.run(&["inspect", "package", "--digest", &digest]));
    assert!(found.starts_with("ballot L2025-001: shard"), "{found}");
    assert!(
        found.contains(&format!("region {}", member.region)),
        "{found}"
    );
    let stranger = "00".repeat(16);
    let output = desk.run(&["inspect", "package", "--digest", &stranger]);
    refused(&output, 1, &["on the roll of no ballot"]);
    refused(
        &desk.run(&["inspect", "package", "--digest", "xyz"]),
        2,
        &["digest"],
    );
}

#[test]
fn an_existing_output_is_refused_without_force() {
    let desk = Desk::with_digests(&Sets::default());
    desk.pack("package", &[]);
    let before = tree(&desk.path("package"));
    fs::write(desk.path("package/notes.txt"), "mine").expect("a file");
    refused(
        &desk.run_pack("digests", "package", &[]),
        1,
        &["package", "exists", "--force"],
    );
    assert!(
        desk.path("package/notes.txt").exists(),
        "nothing was touched"
    );
    desk.pack("package", &["--force"]);
    assert!(tree(&desk.path("package")) == before);
    assert_eq!(desk.names(), ["digests", "package"]);
}

/// Each fault names what is wrong and the remedy, and leaves nothing behind.
fn check_refused(prepare: impl FnOnce(&Desk), words: &[&str]) {
    let desk = Desk::with_digests(&Sets::default());
    prepare(&desk);
    refused(&desk.run_pack("digests", "package", &[]), 1, words);
    assert_eq!(desk.names(), ["digests"], "nothing half-written");
}

#[test]
fn digests_that_do_not_fit_the_definition_are_refused() {
    let remove =
        |desk: &Desk, path: &str| fs::remove_dir_all(desk.path(path)).expect("it is there");
    check_refused(
        |d| remove(d, "digests/L2025-001"),
        &["L2025-001", "no digest set", "--ballot"],
    );
    check_refused(
        |desk| desk.write_ballot("digests", "L1999-007", &Sets::default()),
        &["L1999-007", "no such ballot", "remove"],
    );
    check_refused(
        |desk| desk.write_digests("digests", &Sets::of(Roll::new(300, 1..=7))),
        &["region 7", "record", "add the region"],
    );
    check_refused(
        |desk| {
            fs::remove_dir_all(desk.path("digests")).expect("it is there");
            desk.write_digests("digests", &Sets::of(Roll::new(300, [])));
        },
        &["election by region", "region column"],
    );
    check_refused(
        |d| {
            d.write_ballot(
                "digests",
                "L2025-002",
                &Sets::of(Roll {
                    key: [2; 32],
                    ..Roll::example(300)
                }),
            )
        },
        &["L2025-002", "roll key", "one run of hashgen"],
    );
}

#[test]
fn all_faults_are_told_at_once() {
    check_refused(
        |desk| {
            fs::remove_dir_all(desk.path("digests/L2025-001")).expect("it is there");
            desk.write_ballot("digests", "L1999-007", &Sets::default());
        },
        &["L2025-001", "L1999-007"],
    );
}

#[test]
fn damaged_digest_sets_are_refused() {
    let edit = |desk: &Desk, change: fn(&mut Vec<u8>)| {
        let path = desk.path("digests/L2025-001/0001.digests");
        let mut bytes = fs::read(&path).expect("a digest set");
        change(&mut bytes);
        fs::write(path, bytes).expect("written");
    };
    let file = "0001.digests";
    check_refused(|desk| edit(desk, |bytes| bytes[200] ^= 1), &[file]);
    check_refused(
        |desk| edit(desk, |bytes| bytes.truncate(500)),
        &[file, "cut short"],
    );
    check_refused(
        |desk| edit(desk, |bytes| bytes.extend(b"x")),
        &[file, "after its trailer"],
    );
    check_refused(
        |desk| edit(desk, |bytes| bytes[0] ^= 1),
        &[file, "SCRDGST1"],
    );
    check_refused(
        |desk| {
            let name = |shard| desk.path(&format!("digests/L2025-001/000{shard}.digests"));
            fs::copy(name(0), name(1)).expect("copied");
        },
        &[file, "its name says shard 1"],
    );
}

#[test]
fn check_prints_what_voters_see_or_every_fault_with_its_line() {
    let desk = Desk::new();
    let election = definition_path();
    let text = ok(&desk.run(&["check", "--election", election.to_str().expect("UTF-8")]));
    for expected in [
        "L2025-001",
        "Intercity Transit Act",
        "answers: oui, non, blanc",
        "Approuvez-vous",
        "region 5 R05: Montréal / Montréal",
        // One hour and a half after midnight came twice that night; this is the second.
        "open from 2024-11-03 01:30:00 -05:00 until 2024-11-10 20:00:00 -05:00 (7 d 18 h 30 min)",
        "at least 3/5 of the valid votes",
        "au moins 3/5 de toutes les régions",
        "Plurality: the most votes win.",
        "ranks at most 5 candidates",
        "   20  D. Candidat-20 (Parti D / Party D, WITHDRAWN",
        "   24  D. Candidat-24 (indépendant / independent)",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    check_faults(&desk, &election);
}

#[test]
fn check_sums_up_a_province_and_shows_one_region_of_it() {
    let desk = Desk::new();
    let election = definition_path().with_file_name("election-125.toml");
    let election = election.to_str().expect("UTF-8");
    let text = ok(&desk.run(&["check", "--election", election]));
    for expected in ["125 regions", "625 candidates in 125 regions", "withdrawn:"] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    assert!(
        text.lines().count() < 100,
        "a page that nobody reads: {text}"
    );
    let text = ok(&desk.run(&["check", "--election", election, "--region", "7"]));
    for expected in ["Circonscription 007", "Candidat-031", "Candidat-035"] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    assert!(!text.contains("Candidat-036"), "another region's: {text}");
    refused(
        &desk.run(&["check", "--election", election, "--region", "126"]),
        1,
        &["no region 126", "125 regions"],
    );
}

const LOG: &str = r#"
[log]
origin = "scrutin.example/T-1"
key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

[witnesses]
required = REQUIRED

[[witness]]
name = "paper"
key = "witness.example/w1+66042a94+BDpl1QybJPmqCK1KK/48WMQ3JdMwPb1QJaS0O6K14PQR"
url = "https://paper.example/"

[[witness]]
name = "party"
key = "witness.example/w2+f8ad904d+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
url = "https://party.example/"
"#;

#[test]
fn check_warns_of_numbers_of_witnesses_that_are_no_help() {
    let desk = Desk::new();
    let example = desk.with_files_of_example();
    for (required, expected) in [
        ("0", "required is 0"),
        ("1", "1 is not more than half of 2"),
        ("2", "one witness that is away or lies stops the vote"),
    ] {
        let log = LOG.replace("REQUIRED", required);
        fs::write(desk.path("watched.toml"), format!("{example}{log}")).expect("written");
        let text = ok(&desk.run(&["check", "--election", "watched.toml"]));
        let told = text.lines().filter(|line| line.starts_with("WARNING"));
        let told: Vec<&str> = told.collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(expected), "{told:?}");
    }
}

fn check_faults(desk: &Desk, election: &std::path::Path) {
    let faulty = fs::read_to_string(election)
        .expect("the example")
        .replacen("#1b5e9e", "blue", 1)
        .replacen(
            "closes = 2035-01-01T00:00:00",
            "closes = 2005-01-01T00:00:00",
            1,
        );
    fs::write(desk.path("faulty.toml"), &faulty).expect("written");
    let output = desk.run(&["check", "--election", "faulty.toml"]);
    let at = |fault: &str| {
        let line = faulty
            .lines()
            .position(|line| line.contains(fault))
            .expect("it is there");
        format!("faulty.toml:{}:", line + 1)
    };
    refused(
        &output,
        1,
        &["2 faults", &at("\"blue\""), &at("2005-01-01")],
    );
    refused(
        &desk.run(&["check", "--election", "absent.toml"]),
        1,
        &["absent.toml"],
    );
}

#[test]
fn wrong_usage_has_status_two() {
    let desk = Desk::new();
    refused(&desk.run(&["pack", "--out", "x"]), 2, &["--digests"]);
    refused(&desk.run(&["verify", "package"]), 2, &["--trust"]);
}
