//! Accepted votes a second, every one durable, beside a bare hyper server that parses the same
//! JSON, computes the same HMAC and answers 202: the floor of the same run, alternating. A second
//! floor spreads its work over the processors as the validator does.
//!
//! `cargo bench -p validator --bench throughput -- [--connections 256] [--votes 100000] [--rounds 5]`
//! prints JSON lines, one a round and the medians last. Server and clients share the machine, as do
//! the floor and its clients.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[path = "../../tests/http/fixture.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod fixture;
mod floor;
mod load;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use fixture::{Fixture, Voter};
use floor::Floor;
use load::Measured;

/// How many votes are sent, and over how many connections.
struct Plan {
    connections: usize,
    votes: u32,
    rounds: u32,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(floor) = arguments.first().and_then(|first| Floor::named(first)) {
        return floor::serve(floor);
    }
    let number = |name: &str, default: u32| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let plan = Plan {
        connections: number("--connections", 256) as usize,
        votes: number("--votes", 100_000),
        rounds: number("--rounds", 5),
    };
    let fixture = Fixture::with_voters(plan.votes * plan.rounds);
    let servers = Servers {
        validator: Server::validator(&fixture),
        floor: Server::floor(Floor::Usual),
        threaded: Server::floor(Floor::Threaded),
    };
    let rounds: Vec<Value> = (0..plan.rounds)
        .map(|n| round(&plan, n, &servers))
        .collect();
    let median = |name: &str| {
        let mut values: Vec<f64> = rounds
            .iter()
            .map(|round| round[name].as_f64().unwrap())
            .collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let names = [
        "votes_per_s",
        "floor_per_s",
        "ratio",
        "threaded_floor_per_s",
        "threaded_ratio",
        "p50_ms",
        "p99_ms",
        "floor_p50_ms",
        "floor_p99_ms",
        "fsyncs_per_s",
        "cpu_us_per_vote",
        "floor_cpu_us_per_vote",
        "threaded_floor_cpu_us_per_vote",
    ];
    let medians: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!(median(name))))
        .collect();
    println!(
        "{}",
        json!({"connections": plan.connections, "votes": plan.votes, "median": medians})
    );
}

/// What is measured in turn.
struct Servers {
    validator: Server,
    floor: Server,
    threaded: Server,
}

fn round(plan: &Plan, number: u32, servers: &Servers) -> Value {
    let measure = |server: &Server| {
        let voters = (number * plan.votes..(number + 1) * plan.votes).map(Voter);
        let before = server.cpu_us();
        let measured = load::run(server.public, plan.connections, voters);
        let cpu = (server.cpu_us() - before) / f64::from(plan.votes);
        (measured, cpu)
    };
    let (floor, floor_cpu) = measure(&servers.floor);
    let frames = servers.validator.frames();
    let (votes, cpu) = measure(&servers.validator);
    let fsyncs = servers.validator.frames() - frames;
    let (threaded, threaded_cpu) = measure(&servers.threaded);
    assert_eq!(votes.accepted, plan.votes, "every vote is accepted");
    let line = json!({
        "round": number,
        "votes_per_s": votes.per_second(),
        "floor_per_s": floor.per_second(),
        "ratio": votes.per_second() / floor.per_second(),
        "threaded_floor_per_s": threaded.per_second(),
        "threaded_ratio": votes.per_second() / threaded.per_second(),
        "p50_ms": votes.quantile_ms(0.5),
        "p99_ms": votes.quantile_ms(0.99),
        "floor_p50_ms": floor.quantile_ms(0.5),
        "floor_p99_ms": floor.quantile_ms(0.99),
        "fsyncs_per_s": fsyncs / votes.took.as_secs_f64(),
        "cpu_us_per_vote": cpu,
        "floor_cpu_us_per_vote": floor_cpu,
        "threaded_floor_cpu_us_per_vote": threaded_cpu,
    });
    println!("{line}");
    line
}

/// A server in a process of its own; ended when dropped.
struct Server {
    child: Child,
    public: SocketAddr,
    internal: Option<SocketAddr>,
}

impl Server {
    fn validator(fixture: &Fixture) -> Server {
        let program = || Command::new(env!("CARGO_BIN_EXE_validator"));
        let arguments = fixture.arguments("data");
        let begun = program().arg("init").args(&arguments).status();
        assert!(begun.unwrap().success(), "the ledger is begun");
        let mut child = program()
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let fields = lines
            .filter_map(|line| Some(serde_json::from_str::<Value>(&line).ok()?["fields"].take()))
            .find(|fields| fields["message"] == "listening")
            .expect("the validator starts");
        let address = |name: &str| fields[name].as_str().unwrap().parse().unwrap();
        Server {
            child,
            public: address("listen"),
            internal: Some(address("internal")),
        }
    }

    fn floor(floor: Floor) -> Server {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(floor.name())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Server {
            child,
            public: line.trim().parse().unwrap(),
            internal: None,
        }
    }

    /// Processor time of its threads so far: says more than votes a second where the machine has
    /// other work too.
    fn cpu_us(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds = threads.map(|thread| {
            let text = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            text.split_whitespace()
                .next()
                .unwrap()
                .parse::<f64>()
                .unwrap()
        });
        nanoseconds.sum::<f64>() / 1_000.0
    }

    /// Frames committed so far: as many calls of fdatasync.
    fn frames(&self) -> f64 {
        let mut stream = TcpStream::connect(self.internal.unwrap()).unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("ledger_frames_total "))
            .unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Measured {
    fn per_second(&self) -> f64 {
        f64::from(self.accepted) / self.took.as_secs_f64()
    }
}
