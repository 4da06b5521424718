//! Every class of refusal, as data: status, type, headers, words in both languages.

use crate::fixture::{Fixture, Voter};
use crate::server::{Server, law_vote};

fn check(server: &Server, body: &str, status: u16, problem: &str) {
    let path = if body.contains("election_id") {
        "/api/v1/elections/vote"
    } else {
        "/api/v1/vote"
    };
    let answer = server.post(path, body);
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (status, problem),
        "{body}"
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{body}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{body}");
}

#[test]
fn law_votes() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let known = Voter(5);
    let stranger = Voter(4_000);
    check(&server, "", 400, "malformed");
    check(&server, "[]", 400, "malformed");
    check(&server, "{\"nas\":", 400, "malformed");
    check(&server, "{\"n\\u0061s\":1}", 400, "malformed");
    check(&server, &"[".repeat(4_000), 400, "malformed");
    let deep = ["{\"nas\":", &"[".repeat(1_500), &"]".repeat(1_500), "}"].concat();
    check(&server, &deep, 400, "malformed");
    check(&server, "{}", 400, "invalid-fields");
    check(
        &server,
        &law_vote(known, "L2025-001", "oui").replace("}", ",\"vote\":\"non\"}"),
        400,
        "invalid-fields",
    );
    check(
        &server,
        &law_vote(known, "L2025-001", "peut-etre"),
        400,
        "invalid-fields",
    );
    check(
        &server,
        &law_vote(known, "L2025-001", "blanc"),
        403,
        "choice-refused",
    );
    check(
        &server,
        &law_vote(known, "L9999-999", "oui"),
        404,
        "no-such-law",
    );
    check(
        &server,
        &law_vote(stranger, "L2025-001", "oui"),
        403,
        "not-eligible",
    );
    check(
        &server,
        &law_vote(stranger, "L2024-009", "oui"),
        403,
        "not-eligible",
    );
    // Its window had ended when this ledger was begun: that is not written down at once (docs/time.md).
    let over = law_vote(known, "L2024-009", "oui");
    check(&server, &over, 503, "clock-in-doubt");
    // None of these was a vote.
    assert_eq!(server.vote(known, "L2025-001", "oui").status, 202);
    // That one was, and its frame is the closing frame.
    check(&server, &over, 403, "closed");
    assert_eq!(server.vote(known, "L2025-002", "blanc").status, 202);
}

#[test]
fn election_votes() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let vote = |voter: Voter, election: u32, region: u32, rest: &str| {
        let (nas, code) = (voter.nas(), voter.code());
        format!(
            r#"{{"nas":"{nas}","code":"{code}","election_id":{election},"region_id":{region},{rest}}}"#
        )
    };
    let single =
        |candidate: u32| format!(r#""voting_method":"single_choice","candidate_id":{candidate}"#);
    let ranked = r#""voting_method":"ranked_choice","ranked_choices":[1]"#;
    let known = Voter(6); // region 1
    check(
        &server,
        &vote(known, 1, 1, r#""voting_method":"single_choice""#),
        400,
        "invalid-fields",
    );
    check(&server, &vote(known, 1, 1, ranked), 403, "choice-refused");
    let contradiction = r#""voting_method":"ranked_choice","candidate_id":2,"ranked_choices":[1]"#;
    check(
        &server,
        &vote(known, 2, 1, contradiction),
        403,
        "choice-refused",
    );
    check(
        &server,
        &vote(known, 99, 1, &single(1)),
        404,
        "no-such-election",
    );
    check(
        &server,
        &vote(Voter(4_000), 1, 1, &single(1)),
        403,
        "not-eligible",
    );
    check(&server, &vote(known, 1, 2, &single(5)), 403, "other-region");
    check(
        &server,
        &vote(known, 1, 70_000, &single(1)),
        403,
        "other-region",
    );
    check(
        &server,
        &vote(known, 1, 1, &single(5)),
        403,
        "candidate-refused",
    );
    check(
        &server,
        &vote(known, 1, 1, &single(4_000_000)),
        403,
        "candidate-refused",
    );
    let event = crate::fixture::event();
    let withdrawn = event
        .elections()
        .flat_map(|(_, e)| e.candidates().iter().map(move |c| (e.number, c)));
    let mut withdrawn = withdrawn.filter(|(_, c)| c.status == election::CandidateStatus::Withdrawn);
    if let Some((1, candidate)) = withdrawn.next() {
        let there = Voter(u32::from(candidate.region) + 5);
        assert_eq!(there.region(), candidate.region);
        check(
            &server,
            &vote(there, 1, candidate.region.into(), &single(candidate.number)),
            403,
            "candidate-refused",
        );
    }
    assert_eq!(
        server
            .post("/api/v1/elections/vote", &vote(known, 1, 1, &single(1)))
            .status,
        202
    );
}

#[test]
fn all_invalid_fields_are_named_at_once_in_both_languages() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let body = r#"{"nas":"12","code":"?","law_id":"no such!","vote":1,"extra":true}"#;
    let english = server.post_in("en-CA", "/api/v1/vote", body);
    let french = server.post_in("fr-CA, en;q=0.5", "/api/v1/vote", body);
    assert_eq!((english.status, french.status), (400, 400));
    let fields = |answer: &crate::server::Answer| -> Vec<String> {
        let json = answer.json();
        let errors = json["errors"].as_array().expect("errors").clone();
        errors
            .iter()
            .map(|e| e["field"].as_str().expect("a field").to_owned())
            .collect()
    };
    assert_eq!(fields(&english), ["extra", "nas", "code", "law_id", "vote"]);
    assert_eq!(fields(&english), fields(&french));
    assert_eq!(english.json()["title"], "Invalid fields");
    assert_eq!(french.json()["title"], "Champs invalides");
    assert_eq!(english.header("content-language"), Some("en"));
    assert_eq!(french.header("content-language"), Some("fr"));
}

