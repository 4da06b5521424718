//! Rubbish, floods and patience: every bound of a connection, a body and a client.

use std::time::{Duration, Instant};

use crate::fixture::{Fixture, Voter};
use crate::server::{Connection, Server, law_vote, post_text};

pub(crate) const LAW: &str = "L2025-001";
pub(crate) const VOTE_HEAD: &str =
    "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

pub(crate) fn configured(settings: &[(&str, &str)]) -> (Fixture, Server) {
    let fixture = Fixture::new();
    let server = Server::start_with(&fixture.arguments("data"), &[], settings);
    (fixture, server)
}

#[test]
fn invariant_9_oversized_bodies_are_refused() {
    let (_fixture, server) = configured(&[]);
    let announced = format!("{VOTE_HEAD}Content-Length: 4097\r\n\r\n");
    let answer = server.connect().send(&announced);
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (413, "body-too-large")
    );
    assert_eq!(answer.header("connection"), Some("close"));
    let chunk = "x".repeat(5_000);
    let chunked =
        format!("{VOTE_HEAD}Transfer-Encoding: chunked\r\n\r\n1388\r\n{chunk}\r\n0\r\n\r\n");
    assert_eq!(server.connect().send(&chunked).status, 413);
    // As large as allowed: read, and then refused for what it is.
    let largest = format!(
        "{VOTE_HEAD}Content-Length: 4096\r\n\r\n{}",
        " ".repeat(4_096)
    );
    assert_eq!(server.connect().send(&largest).status, 400);
}

#[test]
fn chunked_votes_are_votes() {
    let (_fixture, server) = configured(&[]);
    let body = law_vote(Voter(40), LAW, "oui");
    let (left, right) = body.split_at(11);
    let request = format!(
        "{VOTE_HEAD}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n",
        left.len(),
        right.len()
    );
    assert_eq!(server.connect().send(&request).status, 202);
}

/// Whoever says that nothing more will come is owed the answer all the same.
#[test]
fn a_client_that_closes_its_half_is_answered_and_let_go() {
    let (_fixture, server) = configured(&[]);
    let mut connection = server.connect();
    connection.write(post_text(
        "en",
        "/api/v1/vote",
        &law_vote(Voter(42), LAW, "oui"),
    ));
    connection.close_half();
    assert_eq!(connection.read().map(|answer| answer.status), Some(202));
    assert!(connection.read().is_none(), "the connection is closed");
    let mut torn = server.connect();
    torn.write(format!("{VOTE_HEAD}Content-Length: 100\r\n\r\n{{"));
    torn.close_half();
    let answer = torn.read().expect("an answer");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (400, "broken-body")
    );
    assert!(torn.read().is_none(), "the connection is closed");
}

#[test]
fn slow_bodies_are_cut() {
    let (_fixture, server) = configured(&[("VALIDATOR_HTTP_BODY_TIMEOUT_MS", "300")]);
    let mut connection = server.connect();
    let started = Instant::now();
    connection.write(format!("{VOTE_HEAD}Content-Length: 100\r\n\r\n{{"));
    let answer = connection.read().expect("an answer");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (408, "body-timeout")
    );
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(connection.read().is_none(), "the connection is closed");
}

