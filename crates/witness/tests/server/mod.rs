//! A witness that runs, as its clients see it; and a server of files, as an auditor sees a log.
// Each test takes what it needs of it.
#![allow(dead_code)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A witness that serves. It is killed when this is dropped.
pub(crate) struct Running {
    child: Mutex<Child>,
    address: SocketAddr,
    lines: Mutex<mpsc::Receiver<String>>,
}

impl Running {
    pub(crate) fn start(config: &Path) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_witness"))
            .args(["run", "--config"])
            .arg(config)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("it did not listen:\n{told}");
            };
            if let Some((_, rest)) = line.split_once("\"listen\":\"") {
                let address = rest.split('"').next().expect("a value");
                break address.parse().expect("an address");
            }
            told += &line;
        };
        // Read on, so that the process never waits for its reader.
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line); // Nobody may want it.
            }
        });
        Running {
            child: Mutex::new(child),
            address,
            lines: Mutex::new(received),
        }
    }

    /// The lines of its log that were not asked for before, up to the first with these words.
    pub(crate) fn told_until(&self, words: &str) -> Vec<String> {
        let lines = self.lines.lock().expect("no panic");
        let mut told = Vec::new();
        while !told
            .last()
            .is_some_and(|line: &String| line.contains(words))
        {
            let line = lines.recv_timeout(Duration::from_secs(20));
            told.push(line.unwrap_or_else(|_| panic!("no {words} in {told:#?}")));
        }
        told
    }

    /// Head and body of the answer; none where the connection breaks.
    pub(crate) fn try_ask(&self, method: &str, path: &str, body: &str) -> Option<(String, String)> {
        let mut socket = TcpStream::connect(self.address).ok()?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: witness\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        // A server that refuses what is too long does not read all of it.
        let _ = socket.write_all(format!("{head}{body}").as_bytes());
        let mut answer = Vec::new();
        let ended = socket.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n")?;
        ended.ok()?;
        Some((format!("{head}\r\n"), body.to_owned()))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (String, String) {
        self.try_ask(method, path, body).expect("an answer")
    }

    /// The size that the witness says it cosigned last.
    pub(crate) fn size_of(&self, origin: &str) -> u64 {
        let (_, logs) = self.ask("GET", "/logs", "");
        let logs: serde_json::Value = serde_json::from_str(&logs).expect("JSON");
        let logs = logs["logs"].as_array().expect("a list");
        let log = logs.iter().find(|log| log["origin"] == origin);
        log.expect("a log it watches")["size"].as_u64().unwrap_or(0)
    }

    /// SIGKILL: no word of farewell.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().expect("no panic");
        child.kill().expect("it runs");
        child.wait().expect("it ended");
    }

    /// SIGTERM. Returns the exit status.
    pub(crate) fn terminate(&self) -> Option<i32> {
        let mut child = self.child.lock().expect("no panic");
        let told = Command::new("kill").arg(child.id().to_string()).status();
        assert!(told.expect("kill runs").success());
        child.wait().expect("it ended").code()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.lock().expect("no panic").id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Serves a directory below the path `/below`, for as long as the test runs.
pub(crate) fn serve_directory(dir: PathBuf) -> SocketAddr {
    serve(dir, Some)
}

/// The same by TLS. Also returns the certificate, in PEM, of which `localhost` is the name.
pub(crate) fn serve_directory_by_tls(dir: PathBuf) -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate and its key");
    let config = Arc::new(config);
    let address = serve(dir, move |socket| {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(StreamOwned::new(connection, socket))
    });
    (address, made.cert.pem())
}

fn serve<S: Read + Write>(
    dir: PathBuf,
    wrap: impl Fn(TcpStream) -> Option<S> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            if let Some(stream) = wrap(socket.expect("a connection")) {
                let _ = answer(&dir, BufReader::new(stream));
            }
        }
    });
    address
}

/// Answers the requests of one connection, one behind the other.
fn answer<S: Read + Write>(dir: &Path, mut stream: BufReader<S>) -> std::io::Result<()> {
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            lines.push(line);
        }
        let path = lines[0].split(' ').nth(1).unwrap_or_default();
        let file = path
            .strip_prefix("/below/")
            .map(|name| fs::read(dir.join(name)));
        let (status, body) = match file {
            Some(Ok(body)) => ("200 OK", body),
            _ => ("404 Not Found", Vec::new()),
        };
        let length = body.len();
        let client = stream.get_mut();
        write!(
            client,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        client.write_all(&body)?;
        client.flush()?;
    }
}
