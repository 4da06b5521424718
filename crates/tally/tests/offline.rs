//! `keygen`, `count`, `verify` and `export` from files alone, through the real program.

mod support;

use std::os::unix::fs::PermissionsExt as _;

use election::Choice;
use serde_json::{Value, json};

use support::program::{Names, stderr, stdout, tally};
use support::{END_MS, Fixture, LIVE, NOON_MS, OVER, RANKED, SINGLE, STEPS};

#[test]
fn invariant_1_a_recount_from_files_gives_what_was_voted() {
    let fixture = Fixture::new(60);
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 50);
    let (oui, non, blanc) = (
        ballots.votes(LIVE, &Choice::Oui),
        ballots.votes(LIVE, &Choice::Non),
        ballots.votes(LIVE, &Choice::Blanc),
    );
    let truth = ballots.close();
    let names = Names::new(&fixture, "data");
    let output = tally(&names.args("count", &["--json"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(report["votes"], 300);
    assert_eq!(report["duplicates"], 3);
    assert_eq!(report["invalid"].as_array().map(Vec::len), Some(2));
    let law = &report["ballots"][usize::from(LIVE)]["result"];
    assert_eq!(
        (&law["oui_count"], &law["non_count"]),
        (&oui.into(), &non.into())
    );
    assert_eq!(
        (&law["blanc_count"], &law["total_votes"]),
        (&blanc.into(), &50.into())
    );
    let election = &report["ballots"][usize::from(SINGLE)]["result"];
    for region in election["regions"].as_array().expect("regions") {
        for candidate in region["candidates"].as_array().expect("candidates") {
            let number = candidate["candidate_id"].as_u64().expect("a number");
            let choice = Choice::Candidate(u32::try_from(number).expect("small"));
            let region = u16::try_from(region["region_id"].as_u64().expect("a number"));
            let key = (SINGLE, region.expect("small"), choice);
            assert_eq!(candidate["votes"], truth.get(&key).copied().unwrap_or(0));
        }
    }
    let ranked = &report["ballots"][usize::from(RANKED)]["result"]["regions"][0];
    assert!(!ranked["rounds"].as_array().expect("rounds").is_empty());
    let table = stdout(&tally(&names.args("count", &[])));
    for words in [
        "Law LIVE",
        "of valid votes",
        "of registered",
        "SHA-256",
        "Region 3",
        "round 1",
    ] {
        assert!(table.contains(words), "{words} is not in\n{table}");
    }
}

#[test]
fn verify_finds_receipts_and_compares_with_what_was_expected() {
    let fixture = Fixture::new(30);
    let mut ballots = fixture.ballot_box("data");
    let receipts: Vec<String> = ballots
        .fill(0, 20)
        .iter()
        .map(ToString::to_string)
        .collect();
    ballots.set_time(END_MS);
    let truth = ballots.close();
    let names = Names::new(&fixture, "data");
    let mut by_ballot: std::collections::BTreeMap<String, serde_json::Value> = Default::default();
    for ((ballot, region, choice), votes) in &truth {
        let id = fixture.package.event().ballots()[usize::from(*ballot)]
            .id
            .clone();
        let entry = by_ballot
            .entry(id)
            .or_insert_with(|| serde_json::json!({"votes": 20, "duplicates": 0, "counts": []}));
        let text = match choice {
            Choice::Oui => "oui".to_owned(),
            Choice::Non => "non".to_owned(),
            Choice::Blanc => "blanc".to_owned(),
            Choice::Candidate(number) => format!("candidate:{number}"),
            Choice::Ranking(ranking) => {
                let ranks: Vec<String> = ranking.iter().map(u32::to_string).collect();
                format!("ranking:{}", ranks.join(">"))
            }
        };
        let count = serde_json::json!({"region": region, "choice": text, "votes": votes});
        entry["counts"]
            .as_array_mut()
            .expect("an array")
            .push(count);
    }
    let truth = serde_json::json!({"ballots": by_ballot, "receipts": receipts});
    let check = |truth: &serde_json::Value, complaint: Option<&str>| {
        let path = fixture.path("truth.json");
        std::fs::write(&path, truth.to_string()).expect("truth file");
        let output = tally(&names.args("verify", &["--expect", path.to_str().expect("UTF-8")]));
        match complaint {
            None => assert!(output.status.success(), "{}", stderr(&output)),
            Some(words) => {
                assert_eq!(output.status.code(), Some(1));
                assert!(stderr(&output).contains(words), "{}", stderr(&output));
            }
        }
    };
    check(&truth, None);
    let mut more = truth.clone();
    more["ballots"]["LIVE"]["votes"] = 21.into();
    check(
        &more,
        Some("ballot LIVE: 20 votes in the ledger, expected 21"),
    );
    let mut other = truth.clone();
    let votes = other["ballots"]["SINGLE"]["counts"][0]["votes"]
        .as_u64()
        .expect("votes");
    other["ballots"]["SINGLE"]["counts"][0]["votes"] = (votes + 1).into();
    check(&other, Some("ballot SINGLE: "));
    let mut unknown = truth.clone();
    unknown["receipts"] = serde_json::json!(["0-1-0000000000000000000000000z"]);
    check(&unknown, Some("receipts are not in the ledger"));
    let mut duplicates = truth.clone();
    duplicates["ballots"]["LIVE"]["duplicates"] = 99.into();
    check(&duplicates, Some("expected at least 99"));
    check_open_votes(&truth, check);
}

/// A vote that was sent and never answered may be in the ledger or not; it excuses no other.
fn check_open_votes(truth: &Value, check: impl Fn(&Value, Option<&str>)) {
    let counts = &truth["ballots"]["SINGLE"]["counts"];
    let untold = |nth: usize| {
        let (mut truth, mut open) = (truth.clone(), counts[nth].clone());
        open["votes"] = 1.into();
        truth["ballots"]["SINGLE"]["open"] = json!([open]);
        truth
    };
    check(&untold(0), None); // never reached the ledger
    let less = |mut truth: Value, nth: usize| {
        let counts = &mut truth["ballots"]["SINGLE"]["counts"];
        let votes = counts[nth]["votes"].as_u64().expect("votes");
        counts[nth]["votes"] = (votes - 1).into();
        truth["ballots"]["SINGLE"]["votes"] = 19.into();
        truth
    };
    check(&less(untold(0), 0), None); // reached it, the answer was lost
    check(&less(untold(0), 1), Some("ballot SINGLE: "));
    let twice = less(less(untold(0), 0), 0);
    check(&twice, Some("ballot SINGLE: "));
}

#[test]
fn bad_inputs_are_named_and_refused() {
    let fixture = Fixture::new(10);
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let check = |args: &[&str], status: i32, words: &str| {
        let output = tally(args);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(words),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{}", stdout(&output));
    };
    let other = Fixture::new(10);
    let others = Names::new(&other, "data");
    check(
        &[
            "count",
            "--ledger",
            &names.ledger,
            "--package",
            &names.package,
            "--trust",
            &names.trust,
        ],
        2,
        "--mask",
    );
    let mut wrong_key = names.args("count", &[]);
    wrong_key[6] = &others.key;
    check(&wrong_key, 1, "is not of event T-2025");
    let mut no_key = names.args("count", &[]);
    no_key[6] = "/nonexistent/mask.key";
    check(
        &no_key,
        1,
        "key of a hand: cannot read /nonexistent/mask.key",
    );
    let mut other_package = names.args("verify", &[]);
    other_package[4] = &others.package;
    other_package[6] = &others.key;
    other_package[10] = &others.trust;
    check(&other_package, 1, "another package");
    let mut no_ledger = names.args("count", &[]);
    no_ledger[2] = "/nonexistent";
    check(&no_ledger, 1, "cannot read ledger /nonexistent");
    let receipt = names.args("verify", &["--receipt", "nonsense"]);
    check(&receipt, 1, "not a request id");
}

/// A misspelt name would leave a default in force that nobody meant.
#[test]
fn a_misspelt_variable_is_refused_with_the_nearest_name() {
    let tally = |name: &str| {
        let command = std::process::Command::new(env!("CARGO_BIN_EXE_tally"))
            .args(["contest", "no-such-file.toml"])
            .env(name, "1")
            .output();
        let output = command.expect("tally runs");
        (output.status.code(), stderr(&output))
    };
    let (status, said) = tally("TALLY_CLIENTS_STREAM_PER_CLIENT_MAX");
    let named = "error: environment variable TALLY_CLIENTS_STREAM_PER_CLIENT_MAX is not known: unset \
        it, or write TALLY_CLIENTS_STREAMS_PER_CLIENT_MAX if that is meant\n";
    assert_eq!((status, said.as_str()), (Some(2), named));
    for other in ["TALLY_LISTEN", "TALLYING_LISTN"] {
        let (status, said) = tally(other);
        assert!(status == Some(1) && said.contains("no-such-file"), "{said}");
    }
}

#[test]
fn a_changed_byte_is_found_and_nothing_is_counted() {
    let fixture = Fixture::new(40);
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    ballots.fill(20, 40);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let segment = fixture.path("data/ledger/p0000/00000001.segment");
    let mut bytes = std::fs::read(&segment).expect("a segment");
    // Behind the header of 168 + 6 * 112 + 32 bytes, in the first frame.
    bytes[1_000] ^= 1;
    std::fs::write(&segment, bytes).expect("written");
    for command in ["count", "verify"] {
        let output = tally(&names.args(command, &[]));
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(
            stderr(&output).contains("00000001.segment"),
            "{}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{}", stdout(&output));
    }
}

#[test]
fn keygen_makes_a_pair_once() {
    let dir = tempfile::TempDir::new().expect("a private directory");
    let out = dir.path().join("count");
    let out = out.to_str().expect("UTF-8");
    let output = tally(&["keygen", "--hand", "count", "--out", out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let public = std::fs::read_to_string(format!("{out}.pub")).expect("public half");
    assert_eq!(
        stdout(&output),
        format!("count_key = \"{}\"\n", public.trim())
    );
    let secret = std::fs::read(format!("{out}.key")).expect("secret half");
    let key = ledger::HandSecretKey::parse(&secret).expect("a key");
    assert_eq!(key.public().to_string(), public.trim());
    let again = tally(&["keygen", "--hand", "count", "--out", out]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert_eq!(std::fs::read(format!("{out}.key")).expect("kept"), secret);
}

/// A key was found to be the wrong one when the choices were to be opened, after the vote.
#[test]
fn a_key_is_checked_against_the_package_before_the_vote() {
    let (fixture, others) = (Fixture::new(10), Fixture::new(10));
    let (names, others) = (Names::new(&fixture, "data"), Names::new(&others, "data"));
    let check = |key: &str| tally(&["keygen", "--check", key, "--package", &names.package]);
    let right = check(&names.key);
    assert_eq!(right.status.code(), Some(0), "{}", stderr(&right));
    assert!(stdout(&right).contains("is the mask key of event T-2025"));
    let wrong = check(&others.key);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stderr(&wrong).contains("is not of event T-2025"));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&names.key, open).expect("own file");
    let open = check(&names.key);
    assert_eq!(open.status.code(), Some(1));
    assert!(stderr(&open).contains("chmod 600"), "{}", stderr(&open));
    let usage = tally(&["keygen", "--check", &names.key]);
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn exports_hold_every_row_and_no_pair() {
    let fixture = Fixture::new(40);
    let mut ballots = fixture.ballot_box("data");
    ballots.set_time(NOON_MS + 12_345);
    ballots.fill(0, 34);
    ballots.set_time(END_MS);
    let truth = ballots.close();
    let names = Names::new(&fixture, "data");
    let export = |what: &str, format: &str| {
        let output = tally(&names.args("export", &["--what", what, "--format", format]));
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let results = export("results", "csv");
    assert_eq!(results.lines().count(), truth.len() + 1);
    assert!(results.starts_with("ballot_id,region_id,choice,votes,package_signature\n"));
    assert!(!results.contains(&hex_of(&fixture, LIVE, 0)));
    let audit = export("audit", "csv");
    assert_eq!(
        audit
            .lines()
            .filter(|line| line.contains(",accepted,"))
            .count(),
        34 * 6
    );
    assert_eq!(
        audit
            .lines()
            .filter(|line| line.contains(",duplicate,"))
            .count(),
        2
    );
    assert!(audit.contains(&hex_of(&fixture, OVER, 3)));
    for choice in ["oui", "non", "blanc", "candidate:", "ranking:"] {
        assert!(!audit.contains(choice), "{choice} stands in the audit");
    }
    let rows: serde_json::Value =
        serde_json::from_str(&export("duplicates", "json")).expect("JSON");
    assert_eq!(rows[0]["attempt_count"], 2);
    for row in rows.as_array().expect("rows") {
        for time in [&row["first_duplicate_at"], &row["last_duplicate_at"]] {
            let time = time.as_str().expect("a time");
            assert!(time.ends_with(":00Z"), "{time} is finer than the minute");
        }
    }
    let turnout: serde_json::Value =
        serde_json::from_str(&export("turnout", "json")).expect("JSON");
    let of_steps = turnout
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["ballot_id"] == "STEPS");
    assert_eq!(
        of_steps
            .filter_map(|row| row["votes"].as_u64())
            .sum::<u64>(),
        34
    );
    assert_eq!(
        fixture.package.event().ballots()[usize::from(STEPS)].id,
        "STEPS"
    );
}

fn hex_of(fixture: &Fixture, ballot: u16, nth: u32) -> String {
    let (shard, ordinal, _) = fixture.credential(ballot, nth).expect("on the roll");
    let index = election::BallotIndex(ballot);
    fixture
        .package
        .digest_at(index, shard, ordinal)
        .expect("sound bytes")
        .expect("a digest")
        .to_string()
}