/// Answers pile up in front of a client that asks and never reads, until the kernel gives it up.
#[test]
fn slow_readers_are_cut() {
    let settings = [
        ("VALIDATOR_HTTP_UNACKNOWLEDGED_TIMEOUT_MS", "500"),
        ("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "60000"), // It would end the wait too.
    ];
    let (_fixture, server) = configured(&settings);
    let mut connection = server.connect();
    let requests = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    std::thread::spawn(move || {
        connection.write(requests);
        std::thread::sleep(Duration::from_secs(30)); // Open, unread.
    });
    server.wait_for_metric("connections_open 1");
    server.wait_for_metric("connections_open 0");
}

#[test]
fn slow_headers_and_idle_connections_are_closed() {
    let (_fixture, server) = configured(&[("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "300")]);
    let closes = |mut connection: Connection| {
        let started = Instant::now();
        while connection.read_some().is_some() {}
        let took = started.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
    };
    let mut slow = server.connect();
    slow.write("POST /api/v1/vote HTTP/1.1\r\nHost: ");
    closes(slow);
    closes(server.connect());
    let mut idle = server.connect();
    assert_eq!(
        idle.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").status,
        200
    );
    closes(idle);
    server.wait_for_metric("connections_ended_total{reason=\"stalled\"} 3");
    server.connect().send("nonsense\r\n\r\n");
    server.wait_for_metric("connections_ended_total{reason=\"malformed\"} 1");
}

#[test]
fn old_connections_are_closed_between_requests() {
    let (_fixture, server) = configured(&[("VALIDATOR_HTTP_CONNECTION_AGE_S_MAX", "1")]);
    let mut connection = server.connect();
    let started = Instant::now();
    while let Some(answer) = {
        connection.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.read()
    } {
        assert_eq!(answer.status, 200);
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "the connection does not age"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn header_floods_are_refused() {
    let (_fixture, server) = configured(&[]);
    let many: String = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect();
    let answer = server
        .connect()
        .send(&format!("GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n"));
    assert_eq!(answer.status, 431);
    let long = format!(
        "GET /livez HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "y".repeat(20_000)
    );
    assert_eq!(server.connect().send(&long).status, 431);
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(70_000));
    assert!(matches!(server.connect().send(&path).status, 414 | 431));
}

#[test]
fn odd_but_valid_http_is_served() {
    let (_fixture, server) = configured(&[]);
    let answer = server
        .connect()
        .send("GET http://example.test/livez HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(answer.status, 200, "absolute URI");
    let answer = server.connect().send("GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(answer.status, 200, "HTTP/1.0");
    let answer = server
        .connect()
        .send("GET /livez?verbose HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-1\r\n\r\n");
    assert_eq!(
        (answer.status, answer.header("x-request-id")),
        (200, Some("abc-1"))
    );
    let expecting = format!("{VOTE_HEAD}Expect: 100-continue\r\nContent-Length: 9000\r\n\r\n");
    assert_eq!(
        server.connect().send(&expecting).status,
        413,
        "refused before it is sent"
    );
}

/// RFC 9112, sections 3.2 and 6.1: where a proxy and we might see another request each, there is none.
#[test]
fn requests_that_can_be_read_in_two_ways_end_their_connection() {
    let (_fixture, server) = configured(&[]);
    for head in [
        "GET /livez HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let answer = server.connect().send(head);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "no-host"));
    }
    let body = law_vote(Voter(43), LAW, "oui");
    let chunked = format!(
        "{VOTE_HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let mut connection = server.connect();
    let next = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    connection.write(format!("{chunked}{next}"));
    let answer = connection.read().expect("an answer");
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(connection.read().is_none(), "what follows is not read");
}

#[test]
fn rubbish_harms_nobody() {
    let (_fixture, server) = configured(&[]);
    let rubbish: [&[u8]; 8] = [
        b"\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v1/vote HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/v1/vote HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    ];
    for bytes in rubbish {
        let mut connection = server.connect();
        connection.write(bytes);
    }
    let mut bad_text = post_text("en", "/api/v1/vote", "{\"nas\":\"AB\"}").into_bytes();
    let at = bad_text.len() - 3;
    bad_text[at] = 0xff;
    let mut connection = server.connect();
    connection.write(bad_text);
    let answer = connection.read().expect("an answer");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (400, "malformed")
    );
    assert_eq!(server.vote(Voter(41), LAW, "oui").status, 202);
    assert!(!server.log().contains("panic"), "{}", server.log());
}

#[test]
fn a_client_asks_only_so_often() {
    let settings = [
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "5"),
    ];
    let (_fixture, server) = configured(&settings);
    let statuses: Vec<u16> = (0..8).map(|_| server.get("/livez").status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    let answer = server.get("/livez");
    assert_eq!(answer.problem(), "too-many-requests");
    assert!(
        answer
            .header("retry-after")
            .is_some_and(|s| s.parse::<u64>().is_ok_and(|s| s >= 1))
    );
}

#[test]
fn a_trusted_proxy_carries_many_clients() {
    let settings = [
        ("VALIDATOR_CLIENTS_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "2"),
        ("VALIDATOR_CLIENTS_CONNECTIONS_PER_CLIENT_MAX", "1"),
    ];
    let (_fixture, server) = configured(&settings);
    // With the default exemptions the proxy itself, on this machine, is not counted.
    let ask = |client: &str| {
        let request =
            format!("GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n");
        server.connect().send(&request).status
    };
    let _open = [server.connect(), server.connect()];
    assert_eq!(
        [ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.1")],
        [200, 200, 429]
    );
    assert_eq!(ask("192.0.2.2"), 200);
    let rubbish = [
        ask("x, 192.0.2.3"),
        ask("y, 192.0.2.3:99"),
        ask("z\u{ff}, 192.0.2.3"),
    ];
    assert_eq!(
        rubbish,
        [200, 200, 429],
        "rubbish before the client's address hides nobody"
    );
    let unreadable = [ask("unknown"), ask("\u{ff}"), ask("")];
    assert_eq!(
        unreadable,
        [200, 200, 429],
        "whoever cannot be read is counted"
    );
}

/// One too many waits in the kernel, and is served when another one leaves.
#[test]
fn invariant_9_only_so_many_connections_are_held() {
    let (_fixture, server) = configured(&[("VALIDATOR_CLIENTS_CONNECTIONS_MAX", "2")]);
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let (mut first, mut second) = (server.connect(), server.connect());
    assert_eq!(
        (first.send(live).status, second.send(live).status),
        (200, 200)
    );
    let mut third = server.connect();
    third.write(live);
    std::thread::sleep(Duration::from_millis(300));
    let metrics = server.get_internal("/metrics").body;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    assert!(metrics.contains("connections_open 2\n"), "{metrics}");
    drop(first);
    assert_eq!(third.read().map(|answer| answer.status), Some(200));
}

/// Whoever comes while no file is left waits, the log says why, and nobody is lost.
#[test]
fn connections_wait_while_no_file_is_left() {
    let (_fixture, server) = configured(&[]);
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut held = server.connect();
    assert_eq!(held.send(live).status, 200);
    // Once a vote is recorded, the ledger needs no new file for long.
    assert_eq!(server.vote(Voter(44), LAW, "oui").status, 202);
    server.allow_files(0);
    let mut late = server.connect();
    late.write(live);
    server.wait_for_log("raise LimitNOFILE");
    assert_eq!(held.send(live).status, 200, "the others are served");
    server.allow_files(1_024);
    assert_eq!(late.read().map(|answer| answer.status), Some(200));
}

#[test]
fn a_client_has_only_so_many_connections() {
    let settings = [
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_CONNECTIONS_PER_CLIENT_MAX", "2"),
    ];
    let (_fixture, server) = configured(&settings);
    let (mut first, mut second) = (server.connect(), server.connect());
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(
        (first.send(live).status, second.send(live).status),
        (200, 200)
    );
    let mut third = server.connect();
    third.write(live);
    assert!(third.read().is_none(), "closed at once");
    drop(first);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(server.get("/livez").status, 200);
}

/// Each repeated vote is written to the ledger: whoever has one code must not fill the disk by it.
#[test]
fn repeating_one_vote_is_stopped() {
    let settings = [("VALIDATOR_CLIENTS_FAILED_ATTEMPTS_BURST", "3")];
    let (_fixture, server) = configured(&settings);
    let statuses: Vec<u16> = (0..6)
        .map(|_| server.vote(Voter(52), LAW, "non").status)
        .collect();
    assert_eq!(statuses, [202, 409, 409, 409, 429, 429]);
    let refused = server.vote(Voter(52), LAW, "non");
    assert_eq!(refused.problem(), "too-many-repeats");
    assert_eq!(server.vote(Voter(53), LAW, "oui").status, 202);
    // Another ballot of the same voter is another vote.
    assert_eq!(server.vote(Voter(52), "L2025-002", "non").status, 202);
}

/// The machine itself is exempt, and a proxy on it is easily forgotten.
#[test]
fn a_proxy_that_nobody_named_is_one_client_and_told() {
    let settings = [
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "2"),
    ];
    let (_fixture, server) = configured(&settings);
    let ask = |client: &str| {
        let head = format!("GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n");
        server.connect().send(&head).status
    };
    let statuses = ["198.51.100.1", "198.51.100.2", "198.51.100.3"].map(ask);
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(server.get("/livez").status, 200, "the machine itself");
    server.wait_for_log("clients.trusted_proxies");
}

/// Whoever asks this server for results is told where they are.
#[test]
fn results_are_pointed_to() {
    let address = [("VALIDATOR_RESULTS", "https://results.example.org")];
    let path = "/api/v1/elections/1/regions/1/results";
    let (_fixture, server) = configured(&address);
    let answer = server.get(path);
    assert_eq!(answer.status, 307);
    let there = format!("https://results.example.org{path}");
    assert_eq!(answer.header("location"), Some(there.as_str()));
    let (_fixture, server) = configured(&[]);
    let answer = server.get("/api/v1/results/L2025-001");
    let told = (answer.status, answer.problem());
    assert_eq!(told, (404, "results-elsewhere".to_owned()));
}

/// A log that cannot be written ends nothing: a full disk must not be the end of the vote.
#[test]
fn a_broken_standard_error_ends_nothing() {
    let (_fixture, mut server) = configured(&[]);
    server.break_log();
    for _ in 0..3 {
        // Each is a line of the log.
        server.hang_up_unheard();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.vote(Voter(80), LAW, "oui").status, 202);
    server.terminate();
    assert!(server.wait().success());
}
