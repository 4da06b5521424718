//! TLS and HTTP/2: who gets in, on what terms, and what becomes of those who misuse it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hyper::Method;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{NamedGroup, ProtocolVersion};

use crate::fixture::{Fixture, Voter};
use crate::server::{Connection, Server, law_vote, run};
use crate::tls_client::{
    Certificate, HTTP_1, HTTP_2, OLDER, Offer, agreed, ask, connect, get, post,
};

const LAW: &str = "L2025-001";
const VOTE: &str = "/api/v1/vote";

/// A validator that speaks TLS.
struct Secure {
    fixture: Fixture,
    certificate: Certificate,
    server: Server,
}

fn secure(more: &[(&str, &str)]) -> Secure {
    let fixture = Fixture::new();
    let certificate = Certificate::new();
    let files = certificate.install(&fixture.path("tls.crt"), &fixture.path("tls.key"));
    let mut settings: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, path)| (*name, path.as_str()))
        .collect();
    settings.extend(more);
    let server = Server::start_with(&fixture.arguments("data"), &[], &settings);
    Secure {
        fixture,
        certificate,
        server,
    }
}

impl Secure {
    async fn vote(&self, voter: u32, offer: Offer) -> u16 {
        let stream = connect(&self.server, &self.certificate, offer)
            .await
            .unwrap();
        let body = law_vote(Voter(voter), LAW, "oui");
        ask(stream, post(VOTE, body)).await.status.as_u16()
    }
}

#[tokio::test]
async fn votes_come_by_either_protocol_and_either_version() {
    let secure = secure(&[]);
    let offers = [
        (HTTP_2, ProtocolVersion::TLSv1_3, "h2"),
        (HTTP_1, ProtocolVersion::TLSv1_3, "http/1.1"),
        (OLDER, ProtocolVersion::TLSv1_2, "http/1.1"),
    ];
    for (voter, (offer, version, protocol)) in (10..).zip(offers) {
        let stream = connect(&secure.server, &secure.certificate, offer)
            .await
            .unwrap();
        assert_eq!(agreed(&stream), (version, protocol.to_owned()));
        let group = stream.get_ref().1.negotiated_key_exchange_group();
        let hybrid = group.map(|group| group.name()) == Some(NamedGroup::X25519MLKEM768);
        assert_eq!(hybrid, version == ProtocolVersion::TLSv1_3, "{group:?}");
        let answer = ask(stream, post(VOTE, law_vote(Voter(voter), LAW, "oui"))).await;
        assert_eq!(answer.status, 202, "{protocol}");
        assert_eq!(
            answer.headers["strict-transport-security"],
            "max-age=31536000"
        );
        assert_eq!(secure.vote(voter, offer).await, 409, "{protocol}");
    }
}

/// A plain listener must not promise TLS.
#[test]
fn nothing_of_tls_is_said_where_there_is_none() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    assert_eq!(
        server.get("/livez").header("strict-transport-security"),
        None
    );
}

/// A hello of TLS 1.1 (RFC 4346): the version that both would speak is none.
#[test]
fn older_versions_and_plain_text_are_turned_away() {
    let secure = secure(&[]);
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]); // random
    hello.extend([0, 0, 2, 0x00, 0x2f, 1, 0]); // no session, one cipher suite, no compression
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 3]); // the extension signature_algorithms
    let mut record = vec![0x16, 0x03, 0x01, 0, 55, 0x01, 0, 0, 51];
    record.extend(hello);
    let mut connection = secure.server.connect();
    connection.write(record);
    let alert = connection.read_some().expect("an alert");
    assert_eq!(
        (alert[0], alert[5], alert[6]),
        (21, 2, 70),
        "fatal, protocol_version"
    );

    let mut connection = secure.server.connect();
    connection.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut said = Vec::new();
    while let Some(bytes) = connection.read_some() {
        said.extend(bytes);
    }
    assert!(!said.starts_with(b"HTTP"), "no answer in plain text");
    // Counted a moment after the connection is closed.
    secure
        .server
        .wait_for_metric("connections_handshakes_failed_total 2");
}

