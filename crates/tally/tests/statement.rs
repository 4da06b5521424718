//! The signed statement of results, by the real program and the officials' stock `minisign`.

mod support;

use std::fs;
use std::process::Command;

use election::Choice;
use minisign::KeyPair;
use serde_json::Value;
use specimen::write_secret;

use support::desk::{Desk, sign_package};
use support::program::{Names, Running, alone, stderr, stdout, tally};
use support::{END_MS, Fixture, OVER, SINGLE, log};

const FILES: [&str; 3] = ["statement.json", "statement.fr.txt", "statement.en.txt"];

/// A ledger that does not say where it ended may leave votes out: nobody signs such numbers.
#[test]
fn numbers_that_may_leave_votes_out_are_not_signed() {
    let desk = Desk::new();
    fs::remove_file(desk.path("data/ledger/p0000/acknowledged")).expect("a sidecar");
    for more in [&[][..], &["--interim"]] {
        let output = desk.statement("statement", more);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        assert!(stderr(&output).contains("frames may be missing"));
        assert!(!desk.fixture.path("statement").exists());
    }
}

/// Whether the stock tool accepts the signature of a file.
fn stock_verifies(desk: &Desk, file: &str) -> bool {
    let told = Command::new("minisign")
        .args(["-V", "-q", "-m", &desk.path(file)])
        .args(["-p", &desk.path("officer.pub")])
        .status();
    told.expect("the stock minisign is installed").success()
}

#[test]
fn the_stock_minisign_accepts_a_statement_and_nothing_changed_in_it() {
    let desk = Desk::new();
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for file in FILES {
        let file = format!("out/{file}");
        assert!(stock_verifies(&desk, &file), "{file}");
        let mut bytes = desk.read(&file).into_bytes();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        fs::write(desk.fixture.path(&file), bytes).expect("written");
        assert!(!stock_verifies(&desk, &file), "{file} was changed");
    }
}

