//! Following a validator's stream: through breaks at any byte, and refusing what is not the chain.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use durable::OsStorage;
use ledger::log::{Log, files};
use ledger::{Cursor, Follower};
use transparency::Hash;

use support::program::{Names, Running, run_to_its_end, stderr, tally};
use support::{Fixture, log, mix};

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
    if line.starts_with("GET /log/0/checkpoint ") {
        return checkpoint(socket, ledger);
    }
    let after = line
        .strip_prefix("GET /ledger/0?after=")?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    let mut socket = socket;
    let copy = files::open_copy(Arc::new(OsStorage), ledger);
    let mut follower = Follower::open(&copy, 0, Cursor::default()).expect("a ledger");
    while follower.next_item().expect("a sound ledger").is_some() {}
    let head = follower.cursor().sequence;
    write!(
        socket,
        "HTTP/1.1 200 OK\r\nledger-head: {head}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .ok()?;
    let mut stream = copy.read_from(0, after).expect("a stream");
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

/// `GET /log/0/checkpoint`: the file beside the segments, if it is there.
fn checkpoint(mut socket: TcpStream, ledger: &std::path::Path) -> Option<()> {
    let Ok(note) = std::fs::read(ledger.join("p0000/checkpoint")) else {
        socket
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            .ok()?;
        return None;
    };
    let length = note.len();
    write!(
        socket,
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"
    )
    .ok()?;
    socket.write_all(&note).ok()
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

/// The connections for frames break again and again; the checkpoints come beside them.
#[test]
fn a_stream_is_counted_as_far_as_it_is_covered() {
    let fixture = Fixture::logged(60);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    let validator = Validator::start(fixture.path("data/ledger"), Manner::Breaking);
    let mut running = Running::start(&names.run_from(&validator.address));
    let part = log::cover(&fixture, "data", None, &[0, 1]);
    ballots.fill(20, 60);
    ballots.close();
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 20);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(running.json("/api/v1/turnout/LIVE")["votes"], 20);
    log::cover(&fixture, "data", None, &[1, 2]);
    running.wait("/api/v1/turnout/LIVE", |turnout| turnout["votes"] == 60);
    log::lay(
        &fixture,
        "data",
        &log::signed(0, part, Hash([7; 32]), &[0, 1]),
    );
    assert_eq!(running.wait_for_end(), Some(1));
    assert!(
        running.log().contains("there are two histories"),
        "{}",
        running.log()
    );
}

/// A `tally mirror`, killed when dropped.
struct Mirroring(Child);

impl Mirroring {
    fn start(names: &Names, from: &str, data: &std::path::Path) -> Mirroring {
        let child = Command::new(env!("CARGO_BIN_EXE_tally"))
            .args(["mirror", "--from", from, "--package", &names.package])
            .args(["--trust", &names.trust, "--internal", "127.0.0.1:0"])
            .arg(data)
            .stderr(Stdio::piped())
            .spawn();
        Mirroring(child.expect("tally runs"))
    }

    /// Waits until it ends by itself, and reads what it said.
    fn end(mut self) -> String {
        let mut said = String::new();
        let mut stderr = self.0.stderr.take().expect("stderr");
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!(self.0.wait().expect("it ends").code(), Some(1), "{said}");
        said
    }
}

impl Drop for Mirroring {
    fn drop(&mut self) {
        // Already ended where `end` was called.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the two files are the same.
fn wait_for_copy(from: &std::path::Path, to: &std::path::Path) {
    for _ in 0..1_500 {
        let read = |path| std::fs::read(path).ok();
        if read(from).is_some_and(|bytes| read(to) == Some(bytes)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} is not {}", to.display(), from.display());
}

#[test]
fn a_mirror_copies_the_checkpoint_of_frames_that_it_has() {
    let fixture = Fixture::logged(40);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 20);
    let size = log::cover(&fixture, "data", None, &[0, 1]);
    let validator = Validator::start(fixture.path("data/ledger"), Manner::Breaking);
    let copy = fixture.path("copy");
    let mirroring = Mirroring::start(&names, &validator.address, &copy);
    let [from, to] = ["data", "copy"].map(|data| log::checkpoint_file(&fixture, data, 0));
    wait_for_copy(&from, &to);
    assert!(log::tree(&fixture, "copy", 0).size() >= size);
    ballots.fill(20, 40);
    ballots.close();
    log::cover(&fixture, "data", None, &[0, 1]);
    wait_for_copy(&from, &to);
    drop(mirroring);
    // Copied, it is a ledger that can be counted.
    let copied = Names::new(&fixture, "copy");
    let output = tally(&copied.args("verify", &[]));
    assert!(output.status.success(), "{}", stderr(&output));
    // The next one begins with what the one before left, and notices another history.
    let before = std::fs::read(&to).expect("a checkpoint");
    log::lay(
        &fixture,
        "data",
        &log::signed(0, size, Hash([7; 32]), &[0, 1]),
    );
    let said = Mirroring::start(&names, &validator.address, &copy).end();
    assert!(said.contains("there are two histories"), "{said}");
    assert_eq!(std::fs::read(&to).expect("a checkpoint"), before);
}

#[test]
fn an_address_that_is_none_is_refused() {
    let fixture = Fixture::new(4);
    let names = Names::new(&fixture, "data");
    for url in [
        "127.0.0.1:8100",
        "ftp://127.0.0.1:8100",
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
    let output = tally(&names.run_from("https://127.0.0.1:8100"));
    assert!(stderr(&output).contains("--from-ca"), "{}", stderr(&output));
}
