//! What a stranger may use of the tally: connections, requests, time, and which listener.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio_rustls::rustls;

use support::Fixture;
use support::program::{Names, Running, stderr, tally};

/// Has clients on this machine counted like any other.
const COUNT_ALL: [&str; 2] = ["--exempt", "192.0.2.0/24"];
const SOON: Duration = Duration::from_secs(10);

/// A tally over an empty ledger.
fn start(settings: &[&str]) -> (Fixture, Running) {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    drop(fixture.ballot_box("data"));
    let running = Running::start(&names.args("run", settings));
    (fixture, running)
}

fn counted(settings: &[&str]) -> (Fixture, Running) {
    start(&[&COUNT_ALL, settings].concat())
}

/// The validator said so, the tally did not.
#[test]
fn an_internal_listener_that_is_open_to_all_is_told() {
    for (address, told) in [
        ("0.0.0.0:0", true),
        ("[::]:0", true),
        ("[::ffff:0.0.0.0]:0", true),
        ("127.0.0.1:0", false),
    ] {
        let fixture = Fixture::new(10);
        let mut names = Names::new(&fixture, "data");
        names.package = "/nonexistent".to_owned(); // so that it ends
        let output = tally(&names.args("run", &["--internal", address]));
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert_eq!(
            said.contains("which other machines reach"),
            told,
            "{address}: {said}"
        );
    }
}

fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).expect("connects");
    socket.set_read_timeout(Some(SOON)).expect("a timeout");
    socket
}

/// A connection that has been answered and is kept open.
fn held(running: &Running) -> TcpStream {
    let mut socket = connect(running.address());
    let request = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
    socket.write_all(request).expect("sends");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).expect("answers");
    assert_eq!(&answer, b"HTTP/1.1 200");
    socket
}