#[test]
fn a_stalled_handshake_is_cut() {
    let secure = secure(&[("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "300")]);
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let started = Instant::now();
        let mut connection = secure.server.connect();
        connection.write(begun);
        assert!(connection.read_some().is_none());
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_new_certificate_is_taken_at_sighup_and_a_bad_one_is_not() {
    let mut secure = secure(&[]);
    let (certificate, key) = (
        secure.fixture.path("tls.crt"),
        secure.fixture.path("tls.key"),
    );
    let old = secure.certificate;
    let open = connect(&secure.server, &old, HTTP_2).await.unwrap();
    secure.certificate = Certificate::new();
    secure.certificate.install(&certificate, &key);
    secure.server.hang_up("in use");
    let refused = connect(&secure.server, &old, HTTP_2).await;
    assert!(refused.is_err(), "the old certificate is gone");
    assert_eq!(secure.vote(20, HTTP_2).await, 202);
    assert_eq!(
        ask(open, get("/livez")).await.status,
        200,
        "who was connected stays"
    );

    specimen::write_secret(&key, &old.key_pem);
    secure.server.hang_up("stays in use");
    assert_eq!(secure.vote(21, HTTP_1).await, 202);
    assert!(
        !secure.server.log().contains("PRIVATE KEY"),
        "keys are secret"
    );
}

/// Without TLS there is nothing to read again, and SIGHUP must not end a vote.
#[test]
fn sighup_without_tls_changes_nothing() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture, &[]);
    server.hang_up("no certificate");
    assert_eq!(server.vote(Voter(22), LAW, "oui").status, 202);
}

/// A supervisor may ask for a reload at any moment, that of the start included.
#[test]
fn sighup_during_the_start_is_survived() {
    let fixture = Fixture::with_voters(60_000);
    crate::server::init(&fixture.arguments("data"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_validator"))
        .args(fixture.arguments("data"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let mut said = String::new();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("\"listening\"") {
        said.clear();
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended");
        kill_process(pid, Signal::HUP).unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "it serves");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn faults_of_both_files_are_told_with_all_others() {
    let fixture = Fixture::new();
    let (right, other) = (Certificate::new(), Certificate::new());
    let certificate = fixture.path("tls.crt");
    right.install(&certificate, &fixture.path("tls.key"));
    specimen::write_secret(&fixture.path("other.key"), &other.key_pem);
    fs::write(fixture.path("torn.crt"), &right.pem[..right.pem.len() / 2]).unwrap();
    fs::write(fixture.path("empty.crt"), "").unwrap();
    specimen::write_secret(&fixture.path("no.key"), &right.pem);
    let file = fixture.path("v.toml");
    let cases: [(&str, &str, &[&str]); 6] = [
        (
            "nowhere.crt",
            "nowhere.key",
            &["tls.certificate: ", "tls.key: cannot read", "No such file"],
        ),
        (
            "tls.crt",
            "other.key",
            &["do not serve TLS together", "its own key"],
        ),
        ("torn.crt", "tls.key", &["torn.crt", "no sound PEM"]),
        (
            "empty.crt",
            "no.key",
            &["no certificate in it", "no.key holds no sound private key"],
        ),
        ("tls.crt", "tls.crt", &["tls.crt is open to other"]),
        (
            "tls.crt",
            "",
            &["one of tls.certificate and tls.key is set"],
        ),
    ];
    for (chain, key, said) in cases {
        let path = |name: &str| match name {
            "" => String::new(),
            name => fixture.path(name).display().to_string(),
        };
        let (chain, key) = (path(chain), path(key));
        let text =
            format!("[tls]\ncertificate = {chain:?}\nkey = {key:?}\n[ledger]\nqueue_max = 0\n");
        fs::write(&file, text).unwrap();
        for command in [vec!["check-config".to_owned()], Vec::new()] {
            let mut arguments = command;
            arguments.extend(fixture.arguments("data"));
            let output = run(&arguments, &["--config", file.to_str().unwrap()]);
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{text}");
            for words in said.iter().chain(&["ledger.queue_max"]) {
                assert!(text.contains(words), "{words:?} is not in: {text}");
            }
        }
    }
    assert!(!fixture.path("data").exists());
}

#[tokio::test]
async fn a_client_shakes_hands_only_so_often() {
    let secure = secure(&[
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "1"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "3"),
    ]);
    let mut shaken = 0;
    for _ in 0..20 {
        let stream = connect(&secure.server, &secure.certificate, HTTP_1).await;
        shaken += u32::from(stream.is_ok());
    }
    // One is earned back each second, and a busy machine may take a few.
    assert!((3..=15).contains(&shaken), "{shaken} of 20");
}

#[tokio::test]
async fn invariant_9_bodies_and_headers_are_bounded_on_http_2_too() {
    let secure = secure(&[]);
    let stream = || connect(&secure.server, &secure.certificate, HTTP_2);
    let answer = ask(stream().await.unwrap(), post(VOTE, "x".repeat(5_000))).await;
    assert_eq!(answer.status, 413);
    assert!(
        answer
            .body
            .starts_with(b"{\"type\":\"urn:scrutin:problem:body-too-large\"")
    );
    let mut long = get("/livez");
    long.headers_mut()
        .insert("x", "y".repeat(20_000).parse().unwrap());
    assert_eq!(ask(stream().await.unwrap(), long).await.status, 431);
    let answer = ask(stream().await.unwrap(), get("/nowhere")).await;
    assert_eq!(answer.status, 404);
}

/// RFC 9110, section 9.3.2: what GET would say of the body, and no body.
#[tokio::test]
async fn head_has_no_body_by_either_protocol() {
    let secure = secure(&[]);
    for offer in [HTTP_1, HTTP_2] {
        for path in ["/livez", "/api/v1/laws", "/", "/nowhere"] {
            let stream = || connect(&secure.server, &secure.certificate, offer);
            let whole = ask(stream().await.unwrap(), get(path)).await;
            let mut request = get(path);
            *request.method_mut() = Method::HEAD;
            let head = ask(stream().await.unwrap(), request).await;
            assert_eq!((head.status, head.body.len()), (whole.status, 0), "{path}");
            let length = head.headers["content-length"].to_str().unwrap().to_owned();
            assert_eq!(length, whole.body.len().to_string(), "{path}");
        }
    }
}

/// Frames of HTTP/2 (RFC 9113), written by hand to do what no library would.
mod frames {
    pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const PING: u8 = 6;
    pub(super) const GOAWAY: u8 = 7;

    pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        frame
    }

    /// GET https://x/ as a whole request.
    pub(super) fn get(stream: u32) -> Vec<u8> {
        frame(1, 0x05, stream, &[0x82, 0x87, 0x84, 0x01, 0x01, b'x'])
    }

    pub(super) fn reset(stream: u32) -> Vec<u8> {
        frame(3, 0, stream, &8_u32.to_be_bytes())
    }
}

/// Reads frames until one of `kind` has come; none where the server closes before.
async fn frame_of(stream: &mut (impl AsyncReadExt + Unpin), kind: u8) -> Option<Vec<u8>> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.ok()?;
        if head[3] == kind {
            return Some(payload);
        }
    }
}

#[tokio::test]
async fn http_2_announces_its_limits() {
    let secure = secure(&[]);
    let mut stream = connect(&secure.server, &secure.certificate, HTTP_2)
        .await
        .unwrap();
    let opening = [frames::PREFACE, &frames::frame(frames::SETTINGS, 0, 0, &[])].concat();
    stream.write_all(&opening).await.unwrap();
    let settings = frame_of(&mut stream, frames::SETTINGS)
        .await
        .expect("settings");
    let value = |id: u8| {
        let mut entries = settings.chunks_exact(6);
        let found = entries.find(|entry| entry[..2] == [0, id])?;
        Some(u32::from_be_bytes(found[2..].try_into().unwrap()))
    };
    assert_eq!(value(3), Some(32), "MAX_CONCURRENT_STREAMS");
    assert_eq!(value(4), Some(16_384), "INITIAL_WINDOW_SIZE");
    assert_eq!(value(6), Some(8_192), "MAX_HEADER_LIST_SIZE");
}

/// CVE-2023-44487: requests that are reset as soon as they are sent cost the client nothing.
#[tokio::test]
async fn invariant_9_a_rapid_reset_ends_the_connection_and_nobody_elses() {
    let secure = secure(&[]);
    let mut stream = connect(&secure.server, &secure.certificate, HTTP_2)
        .await
        .unwrap();
    let mut flood = [frames::PREFACE, &frames::frame(frames::SETTINGS, 0, 0, &[])].concat();
    for stream in (1..20_000).step_by(2) {
        flood.extend(frames::get(stream));
        flood.extend(frames::reset(stream));
    }
    let _ = stream.write_all(&flood).await; // It may be cut off in the middle.
    let goaway = frame_of(&mut stream, frames::GOAWAY)
        .await
        .expect("a farewell");
    assert_eq!(goaway[4..8], 11_u32.to_be_bytes(), "ENHANCE_YOUR_CALM");
    assert_eq!(secure.vote(30, HTTP_2).await, 202);
    assert!(!secure.server.log().contains("panic"));
}

/// Frames that cost nothing to send, without end and in place of requests: header blocks that go on
/// (CVE-2024-27316), pings and settings that nobody reads the answers of (CVE-2019-9512, -9515),
/// empty data (CVE-2019-9518), priorities and windows.
#[tokio::test]
async fn invariant_9_a_flood_of_frames_ends_its_connection_and_takes_no_memory() {
    use frames::frame;
    let secure = secure(&[("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "1000")]);
    assert_eq!(secure.vote(31, HTTP_2).await, 202);
    let before = secure.server.resident_max();
    let no_end = frame(1, 0, 1, &[0x82, 0x87, 0x84]);
    let posted = frame(1, 4, 1, &[0x83, 0x87, 0x84, 0x01, 0x01, b'x']);
    for (what, opening, repeated) in [
        ("headers", &no_end, frame(9, 0, 1, &[0, 1, b'a', 1, b'b'])),
        ("no headers", &no_end, frame(9, 0, 1, &[])),
        ("pings", &vec![], frame(frames::PING, 0, 0, &[0; 8])),
        ("settings", &vec![], frame(frames::SETTINGS, 0, 0, &[])),
        ("no data", &posted, frame(0, 0, 1, &[])),
        ("priorities", &vec![], frame(2, 0, 1, &[0, 0, 0, 3, 0])),
        ("windows", &vec![], frame(8, 0, 0, &1_u32.to_be_bytes())),
    ] {
        let settings = frame(frames::SETTINGS, 0, 0, &[]);
        let opening = [frames::PREFACE, &settings, opening].concat();
        let stream = connect(&secure.server, &secure.certificate, HTTP_2).await;
        let mut stream = stream.unwrap();
        stream.write_all(&opening).await.unwrap();
        let flood = repeated.repeat(1_000);
        let until_cut = async { while stream.write_all(&flood).await.is_ok() {} };
        let cut = tokio::time::timeout(Duration::from_secs(10), until_cut).await;
        assert!(cut.is_ok(), "{what} go on");
    }
    let grown = secure.server.resident_max() - before;
    assert!(grown < 16 << 20, "{grown} bytes");
    assert_eq!(secure.vote(32, HTTP_2).await, 202);
    assert!(!secure.server.log().contains("panic"));
}

/// HTTP/2's parser logs every frame where it is asked to. TLS has no log built in.
#[tokio::test]
async fn invariant_4_no_secret_is_logged_behind_tls() {
    let secure = secure(&[("VALIDATOR_PROCESS_LOG", "trace")]);
    for (voter, offer) in [(33, HTTP_1), (34, HTTP_2)] {
        assert_eq!(secure.vote(voter, offer).await, 202);
        assert_eq!(secure.vote(voter, offer).await, 409);
    }
    secure.server.wait_for_log("h2::"); // Its parser logs.
    let log = secure.server.log();
    for voter in [33, 34].map(Voter) {
        assert!(!log.contains(&voter.nas()) && !log.contains(&voter.code()));
    }
}

/// A client that takes nothing (a window of 0) and answers every ping.
#[tokio::test]
async fn answers_that_an_http_2_client_does_not_take_are_given_up() {
    let secure = secure(&[
        ("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "1500"),
        ("VALIDATOR_HTTP_BODY_TIMEOUT_MS", "100"),
        ("VALIDATOR_HTTP_UNACKNOWLEDGED_TIMEOUT_MS", "300"),
        ("VALIDATOR_LEDGER_COMMIT_TIMEOUT_MS", "300"),
    ]);
    let stream = connect(&secure.server, &secure.certificate, HTTP_2)
        .await
        .unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let no_window = frames::frame(frames::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let opening = [frames::PREFACE, &no_window, &frames::get(1)].concat();
    writer.write_all(&opening).await.unwrap();
    let started = Instant::now();
    while let Some(ping) = frame_of(&mut reader, frames::PING).await {
        let pong = frames::frame(frames::PING, 1, 0, &ping);
        let _ = writer.write_all(&pong).await;
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it is waited for"
        );
    }
    assert!(started.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn idle_http_2_connections_are_closed() {
    let secure = secure(&[("VALIDATOR_HTTP_HEADER_TIMEOUT_MS", "300")]);
    let mut stream = connect(&secure.server, &secure.certificate, HTTP_2)
        .await
        .unwrap();
    let opening = [frames::PREFACE, &frames::frame(frames::SETTINGS, 0, 0, &[])].concat();
    stream.write_all(&opening).await.unwrap();
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await; // Cut without a farewell of TLS.
    assert!(started.elapsed() < Duration::from_secs(3));
}

/// hyper #4170: a client that never answers in HTTP/2 must not hold up the end.
#[tokio::test]
async fn sigterm_ends_with_connections_open() {
    let mut secure = secure(&[]);
    let _unspoken = connect(&secure.server, &secure.certificate, HTTP_2)
        .await
        .unwrap();
    let _unshaken = Connection::to(secure.server.public);
    let started = Instant::now();
    secure.server.terminate();
    assert!(secure.server.wait().success());
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn operators_see_when_the_certificate_ends() {
    let secure = secure(&[]);
    let metrics = secure.server.get_internal("/metrics").body;
    let metrics = String::from_utf8(metrics).expect("text");
    specimen::metrics_are_documented("validator", &["TLS"], &metrics);
    let name = "tls_certificate_expires_timestamp_seconds{listener=\"public\"} ";
    let ends = metrics.lines().find_map(|line| line.strip_prefix(name));
    let ends_s: f64 = ends.expect("it is told").parse().expect("a number");
    // rcgen's own certificates end as the year 4096 begins.
    assert_eq!(ends_s, 67_090_118_400.0);
}
