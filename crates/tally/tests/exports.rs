//! Audit and exports over HTTP: who gets them, what stands in them, what is put on record.

mod support;

use election::Choice;

use support::program::{Names, Running, stdout, tally};
use support::{END_MS, Fixture, LATER, LIVE};

/// A token of a new file.
fn token(file: &str) -> String {
    let output = tally(&["token", "new", "--role", "auditor", "--file", file]);
    assert_eq!(output.status.code(), Some(0));
    stdout(&output).trim().to_owned()
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn exports_need_a_token_and_every_read_is_on_record() {
    let fixture = Fixture::new(40);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 30);
    ballots.set_time(END_MS);
    ballots.close();
    let file = fixture.path("tokens");
    let file = file.to_str().expect("UTF-8");
    let token = token(file);
    let running = Running::start(&names.args("run", &["--tokens", file]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let path = "/api/v1/exports/audit";
    for headers in [
        String::new(),
        bearer(""),
        bearer("scrutin-00000000-00"),
        bearer(&token[..token.len() - 1]),
        format!("Authorization: Basic {token}\r\n"),
    ] {
        let (status, head, body) = running.get(path, &headers);
        assert_eq!(status, 401, "{body}");
        assert!(
            head.to_lowercase().contains("www-authenticate: bearer"),
            "{head}"
        );
    }
    assert!(!running.log().contains("export read"));
    for what in ["audit", "duplicates", "turnout", "results"] {
        for format in ["csv", "json"] {
            let path = format!("/api/v1/exports/{what}?format={format}");
            let (status, head, body) = running.get(&path, &bearer(&token));
            assert_eq!(status, 200, "{head}{body}");
            if what == "results" {
                continue; // The files' owner sees more than everybody.
            }
            let whole = tally(&names.args("export", &["--what", what, "--format", format]));
            // In one piece of the answer, which comes in pieces.
            assert!(body.contains(&stdout(&whole)), "{what} as {format}");
        }
    }
    let log = running.log();
    assert_eq!(log.matches("export read").count(), 8, "{log}");
    let mut parts = token.split('-').skip(1);
    let (id, secret) = (
        parts.next().expect("an id"),
        parts.next().expect("a secret"),
    );
    assert!(log.contains(id) && !log.contains(secret), "{log}");
    let (status, _, _) = running.get("/api/v1/exports/nonsense", &bearer(&token));
    assert_eq!(status, 404);
    let (status, _, _) = running.get("/api/v1/exports/audit?format=xml", &bearer(&token));
    assert_eq!(status, 400);
    // Taken back by deleting its line, at once.
    std::fs::write(file, "").expect("written");
    assert_eq!(running.get(path, &bearer(&token)).0, 401);
}

#[test]
fn a_token_opens_no_ballot_early() {
    let fixture = Fixture::new(40);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    for nth in 0..30 {
        ballots.vote(LIVE, nth, Choice::Oui);
        ballots.vote(LATER, nth, Choice::Oui);
    }
    let file = fixture.path("tokens");
    let file = file.to_str().expect("UTF-8");
    let token = token(file);
    let running = Running::start(&names.args("run", &["--tokens", file]));
    running.wait("/api/v1/results/LIVE", |law| law["oui_count"] == 30);
    let (_, _, results) = running.get("/api/v1/exports/results", &bearer(&token));
    assert!(
        results.contains("LIVE") && !results.contains("LATER"),
        "{results}"
    );
    let (_, _, audit) = running.get("/api/v1/exports/audit", &bearer(&token));
    assert!(
        !audit.contains("accepted"),
        "two lists would tell who came: {audit}"
    );
    ballots.set_time(END_MS);
    running.wait("/api/v1/results/LATER", |law| law["oui_count"] == 30);
    let (_, _, audit) = running.get("/api/v1/exports/audit", &bearer(&token));
    assert!(audit.contains("LATER") && !audit.contains("oui"), "{audit}");
}

#[test]
fn without_tokens_or_with_a_bad_file_nobody_reads() {
    let fixture = Fixture::new(4);
    fixture.ballot_box("data").close();
    let names = Names::new(&fixture, "data");
    let running = Running::start(&names.args("run", &[]));
    assert_eq!(running.get("/api/v1/exports/audit", "").0, 401);
    let output = tally(&names.args("run", &["--tokens", "/nonexistent/tokens"]));
    assert_eq!(output.status.code(), Some(1));
    let said = support::program::stderr(&output);
    assert!(said.contains("tally token new"), "{said}");
}