#[test]
fn invariant_1_a_statement_holds_the_recount_and_the_same_files_give_the_same_bytes() {
    let desk = Desk::new();
    for out in ["one", "two"] {
        let output = desk.statement(out, &["--interim"]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let json = desk.read("one/statement.json");
    assert_eq!(json, desk.read("two/statement.json"));
    let statement: Value = serde_json::from_str(&json).expect("JSON");
    let count = stdout(&tally(&desk.names.args("count", &["--json"])));
    let count: Value = serde_json::from_str(&count).expect("JSON");
    assert_eq!(statement["count"], count);
    assert_eq!(statement["interim"], true);
    let rules = &statement["terms"][usize::from(SINGLE)]["rule_set"];
    assert_eq!(rules["counting"]["system"], "plurality");
    let law = &count["ballots"][usize::from(OVER)];
    let sum = |field: &str| -> u64 {
        let regions = law["regions"].as_array().expect("regions");
        regions.iter().filter_map(|r| r[field].as_u64()).sum()
    };
    for field in ["oui_count", "non_count", "blanc_count"] {
        assert_eq!(law["result"][field], sum(field), "{field}");
    }
    assert_eq!((sum("votes"), sum("registered")), (30, 60));
}

#[test]
fn the_text_says_in_both_languages_what_was_counted() {
    let desk = Desk::new();
    let output = desk.statement("out", &["--interim"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let digest = stdout(&output);
    let digest = digest.split(' ').next().expect("a digest");
    let check = |file: &str, words: &[&str]| {
        let text = desk.read(file);
        for words in words {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        assert!(text.contains(digest), "the digest of the JSON");
    };
    check(
        "out/statement.en.txt",
        &[
            "INTERIM STATEMENT",
            "INTERIM: the ledger does not hold the closing frame",
            "more than 1/2 of the valid votes",
            "30 votes of 60 registered (50.00% of registered)",
            "blank votes, apart",
            "Rejected attempts, counted apart: 2 repeated; 1 not_on_roll",
            "Region 3 Region 3",
            "LEADING",
            "round 1:",
        ],
    );
    check(
        "out/statement.fr.txt",
        &[
            "RELEVÉ PROVISOIRE",
            "plus de 1/2 des votes valides",
            "50,00 % des inscrits",
            "votes blancs, à part",
            "Région 3",
            "EN TÊTE",
            "tour 1",
        ],
    );
}

#[test]
fn a_closed_ballot_is_stated_alone_and_without_the_word_interim() {
    let desk = Desk::new();
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let statement: Value = serde_json::from_str(&desk.read("out/statement.json")).expect("JSON");
    assert_eq!(statement["interim"], false);
    let ballots = statement["count"]["ballots"].as_array().expect("ballots");
    assert_eq!(ballots.len(), 1);
    assert_eq!(ballots[0]["ballot_id"], "OVER");
    assert_eq!(statement["terms"].as_array().map(Vec::len), Some(1));
    let text = desk.read("out/statement.en.txt");
    assert!(!text.contains("INTERIM"), "{text}");
    assert!(text.contains("Closing frame "), "{text}");
    assert!(!desk.read("out/statement.fr.txt").contains("PROVISOIRE"));
}

/// Counting, preliminary, certified: three states, in JSON, on pages and in CSV alike.
#[test]
fn a_running_tally_shows_a_ballot_as_certified_that_a_signed_statement_states() {
    let desk = Desk::new();
    let (out, other) = (desk.path("out"), desk.path("other"));
    let showing = ["--statement", &out, "--statement", &other];
    let running = Running::start(&desk.names.args("run", &showing));
    running.wait("/api/v1/results/OVER", |over| {
        over["status"] == "preliminary"
    });
    // Another count, soundly signed: it certifies nothing.
    let interim = desk.statement("other", &["--interim"]);
    assert!(interim.status.success(), "{}", stderr(&interim));
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let digest = stdout(&output)
        .split(' ')
        .next()
        .expect("a digest")
        .to_owned();
    running.wait("/api/v1/results/OVER", |over| over["status"] == "certified");
    let over = running.json("/api/v1/results/OVER");
    assert_eq!(over["certificate"]["statement_sha256"], digest);
    assert_eq!(running.json("/api/v1/results/LIVE")["status"], "counting");
    let page = running
        .get("/ballots/OVER?lang=en", "Accept: text/html\r\n")
        .2;
    assert!(
        page.contains(&digest) && page.contains("data-settled=\"true\""),
        "{page}"
    );
    let csv = running.get("/ballots/OVER/results.csv", "").2;
    assert!(csv.contains(",certified,"), "{csv}");
    let address = format!("/statements/{digest}.json");
    assert!(
        page.contains(&format!("href=\"{address}?lang=en\"")),
        "{page}"
    );
    let (status, head, statement) = running.get(&address, "");
    assert_eq!((status, statement), (200, desk.read("out/statement.json")));
    assert!(head.contains("immutable"), "{head}");
    let signature = running.get(&format!("{address}.minisig"), "").2;
    assert_eq!(signature, desk.read("out/statement.json.minisig"));
    for missing in ["/statements/statement.json", "/statements/..%2Fout.json"] {
        assert_eq!(running.get(missing, "").0, 404, "{missing}");
    }
    assert!(
        running.log().contains("interim statement"),
        "{}",
        running.log()
    );
}

/// Signed by nobody whom the operator trusts, or of other numbers: the ballot stays preliminary.
#[test]
fn a_statement_that_does_not_hold_certifies_nothing() {
    for (change, fault) in [
        (
            "\"votes\":30,\"turnout",
            "no officer named with --trust signed it",
        ),
        ("\"oui_count\":", "has other numbers"),
    ] {
        let desk = Desk::new();
        let output = desk.statement("out", &["--ballot", "OVER"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = desk.read("out/statement.json");
        assert!(text.contains(change), "{change} is not in\n{text}");
        let changed = text.replace(change, &change.replace(':', ":1"));
        fs::write(desk.fixture.path("out/statement.json"), &changed).expect("written");
        if fault == "has other numbers" {
            let signature = desk.sign(&changed);
            let path = desk.fixture.path("out/statement.json.minisig");
            fs::write(path, signature).expect("written");
        }
        let out = desk.path("out");
        let running = Running::start(&desk.names.args("run", &["--statement", &out]));
        let started = std::time::Instant::now();
        while !running.log().contains(fault) {
            assert!(started.elapsed().as_secs() < 20, "{}", running.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(
            running.json("/api/v1/results/OVER")["status"],
            "preliminary"
        );
    }
}

/// Witnesses cosign again and again: a running tally certifies by the numbers, whatever the time of a cosignature.
#[test]
fn a_statement_names_the_checkpoint_and_who_cosigned_it() {
    let desk = Desk::of(Fixture::logged(60));
    let size = log::cover(&desk.fixture, "data", None, &[0, 1]);
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: Value = serde_json::from_str(&desk.read("out/statement.json")).expect("JSON");
    let checkpoint = &json["log"]["checkpoints"][0];
    let root = log::tree(&desk.fixture, "data", 0).root().expect("read");
    assert_eq!(json["log"]["required"], 2);
    assert_eq!(checkpoint["origin"], "scrutin.example/T-2025/0");
    assert_eq!(checkpoint["size"], size);
    assert_eq!(checkpoint["root"], root.to_string());
    assert_eq!(checkpoint["cosigned_by"][1]["name"], "university");
    for (file, words) in [
        (
            "out/statement.en.txt",
            [
                "Log scrutin.example/T-2025/0: ",
                "cosigned by the witness paper at 2025-07-15T12:02:00Z",
            ],
        ),
        (
            "out/statement.fr.txt",
            [
                "Journal scrutin.example/T-2025/0 : ",
                "cosigné par le témoin paper le 2025-07-15T12:02:00Z",
            ],
        ),
    ] {
        let text = desk.read(file);
        for words in words {
            assert!(text.contains(words), "{words} is not in {text}");
        }
        assert!(text.contains(&root.to_string()), "{text}");
    }
    log::cover(&desk.fixture, "data", None, &[1, 2]);
    let statement = desk.path("out");
    let running = Running::start(&desk.names.args("run", &["--statement", &statement]));
    running.wait("/api/v1/results/OVER", |law| law["status"] == "certified");
    let by = &running.json("/api/v1/results/OVER")["checked_by"];
    assert_eq!(by["witnesses"][0]["cosigned_at"], Value::Null);
    assert_eq!(by["witnesses"][2]["cosigned_at"], "2025-07-15T12:04:00Z");
}

#[test]
fn ties_and_small_margins_name_their_statutes() {
    let fixture = Fixture::new(60);
    sign_package(&fixture);
    let mut ballots = fixture.ballot_box("data");
    let in_region = |nth: &u32| {
        let place = fixture.credential(SINGLE, *nth);
        place.expect("on the roll").2 == 1
    };
    let voters: Vec<u32> = (0..60).filter(in_region).take(2).collect();
    for (nth, candidate) in voters.into_iter().zip([1, 2]) {
        ballots.vote(SINGLE, nth, Choice::Candidate(candidate));
    }
    ballots.set_time(END_MS);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let desk = Desk { fixture, names };
    let output = desk.statement("out", &["--ballot", "SINGLE"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = desk.read("out/statement.en.txt");
    assert!(text.contains("TIED") && !text.contains("ELECTED"), "{text}");
    for statute in ["s. 318", "s. 300(1)"] {
        assert!(text.contains(statute), "{statute} is not in\n{text}");
    }
    let statement: Value = serde_json::from_str(&desk.read("out/statement.json")).expect("JSON");
    let region = &statement["count"]["ballots"][0]["result"]["regions"][0];
    assert_eq!(region["tied"], serde_json::json!([1, 2]));
    assert_eq!(
        region["tie_statute"],
        "Canada Elections Act, S.C. 2000, c. 9, s. 318"
    );
    assert_eq!(region["percentage_of"], "total_votes");
}

#[test]
fn one_seat_is_no_plural_and_in_french_neither_is_none() {
    let fixture = Fixture::new(20);
    sign_package(&fixture);
    let mut ballots = fixture.ballot_box("data");
    let in_region = |nth: &u32| {
        let place = fixture.credential(SINGLE, *nth);
        place.expect("on the roll").2 == 1
    };
    let voter = (0..20).find(in_region).expect("a voter of region 1");
    ballots.vote(SINGLE, voter, Choice::Candidate(1));
    ballots.set_time(END_MS);
    ballots.close();
    let names = Names::new(&fixture, "data");
    let table = stdout(&tally(&names.args("count", &[])));
    let desk = Desk { fixture, names };
    let output = desk.statement("out", &["--ballot", "SINGLE"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (french, english) = (
        desk.read("out/statement.fr.txt"),
        desk.read("out/statement.en.txt"),
    );
    for (text, seats) in [
        (&table, " 1 seat\n"),
        (&english, " 1 seat\n"),
        (&french, " 1 siège\n"),
    ] {
        assert!(text.contains(seats), "{text}");
    }
    assert!(!french.contains("0 sièges"), "{french}");
}

#[test]
fn a_statement_is_refused_where_it_would_not_hold() {
    let desk = Desk::new();
    let check = |output: std::process::Output, words: &[&str]| {
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        for words in words {
            assert!(stderr(&output).contains(words), "{}", stderr(&output));
        }
        assert!(!desk.fixture.path("out").exists(), "nothing half-written");
    };
    check(
        desk.statement("out", &[]),
        &[
            "no closing frame of ballot LIVE, which closes at 2035-01-01 00:00:00 -05:00",
            "--interim",
        ],
    );
    check(
        desk.statement("out", &["--ballot", "OVER", "--ballot", "LIVE"]),
        &["no closing frame of ballot LIVE"],
    );
    check(
        desk.statement("out", &["--ballot", "NONE"]),
        &["no ballot NONE", "LIVE, STEPS"],
    );
    write_secret(&desk.fixture.path("password"), "another\n");
    let wrong = desk.statement("out", &["--ballot", "OVER"]);
    assert!(!stderr(&wrong).contains("another"), "a password is quoted");
    check(wrong, &["officer.key", "password"]);
}

#[test]
fn an_existing_statement_is_kept() {
    let desk = Desk::new();
    fs::create_dir(desk.fixture.path("out")).expect("made");
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--force"), "{}", stderr(&output));
    assert!(!desk.fixture.path("out/statement.json").exists());
    assert!(
        desk.statement("out", &["--ballot", "OVER", "--force"])
            .status
            .success()
    );
    assert_eq!(usize::from(OVER), 3, "the ballot stated is the closed one");
}

#[test]
fn a_statement_names_the_second_holders_of_both_keys() {
    let desk = Desk::new();
    let names = &desk.names;
    let first = desk.statement("first", &["--interim"]);
    assert!(first.status.success(), "{}", stderr(&first));
    let nobody = "NO SECOND HOLDER of the count key";
    assert!(desk.read("first/statement.en.txt").contains(nobody));
    let again = desk.path("again");
    let mut release = names.args("release", &[]);
    release.splice(5..9, ["--key", &names.count_key, "--out", &again]);
    let released = alone(&release);
    assert!(released.status.success(), "{}", stderr(&released));
    let statement = desk.path("first/statement.json");
    let others = [
        "--interim",
        "--recomputed",
        &again,
        "--recounted",
        &statement,
    ];
    let second = desk.statement("second", &others);
    assert!(second.status.success(), "{}", stderr(&second));
    let told = desk.read("second/statement.en.txt");
    for words in [
        "the files given as those of 2 holders of the count key are the same",
        "Totals made again in the statement SHA-256",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let linked = desk.fixture.path("linked");
    fs::create_dir(&linked).expect("a directory");
    let own = format!("{}/p0000.releases", names.releases);
    std::os::unix::fs::symlink(own, linked.join("p0000.releases")).expect("a link");
    let linked = desk.path("linked");
    let linked = desk.statement("linked-out", &["--interim", "--recomputed", &linked]);
    assert_eq!(linked.status.code(), Some(1));
    assert!(
        stderr(&linked).contains("are the same"),
        "{}",
        stderr(&linked)
    );
    let same = desk.statement("same", &["--interim", "--recomputed", &names.releases]);
    assert_eq!(same.status.code(), Some(1));
    assert!(stderr(&same).contains("are the same"), "{}", stderr(&same));
    let file = desk.fixture.path("again/p0000.releases");
    let changed = desk
        .read("again/p0000.releases")
        .replace("\"votes\":", "\"votes\": ");
    fs::write(file, changed).expect("written");
    let third = desk.statement("third", &others);
    assert_eq!(third.status.code(), Some(1));
    let told = stderr(&third);
    assert!(
        told.contains("two holders of the count key came to different"),
        "{told}"
    );
}

#[test]
fn a_statement_signed_by_a_key_that_is_not_trusted_says_so() {
    const TOLD: &str = "is not one that --trust names";
    let desk = Desk::new();
    let trusted = desk.statement("trusted", &["--ballot", "OVER"]);
    assert!(trusted.status.success() && !stderr(&trusted).contains(TOLD));
    let pair = KeyPair::generate_encrypted_keypair(Some("a test password".to_owned()));
    let boxed = pair.expect("a key pair").sk.to_box(None).expect("boxed");
    write_secret(&desk.fixture.path("officer.key"), boxed.to_string());
    let other = desk.statement("other", &["--ballot", "OVER"]);
    assert!(other.status.success() && stderr(&other).contains(TOLD));
}
