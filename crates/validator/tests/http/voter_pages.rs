//! The voter's pages as the program serves them: plain forms, real votes, no trace of NAS and code.

use std::time::{Duration, Instant};

use crate::fixture::{Fixture, Voter};
use crate::server::{Answer, Connection, Server, law_vote};

pub(crate) fn get(server: &Server, path: &str) -> Answer {
    server.connect().send(&format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n\r\n"
    ))
}

pub(crate) fn post(server: &Server, path: &str, form: &str) -> Answer {
    server.connect().send(&format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Accept-Language: en\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    ))
}

pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The key of a review's form.
fn key_of(review: &Answer) -> String {
    let page = text(review);
    let (_, rest) = page.split_once("name=\"key\" value=\"").unwrap();
    let (key, _) = rest.split_once('"').unwrap();
    assert_eq!(key.len(), 32, "128 bits");
    key.to_owned()
}

/// The receipt's number on its page.
fn receipt_of(receipt: &Answer) -> String {
    let page = text(receipt);
    let (_, rest) = page.split_once("id=\"id\" translate=\"no\">").unwrap();
    let (groups, _) = rest.split_once("</p>").unwrap();
    groups.replace("<span>", "").replace("</span>", "")
}

pub(crate) fn form(voter: Voter, choice: &str) -> String {
    format!("nas={}&code={}&{choice}", voter.nas(), voter.code())
}

#[test]
fn a_vote_by_plain_forms_ends_with_its_receipt() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    assert!(text(&get(&server, "/")).contains("/ballots/L2025-001?lang=en"));
    assert!(text(&get(&server, "/ballots/L2025-001")).contains("value=\"oui\""));
    let review = post(&server, "/ballots/L2025-001/review", "vote=oui");
    assert_eq!(review.status, 200);
    assert!(text(&review).contains("name=\"vote\" value=\"oui\""));

    let voter = Voter(7);
    let marked = format!("vote=oui&key={}", key_of(&review));
    let cast = |voter| {
        let path = "/ballots/L2025-001/cast?lang=en";
        post(&server, path, &form(voter, &marked))
    };
    let receipt = cast(voter);
    assert_eq!(receipt.status, 200, "{}", text(&receipt));
    assert!(text(&receipt).contains("Your vote is recorded"));
    assert_eq!(receipt.header("idempotency-replayed"), None);
    let id = receipt_of(&receipt);
    let found = post(&server, "/receipts", &format!("id={id}"));
    assert!(text(&found).contains("Your vote is recorded"));
    // An address stays in logs and histories: it never tells which receipt was asked for.
    assert!(!text(&get(&server, &format!("/receipts?id={id}"))).contains(&id));
    assert!(!text(&found).contains("receipts?id"));
    let json = server.get(&format!("/api/v1/receipts/{id}")).json();
    assert_eq!(json["status"], "recorded");

    // The answer got lost: the same form again has the same receipt, another voter another one.
    let resent = cast(voter);
    assert_eq!((resent.status, receipt_of(&resent)), (200, id.clone()));
    assert_eq!(resent.header("idempotency-replayed"), Some("true"));
    assert_ne!(receipt_of(&cast(Voter(8))), id);

    let again = post(&server, "/ballots/L2025-001/cast", &form(voter, "vote=non"));
    assert_eq!(again.status, 409);
    assert!(text(&again).contains("attempt no. 2"));
    let json = server.post("/api/v1/vote", &law_vote(voter, "L2025-001", "non"));
    assert_eq!(
        json.json()["attempt_count"],
        3,
        "pages and interface count together"
    );
    let metrics = String::from_utf8(server.get_internal("/metrics").body).unwrap();
    assert!(metrics.contains("votes_validated_total{status=\"accepted\"} 2"));
    assert!(metrics.contains("votes_validated_total{status=\"replayed\"} 1"));
    assert!(metrics.contains("votes_validated_total{status=\"duplicate\"} 2"));
}

