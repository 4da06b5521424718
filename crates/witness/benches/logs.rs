//! A witness of 100 logs: checkpoints cosigned a second, and what of a processor each takes, beside its floor: as
//! many small files replaced on stable storage. Then an audit of one large log. A JSON line each.

#[path = "../tests/log/mod.rs"]
mod log;
#[path = "../tests/server/mod.rs"]
mod server;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use durable::{OsStorage, replace_file};

use log::TestLog;
use server::Running;

const LOGS: usize = 100;
const ROUNDS: u64 = 10;
const CLIENTS: usize = 8;
const AUDITED_FRAMES: u64 = 200_000;

fn main() {
    cosign();
    audit();
}

fn cosign() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a private directory");
    let path = home.path().to_str().expect("UTF-8");
    let (out, state) = (format!("{path}/w"), format!("{path}/state"));
    let made = Command::new(env!("CARGO_BIN_EXE_witness"))
        .args(["keygen", "--name", "w", "--out", &out, "--state", &state])
        .output();
    assert!(made.expect("it runs").status.success());
    let logs: Vec<TestLog> = (0..LOGS)
        .map(|number| TestLog::new(&format!("example.com/{number}"), ROUNDS))
        .collect();
    let mut config =
        format!("key = \"{out}.key\"\nstate = \"{state}\"\nlisten = \"127.0.0.1:0\"\n");
    for log in &logs {
        config += &format!("[[log]]\nkey = \"{}\"\n", log.key.public());
    }
    let file = home.path().join("witness.toml");
    fs::write(&file, config).expect("written");
    // Each log's checkpoints one behind the other, and the logs dealt out to the clients.
    let submissions: Vec<Vec<String>> = logs
        .iter()
        .map(|log| {
            let sizes = 0..ROUNDS;
            let made = sizes.map(|size| log.submission(size, size + 1).to_string());
            made.collect()
        })
        .collect();
    let witness = Running::start(&file);
    let before = processor_time(witness.id());
    let took = share(&submissions, |texts| {
        for text in texts {
            let (head, body) = witness.ask("POST", "/add-checkpoint", text);
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}{body}");
        }
    });
    let processor = processor_time(witness.id()) - before;
    let floor_dir = home.path().join("floor");
    fs::create_dir(&floor_dir).expect("made");
    let numbered: Vec<(usize, &Vec<String>)> = submissions.iter().enumerate().collect();
    let floor = share(&numbered, |(number, texts)| {
        let file = floor_dir.join(number.to_string());
        for text in *texts {
            replace_file(&OsStorage, &file, text.as_bytes()).expect("room");
        }
    });
    let count = LOGS as f64 * ROUNDS as f64;
    let each_us = |time: Duration| time.as_secs_f64() * 1e6 / count;
    println!(
        "{}",
        serde_json::json!({
            "bench": "witness", "logs": LOGS, "clients": CLIENTS, "cosigned": count,
            "per_second": count / took.as_secs_f64(), "processor_us_each": each_us(processor),
            "floor_per_second": count / floor.as_secs_f64(),
            "ratio_to_floor": took.as_secs_f64() / floor.as_secs_f64(),
        })
    );
}

/// Every leaf of a large log in a directory, read and hashed, every tile compared.
fn audit() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a private directory");
    let log = TestLog::new("example.com/log", AUDITED_FRAMES);
    log.serve(home.path(), AUDITED_FRAMES, &[]);
    let policy = home.path().join("policy");
    let lines = format!("log {}\nquorum none\n", log.key.public());
    fs::write(&policy, lines).expect("written");
    let started = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_witness"));
    program.arg("audit").arg("--policy").arg(policy);
    let audited = program.arg("--log").arg(home.path()).output();
    let audited = audited.expect("it runs");
    assert!(audited.status.success(), "{audited:?}");
    let per_second = AUDITED_FRAMES as f64 / started.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({ "bench": "audit", "frames": AUDITED_FRAMES, "frames_per_second": per_second })
    );
}

/// Has the clients do the work, each its part, and returns how long all of them took.
fn share<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) -> Duration {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(CLIENTS)) {
            let work = &work;
            scope.spawn(move || part.iter().for_each(work));
        }
    });
    started.elapsed()
}

/// Processor time that a process has used so far, by fields 14 and 15 of proc(5)'s stat, in ticks of 10 ms.
fn processor_time(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}
