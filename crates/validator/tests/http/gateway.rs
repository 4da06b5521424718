//! The gateway: the real HAProxy, by the very file that operators get, between voters and validators.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::authority::Authority;
use crate::fixture::{Fixture, Voter};
use crate::server::{Connection, Server, law_vote};
use crate::straw_validator::{Manner, Straw};
use crate::tls_client::{Answer, Certificate, HTTP_1, HTTP_2, ask, connect_over, get, post};

const LAW: &str = "L2025-001";
const VOTE: &str = "/api/v1/vote";

/// A running HAProxy; ended when dropped.
struct Gateway {
    child: Child,
    vote: SocketAddr,
    metrics: SocketAddr,
    socket: PathBuf,
    certificate: Certificate,
}

/// HAProxy's program; none where it is to be left out.
fn program() -> Option<PathBuf> {
    let remedy = "scripts/patroni install gets it (Debian: apt-get install haproxy)";
    specimen::judge(
        Path::new("/usr/sbin/haproxy"),
        "SCRUTIN_WITHOUT_PATRONI",
        remedy,
    )
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Gateway {
    fn start(
        fixture: &Fixture,
        authority: &Authority,
        validators: [SocketAddr; 2],
    ) -> Option<Gateway> {
        let program = program()?;
        let certificate = Certificate::new();
        let pem = fixture.path("gateway.pem");
        specimen::write_secret(&pem, format!("{}{}", certificate.pem, certificate.key_pem));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/haproxy/haproxy.cfg");
        let (vote, metrics, socket) =
            (free_address(), free_address(), fixture.path("gateway.sock"));
        let text = |path: &Path| path.display().to_string();
        let variables = [
            ("GATEWAY_VOTE", vote.to_string()),
            ("GATEWAY_RESULTS", free_address().to_string()),
            ("GATEWAY_CERTIFICATE", text(&pem)),
            ("GATEWAY_CA", text(&authority.file())),
            ("VALIDATOR_1", validators[0].to_string()),
            ("VALIDATOR_2", validators[1].to_string()),
            ("TALLY", free_address().to_string()),
            ("GATEWAY_METRICS", metrics.to_string()),
            ("GATEWAY_SOCKET", text(&socket)),
        ];
        let haproxy = || {
            let mut command = Command::new(&program);
            command.arg("-f").arg(&file).envs(variables.clone());
            command
        };
        let checked = haproxy().arg("-c").output().unwrap();
        let said = [checked.stdout, checked.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            checked.status.success() && !said.contains("WARNING"),
            "{said}"
        );
        let log = fs::File::create(fixture.path("gateway.log")).unwrap();
        let mut haproxy = haproxy();
        haproxy.arg("-db").stderr(log).stdout(Stdio::null());
        let gateway = Gateway {
            child: haproxy.spawn().unwrap(),
            vote,
            metrics,
            socket,
            certificate,
        };
        within(Duration::from_secs(10), || {
            gateway.socket.exists().then_some(())
        });
        Some(gateway)
    }

    /// What a voter at 127.0.0.`last` is answered.
    async fn ask(
        &self,
        last: u8,
        request: hyper::Request<http_body_util::Full<hyper::body::Bytes>>,
    ) -> Answer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, last], 0).into()).unwrap();
        let stream = socket.connect(self.vote).await.unwrap();
        let stream = connect_over(stream, &self.certificate, HTTP_1)
            .await
            .unwrap();
        ask(stream, request).await
    }

    async fn vote(&self, voter: u32) -> u16 {
        let body = law_vote(Voter(voter), LAW, "oui");
        self.ask(9, post(VOTE, body)).await.status.as_u16()
    }

    /// Votes of so many voters from this one on, all of which must be accepted.
    async fn accepted(&self, voters: std::ops::Range<u32>) {
        for voter in voters {
            assert_eq!(self.vote(voter).await, 202, "voter {voter}");
        }
    }

    /// Gives an operator's command; returns what HAProxy says to it.
    fn command(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        writeln!(stream, "{command}").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    }

    fn wait_for_state(&self, server: &str, state: &str) {
        let line = format!(
            "haproxy_server_status{{proxy=\"validators\",server=\"{server}\",state=\"{state}\"}} 1"
        );
        within(Duration::from_secs(20), || {
            let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            let mut connection = Connection::to(self.metrics);
            connection.write(request);
            let mut said = Vec::new();
            while let Some(bytes) = connection.read_some() {
                said.extend(bytes);
            }
            String::from_utf8_lossy(&said).contains(&line).then_some(())
        });
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Ended already where it did not start.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn within(limit: Duration, mut done: impl FnMut() -> Option<()>) {
    let deadline = Instant::now() + limit;
    while done().is_none() {
        assert!(Instant::now() < deadline, "not within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A validator behind the gateway.
fn validator(fixture: &Fixture, authority: &Authority, more: &[(&str, &str)]) -> Server {
    let own = authority.issue();
    let (certificate, key) = (
        own.certificate.display().to_string(),
        own.key.display().to_string(),
    );
    let settings = [
        ("VALIDATOR_TLS_CERTIFICATE", certificate.as_str()),
        ("VALIDATOR_TLS_KEY", key.as_str()),
        ("VALIDATOR_CLIENTS_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("VALIDATOR_CLIENTS_PROXY_PROTOCOL", "true"),
        ("VALIDATOR_CLIENTS_EXEMPT", ""),
    ];
    Server::start_with(&fixture.arguments("data"), &[], &[&settings, more].concat())
}

/// A validator of which the test says what it answers, and a real one.
async fn straw_and_real(fixture: &Fixture) -> Option<(Straw, Server, Gateway)> {
    let authority = Authority::new(fixture, "ours");
    let straw = Straw::start(&authority.issue()).await;
    let server = validator(fixture, &authority, &[]);
    let gateway = Gateway::start(fixture, &authority, [straw.address, server.public])?;
    Some((straw, server, gateway))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_count_the_voter_behind_the_gateway() {
    let fixture = Fixture::new();
    let authority = Authority::new(&fixture, "ours");
    let limits = [
        ("VALIDATOR_CLIENTS_REQUESTS_PER_SECOND", "10"),
        ("VALIDATOR_CLIENTS_REQUESTS_BURST", "20"),
    ];
    let server = validator(&fixture, &authority, &limits);
    let Some(gateway) = Gateway::start(&fixture, &authority, [server.public; 2]) else {
        return;
    };
    let first = gateway.ask(9, get("/livez")).await;
    assert_eq!(first.status, 200);
    assert_eq!(
        first.headers["strict-transport-security"],
        "max-age=31536000"
    );
    let mut limited = false;
    for _ in 0..100 {
        let answer = gateway.ask(9, get("/livez")).await;
        // The validator's own refusal reaches the voter: a connection that it closed would be the gateway's 503.
        let status = answer.status.as_u16();
        assert!(matches!(status, 200 | 429), "{status}");
        if status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            limited = true;
        }
    }
    assert!(limited, "a voter who asks without end is not limited");
    assert_eq!(gateway.ask(10, get("/livez")).await.status, 200);
    // HTTP/2 is spoken with voters.
    let stream = tokio::net::TcpStream::connect(gateway.vote).await.unwrap();
    let stream = connect_over(stream, &gateway.certificate, HTTP_2)
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_was_not_recorded_is_sent_elsewhere() {
    let fixture = Fixture::new();
    let Some((straw, server, gateway)) = straw_and_real(&fixture).await else {
        return;
    };
    straw.answers(Manner::NothingRecorded);
    gateway.accepted(0..20).await;
    assert!(straw.votes() > 0, "half of them came here first");
    // Whoever asked it must not be answered by the other: it may have recorded the vote.
    for (manner, status, first) in [
        (Manner::OutcomeUnknown, 504, 100),
        (Manner::HangsUp, 502, 200),
    ] {
        straw.answers(manner);
        let before = straw.votes();
        let mut unknown = Vec::new();
        for voter in first..first + 20 {
            match gateway.vote(voter).await {
                202 => {}
                other => {
                    assert_eq!(other, status);
                    unknown.push(voter);
                }
            }
        }
        assert!(!unknown.is_empty(), "{manner:?}");
        assert_eq!(
            straw.votes() - before,
            unknown.len(),
            "{manner:?}: each was sent once"
        );
        straw.answers(Manner::NothingRecorded);
        for voter in unknown {
            assert_eq!(gateway.vote(voter).await, 202, "nobody else has it");
        }
    }
    server.terminate();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_is_taken_out_gets_no_new_votes() {
    let fixture = Fixture::new();
    let Some((straw, _server, gateway)) = straw_and_real(&fixture).await else {
        return;
    };
    straw.answers(Manner::NothingRecorded);
    // By the operator.
    gateway.command("set server validators/validator_1 state drain");
    let before = straw.votes();
    gateway.accepted(0..10).await;
    assert_eq!(straw.votes(), before);
    gateway.command("set server validators/validator_1 state ready");
    gateway.wait_for_state("validator_1", "UP");
    gateway.accepted(10..30).await;
    assert!(straw.votes() > before);
    // By itself, as it stops.
    straw.answers(Manner::NotReady);
    gateway.wait_for_state("validator_1", "DOWN");
    let before = straw.votes();
    gateway.accepted(30..40).await;
    assert_eq!(straw.votes(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_voter_is_cut_by_the_gateway() {
    let fixture = Fixture::new();
    let Some((straw, _server, gateway)) = straw_and_real(&fixture).await else {
        return;
    };
    for begun in [
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\n",
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{",
    ] {
        let started = Instant::now();
        let stream = tokio::net::TcpStream::connect(gateway.vote).await.unwrap();
        let mut stream = connect_over(stream, &gateway.certificate, HTTP_1)
            .await
            .unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await; // closed, with or without a farewell
        assert!(
            started.elapsed() < Duration::from_secs(12),
            "{:?}",
            started.elapsed()
        );
        assert!(
            said.starts_with(b"HTTP/1.1 408"),
            "{}",
            String::from_utf8_lossy(&said)
        );
    }
    assert_eq!(straw.votes(), 0, "a validator hears of whole requests only");
}
