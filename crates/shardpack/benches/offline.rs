//! `shardpack pack` and `verify` against their floors, alternating in the same run.
//!
//! `cargo bench -p shardpack --bench offline -- 8000000` prints one JSON line for each.
//! - pack: the floor reads the digest sets and writes as many bytes as the package has, synced.
//! - verify: the floor is the SHA-256 of every file of the package, on one thread, as `sha256sum`
//!   does it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use credentials::shard_bits_for;
use sha2::{Digest as _, Sha256};
use specimen::{Definition, Roll};

const ROUNDS: usize = 3;
const LAW: &str = "L-1";
const REGIONS: u16 = 125;

fn main() {
    let credentials = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let home = tempfile::TempDir::new().expect("a private directory");
    let definition = Definition::of_laws([LAW], 1..=REGIONS).to_toml();
    fs::write(home.path().join("election.toml"), definition).expect("written");
    let shard_bits = shard_bits_for(u64::from(credentials));
    let roll = Roll::new(credentials, 1..=REGIONS);
    specimen::write_digests(&home.path().join("digests"), LAW, &roll, shard_bits);
    measure_pack(home.path(), credentials);
    run(
        home.path(),
        &["keygen", "--out", "officer", "--no-password"],
    );
    run(
        home.path(),
        &["sign", "package", "--key", "officer.key", "--no-password"],
    );
    measure_verify(home.path(), credentials);
}

fn measure_pack(home: &Path, credentials: u32) {
    let args = [
        "pack",
        "--digests",
        "digests",
        "--election",
        "election.toml",
        "--out",
        "package",
        "--force",
    ];
    let (mut seconds, mut floor, mut rss) = (f64::INFINITY, f64::INFINITY, 0.0f64);
    for _ in 0..ROUNDS {
        let (took, peak) = run(home, &args);
        seconds = seconds.min(took);
        rss = rss.max(peak);
        floor = floor.min(pack_floor(home));
    }
    print("shardpack-pack", home, credentials, seconds, floor, rss);
}

fn measure_verify(home: &Path, credentials: u32) {
    let (mut seconds, mut floor, mut rss) = (f64::INFINITY, f64::INFINITY, 0.0f64);
    for _ in 0..ROUNDS {
        let (took, peak) = run(home, &["verify", "package", "--trust", "officer.pub"]);
        seconds = seconds.min(took);
        rss = rss.max(peak);
        floor = floor.min(hash_floor(&home.join("package")));
    }
    print("shardpack-verify", home, credentials, seconds, floor, rss);
}

fn print(bench: &str, home: &Path, n: u32, seconds: f64, floor: f64, rss: f64) {
    let bytes: u64 = files(&home.join("package"))
        .iter()
        .map(|(_, size)| size)
        .sum();
    println!(
        r#"{{"bench":"{bench}","n":{n},"seconds":{seconds:.3},"floor_seconds":{floor:.3},"ratio":{:.2},"peak_rss_mib":{rss:.0},"bytes_per_credential":{:.2}}}"#,
        seconds / floor,
        bytes as f64 / f64::from(n),
    );
}

/// Runs the program and returns seconds and peak resident memory in MiB.
fn run(home: &Path, args: &[&str]) -> (f64, f64) {
    let program = env!("CARGO_BIN_EXE_shardpack");
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .current_dir(home)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0f64;
    loop {
        peak = peak.max(high_water_mib(&status_file));
        if let Some(status) = child.try_wait().expect("the program runs") {
            assert!(status.success(), "{args:?} failed");
            return (start.elapsed().as_secs_f64(), peak);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// `VmHWM` of a process that is still there, in MiB.
fn high_water_mib(status_file: &str) -> f64 {
    let status = fs::read_to_string(status_file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line
        .and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0.0);
    kib / 1024.0
}

/// Reads every digest set and writes the package's bytes to a file, synced.
fn pack_floor(home: &Path) -> f64 {
    let bytes: u64 = files(&home.join("package"))
        .iter()
        .map(|(_, size)| size)
        .sum();
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    for (path, _) in files(&home.join("digests")) {
        let mut file = File::open(path).expect("a digest set");
        while file.read(&mut buffer).expect("readable") > 0 {}
    }
    let path = home.join("floor");
    let mut file = File::create(&path).expect("a file");
    let mut rest = bytes;
    while rest > 0 {
        let step = rest.min(1 << 20);
        let part = buffer
            .get(..usize::try_from(step).expect("a mebibyte"))
            .unwrap_or_default();
        file.write_all(part).expect("written");
        rest -= step;
    }
    durable::Storage::open(&durable::OsStorage, &path)
        .and_then(|mut file| file.fdatasync())
        .expect("synced");
    start.elapsed().as_secs_f64()
}

fn hash_floor(dir: &Path) -> f64 {
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    for (path, _) in files(dir) {
        let mut hash = Sha256::new();
        let mut file = File::open(path).expect("a file of the package");
        loop {
            let read = file.read(&mut buffer).expect("readable");
            if read == 0 {
                break;
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        std::hint::black_box(hash.finalize());
    }
    start.elapsed().as_secs_f64()
}

/// All files below a directory, with their sizes.
fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let size = path.metadata().expect("a file").len();
                found.push((path, size));
            }
        }
    }
    found
}
