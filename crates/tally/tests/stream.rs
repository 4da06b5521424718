//! Following a validator's stream: through breaks at any byte, and refusing what is not the chain.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use durable::OsStorage;
use ledger::log::{Log, files};
use ledger::{Cursor, Follower};

use support::program::{Names, Running, run_to_its_end, stderr, tally};
use support::{Fixture, mix};

/// How a stream comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It breaks after a few kilobytes.
    Breaking,
    /// So does this, and its bytes are not those of the ledger.
    Corrupt,
    /// It is silent between any two pieces.
    Slow,
}

/// Serves `GET /ledger/0?after=N` of a ledger directory as a validator does, but breaks each
/// connection after a few kilobytes, in the middle of whatever is there.
struct Validator {
    address: String,
    connections: Arc<AtomicU64>,
}

impl Validator {
    fn start(ledger: PathBuf, manner: Manner) -> Validator {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let ledger = ledger.clone();
                std::thread::spawn(move || answer(socket, &ledger, number, manner));
            }
        });
        Validator {
            address,
            connections,
        }
    }
}

fn answer(socket: TcpStream, ledger: &std::path::Path, number: u64, manner: Manner) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let after = line
        .strip_prefix("GET /ledger/0?after=")?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    let mut socket = socket;
    let log = files::open_copy(Arc::new(OsStorage), ledger);
    let mut follower = Follower::open(&log, 0, Cursor::default()).expect("a ledger");
    while follower.next_item().expect("a sound ledger").is_some() {}
    let head = follower.cursor().sequence;
    write!(
        socket,
        "HTTP/1.1 200 OK\r\nledger-head: {head}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .ok()?;
    let mut stream = log.read_from(0, after).expect("a stream");
    let mut budget = usize::try_from(4_000 + mix(number) % 12_000).expect("small");
    loop {
        if manner == Manner::Slow {
            // Longer than a reader once took for the ledger's end.
            std::thread::sleep(Duration::from_millis(350));
            budget = usize::MAX;
        }
        let mut bytes = stream.next_bytes(4_096).expect("bytes");
        if bytes.is_empty() {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        if manner == Manner::Corrupt {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        let part = bytes.len().min(budget);
        write!(socket, "{part:x}\r\n").ok()?;
        socket.write_all(&bytes[..part]).ok()?;
        write!(socket, "\r\n").ok()?;
        budget -= part;
        if budget == 0 {
            return None;
        }
    }
}

/// A closed ledger of so many voters, and a validator that serves it.
fn served(voters: u32, manner: Manner) -> (Fixture, Names, Validator) {
    let fixture = Fixture::new(voters);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, voters);
    ballots.close();
    let validator = Validator::start(fixture.path("data/ledger"), manner);
    (fixture, names, validator)
}

/// 200 ms without a byte once passed for the end of the ledger: the tally said that it was ready.
#[test]
fn a_silent_stream_is_not_the_end_of_the_ledger() {
    let (_fixture, names, validator) = served(60, Manner::Slow);
    let running = Running::start(&names.run_from(&validator.address));
    running.wait("/api/v1/health", |health| health["status"] == "healthy");
    assert_eq!(running.json("/api/v1/turnout/RANKED")["votes"], 60);
    let frames = &running.json("/api/v1/health")["ledger"][0]["sequence"];
    assert_eq!(*frames, names.acknowledged());
}

#[test]
fn a_stream_that_breaks_is_followed_to_the_same_counts() {
    let fixture = Fixture::new(120);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 30);
    let validator = Validator::start(fixture.path("data/ledger"), Manner::Breaking);
    let follower = Running::start(&names.run_from(&validator.address));
    for from in (30..120).step_by(5) {
        ballots.fill(from, from + 5);
    }
    ballots.close();
    let reader = Running::start(&names.args("run", &[]));
    for running in [&follower, &reader] {
        running.wait("/api/v1/turnout/RANKED", |turnout| turnout["votes"] == 120);
    }
    std::thread::sleep(Duration::from_secs(1));
    for path in [
        "/api/v1/results",
        "/api/v1/elections/1/results",
        "/api/v1/elections/2/results",
    ] {
        assert_eq!(follower.json(path), reader.json(path), "{path}");
    }
    assert!(
        validator.connections.load(Ordering::Relaxed) > 3,
        "the stream never broke"
    );
}

#[test]
fn a_stream_that_was_altered_is_refused() {
    let (_fixture, names, validator) = served(20, Manner::Corrupt);
    let output = run_to_its_end(&names.run_from(&validator.address));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("the ledger, or the releases of it, cannot be followed"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_address_that_is_none_is_refused() {
    let fixture = Fixture::new(4);
    let names = Names::new(&fixture, "data");
    for url in [
        "127.0.0.1:8100",
        "https://127.0.0.1:8100",
        "http://127.0.0.1",
        "http://127.0.0.1:1/x",
    ] {
        let output = tally(&names.run_from(url));
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("http://HOST:PORT"),
            "{}",
            stderr(&output)
        );
    }
}
