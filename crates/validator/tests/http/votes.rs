//! Votes that count, votes that repeat, and what becomes of them across restarts.

use std::thread;

use crate::fixture::{Fixture, Voter};
use crate::server::{Answer, Server, law_vote};

const LAW: &str = "L2025-001";

fn election_vote(voter: Voter, election: u32, rest: &str) -> String {
    let (nas, code, region) = (voter.nas(), voter.code(), voter.region());
    format!(
        r#"{{"nas":"{nas}","code":"{code}","election_id":{election},"region_id":{region},{rest}}}"#
    )
}

#[test]
fn the_customers_own_curl_lines_work() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let body = r#"{
    "nas": "123456789",
    "code": "ABC123",
    "law_id": "L2025-001",
    "vote": "oui"
  }"#;
    let first = server.post("/api/v1/vote", body);
    assert_eq!(first.status, 202, "{:?}", first.json());
    assert_eq!(first.json()["status"], "accepted");
    let second = server.post("/api/v1/vote", body);
    assert_eq!(
        (second.status, second.problem().as_str()),
        (409, "duplicate")
    );
    assert_eq!(second.json()["attempt_count"], 2);
    assert_eq!(second.json()["status"], "duplicate");
    let body = r#"{
    "nas": "123456789",
    "code": "ABC123",
    "election_id": 1,
    "region_id": 1,
    "candidate_id": 1,
    "voting_method": "single_choice"
  }"#;
    assert_eq!(server.post("/api/v1/elections/vote", body).status, 202);
    assert_eq!(server.post("/api/v1/elections/vote", body).status, 409);
}

#[test]
fn normalised_credentials_are_one_voter() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let vote = |nas: &str, code: &str| {
        let body = format!(r#"{{"nas":"{nas}","code":"{code}","law_id":"{LAW}","vote":"non"}}"#);
        server.post("/api/v1/vote", &body).status
    };
    assert_eq!(vote("123 456-789", "abc-123"), 202);
    assert_eq!(vote("123456789", " A B C 1 2 3"), 409);
}

#[test]
fn rankings_are_taken_by_their_rules() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let event = crate::fixture::event();
    let (_, election) = event
        .elections()
        .find(|(_, e)| e.number == 2)
        .expect("a ranked election");
    let voter = Voter(7);
    let standing: Vec<u32> = election
        .candidates_of(voter.region())
        .filter(|c| c.status == election::CandidateStatus::Active)
        .map(|c| c.number)
        .collect();
    let [first, second, ..] = standing[..] else {
        panic!("too few candidates")
    };
    let ranked = |ranks: &str| {
        let rest = format!(r#""voting_method":"ranked_choice","ranked_choices":{ranks}"#);
        server.post("/api/v1/elections/vote", &election_vote(voter, 2, &rest))
    };
    let twice = ranked(&format!("[{first},{second},{first}]"));
    assert_eq!(
        (twice.status, twice.json()["errors"][0]["code"].as_str()),
        (400, Some("candidate-ranked-twice"))
    );
    let long = format!("[{}]", vec![first.to_string(); 100].join(","));
    assert_eq!(ranked(&long).json()["errors"][0]["code"], "too-many-ranks");
    assert_eq!(ranked("[4000000]").problem(), "candidate-refused");
    assert_eq!(ranked(&format!("[{second},{first}]")).status, 202);
    assert_eq!(ranked(&format!("[{first}]")).status, 409);
}

#[test]
fn attempts_are_counted_across_restarts() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let accepted = server.vote(Voter(1), LAW, "oui");
    assert_eq!(accepted.status, 202);
    let receipt = accepted.json()["request_id"]
        .as_str()
        .expect("a receipt")
        .to_owned();
    assert_eq!(server.vote(Voter(1), LAW, "non").json()["attempt_count"], 2);
    server.kill();
    let server = Server::start(&fixture, &[]);
    assert_eq!(server.vote(Voter(1), LAW, "non").json()["attempt_count"], 3);
    let found = server.get(&format!("/api/v1/receipts/{receipt}"));
    assert_eq!(found.status, 200, "{receipt}");
    assert_eq!(found.json()["status"], "recorded");
    assert_eq!(server.vote(Voter(2), LAW, "oui").status, 202);
}

#[test]
fn invariant_3_many_clients_race_for_one_credential() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let address = &server;
    for voter in (10..20).map(Voter) {
        let mut answers: Vec<u16> = thread::scope(|scope| {
            let racers: Vec<_> = (0..16)
                .map(|_| scope.spawn(move || address.vote(voter, LAW, "oui").status))
                .collect();
            racers
                .into_iter()
                .map(|racer| racer.join().expect("an answer"))
                .collect()
        });
        answers.sort_unstable();
        assert_eq!(answers[0], 202);
        assert!(
            answers[1..].iter().all(|status| *status == 409),
            "{answers:?}"
        );
    }
}

#[test]
fn votes_on_one_connection_are_answered_in_order() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let mut connection = server.connect();
    let requests: String = (30..40)
        .map(|n| crate::server::post_text("en", "/api/v1/vote", &law_vote(Voter(n), LAW, "oui")))
        .collect();
    connection.write(requests);
    for _ in 30..40 {
        assert_eq!(connection.read().expect("an answer").status, 202);
    }
}

/// Sends a vote under a key.
fn vote_under(server: &Server, key: &str, voter: Voter, law: &str, vote: &str) -> Answer {
    let body = law_vote(voter, law, vote);
    server.connect().send(&format!(
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {key}\r\nAccept-Language: en\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// As draft-ietf-httpapi-idempotency-key-header has it.
#[test]
fn the_same_key_gets_the_same_receipt_across_a_restart() {
    const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
    const OTHER: &str = "\"aa03978e-40d5-43dd-bc93-6894a57f9324\"";
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let first = vote_under(&server, KEY, Voter(60), LAW, "oui");
    assert_eq!(first.status, 202, "{:?}", first.json());
    assert_eq!(first.header("idempotency-replayed"), None);
    let receipt = first.json()["request_id"].clone();
    let check = |server: &Server, key: &str, voter, law, vote, expected: (u16, bool)| {
        let answer = vote_under(server, key, voter, law, vote);
        let same = answer.json().get("request_id") == Some(&receipt);
        assert_eq!((answer.status, same), expected, "{key} {law} {vote}");
        let replayed = answer.header("idempotency-replayed") == Some("true");
        assert_eq!(replayed, same);
    };
    let quoted = format!("\"{KEY}\"");
    check(&server, KEY, Voter(60), LAW, "oui", (202, true));
    check(&server, &quoted, Voter(60), LAW, "oui", (202, true));
    // The first choice stands; nobody can tell that this is another.
    check(&server, KEY, Voter(60), LAW, "non", (202, true));
    check(&server, KEY, Voter(60), "L2025-002", "oui", (202, false));
    check(&server, KEY, Voter(61), LAW, "oui", (202, false));
    check(&server, OTHER, Voter(60), LAW, "oui", (409, false));
    check(&server, "too-short", Voter(62), LAW, "oui", (400, false));
    let count =
        |server: &Server| server.vote(Voter(60), LAW, "oui").json()["attempt_count"].clone();
    assert_eq!(count(&server), 3, "a replay is no attempt");
    server.kill();
    let server = Server::start(&fixture, &[]);
    check(&server, KEY, Voter(60), LAW, "oui", (202, true));
    check(&server, OTHER, Voter(60), LAW, "oui", (409, false));
    let path = format!("/api/v1/receipts/{}", receipt.as_str().expect("a receipt"));
    assert_eq!(server.get(&path).status, 200);
}