#[test]
fn elections_by_plain_forms_hold_to_the_voters_region() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let voter = Voter(6);
    assert_eq!(voter.region(), 1);
    let list = get(&server, "/ballots/E2025-QC?region=1");
    assert!(text(&list).contains("Candidat-01"));
    let cast = |choice: &str| post(&server, "/ballots/E2025-QC/cast", &form(voter, choice)).status;
    assert_eq!(cast("region=1&candidate=999"), 400);
    assert_eq!(cast("region=1"), 400);
    assert_eq!(cast("region=1&candidate=1&region=1"), 400);
    let key = "key=0123456789abcdef0123456789abcdef";
    assert_eq!(cast(&format!("region=1&candidate=1&{key}&{key}")), 400);
    let wrong = post(
        &server,
        "/ballots/E2025-QC/cast",
        &form(Voter(7), "region=1&candidate=1"),
    );
    assert_eq!(wrong.status, 403);
    assert!(text(&wrong).contains("not yours"));
    assert_eq!(cast("region=1&candidate=1"), 200);
    let ranked = form(voter, "region=1&rank-1=2&rank-2=&rank-3=1");
    assert_eq!(post(&server, "/ballots/E2025-RG/cast", &ranked).status, 200);
}

#[test]
fn every_refusal_is_a_page_in_the_voters_language() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let check = |path: &str, body: &str, status: u16, words: &str| {
        let answer = post(&server, path, body);
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(
            text(&answer).contains(words),
            "{path} {body}: {}",
            text(&answer)
        );
    };
    let cast = "/ballots/L2025-001/cast";
    check(cast, "vote=oui", 400, "Enter your SIN");
    check(cast, "vote=oui&nas=12&code=ab", 400, "must have 9 digits");
    check(
        cast,
        "vote=oui&nas=999999998&code=NOTONROLL",
        403,
        "not together on the voters",
    );
    check(cast, &form(Voter(1), "vote=%ff"), 400, "could not be read");
    let short = form(Voter(1), "vote=oui&key=1");
    check(cast, &short, 400, "could not be read");
    // The frame of this vote is the closing frame of the ballot that was over before.
    assert_eq!(server.vote(Voter(9), "L2025-001", "oui").status, 202);
    check(
        "/ballots/L2024-009/cast",
        &form(Voter(1), "vote=oui"),
        403,
        "Voting is closed",
    );
    check("/ballots/nothing/cast", "vote=oui", 404, "Page not found");
    check("/ballots/L2025-001/review", "", 400, "Mark a choice");
    let french = post(&server, &format!("{cast}?lang=fr"), "vote=oui");
    assert!(text(&french).contains("Entrez votre NAS"));
    check(
        "/receipts",
        "id=0-1-00000000000000000000000000",
        404,
        "No vote is recorded",
    );
    check("/receipts", "id=nonsense", 400, "not a receipt number");
}

#[test]
fn pages_and_assets_carry_their_headers() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let page = get(&server, "/");
    assert_eq!(page.header("content-security-policy"), Some(pages::CSP));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("content-language"), Some("en"));
    for (name, value) in pages::SECURITY_HEADERS {
        assert_eq!(page.header(name), Some(*value), "{name}");
    }
    for asset in pages::assets() {
        let path = format!("{}{}", pages::ASSET_PREFIX, asset.name);
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\n\r\n");
        let answer = server.connect().send(&request);
        assert_eq!(answer.header("content-encoding"), Some("br"));
        assert_eq!(
            answer.header("cache-control"),
            Some(pages::ASSET_CACHE_CONTROL)
        );
        assert_eq!(answer.body, asset.brotli, "{path}");
    }
    assert_eq!(get(&server, "/assets/style.css").status, 404);
    let monitor = Connection::to(server.internal)
        .send("GET /monitor?lang=en HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(text(&monitor).contains("Validator monitor"));
    for path in ["/monitor", "/monitor/history"] {
        assert_eq!(get(&server, path).status, 404, "operators only");
    }
}

