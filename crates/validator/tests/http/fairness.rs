//! What is due to everybody, whatever others do: a vote, a connection, an answer.

use crate::fixture::Voter;
use crate::limits::{LAW, VOTE_HEAD, configured};
use crate::server::{Answer, Server};

/// Clients behind a proxy of ours, which tests can choose.
const PROXIED: (&str, &str) = ("VALIDATOR_CLIENTS_TRUSTED_PROXIES", "127.0.0.0/8");

/// A vote of `nas` by `code`, sent by a client behind the proxy.
fn vote_from(server: &Server, client: &str, nas: &str, code: &str, law: &str) -> Answer {
    let body = format!(r#"{{"nas":"{nas}","code":"{code}","law_id":"{law}","vote":"oui"}}"#);
    server.connect().send(&format!(
        "{VOTE_HEAD}X-Forwarded-For: {client}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[test]
fn guessing_one_voters_code_is_stopped_and_locks_nobody_out() {
    let settings = [
        PROXIED,
        ("VALIDATOR_CLIENTS_FAILED_ATTEMPTS_BURST", "3"),
        ("VALIDATOR_CLIENTS_CLIENT_FAILED_ATTEMPTS_BURST", "5"),
    ];
    let (_fixture, server) = configured(&settings);
    let (victim, neighbour, attackers) = (Voter(50), Voter(51), "203.0.113.9");
    let tries: Vec<_> = (0..7)
        .map(|n| {
            let code = format!("AAAAA{n}");
            let answer = vote_from(&server, attackers, &victim.nas(), &code, LAW);
            let left = answer.json()["tries_left"].as_u64();
            (answer.status, answer.problem(), left)
        })
        .collect();
    let wrong = |left| (403, "not-eligible".to_owned(), Some(left));
    let stopped = (429, "too-many-failed-attempts".to_owned(), None);
    let expected = [
        wrong(4),
        wrong(3),
        wrong(2),
        wrong(1),
        wrong(0),
        stopped.clone(),
        stopped,
    ];
    assert_eq!(tries, expected);
    // A known NAS is guessed from many addresses, all of which are used up by it.
    for client in ["203.0.113.1", "203.0.113.2", "2001:db8::1"] {
        (0..6).for_each(|_| drop(vote_from(&server, client, &victim.nas(), "AAAAAA", LAW)));
    }
    for (who, client, expected) in [
        ("from where it was guessed", attackers, 429),
        ("from elsewhere", "198.51.100.7", 202),
    ] {
        let answer = vote_from(&server, client, &victim.nas(), &victim.code(), LAW);
        assert_eq!(answer.status, expected, "{who}");
    }
    let answer = vote_from(&server, attackers, &neighbour.nas(), &neighbour.code(), LAW);
    assert_eq!(answer.status, 202, "behind the attackers' address");
}

/// A code that cannot be guessed is neither counted nor refused for anything that others do.
#[test]
fn wrong_codes_that_nobody_can_guess_are_not_counted() {
    let settings = [
        PROXIED,
        ("VALIDATOR_CLIENTS_FAILED_ATTEMPTS_BURST", "1"),
        ("VALIDATOR_CLIENTS_CLIENT_FAILED_ATTEMPTS_BURST", "1"),
    ];
    let (_fixture, server) = configured(&settings);
    let (nas, minted) = (Voter(54).nas(), "0000-0000-0000-0000-0");
    (0..3).for_each(|_| drop(vote_from(&server, "203.0.113.9", &nas, "AAAAAA", LAW)));
    for _ in 0..5 {
        let answer = vote_from(&server, "203.0.113.9", &nas, minted, LAW);
        let told = (answer.status, answer.json().get("tries_left").cloned());
        assert_eq!(told, (403, None));
    }
}

/// RFC 9112, section 9.6: whoever sends a large body reads why it is not wanted, and no reset.
#[test]
fn a_body_of_a_megabyte_reads_its_413() {
    let (_fixture, server) = configured(&[]);
    let body = vec![b'x'; 1_000_000];
    for round in 0..20 {
        let mut connection = server.connect();
        let head = format!("{VOTE_HEAD}Content-Length: {}\r\n\r\n", body.len());
        connection.write_all(head.as_bytes()).expect("no reset");
        connection.write_all(&body).expect("no reset");
        let answer = connection.read().expect("an answer, and no reset");
        let told = (answer.status, answer.problem());
        assert_eq!(told, (413, "body-too-large".to_owned()), "round {round}");
        assert!(connection.read().is_none(), "the connection is closed");
    }
}

/// Else a client over its quota would keep its connections by being refused on them.
#[test]
fn a_client_over_its_quota_loses_its_connection() {
    let settings = [
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "2"),
    ];
    let (_fixture, server) = configured(&settings);
    let mut connection = server.connect();
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let statuses: Vec<u16> = (0..3).map(|_| connection.send(live).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    connection.write(live);
    assert!(connection.read().is_none(), "the connection is closed");
}

/// Some 40 addresses held all 10,000 connections of the defaults; here 8 try to hold 64.
#[test]
fn invariant_9_a_few_addresses_do_not_hold_every_connection() {
    let settings = [
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_CONNECTIONS_MAX", "64"),
        ("VALIDATOR_CLIENTS_CONNECTIONS_PER_CLIENT_MAX", "16"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "1000"),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1000"),
    ];
    let (_fixture, server) = configured(&settings);
    let live = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut held = Vec::new();
    for n in 0..16 * 8 {
        let mut connection = server.connect_from([127, 0, 1, 1 + n % 8]);
        connection.write(live);
        if connection.read().is_some() {
            held.push(connection);
        }
    }
    assert!(held.len() <= 8 * 6, "{} are held", held.len());
    let mut honest = server.connect_from([127, 0, 2, 1]);
    assert_eq!(honest.send(live).status, 200);
}
