//! `hashgen import`: digests that another system made, to a digest set for each ballot.

mod json;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use credentials::digestset::{REPORT_FILE, Record};
use credentials::{BallotId, Digest, KeyId, Scheme};
use durable::output::OutputDir;
use serde::Serialize;

use crate::byte_size::ByteSize;
use crate::progress::Progress;
use crate::roll::Source;
use crate::roll_key::read_key;
use crate::sets::{self, BallotSummary, Duplicates, SetKind};
use crate::sorter::{Sorter, spill_dir};
use crate::usage::Usage;

/// Longest line of a list of digests, in bytes.
const LINE_LEN_MAX: usize = 1024;

/// Least memory to sort in.
const MEMORY_MIN: ByteSize = ByteSize(16 << 20);

/// Import ready digests: the hash database of an existing system.
///
/// Digests are made for one ballot each. For an event of several laws give --hashes and --ballot once
/// for each, in the same order, in one run. A file holds one digest a line in hexadecimal (64 digits, or the first 32 of them), or a JSON
/// list of such strings, or a JSON object with one such list. Digests that occur twice are kept once
/// and counted. Imported voters have no region, so they can vote on laws only.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  hashgen import --hashes hash_database.json --ballot L2025-001 --out digests/
  hashgen import --hashes one.json --ballot L2025-001 --hashes two.json --ballot L2025-002 --out digests/
  zcat hashes.gz | hashgen import --hashes - --ballot L2025-001 --out digests/")]
pub struct Args {
    /// The digests of a ballot, or - for standard input; repeat for several
    #[arg(long, value_name = "FILE", required = true)]
    hashes: Vec<PathBuf>,
    /// The ballot they were made for; as many as --hashes, in the same order
    #[arg(long = "ballot", value_name = "ID", required = true)]
    ballots: Vec<BallotId>,
    /// The roll key, where they are of scheme hmac-sha256; else they are of scheme sha256
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Directory to write the digest set and the report into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Bound on memory; more digests spill beside the output
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    memory: ByteSize,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Replace the output where it exists
    #[arg(long)]
    force: bool,
}

/// The report of an import.
#[derive(Debug, Serialize)]
struct Report {
    format: &'static str,
    scheme: Scheme,
    key_id: Option<KeyId>,
    digests_read: u64,
    ballots: Vec<BallotSummary>,
}

/// Imports, and prints the totals.
pub fn run(args: &Args) -> Result<()> {
    check_usage(args)?;
    let key_id = args
        .key
        .as_deref()
        .map(read_key)
        .transpose()?
        .map(|key| key.key_id());
    let scheme = if key_id.is_some() {
        Scheme::HmacSha256
    } else {
        Scheme::Sha256
    };
    let kind = SetKind {
        scheme,
        key_id,
        has_region: false,
    };
    let out = OutputDir::create(&args.out, args.force)?;
    let mut ballots = Vec::new();
    for (ballot, hashes) in args.ballots.iter().zip(&args.hashes) {
        let memory = ByteSize(args.memory.0 / args.ballots.len() as u64);
        let sorted = read_digests(hashes, memory, spill_dir(&args.out))?.finish()?;
        ensure!(
            sorted.total() > 0,
            "{}: the list is empty, so nobody could vote on {ballot}: is the file whole?",
            hashes.display()
        );
        ballots.push((ballot.clone(), sorted));
    }
    let digests_read = ballots.iter().map(|(_, sorted)| sorted.total() as u64);
    let digests_read = digests_read.sum();
    let ballots = sets::write_all(out.aside(), &ballots, kind, Duplicates::Drop, args.memory.0)?;
    let report = Report {
        format: "scrutin-hashgen-import-1",
        scheme,
        key_id,
        digests_read,
        ballots,
    };
    let mut json = serde_json::to_vec_pretty(&report).context("cannot form the report")?;
    json.push(b'\n');
    let report_path = out.aside().join(REPORT_FILE);
    std::fs::write(&report_path, &json)
        .with_context(|| format!("cannot write {}", report_path.display()))?;
    print(args, &report, &json)?;
    Ok(out.finish()?)
}

fn check_usage(args: &Args) -> Result<(), Usage> {
    let Args {
        hashes, ballots, ..
    } = args;
    if hashes.len() != ballots.len() {
        return Err(Usage(format!(
            "--hashes is given {} times and --ballot {} times: give both for each ballot, in the same order",
            hashes.len(),
            ballots.len()
        )));
    }
    for (at, (file, ballot)) in hashes.iter().zip(ballots).enumerate() {
        if ballots[..at].contains(ballot) {
            return Err(Usage(format!(
                "--ballot {ballot} is given twice: give all its digests in one file"
            )));
        }
        if hashes[..at].contains(file) {
            return Err(Usage(format!(
                "--hashes {} is given twice: digests are made for one ballot and fit no other",
                file.display()
            )));
        }
    }
    let least = ByteSize(MEMORY_MIN.0 * ballots.len() as u64);
    if args.memory < least {
        return Err(Usage(format!(
            "--memory {}: give at least {least}",
            args.memory
        )));
    }
    Ok(())
}

