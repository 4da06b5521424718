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

use credentials::digestset::{self, DigestSetWriter, Header, Record};
use credentials::{BallotId, Digest, KeyId, Scheme, shard_bits_for};
use sha2::{Digest as _, Sha256};

const ROUNDS: usize = 3;
const EVENT: &str = r#"
[event]
id = "BENCH"
title_fr = "Mesure"
title_en = "Bench"
time_zone = "America/Toronto"
box_key = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"

[[law]]
id = "L-1"
title_fr = "Loi"
title_en = "Law"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00
"#;
const REGIONS: u16 = 125;

fn main() {
    let credentials = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let home = tempfile::TempDir::new().expect("a private directory");
    write_definition(home.path());
    write_digests(home.path(), credentials);
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

fn measure_pack(home: &Path, credentials: u64) {
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

fn measure_verify(home: &Path, credentials: u64) {
    let (mut seconds, mut floor, mut rss) = (f64::INFINITY, f64::INFINITY, 0.0f64);
    for _ in 0..ROUNDS {
        let (took, peak) = run(home, &["verify", "package", "--trust", "officer.pub"]);
        seconds = seconds.min(took);
        rss = rss.max(peak);
        floor = floor.min(hash_floor(&home.join("package")));
    }
    print("shardpack-verify", home, credentials, seconds, floor, rss);
}

fn print(bench: &str, home: &Path, n: u64, seconds: f64, floor: f64, rss: f64) {
    let bytes: u64 = files(&home.join("package"))
        .iter()
        .map(|(_, size)| size)
        .sum();
    println!(
        r#"{{"bench":"{bench}","n":{n},"seconds":{seconds:.3},"floor_seconds":{floor:.3},"ratio":{:.2},"peak_rss_mib":{rss:.0},"bytes_per_credential":{:.2}}}"#,
        seconds / floor,
        bytes as f64 / n as f64,
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

fn write_definition(home: &Path) {
    let mut text = EVENT.to_owned();
    for number in 1..=REGIONS {
        text += &format!(
            "\n[[region]]\nnumber = {number}\ncode = \"R{number}\"\nname_fr = \"Region {number}\"\nname_en = \"Region {number}\"\n"
        );
    }
    fs::write(home.join("election.toml"), text).expect("written");
}

/// Digest sets of uniform digests, the same in every run.
fn write_digests(home: &Path, credentials: u64) {
    let mut records: Vec<Record> = (0..credentials)
        .map(|number| {
            let sum: [u8; 32] = Sha256::digest(number.to_le_bytes()).into();
            let digest = Digest(*sum.first_chunk().expect("a sum has 32 bytes"));
            let region = 1 + u16::try_from(number % u64::from(REGIONS)).expect("below 125");
            Record { digest, region }
        })
        .collect();
    records.sort_unstable();
    let ballot = BallotId::parse("L-1").expect("a sound id");
    let shard_bits = shard_bits_for(credentials);
    let mut rest = records.as_slice();
    for shard in 0..1 << shard_bits {
        let inside = rest.partition_point(|record| record.digest.shard(shard_bits) <= shard);
        let (inside, after) = rest.split_at(inside);
        let header = Header {
            ballot: ballot.clone(),
            scheme: Scheme::HmacSha256,
            key_id: Some(KeyId([1; 8])),
            has_region: true,
            shard_bits,
            shard,
            count: inside.len() as u64,
        };
        let path = home
            .join("digests")
            .join(digestset::file_path(&ballot, shard));
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        let file = File::create(path).expect("created");
        let mut writer = DigestSetWriter::create(file, header).expect("a sound header");
        inside
            .iter()
            .for_each(|record| writer.push(*record).expect("sorted"));
        writer.finish().expect("complete");
        rest = after;
    }
}
