//! Figures of the night: how long an accepted vote takes to be seen, how many readers a result has
//! room for, what an idle client of the stream costs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use election::Choice;

use crate::support::program::{Names, Running};
use crate::support::{Fixture, LIVE};

/// Votes a second while readers look.
const RATE: u32 = 1_000;
const READERS: usize = 8;
const IDLE_CLIENTS: usize = 10_000;

/// A reader on one connection.
struct Reader {
    stream: TcpStream,
    address: String,
}

impl Reader {
    fn new(running: &Running) -> Reader {
        let stream = TcpStream::connect(running.address()).expect("connects");
        stream.set_nodelay(true).expect("an option");
        Reader {
            stream,
            address: running.address().to_owned(),
        }
    }

    /// The votes of a law that the API shows.
    fn votes(&mut self) -> u64 {
        let request = format!(
            "GET /api/v1/results/LIVE HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        );
        self.stream.write_all(request.as_bytes()).expect("sent");
        let (mut answer, mut buffer) = (Vec::new(), [0; 8_192]);
        let body = loop {
            let count = self.stream.read(&mut buffer).expect("an answer");
            assert!(count > 0, "the connection was closed");
            answer.extend_from_slice(&buffer[..count]);
            if let Some(body) = whole_body(&answer) {
                break body;
            }
        };
        let value: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        value["total_votes"].as_u64().expect("a number")
    }
}

/// The body of an answer, once all of it has come.
fn whole_body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let body = &answer[end..];
    (body.len() == length.parse::<usize>().ok()?).then_some(body)
}

/// Votes at a steady rate, read by everybody.
pub(crate) fn bench_lag(fixture: &Fixture, names: &Names, seconds: u32) {
    let mut ballots = fixture.ballot_box("data");
    ballots.vote(LIVE, 0, Choice::Oui);
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let (ended, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let seen = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let (mut reader, mut seen) = (Reader::new(&running), Vec::new());
            while !ended.load(Ordering::Relaxed) {
                let votes = reader.votes();
                seen.push((Instant::now(), votes));
                thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut reader = Reader::new(&running);
                while !ended.load(Ordering::Relaxed) {
                    reader.votes();
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let began = Instant::now();
        let mut accepted = vec![began];
        for nth in 1..RATE * seconds {
            let due = began + Duration::from_secs(1) / RATE * nth;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            ballots.vote(LIVE, nth, Choice::Oui);
            accepted.push(Instant::now());
        }
        let took = began.elapsed().as_secs_f64();
        thread::sleep(Duration::from_secs(2));
        ended.store(true, Ordering::Relaxed);
        let seen = watcher.join().expect("a watcher");
        report_lag(&accepted, &seen);
        #[allow(clippy::cast_precision_loss)]
        let per_second = reads.load(Ordering::Relaxed) as f64 / (took + 2.0);
        println!(
            "{}",
            serde_json::json!({"bench": "api-reads", "readers": READERS, "votes_per_second": RATE,
                "reads_per_second": per_second.round()})
        );
        seen.len()
    });
    assert!(seen > 0, "nobody looked");
    ballots.close();
}

fn report_lag(accepted: &[Instant], seen: &[(Instant, u64)]) {
    let mut looks = seen.iter().peekable();
    let mut lags: Vec<Duration> = Vec::with_capacity(accepted.len());
    for (votes, at) in (1u64..).zip(accepted) {
        while looks.next_if(|(_, shown)| *shown < votes).is_some() {}
        let (when, _) = looks.peek().expect("every vote is seen");
        lags.push(when.saturating_duration_since(*at));
    }
    lags.sort_unstable();
    let quantile = |part: usize| lags[(lags.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
    println!(
        "{}",
        serde_json::json!({"bench": "lag", "votes_per_second": RATE, "votes": lags.len(),
            "p50_ms": quantile(50).round(), "p99_ms": quantile(99).round()})
    );
}

/// Clients that connect, get their snapshot, and stay.
pub(crate) fn bench_idle_clients(fixture: &Fixture, names: &Names) {
    fixture.ballot_box("data").close();
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    let before = running.resident_kib();
    let url = format!("ws://{}/api/v1/stream?topics=turnout", running.address());
    let clients: Vec<_> = (0..IDLE_CLIENTS)
        .map(|_| {
            let stream = TcpStream::connect(running.address()).expect("connects");
            let mut client = tungstenite::client(&url, stream).expect("a WebSocket").0;
            client.read().expect("a snapshot");
            client
        })
        .collect();
    thread::sleep(Duration::from_secs(1));
    let kib = running.resident_kib() - before;
    println!(
        "{}",
        serde_json::json!({"bench": "idle-clients", "clients": clients.len(),
            "rss_mib": kib / 1_024, "bytes_a_client": kib * 1_024 / IDLE_CLIENTS as u64})
    );
}
