//! The real `tally`, run to its end or kept running, and its API over plain TCP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Fixture;

/// Has `tally run` listen where the system finds free ports.
const FREE_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0"];

/// `tally run` with these arguments, on free ports, where it is to end by itself.
pub(crate) fn run_to_its_end(args: &[&str]) -> Output {
    tally(&[args, &FREE_PORTS].concat())
}

/// Runs `tally` with arguments; package and ledger are given by the caller. Where the mask hand is to
/// count, the count hand makes its releases of the same ledger first, as far as the ledger can be read.
pub(crate) fn tally(args: &[&str]) -> Output {
    if let Some(mut counting) = count_hand(args, &[]) {
        counting.output().expect("tally runs");
    }
    alone(args)
}

/// `tally release` of the ledger that a command of the mask hand names; none where it names none.
fn count_hand(args: &[&str], more: &[&str]) -> Option<Command> {
    let of = |flag: &str| {
        let at = args.iter().position(|arg| *arg == flag)?;
        args.get(at + 1).copied()
    };
    let key = of("--mask")?.replace("mask.key", "count.key");
    // A tally that follows a validator names no ledger: these releases stand beside theirs.
    let beside = of("--releases")?.replace("releases", "ledger");
    let mut counting = Command::new(env!("CARGO_BIN_EXE_tally"));
    counting.args([
        "release",
        "--ledger",
        of("--ledger").unwrap_or(&beside),
        "--package",
        of("--package")?,
    ]);
    counting.args(["--key", &key, "--out", of("--releases")?]);
    match of("--trust") {
        Some(trust) => counting.args(["--trust", trust]),
        None => counting.arg("--untrusted"),
    };
    counting
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Some(counting)
}

/// Runs `tally` with arguments and nothing beside it.
pub(crate) fn alone(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tally"))
        .args(args)
        .env_remove("SCRUTIN_POSTGRES")
        .output()
        .expect("tally runs")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Arguments that name the ledger `data` of a fixture, its package, keys and releases.
pub(crate) struct Names {
    pub(crate) ledger: String,
    pub(crate) package: String,
    /// Of the mask hand.
    pub(crate) key: String,
    /// Of the count hand.
    pub(crate) count_key: String,
    pub(crate) releases: String,
    /// Public key of the officer who signed the package.
    pub(crate) trust: String,
}

impl Names {
    pub(crate) fn new(fixture: &Fixture, data: &str) -> Names {
        let text = |path: std::path::PathBuf| path.to_str().expect("UTF-8").to_owned();
        Names {
            ledger: text(fixture.path(data).join("ledger")),
            package: text(fixture.path("package")),
            key: text(fixture.path("mask.key")),
            count_key: text(fixture.path("count.key")),
            releases: text(fixture.path(data).join("releases")),
            trust: text(fixture.path("officer.pub")),
        }
    }

    /// The last frame that voters were told of, as the ledger's sidecar says (docs/ledger.md).
    pub(crate) fn acknowledged(&self) -> u64 {
        let path = std::path::Path::new(&self.ledger).join("p0000/acknowledged");
        let bytes = std::fs::read(path).expect("a sidecar");
        let sequence = bytes.get(16..).and_then(|rest| rest.first_chunk());
        u64::from_le_bytes(*sequence.expect("a sequence"))
    }

    /// `command --ledger L --package P --mask K --releases R --trust T` and more.
    pub(crate) fn args<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec![
            command,
            "--ledger",
            &self.ledger,
            "--package",
            &self.package,
        ];
        args.extend(["--mask", &self.key, "--releases", &self.releases]);
        args.extend(["--trust", &self.trust]);
        args.extend(more);
        args
    }

    /// Arguments of a `run` that follows a validator instead of the ledger's files.
    pub(crate) fn run_from<'a>(&'a self, address: &'a str) -> [&'a str; 11] {
        let [package, key, trust] = [&self.package, &self.key, &self.trust];
        [
            "run",
            "--from",
            address,
            "--package",
            package,
            "--trust",
            trust,
            "--mask",
            key,
            "--releases",
            &self.releases,
        ]
    }
}

