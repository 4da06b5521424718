//! `rehearsal start-up`: how long a validator takes from its start to its first answer, with every file
//! of the package verified, beside the time that hashing those files takes in the same run; and how
//! much memory it holds, idle and after votes.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::child::Server;
use crate::http;
use crate::memory::{Memory, Watch};
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};

/// How often the start and the hashing are timed, in turn; the fastest of each counts.
const ROUNDS: usize = 3;
/// A start that takes longer has failed.
const READY_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(1);
/// Votes cast before memory is looked at again.
const VOTES: u64 = 100_000;
/// How many times as long as the hashing a start may take.
const RATIO_MAX: f64 = 2.0;
/// Resident memory beside mapped files that a validator may hold, MiB.
const BESIDE_MIB_MAX: f64 = 128.0;

/// Time and memory of a validator's start, and the verdict.
#[derive(Clone, Debug, Serialize)]
pub struct StartReport {
    /// Voters on the roll, each with a credential for every ballot.
    pub voters: u32,
    /// Bytes of the package's files.
    pub package_bytes: u64,
    /// Seconds from the start of the program to the answer of `/readyz`.
    pub start_s: f64,
    /// Seconds for the SHA-256 of every file of the package, on one thread, as `sha256sum` does it.
    pub hash_floor_s: f64,
    /// The start divided by the hashing.
    pub ratio: f64,
    /// Resident memory after the start.
    pub idle: Memory,
    /// The most memory beside mapped files while votes were cast, MiB.
    pub voting_beside_mib_max: f64,
    /// `held`, or what did not hold.
    pub verdict: Verdict,
}

/// Measures with a roll of `voters`.
///
/// # Errors
/// Anything that keeps it from being measured. A missed goal is reported, no error.
pub async fn run(stage: &Stage, voters: u32, seed: u64, steps: &mut Steps) -> Result<StartReport> {
    stage.prepare(voters, seed, steps).await?;
    let package = stage.machines.package();
    let at = Addresses::free()?;
    let (mut start_s, mut floor_s) = (f64::INFINITY, f64::INFINITY);
    for _ in 1..ROUNDS {
        floor_s = floor_s.min(hash(&package)?.1);
        let (server, took) = start(stage, at).await?;
        start_s = start_s.min(took);
        server.stop().await?;
    }
    let (package_bytes, took) = hash(&package)?;
    floor_s = floor_s.min(took);
    let (server, took) = start(stage, at).await?;
    start_s = start_s.min(took);
    steps.done(&format!(
        "validator started: {start_s:.2} s, hashing alone {floor_s:.2} s"
    ));
    let idle = Memory::of(server.id())?;
    let voting = Voting {
        load: Load::AsAnswered,
        votes: Some(VOTES.min(u64::from(voters))),
        connections: 256,
        seed,
    };
    let watch = Watch::start(&server);
    stage.cast(at, voting)?.finish().await?;
    let voting_mib_max = watch.end().await?;
    server.stop().await?;
    steps.done("votes cast");
    let ratio = start_s / floor_s;
    Ok(StartReport {
        voters,
        package_bytes,
        start_s: thousandths(start_s),
        hash_floor_s: thousandths(floor_s),
        ratio: thousandths(ratio),
        idle,
        voting_beside_mib_max: voting_mib_max,
        verdict: verdict(ratio, idle.beside_mib.max(voting_mib_max)),
    })
}

fn verdict(ratio: f64, beside_mib: f64) -> Verdict {
    let mut broken = Vec::new();
    if ratio > RATIO_MAX {
        broken.push(format!(
            "a start takes {ratio:.2} x hashing, at most {RATIO_MAX} x"
        ));
    }
    if beside_mib > BESIDE_MIB_MAX {
        broken.push(format!(
            "{beside_mib:.0} MiB of memory beside mapped files, at most {BESIDE_MIB_MAX}"
        ));
    }
    Verdict::new("held", broken)
}

/// Starts the validator; how long it took until it was ready.
async fn start(stage: &Stage, at: Addresses) -> Result<(Server, f64)> {
    let began = Instant::now();
    let mut server = stage.validator_call(at).start()?;
    loop {
        if let Ok((200, _)) = http::get(at.public, "/readyz").await {
            return Ok((server, began.elapsed().as_secs_f64()));
        }
        server.check()?;
        if began.elapsed() > READY_WITHIN {
            bail!(
                "the validator is not ready within {} s",
                READY_WITHIN.as_secs()
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Hashes every file of a directory: their bytes, and the seconds that it took.
fn hash(dir: &Path) -> Result<(u64, f64)> {
    let began = Instant::now();
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            bytes += hash(&path)?.0;
            continue;
        }
        let mut file = File::open(&path)?;
        let mut sum = Sha256::new();
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
            sum.update(&buffer[..count]);
        }
        std::hint::black_box(sum.finalize());
    }
    Ok((bytes, began.elapsed().as_secs_f64()))
}

fn thousandths(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_goals_are_named_when_missed() {
        assert!(verdict(2.0, 128.0).is_clean());
        let slow = verdict(2.1, 1.0).to_string();
        assert!(slow.contains("2.10 x hashing"), "{slow}");
        let both = verdict(3.0, 200.0).to_string();
        assert!(
            both.contains("hashing") && both.contains("200 MiB"),
            "{both}"
        );
    }

    #[test]
    fn every_byte_of_a_directory_is_hashed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inner")).unwrap();
        fs::write(dir.path().join("a"), [1; 10]).unwrap();
        fs::write(dir.path().join("inner/b"), vec![2; 3_000_000]).unwrap();
        assert_eq!(hash(dir.path()).unwrap().0, 3_000_010);
    }
}
