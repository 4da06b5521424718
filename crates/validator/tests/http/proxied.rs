//! The PROXY protocol: whom a proxy of ours connects for is whom every limit counts, and nobody else may say so.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::fixture::Fixture;
use crate::limits::configured;
use crate::server::{Connection, Server};
use crate::tls_client::{Certificate, HTTP_2, ask, connect_over, get};

const GET: &str = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
const BEHIND_PROXY: [(&str, &str); 3] = [
    ("VALIDATOR_CLIENTS_TRUSTED_PROXIES", "127.0.0.1/32"),
    ("VALIDATOR_CLIENTS_PROXY_PROTOCOL", "true"),
    ("VALIDATOR_CLIENTS_EXEMPT", ""),
];
/// LOCAL, as a health check of a proxy begins.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00";

/// A header for a client at `203.0.113.last`.
fn header(last: u8) -> Vec<u8> {
    let client = Ipv4Addr::new(203, 0, 113, last).octets();
    let rest = [&client[..], &[198, 51, 100, 1, 0x11, 0x5c, 0x01, 0xbb]].concat();
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", &rest[..]].concat()
}

fn proxied(more: &[(&str, &str)]) -> (Fixture, Server) {
    configured(&[&BEHIND_PROXY, more].concat())
}

/// The status that a connection is answered with, whose first bytes are these; none where it is closed.
fn status(mut connection: Connection, first: &[u8], request: &str) -> Option<u16> {
    connection.write([first, request.as_bytes()].concat());
    connection.read().map(|answer| answer.status)
}

#[test]
fn invariant_9_requests_count_for_the_client_that_the_proxy_names() {
    let (_fixture, server) = proxied(&[
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "3"),
    ]);
    // Whatever the client says of itself.
    let asked = |last: u8, forwarded: u8| {
        let forwarded = format!("X-Forwarded-For: 192.0.2.{forwarded}\r\n\r\n");
        let request = GET.replace("\r\n\r\n", &format!("\r\n{forwarded}"));
        status(server.connect(), &header(last), &request)
    };
    let statuses: Vec<_> = (0..5).map(|turn| asked(9, turn)).collect();
    assert_eq!(statuses[..3], [Some(200); 3]);
    assert!(statuses.contains(&Some(429)), "{statuses:?}");
    assert_eq!(asked(10, 0), Some(200));
}

#[test]
fn invariant_9_connections_count_for_the_client_that_the_proxy_names() {
    let (_fixture, server) = proxied(&[("VALIDATOR_CLIENTS_CONNECTIONS_PER_CLIENT_MAX", "2")]);
    let mut held = Vec::new();
    // The proxy itself holds as many as it has clients.
    for last in 0..20 {
        let mut connection = server.connect();
        connection.write([&header(last)[..], GET.as_bytes()].concat());
        assert_eq!(connection.read().expect("an answer").status, 200);
        held.push(connection);
    }
    let mut second = server.connect();
    second.write([&header(3)[..], GET.as_bytes()].concat());
    assert_eq!(second.read().map(|answer| answer.status), Some(200));
    assert_eq!(status(server.connect(), &header(3), GET), None);
    server.wait_for_metric("connections_over_client_cap_total 1");
}

#[test]
fn a_trusted_proxy_says_for_whom_it_connects_or_is_closed() {
    let (_fixture, server) = proxied(&[("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "300")]);
    assert_eq!(status(server.connect(), b"", GET), None);
    assert_eq!(
        status(
            server.connect(),
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            GET
        ),
        None
    );
    let mut long = header(1);
    long[14] = 0xff;
    assert_eq!(status(server.connect(), &long, GET), None);
    let started = Instant::now();
    let mut slow = server.connect();
    slow.write(&header(1)[..20]);
    assert!(slow.read_some().is_none());
    assert!(started.elapsed() < Duration::from_secs(3));
    server.wait_for_metric("connections_proxy_headers_refused_total 4");
    assert!(
        !server.log().contains("203.0.113"),
        "addresses are not logged"
    );
    // A health check of the proxy.
    assert_eq!(status(server.connect(), LOCAL, GET), Some(200));
}

#[test]
fn nobody_else_says_for_whom_he_connects() {
    let (_fixture, server) = proxied(&[]);
    let stranger = || server.connect_from([127, 0, 0, 2]);
    assert_eq!(status(stranger(), b"", GET), Some(200));
    let answered = status(stranger(), &header(1), GET);
    assert!(matches!(answered, None | Some(400)), "{answered:?}");
    server.wait_for_metric("connections_ended_total{reason=\"malformed\"} 1");
    // Nor does a proxy, where it is not asked to.
    let (_fixture, server) = configured(&[BEHIND_PROXY[0], BEHIND_PROXY[2]]);
    let answered = status(server.connect(), &header(1), GET);
    assert!(matches!(answered, None | Some(400)), "{answered:?}");
}

#[tokio::test]
async fn the_header_comes_before_tls() {
    let fixture = Fixture::new();
    let certificate = Certificate::new();
    let files = certificate.install(&fixture.path("tls.crt"), &fixture.path("tls.key"));
    let files = files.each_ref().map(|(name, path)| (*name, path.as_str()));
    let settings = [&BEHIND_PROXY[..], &files].concat();
    let server = Server::start_with(&fixture.arguments("data"), &[], &settings);
    for first in [&header(7)[..], LOCAL] {
        let mut stream = TcpStream::connect(server.public).await.unwrap();
        stream.write_all(first).await.unwrap();
        let stream = connect_over(stream, &certificate, HTTP_2).await.unwrap();
        assert_eq!(ask(stream, get("/livez")).await.status, 200);
    }
    let bare = TcpStream::connect(server.public).await.unwrap();
    assert!(connect_over(bare, &certificate, HTTP_2).await.is_err());
    server.wait_for_metric("connections_proxy_headers_refused_total 1");
}

#[test]
fn the_protocol_needs_proxies_that_are_trusted() {
    let fixture = Fixture::new();
    let file = fixture.path("v.toml");
    std::fs::write(&file, "[clients]\nproxy_protocol = true\n").unwrap();
    let mut arguments = vec!["check-config".to_owned()];
    arguments.extend(fixture.arguments("data"));
    let output = crate::server::run(&arguments, &["--config", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("clients.trusted_proxies is not"), "{said}");
}
