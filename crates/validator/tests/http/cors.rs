//! Scripts of other sites: those that are named may read answers, the others are told nothing.

use crate::fixture::{Fixture, Voter};
use crate::server::{Answer, Server, law_vote};

const OURS: &str = "https://vote.example.org";
const STRANGER: &str = "https://evil.example.org";
const VOTE: &str = "/api/v1/vote";

fn server(fixture: &Fixture) -> Server {
    let origins = format!("{OURS}, http://localhost:3000");
    let settings = [("VALIDATOR_CORS_ORIGINS", origins.as_str())];
    Server::start_with(&fixture.arguments("data"), &[], &settings)
}

fn preflight(server: &Server, origin: &str, path: &str, method: &str) -> Answer {
    server.connect().send(&format!(
        "OPTIONS {path} HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: {method}\r\n\r\n"
    ))
}

fn vote(server: &Server, origin: &str, voter: u32) -> Answer {
    let body = law_vote(Voter(voter), "L2025-001", "oui");
    server.connect().send(&format!(
        "POST {VOTE} HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[test]
fn a_named_site_may_call() {
    let fixture = Fixture::new();
    let server = server(&fixture);
    let asked = preflight(&server, OURS, VOTE, "POST");
    let expected = [
        ("access-control-allow-origin", OURS),
        ("access-control-allow-methods", "POST"),
        (
            "access-control-allow-headers",
            "content-type, idempotency-key, x-request-id",
        ),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ];
    assert_eq!(asked.status, 204);
    for (name, value) in expected {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
    let answer = vote(&server, OURS, 70);
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("access-control-allow-origin"), Some(OURS));
    let refusal = vote(&server, OURS, 70);
    assert_eq!(refusal.status, 409, "refusals are to be read too");
    assert_eq!(refusal.header("access-control-allow-origin"), Some(OURS));
    let exposed = refusal.header("access-control-expose-headers");
    assert_eq!(
        exposed,
        Some("idempotency-replayed, retry-after, x-request-id")
    );
    let read = preflight(&server, "http://localhost:3000", "/api/v1/laws", "GET");
    assert_eq!(
        read.header("access-control-allow-methods"),
        Some("GET, HEAD")
    );
}

#[test]
fn a_stranger_is_told_nothing() {
    let fixture = Fixture::new();
    let server = server(&fixture);
    let near = [
        STRANGER,
        "null",
        "https://vote.example.org.evil.example",
        "http://vote.example.org",
    ];
    for (voter, origin) in (71..).zip(near) {
        let asked = preflight(&server, origin, VOTE, "POST");
        assert_eq!(asked.status, 405, "{origin}");
        for answer in [asked, vote(&server, origin, voter)] {
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{origin}"
            );
            assert_eq!(
                answer.header("vary"),
                Some("origin"),
                "caches keep them apart"
            );
        }
    }
}

#[test]
fn without_configuration_there_is_no_cors() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let asked = preflight(&server, OURS, VOTE, "POST");
    assert_eq!((asked.status, asked.header("vary")), (405, None));
    let answer = vote(&server, OURS, 72);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn an_origin_that_no_browser_sends_is_a_fault() {
    let fixture = Fixture::new();
    let settings = fixture.path("v.toml");
    std::fs::write(
        &settings,
        "[cors]\norigins = [\"https://vote.example.org/\"]\n",
    )
    .unwrap();
    let arguments = fixture.arguments("data");
    let output = crate::server::run(&arguments, &["--config", settings.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "cors.origins is \"https://vote.example.org/\"";
    assert!(
        output.status.code() == Some(2) && said.contains(expected),
        "{said}"
    );
}