fn read_digests(path: &Path, memory: ByteSize, spill_dir: &Path) -> Result<Sorter> {
    let source = Source::open(path)?;
    let (name, progress) = (
        source.name.clone(),
        Progress::new(source.len, source.consumed()),
    );
    // A quarter stays for reading, and for the sort's own needs.
    let records = memory.0 / 4 * 3 / size_of::<Record>() as u64;
    let records =
        usize::try_from(records).context("--memory is more than this machine addresses")?;
    let mut sorter = Sorter::new(records, spill_dir)?;
    let mut since_shown = 0;
    let mut take = |digest| {
        since_shown += 1;
        if since_shown == 1 << 16 {
            progress.rows(since_shown);
            since_shown = 0;
        }
        sorter.push(Record { digest, region: 0 })
    };
    let text = BufReader::with_capacity(64 * 1024, source);
    read_list(text, &mut take).with_context(|| name.clone())?;
    progress.finish();
    Ok(sorter)
}

/// Reads a list in either form.
fn read_list(mut text: impl BufRead, take: &mut impl FnMut(Digest) -> Result<()>) -> Result<()> {
    match first_character(&mut text).context("cannot read")? {
        None => bail!("the file is empty: it must list digests"),
        Some(b'[' | b'{') => json::read(text, take),
        Some(_) => read_lines(text, take),
    }
}

/// Reads a whole list from memory and gives its number of digests: the entry for fuzzing.
pub fn check_bytes(bytes: &[u8]) -> Result<u64> {
    let mut count = 0;
    let mut take = |_| {
        count += 1;
        Ok(())
    };
    read_list(bytes, &mut take)?;
    Ok(count)
}

/// Passes over white space; the next byte, not consumed.
fn first_character(text: &mut impl BufRead) -> std::io::Result<Option<u8>> {
    loop {
        let buffer = text.fill_buf()?;
        match buffer.first() {
            // Line feeds stay, so that line numbers are right.
            Some(b' ' | b'\t') => text.consume(1),
            first => return Ok(first.copied()),
        }
    }
}

fn read_lines(mut text: impl BufRead, take: &mut impl FnMut(Digest) -> Result<()>) -> Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let got = text
            .by_ref()
            .take(LINE_LEN_MAX as u64)
            .read_until(b'\n', &mut line);
        if got.with_context(|| format!("line {number}: cannot read on"))? == 0 {
            break;
        }
        ensure!(
            line.len() < LINE_LEN_MAX,
            "line {number} is longer than any digest: write one digest a line"
        );
        let digest = line.trim_ascii();
        if !digest.is_empty() {
            take(Digest::parse_hex(digest).with_context(|| format!("line {number}"))?)?;
        }
    }
    Ok(())
}

fn print(args: &Args, report: &Report, json: &[u8]) -> Result<()> {
    if args.json {
        return Ok(commandline::print(json)?);
    }
    let (scheme, digests_read) = (report.scheme, report.digests_read);
    let mut text = format!("scheme        {scheme}\ndigests read  {digests_read}\n");
    for ballot in &report.ballots {
        let kept = commandline::count(ballot.credentials, "credential");
        text += &format!(
            "ballot {}: {kept}, {} repeated\n",
            ballot.ballot, ballot.duplicates
        );
    }
    Ok(commandline::print(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "fbbeb8f3dc022d9ddb1753049a715678";
    const B: &str = "4b306d56db71abd4a6f44f11074e12a6ba070bba9463e60c02891ff5a0973be6";

    fn check(text: &str, expected: Result<u64, &str>) {
        match (check_bytes(text.as_bytes()), expected) {
            (Ok(got), Ok(count)) => assert_eq!(got, count, "{text}"),
            (Err(error), Err(part)) => {
                assert!(format!("{error:#}").contains(part), "{text}: {error:#}");
            }
            (got, _) => panic!("{text}: {got:?}"),
        }
    }

    #[test]
    fn lines() {
        check(&format!("{A}\n{B}\r\n\n  {A}"), Ok(3));
        check(&format!("{A}\n{A}0"), Err("line 2"));
        check("zz", Err("line 1"));
        check(&"a".repeat(5000), Err("line 1 is longer"));
        check(" ", Err("is empty"));
    }

    #[test]
    fn json_lists() {
        check(&format!("[\"{A}\", \"{B}\"]"), Ok(2));
        check("[]", Ok(0));
        check(
            &format!("{{\"made\": 3, \"about\": {{\"x\": []}}, \"hashes\": [\"{A}\"]}}"),
            Ok(1),
        );
        check(
            &format!("{{\"a\": [\"{A}\"], \"b\": [\"{A}\"]}}"),
            Err("more than one list"),
        );
        check("{\"a\": 1}", Err("no list"));
        check(&format!("[\"{A}\", \"x\"]"), Err("digest number 2"));
        check("[1]", Err("string"));
        check(&format!("[\"{A}\""), Err("EOF"));
        check(&format!("[\"{A}\"] x"), Err("trailing"));
        check(&"[".repeat(100_000), Err(""));
        check(&format!("{{\"a\":{}", "[".repeat(100_000)), Err(""));
    }
}