/// A `tally run` and the count hand beside it; both are killed when dropped.
pub(crate) struct Running {
    child: Child,
    count_hand: Option<Child>,
    address: String,
    internal: String,
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Starts it and waits for its address.
    pub(crate) fn start(args: &[&str]) -> Running {
        let counting = count_hand(args, &["--follow"]);
        let count_hand = counting.map(|mut program| program.spawn().expect("tally runs"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_tally"))
            .args(args)
            .args(FREE_PORTS)
            .env_remove("SCRUTIN_POSTGRES")
            .stderr(Stdio::piped())
            .spawn()
            .expect("tally runs");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr"));
        let mut seen = String::new();
        let [address, internal] = loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).expect("stderr");
            assert!(read > 0, "tally ended before it listened: {seen}");
            seen += &line;
            let log: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if log["fields"]["message"] == "listening" {
                break ["address", "internal"]
                    .map(|name| log["fields"][name].as_str().expect("an address").to_owned());
            }
        };
        // Keeps the pipe empty until the program ends.
        let log = Arc::new(Mutex::new(seen));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if std::env::var_os("TALLY_TEST_LOG").is_some() {
                    eprintln!("{line}");
                }
                *kept.lock().expect("the log") += &(line + "\n");
            }
        });
        Running {
            child,
            count_hand,
            address,
            internal,
            log,
        }
    }

    /// Ends the count hand alone.
    pub(crate) fn stop_count_hand(&mut self) {
        let mut counting = self.count_hand.take().expect("it runs");
        counting.kill().expect("it runs");
        counting.wait().expect("it ends");
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Resident memory of the process, KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("a number of kB")
    }

    /// Host and port of its API.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Where its internal listener is.
    pub(crate) fn internal(&self) -> std::net::SocketAddr {
        self.internal.parse().expect("an address")
    }

    /// Status, head and body of a GET.
    pub(crate) fn get(&self, path: &str, headers: &str) -> (u16, String, String) {
        request(&self.address, "GET", path, headers)
    }

    /// Status, head and length of the body of a GET, whose body may be compressed.
    pub(crate) fn get_bytes(&self, path: &str, headers: &str) -> (u16, String, usize) {
        let answer = answer(&self.address, "GET", path, headers);
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let end = end.expect("a head");
        let head = String::from_utf8(answer[..end].to_vec()).expect("a head is text");
        (status(&head), head, answer.len() - end - 4)
    }

    /// Status, head and body of a GET on the internal listener.
    pub(crate) fn get_internal(&self, path: &str, headers: &str) -> (u16, String, String) {
        request(&self.internal, "GET", path, headers)
    }

    /// What it tells Prometheus.
    pub(crate) fn metrics(&self) -> String {
        let (status, head, body) = self.get_internal("/metrics", "");
        assert_eq!(status, 200, "{head}{body}");
        body
    }

    /// Status, head and body of a request without a body.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str) -> (u16, String, String) {
        request(&self.address, method, path, headers)
    }

    /// The JSON at a path, which must be there.
    pub(crate) fn json(&self, path: &str) -> serde_json::Value {
        let (status, head, body) = self.get(path, "");
        assert_eq!(status, 200, "{path}: {head}{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// Asks until `until` is satisfied.
    pub(crate) fn wait(&self, path: &str, until: impl Fn(&serde_json::Value) -> bool) {
        let started = Instant::now();
        loop {
            let value = self.json(path);
            if until(&value) {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{path} stays at {value}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the program at once, by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// Asks the program to end, by SIGTERM.
    pub(crate) fn terminate(&self) {
        let told = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(told.expect("kill").success());
    }

    /// Waits until it ends by itself; its status code.
    pub(crate) fn wait_for_end(&mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return status.code();
            }
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "tally does not end"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut counting) = self.count_hand.take() {
            // It may have ended by itself, where the ledger was damaged.
            let _ = counting.kill();
            let _ = counting.wait();
        }
        // Already ended where `kill` was called.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(address: &str, method: &str, path: &str, headers: &str) -> (u16, String, String) {
    let text = String::from_utf8(answer(address, method, path, headers)).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    (status(head), head.to_owned(), body.to_owned())
}

fn status(head: &str) -> u16 {
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.expect("a status")
}

fn answer(address: &str, method: &str, path: &str, headers: &str) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).expect("connects");
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("timeout");
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n"
    )
    .expect("sends");
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).expect("answers");
    bytes
}