/// The very bytes that the officers signed, which may do nothing where somebody opens them by themselves.
#[test]
fn the_logo_is_served_under_the_name_that_pages_give_it() {
    let server = Server::start(&Fixture::with_logo(), &[]);
    let page = text(&get(&server, "/"));
    let (_, path) = page.split_once("<img src=\"").unwrap();
    let (path, rest) = path.split_once('"').unwrap();
    assert!(rest.starts_with(" alt=\"\" width=\"40\" height=\"40\">"));
    let logo = get(&server, path);
    assert_eq!(logo.status, 200);
    let packed = include_bytes!("../../../../fixtures/golden/companions/logo.svg");
    assert_eq!(logo.body, packed);
    for (name, value) in pages::LOGO_HEADERS.iter().chain(pages::SECURITY_HEADERS) {
        assert_eq!(logo.header(name), Some(*value), "{name}");
    }
    let other = path.replace(".svg", "0.svg");
    assert_eq!(get(&server, &other).status, 404);
    let without = Server::start(&Fixture::new(), &[]);
    assert_eq!(get(&without, path).status, 404);
    assert!(!text(&get(&without, "/")).contains("<img"));
}

/// The validator takes samples by itself, from its start on: nobody has to look.
#[test]
fn the_monitor_remembers_what_nobody_has_asked_for() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        text(&Connection::to(server.internal).send(&request))
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let history = ask("/monitor/history");
        if history.contains("\"panel\":\"panel-votes\",\"values\":[0.0") {
            break;
        }
        assert!(Instant::now() < deadline, "{history}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = ask("/monitor?lang=en");
    assert!(page.contains("data-key=\"panel-taking\""));
    // One ledger in files has no others.
    assert!(!page.contains("data-key=\"panel-standby\""));
}

/// A server that answers one request a second of each client, this one included.
fn one_request_a_second(fixture: &Fixture) -> Server {
    let limits = [
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
    ];
    Server::start_with(&fixture.arguments("data"), &[], &limits)
}

#[test]
fn too_many_requests_is_a_page_that_says_when() {
    let fixture = Fixture::new();
    let server = one_request_a_second(&fixture);
    let answers: Vec<Answer> = (0..3).map(|_| get(&server, "/")).collect();
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429);
    assert!(text(last).contains("Too many requests come from your network"));
    assert_eq!(last.header("connection"), Some("close"));
    assert!(last.header("retry-after").is_some());
}

#[test]
fn invariant_4_no_page_and_no_log_holds_nas_or_code() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    let voter = Voter(9);
    let (nas, code) = (voter.nas(), voter.code());
    let mut seen = String::new();
    for choice in ["vote=oui", "vote=non", "vote=peut-etre", ""] {
        seen += &text(&post(
            &server,
            "/ballots/L2025-001/cast",
            &form(voter, choice),
        ));
    }
    let wrong = format!("vote=oui&nas={nas}&code=WRONG{code}");
    seen += &text(&post(&server, "/ballots/L2025-002/cast", &wrong));
    seen += &server.log();
    assert!(!seen.contains(&nas) && !seen.contains(&code));
}

/// Another site must not put its choice before a voter.
#[test]
fn forms_of_other_sites_are_refused() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    for (from, status) in [
        ("", 200),
        ("Sec-Fetch-Site: same-origin\r\n", 200),
        ("Origin: https://x\r\n", 200),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Sec-Fetch-Site: same-site\r\nOrigin: https://y.x\r\n", 403),
        ("Origin: null\r\n", 403),
    ] {
        for (path, form) in [
            ("review", "vote=oui".to_owned()),
            (
                "cast",
                form(Voter(300), "vote=oui&key=0123456789abcdef0123"),
            ),
        ] {
            let answer = server.connect().send(&format!(
                "POST /ballots/L2025-001/{path} HTTP/1.1\r\nHost: x\r\n{from}Accept-Language: en\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            ));
            assert_eq!(answer.status, status, "{path} {from}");
            let said = text(&answer).contains("came from another site");
            assert_eq!(said, status == 403, "{path} {from}");
        }
    }
}

/// What keeps a receipt from being looked up says nothing of the vote; what keeps a page from being
/// shown neither.
#[test]
fn a_page_that_cannot_be_shown_does_not_speak_of_votes() {
    let fixture = Fixture::new();
    let server = one_request_a_second(&fixture);
    let id = "0-1-0000000000000000000000000z";
    let answers: Vec<Answer> = (0..2)
        .map(|_| post(&server, "/receipts", &format!("id={id}")))
        .collect();
    assert_eq!((answers[0].status, answers[1].status), (404, 429));
    let page = text(&answers[1]);
    assert!(page.contains("This says nothing about your vote"), "{page}");
    assert!(!page.contains("not recorded"), "{page}");
}
