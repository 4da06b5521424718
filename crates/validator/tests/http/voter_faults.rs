//! What becomes of a marked choice where something goes wrong or the voter turns back, and pages for addresses
//! that lead nowhere.

use crate::fixture::{Fixture, Voter};
use crate::server::{Answer, Server};
use crate::voter_pages::{form, get, post, text};

/// The one input of a page that is ticked, as it stands in the document.
fn ticked(answer: &Answer) -> Vec<String> {
    let page = text(answer);
    let inputs = page.split("<input type=\"radio\" ").skip(1);
    let inputs = inputs.filter_map(|rest| rest.split('>').next());
    inputs
        .filter(|input| input.ends_with(" checked"))
        .map(str::to_owned)
        .collect()
}

/// "Change my choice" and the language switch once led to an empty ballot.
#[test]
fn turning_back_keeps_the_choice_and_puts_it_in_no_address() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let review = post(
        &server,
        "/ballots/L2025-001/review?lang=en",
        "vote=non&key=x",
    );
    let page = text(&review);
    let change = "<form method=\"post\" action=\"/ballots/L2025-001?lang=en\"><input type=\"hidden\" name=\"vote\" value=\"non\">";
    let switch = "<form method=\"post\" action=\"/ballots/L2025-001/review?lang=fr\"><input type=\"hidden\" name=\"vote\" value=\"non\">";
    assert!(page.contains(change) && page.contains(switch), "{page}");

    let changed = post(&server, "/ballots/L2025-001?lang=en", "vote=non");
    assert_eq!(changed.status, 200);
    assert_eq!(
        ticked(&changed),
        ["name=\"vote\" value=\"non\" required checked"]
    );
    let page = text(&changed);
    assert!(page.contains("form=\"ballot\" formaction=\"/ballots/L2025-001?lang=fr\""));
    let candidate = "region=1&candidate=2";
    let changed = post(&server, "/ballots/E2025-QC?lang=fr", candidate);
    assert_eq!(ticked(&changed).len(), 1);
    assert!(ticked(&changed)[0].contains("value=\"2\""));
    // An address that a browser remembers of the way leads to the empty ballot.
    for path in ["/ballots/L2025-001/review", "/ballots/L2025-001/cast"] {
        let address = get(&server, path);
        assert_eq!((address.status, ticked(&address).len()), (200, 0), "{path}");
    }
}

#[test]
fn a_repeated_rank_leaves_every_list_as_it_was() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let marked = "region=1&rank-1=3&rank-2=1&rank-3=3";
    let answer = post(&server, "/ballots/E2025-RG/review?lang=en", marked);
    let page = text(&answer);
    assert_eq!(answer.status, 400);
    assert!(
        page.contains("<title>Error: ") && page.contains("ranked twice"),
        "{page}"
    );
    for (rank, candidate, is_wrong) in [(1, 3, true), (2, 1, false), (3, 3, true)] {
        let (_, list) = page
            .split_once(&format!("<select id=\"rank-{rank}\""))
            .unwrap();
        let (list, _) = list.split_once("</select>").unwrap();
        assert!(list.contains(&format!("value=\"{candidate}\" selected")));
        assert_eq!(list.contains("aria-invalid=\"true\""), is_wrong, "{rank}");
    }
}

/// Refusals after which a voter begins again, with what was marked.
#[test]
fn a_refusal_that_waiting_heals_keeps_the_choice() {
    let fixture = Fixture::new();
    let limits = [
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_FAILED_ATTEMPTS_BURST", "1"),
        ("VALIDATOR_CLIENTS_CLIENT_FAILED_ATTEMPTS_BURST", "1"),
    ];
    let server = Server::start_with(&fixture.arguments("data"), &[], &limits);
    let wrong = "region=1&candidate=2&nas=046454286&code=WRONG1";
    let answers = (0..3).map(|_| post(&server, "/ballots/E2025-QC/cast", wrong));
    let refused = answers.into_iter().find(|answer| answer.status == 429);
    let page = text(&refused.unwrap());
    assert!(page.contains("Too many tries"), "{page}");
    let again = "<form method=\"post\" action=\"/ballots/E2025-QC/review?lang=en\"><input type=\"hidden\" name=\"candidate\" value=\"2\">";
    assert!(page.contains(again), "{page}");
}

#[test]
fn whoever_identifies_with_the_ballot_of_another_region_gets_their_own() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let (voter, other) = (Voter(6), "region=2&candidate=5");
    assert_eq!(voter.region(), 1);
    let answer = post(&server, "/ballots/E2025-QC/cast", &form(voter, other));
    let page = text(&answer);
    assert_eq!(answer.status, 403);
    assert!(
        page.contains("Candidat-01"),
        "the ballot of region 1: {page}"
    );
    assert!(page.contains("name=\"region\" value=\"1\""));
    assert!(page.contains("not yours") && page.contains("<title>Error: "));
    assert!(
        ticked(&answer).is_empty(),
        "what was marked stands elsewhere"
    );
    let own = post(
        &server,
        "/ballots/E2025-QC/cast",
        &form(voter, "region=1&candidate=1"),
    );
    assert_eq!(own.status, 200);
}

#[test]
fn a_ballot_that_is_not_open_says_what_is_and_nothing_of_a_submission() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let seen = get(&server, "/ballots/L2024-009");
    let reviewed = post(&server, "/ballots/L2024-009/review?lang=en", "vote=oui");
    for answer in [seen, reviewed] {
        let page = text(&answer);
        assert_eq!(answer.status, 200);
        assert!(page.contains("Voting is closed"), "{page}");
        assert!(!page.contains("submission") && !page.contains("name=\"nas\""));
    }
}

/// People get pages, programs get problems.
#[test]
fn addresses_that_lead_nowhere_and_wrong_methods_are_pages_for_people() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let ask = |method: &str, path: &str, accept: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nAccept-Language: en\r\nContent-Length: 0\r\n\r\n"
        );
        server.connect().send(&request)
    };
    for (method, path, status, title) in [
        ("GET", "/nowhere", 404, "Page not found"),
        ("GET", "/api/v1/nowhere", 404, "Page not found"),
        ("GET", "/nowhere?lang=fr", 404, "Page introuvable"),
        ("GET", "/assets/none.css", 404, "Page not found"),
        ("DELETE", "/", 405, "cannot be used in this way"),
        ("GET", "/api/v1/vote?lang=fr", 405, "ne s’utilise pas ainsi"),
        ("POST", "/", 405, "cannot be used in this way"),
        ("PUT", "/receipts", 405, "cannot be used in this way"),
        (
            "DELETE",
            "/ballots/L2025-001",
            405,
            "cannot be used in this way",
        ),
    ] {
        let people = ask(method, path, "text/html,application/xhtml+xml,*/*;q=0.8");
        let page = text(&people);
        assert_eq!(people.status, status, "{method} {path}");
        assert!(
            page.starts_with("<!doctype html>") && page.contains(title),
            "{page}"
        );
        assert_eq!(people.header("content-security-policy"), Some(pages::CSP));
        assert_eq!(
            people.header("allow").is_some(),
            status == 405,
            "{method} {path}"
        );
        if !path.starts_with("/assets") {
            let programs = ask(method, path, "application/json");
            let media = programs.header("content-type");
            assert_eq!(programs.status, status, "{method} {path}");
            assert_eq!(media, Some("application/problem+json"), "{method} {path}");
        }
    }
}