fn wait_for_metric(running: &Running, wanted: impl Fn(&str) -> bool) {
    let started = Instant::now();
    while !running.metrics().lines().any(&wanted) {
        assert!(started.elapsed() < SOON, "{}", running.metrics());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn metrics_and_the_monitor_are_not_public() {
    let (_fixture, running) = start(&[]);
    for path in ["/metrics", "/monitor", "/monitor/history"] {
        assert_eq!(running.get(path, "").0, 404, "{path}");
        assert_eq!(running.get_internal(path, "").0, 200, "{path}");
    }
    assert_eq!(running.get_internal("/api/v1/results", "").0, 404);
}

#[test]
fn invariant_9_a_client_asks_only_so_often() {
    let limits = ["--requests-per-second", "1", "--requests-burst", "3"];
    let (_fixture, running) = counted(&limits);
    for _ in 0..3 {
        assert_eq!(running.get("/livez", "").0, 200);
    }
    let (status, head, body) = running.get("/livez", "accept-language: en\r\n");
    assert_eq!(status, 429, "{head}");
    assert!(head.contains("retry-after: 1"), "{head}");
    assert!(
        body.contains("urn:scrutin:problem:too-many-requests"),
        "{body}"
    );
    assert!(running.metrics().contains("status=\"429\""));
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(running.get("/livez", "").0, 200);
}

/// Whoever reads results through a content delivery network is a client of its own.
#[test]
fn a_trusted_proxy_carries_many_clients() {
    let limits = ["--requests-per-second", "1", "--requests-burst", "1"];
    let (_fixture, running) =
        counted(&[&limits as &[_], &["--trusted-proxy", "127.0.0.1/32"]].concat());
    let status = |client: u8| {
        let forwarded = format!("x-forwarded-for: 203.0.113.{client}\r\n");
        running.get("/livez", &forwarded).0
    };
    assert_eq!((1..=5).map(status).collect::<Vec<_>>(), [200; 5]);
    assert_eq!(status(1), 429);
}

#[test]
fn invariant_9_one_client_cannot_hold_all_connections() {
    let (_fixture, running) = counted(&["--connections-per-client-max", "3"]);
    let connections: Vec<TcpStream> = (0..3).map(|_| held(&running)).collect();
    let mut refused = connect(running.address());
    let mut byte = [0];
    assert!(
        matches!(refused.read(&mut byte), Ok(0) | Err(_)),
        "closed at once"
    );
    assert!(
        running
            .metrics()
            .contains("connections_over_client_cap_total 1")
    );
    drop(connections);
    wait_for_metric(&running, |line| line == "connections_open 0");
    held(&running);
}

/// A WebSocket takes its connection over, and is counted all the same.
#[test]
fn invariant_9_one_client_follows_the_stream_only_so_often() {
    let (_fixture, running) = counted(&["--streams-per-client-max", "2"]);
    let url = format!("ws://{}/api/v1/stream?topics=turnout", running.address());
    let follow = || {
        let socket = connect(running.address());
        tungstenite::client(&url, socket).map_err(|error| error.to_string())
    };
    let _followers = [follow().expect("one"), follow().expect("another")];
    let refused = follow().expect_err("one too many");
    assert!(refused.contains("503"), "{refused}");
}

/// It asks again and again and reads nothing: once the kernel's buffers are full, it is let go.
#[test]
fn invariant_9_a_slow_reader_is_cut() {
    let limits = ["--header-timeout-ms", "300", "--answer-timeout-ms", "300"];
    let (_fixture, running) = start(&limits);
    let mut socket = connect(running.address());
    socket.set_write_timeout(Some(SOON)).expect("a timeout");
    let requests = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
    let started = Instant::now();
    while socket.write_all(&requests).is_ok() {
        assert!(started.elapsed() < SOON, "the connection is still held");
    }
    wait_for_metric(&running, |line| {
        line == "connections_ended_total{reason=\"stalled\"} 1"
    });
}

#[test]
fn old_connections_are_closed_between_requests() {
    let (_fixture, running) = start(&["--connection-age-s-max", "1"]);
    let mut socket = held(&running);
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).expect("an orderly end");
    wait_for_metric(&running, |line| {
        line == "connections_ended_total{reason=\"closed\"} 1"
    });
}

#[test]
fn a_request_that_names_no_host_is_refused() {
    let (_fixture, running) = start(&[]);
    let mut socket = connect(running.address());
    let request = b"GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n";
    socket.write_all(request).expect("sends");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answers");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("urn:scrutin:problem:no-host"), "{answer}");
}

#[test]
fn results_come_by_tls_where_there_is_a_certificate() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let directory = tempfile::tempdir().expect("a directory");
    let [certificate, key] = ["tls.pem", "tls.key"].map(|name| directory.path().join(name));
    std::fs::write(&certificate, made.cert.pem()).expect("writes");
    specimen::write_secret(&key, made.signing_key.serialize_pem());
    let [certificate, key] = [&certificate, &key].map(|path| path.to_str().expect("UTF-8"));
    let (_fixture, running) = start(&["--tls-certificate", certificate, "--tls-key", key]);

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let mut session = ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut socket = connect(running.address());
    let mut tls = rustls::Stream::new(&mut session, &mut socket);
    let request = b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    tls.write_all(request).expect("sends");
    let mut answer = String::new();
    tls.read_to_string(&mut answer).expect("answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("strict-transport-security: max-age=31536000"),
        "{answer}"
    );
    // Plain HTTP is not spoken there; operators' listener is no part of it.
    let mut plain = connect(running.address());
    plain.write_all(request).expect("sends");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "plain HTTP was answered");
    assert_eq!(running.get_internal("/livez", "").0, 200);
}

#[test]
fn a_certificate_without_its_key_is_wrong_usage() {
    let fixture = Fixture::new(10);
    let names = Names::new(&fixture, "data");
    let output = support::program::tally(&names.args("run", &["--tls-certificate", "tls.pem"]));
    assert_eq!(output.status.code(), Some(2));
}
