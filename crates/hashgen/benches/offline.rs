//! `hashgen hash` against its floor: read the CSV, HMAC every row on all cores, sort, write, and
//! nothing else. Both run in turns on the same roll, and one JSON line tells the medians.
//!
//! `cargo bench -p hashgen --bench offline -- 8000000`

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use credentials::RollKey;
use durable::output::OutputFile;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rayon::prelude::*;
use sha2::Sha256;

/// Turns of each; the median counts.
const TURNS: usize = 3;

/// Bytes of the roll that one thread parses at a time.
const PIECE_LEN: usize = 256 * 1024;

/// Digest and region, as the tool keeps them.
type Record = (u128, u16);

fn main() -> Result<()> {
    let n: u32 = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let dir = tempfile::tempdir().context("cannot make a temporary directory")?;
    let (roll, key) = (dir.path().join("roll.csv"), dir.path().join("roll.key"));
    let synth = Command::new(env!("CARGO_BIN_EXE_hashgen"))
        .args(["synth", "--voters", &n.to_string(), "--out"])
        .arg(&roll)
        .status()?;
    ensure!(synth.success(), "hashgen synth failed");
    let roll_key = RollKey::generate()?;
    let mut key_file = OutputFile::create_secret(&key, false)?;
    key_file.write_all(roll_key.to_file_text().as_bytes())?;
    key_file.finish()?;

    let (mut tool, mut floor, mut peak_rss_kib) = (Vec::new(), Vec::new(), 0);
    for turn in 0..TURNS {
        let out = dir.path().join(format!("digests-{turn}"));
        let (seconds, rss_kib) = run_tool(&roll, &key, &out)?;
        tool.push(seconds);
        peak_rss_kib = peak_rss_kib.max(rss_kib);
        let (seconds, records) = run_floor(&roll, &roll_key, &dir.path().join("floor"))?;
        ensure!(
            records == n as usize,
            "the floor hashed {records} rows of {n}"
        );
        floor.push(seconds);
        fs::remove_dir_all(out)?;
    }
    let (seconds, floor_seconds) = (median(tool), median(floor));
    let line = serde_json::json!({
        "bench": "hashgen",
        "n": n,
        "seconds": rounded(seconds),
        "floor_seconds": rounded(floor_seconds),
        "ratio": rounded(seconds / floor_seconds),
        "peak_rss_mib": peak_rss_kib / 1024,
        "threads": rayon::current_num_threads(),
    });
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Runs the program; seconds, and the most memory it ever had resident.
fn run_tool(roll: &Path, key: &Path, out: &Path) -> Result<(f64, u64)> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hashgen"))
        .args(["hash", "--ballot", "L2025-001", "--roll"])
        .arg(roll)
        .arg("--key")
        .arg(key)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null())
        .spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(high_water_kib(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "hashgen hash failed");
    Ok((start.elapsed().as_secs_f64(), peak_kib))
}

/// The kernel's own high-water mark of a process's resident memory.
fn high_water_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// The least that must be done; seconds and rows.
fn run_floor(roll: &Path, key: &RollKey, out: &Path) -> Result<(f64, usize)> {
    let start = Instant::now();
    let text = fs::read(roll)?;
    let below = text
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())?;
    let pieces = pieces(&text[below..]);
    let hashed: Vec<Vec<Record>> = pieces
        .par_iter()
        .map(|piece| hash_piece(piece, &mac))
        .collect::<Result<_>>()?;
    let mut records = hashed.concat();
    records.par_sort_unstable();
    let mut file = io::BufWriter::with_capacity(PIECE_LEN, fs::File::create(out)?);
    for (digest, region) in &records {
        file.write_all(&digest.to_be_bytes())?;
        file.write_all(&region.to_le_bytes())?;
    }
    file.flush()?;
    Ok((start.elapsed().as_secs_f64(), records.len()))
}

/// Cuts at line feeds; a synthetic roll has no quotation marks.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let least = rest.len().min(PIECE_LEN);
        let end = rest[least - 1..].iter().position(|byte| *byte == b'\n');
        let (piece, after) = rest.split_at(end.map_or(rest.len(), |at| least + at));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn hash_piece(piece: &[u8], mac: &Hmac<Sha256>) -> Result<Vec<Record>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(piece);
    let mut row = csv::ByteRecord::new();
    let mut records = Vec::new();
    while reader.read_byte_record(&mut row)? {
        let mut message = [0_u8; 64];
        let mut len = 0;
        for field in [b"scrutin.v1", &row[0], &row[1], b"L2025-001"] {
            message[len] = u8::try_from(field.len())?;
            message[len + 1..len + 1 + field.len()].copy_from_slice(field);
            len += 1 + field.len();
        }
        let hash = mac
            .clone()
            .chain_update(&message[..len])
            .finalize()
            .into_bytes();
        let (digest, _) = hash.split_first_chunk().context("SHA-256 has 32 bytes")?;
        records.push((
            u128::from_be_bytes(*digest),
            str::from_utf8(&row[2])?.parse()?,
        ));
    }
    Ok(records)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
