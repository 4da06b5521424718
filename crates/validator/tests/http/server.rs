//! The real program on free ports, and a client that can misbehave.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::Value;

use crate::fixture::{Fixture, Voter};

/// A running validator; ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) public: SocketAddr,
    pub(crate) internal: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    /// Ends the thread that reads the log, and with it the pipe.
    reading: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Last part of a problem's type.
    pub(crate) fn problem(&self) -> String {
        let urn = self.json()["type"].as_str().unwrap_or_default().to_owned();
        urn.strip_prefix("urn:scrutin:problem:")
            .unwrap_or("(none)")
            .to_owned()
    }
}

/// Runs the program to its end, which must come by itself.
pub(crate) fn run(arguments: &[String], more: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_validator"))
        .args(arguments)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the validator serves: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// Begins the ledger that such arguments name, where none was begun before.
pub(crate) fn init(arguments: &[String]) {
    let output = run(&[&["init".to_owned()], arguments].concat(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    let begun = output.status.success() || said.contains("a ledger was begun here before");
    assert!(begun, "{said}");
}

impl Server {
    pub(crate) fn start(fixture: &Fixture, more: &[&str]) -> Server {
        Server::start_with(&fixture.arguments("data"), more, &[])
    }

    pub(crate) fn start_with(
        arguments: &[String],
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Server {
        init(arguments);
        let mut child = Command::new(env!("CARGO_BIN_EXE_validator"))
            .args(arguments)
            .args(more)
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let listening = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("the validator did not start: {:?}", log.lock().unwrap());
            };
            log.lock().unwrap().push(line.clone());
            let fields = serde_json::from_str::<Value>(&line).unwrap_or_default()["fields"].take();
            if fields["message"] == "listening" {
                break fields;
            }
        };
        let rest = Arc::clone(&log);
        let reading = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&reading);
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .take_while(|_| goes_on.load(Ordering::Relaxed))
                .for_each(|line| rest.lock().unwrap().push(line));
        });
        let address = |name: &str| listening[name].as_str().unwrap().parse().unwrap();
        Server {
            child,
            public: address("listen"),
            internal: address("internal"),
            log,
            reading,
        }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Closes the reading end of its standard error behind the next line.
    pub(crate) fn break_log(&self) {
        self.reading.store(false, Ordering::Relaxed);
        self.hang_up_unheard();
        std::thread::sleep(Duration::from_millis(200));
    }

    pub(crate) fn hang_up_unheard(&self) {
        self.signal(Signal::HUP);
    }

    /// SIGHUP; returns when the log says `words` of it.
    pub(crate) fn hang_up(&self, words: &str) {
        self.signal(Signal::HUP);
        self.wait_for_log(words);
    }

    /// Returns once the log has these words: it is read by a thread of its own.
    pub(crate) fn wait_for_log(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.log().contains(words) {
            assert!(Instant::now() < deadline, "no {words:?} in: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Lets it have no file numbered so high or higher from now on; what is open stays.
    pub(crate) fn allow_files(&self, most: u64) {
        let limit = Rlimit {
            current: Some(most),
            maximum: getrlimit(Resource::Nofile).maximum,
        };
        prlimit(Some(self.pid()), Resource::Nofile, limit).unwrap();
    }

    /// Most memory that it has ever held, bytes.
    pub(crate) fn resident_max(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() * 1_024
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the validator does not end:\n{}", self.log());
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::to(self.public)
    }

    /// A connection from a loopback address of one's choice.
    pub(crate) fn connect_from(&self, source: [u8; 4]) -> Connection {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddr::from((source, 0))).unwrap();
        connect(&socket, &self.public).unwrap();
        Connection::of(TcpStream::from(socket))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.connect()
            .send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    pub(crate) fn get_internal(&self, path: &str) -> Answer {
        Connection::to(self.internal).send(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Returns once the metrics have this line.
    pub(crate) fn wait_for_metric(&self, line: &str) {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let metrics = self.get_internal("/metrics").body;
            let metrics = String::from_utf8_lossy(&metrics).into_owned();
            if metrics.lines().any(|known| known == line) {
                return;
            }
            assert!(Instant::now() < deadline, "no line {line:?} in\n{metrics}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.post_in("en", path, body)
    }

    pub(crate) fn post_in(&self, language: &str, path: &str, body: &str) -> Answer {
        self.connect().send(&post_text(language, path, body))
    }

    pub(crate) fn vote(&self, voter: Voter, law: &str, vote: &str) -> Answer {
        self.post("/api/v1/vote", &law_vote(voter, law, vote))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already where the test has done it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn law_vote(voter: Voter, law: &str, vote: &str) -> String {
    let (nas, code) = (voter.nas(), voter.code());
    format!(r#"{{"nas":"{nas}","code":"{code}","law_id":"{law}","vote":"{vote}"}}"#)
}

pub(crate) fn post_text(language: &str, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Accept-Language: {language}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A connection that sends whatever bytes a test wants.
pub(crate) struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Connection {
        Connection::of(TcpStream::connect(address).unwrap())
    }

    fn of(stream: TcpStream) -> Connection {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Connection { stream, reader }
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may have answered and closed already: what it said is still read.
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Writes to a server that must not have reset the connection.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Nothing more will be written.
    pub(crate) fn close_half(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    pub(crate) fn send(&mut self, request: &str) -> Answer {
        self.write(request);
        self.read().expect("an answer")
    }

    /// The head of the next answer, which has no body whatever length it tells.
    pub(crate) fn read_head(&mut self) -> Option<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let body = Vec::new();
        Some(Answer {
            status,
            headers,
            body,
        })
    }

    /// The next answer; none where the server closed the connection.
    pub(crate) fn read(&mut self) -> Option<Answer> {
        let mut answer = self.read_head()?;
        if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().ok()?];
            self.reader.read_exact(&mut answer.body).ok()?;
        }
        Some(answer)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }

    /// Raw bytes that have come, at least one; none where the server closed the connection.
    pub(crate) fn read_some(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 65_536];
        let count = self.reader.read(&mut bytes).ok()?;
        bytes.truncate(count);
        (count > 0).then_some(bytes)
    }
}