#[test]
fn paths_methods_and_types() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let send = |request: &str| server.connect().send(request);
    let unknown = server.get("/api/v2/vote");
    assert_eq!(
        (unknown.status, unknown.problem().as_str()),
        (404, "not-found")
    );
    for (method, path, allow) in [
        ("GET", "/api/v1/vote", "POST"),
        ("DELETE", "/api/v1/elections/vote", "POST"),
        ("POST", "/api/v1/laws", "GET, HEAD"),
        ("OPTIONS", "/", "GET, HEAD"),
        ("TRACE", "/livez", "GET, HEAD"),
    ] {
        let answer = send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        ));
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        let answer = send(&format!(
            "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: 2\r\n\r\n{{}}"
        ));
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (415, "unsupported-media-type")
        );
    }
    let gzip = send(
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    );
    assert_eq!(gzip.status, 415);
}

#[test]
fn documents() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let laws = server.get("/api/v1/laws").json();
    assert_eq!(laws[0]["law_id"], "L2025-001");
    assert_eq!(
        (&laws[0]["status"], &laws[2]["status"]),
        (&"active".into(), &"completed".into())
    );
    assert_eq!(server.get("/api/v1/elections").json()[0]["election_id"], 1);
    assert_eq!(
        server
            .get("/api/v1/regions")
            .json()
            .as_array()
            .expect("a list")
            .len(),
        6
    );
    let candidates = server.get("/api/v1/elections/1/regions/1/candidates");
    assert_eq!(candidates.json()[0]["candidate_id"], 1);
    for (path, problem) in [
        (
            "/api/v1/elections/9/regions/1/candidates",
            "no-such-election",
        ),
        (
            "/api/v1/elections/x/regions/1/candidates",
            "no-such-election",
        ),
        (
            "/api/v1/elections/1/regions/77/candidates",
            "no-such-region",
        ),
        (
            "/api/v1/elections/1/regions/-1/candidates",
            "no-such-region",
        ),
        (
            "/api/v1/receipts/0-1-0000000000000000000000000z",
            "no-such-receipt",
        ),
        ("/api/v1/receipts/rubbish", "no-such-receipt"),
    ] {
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (404, problem),
            "{path}"
        );
    }
    assert_eq!(server.get("/api/v1/health").json()["status"], "ok");
    assert_eq!(
        (server.get("/livez").status, server.get("/readyz").status),
        (200, 200)
    );
    assert_eq!(server.get("/openapi.json").json()["openapi"], "3.1.0");
    let described = server
        .connect()
        .send("GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n");
    assert_eq!(described.json()["openapi"], "/openapi.json");
    let mut connection = server.connect();
    connection.write("HEAD /api/v1/laws HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = connection.read_head().expect("a head");
    let length = server.get("/api/v1/laws").body.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    assert_eq!(head.status, 200);
}
