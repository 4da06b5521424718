//! `shardpack verify`: everything that can be checked without the roll.

use std::path::Path;

use anyhow::Result;
use commandline::print_line;
use election::BallotIndex;
use rayon::prelude::*;
use serde::Serialize;
use shards::{Package, Sha256Sum, Trust};

use super::print_json;
use crate::args::VerifyArgs;
use crate::progress::credentials_bar;

/// What was checked and found right.
#[derive(Serialize)]
struct Checked {
    event: String,
    signers: Vec<String>,
    geometry: bool,
    baseline: bool,
    logo: bool,
    files: usize,
    bytes: u64,
    ballots: usize,
    shards: usize,
    credentials: u64,
    roll_commitment: Sha256Sum,
    manifest_sha256: Sha256Sum,
}

pub(crate) fn run(args: &VerifyArgs) -> Result<()> {
    let trust = Trust::from_files(&args.trust, args.require)?;
    let package = Package::open(&args.package, &trust)?;
    let shards = audit(&package)?;
    let manifest = package.manifest();
    let checked = Checked {
        event: manifest.event.clone(),
        signers: package.signers().to_vec(),
        geometry: package.geometry().is_some(),
        baseline: package.baseline().is_some(),
        logo: package.logo().is_some(),
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        ballots: manifest.ballots.len(),
        shards,
        credentials: manifest.credentials(),
        roll_commitment: manifest.roll_commitment,
        manifest_sha256: Sha256Sum(package.manifest_sha256()),
    };
    if args.json {
        return print_json(&checked);
    }
    report(&checked, args.require, &args.package)
}

/// Audits all shards in parallel and returns their number.
fn audit(package: &Package) -> Result<usize> {
    let bar = credentials_bar("verifying", package.manifest().credentials());
    let shards: Vec<(BallotIndex, u32)> = package
        .event()
        .ballots()
        .iter()
        .flat_map(|ballot| (0..package.shard_count(ballot.index)).map(|n| (ballot.index, n)))
        .collect();
    shards.par_iter().try_for_each(|&(ballot, shard)| {
        package
            .audit_shard(ballot, shard)
            .map(|count| bar.inc(count.into()))
    })?;
    bar.finish_and_clear();
    Ok(shards.len())
}

fn report(checked: &Checked, require: usize, package: &Path) -> Result<()> {
    let Checked {
        files,
        bytes,
        ballots,
        shards,
        credentials,
        ..
    } = checked;
    let ballots = commandline::count(*ballots as u64, "ballot");
    let shards = commandline::count(*shards as u64, "shard");
    let signers = checked.signers.join(", ");
    print_line!(
        "signatures   {} of {require} required: {signers}",
        checked.signers.len()
    )?;
    print_line!("sums         {files} files, {bytes} bytes, none missing, none extra")?;
    print_line!(
        "event        {}, {ballots} as in the manifest",
        checked.event
    )?;
    if checked.geometry {
        print_line!("geometry     every region of the event, within its bounds")?;
    }
    if checked.baseline {
        print_line!("baseline     parties and regions of the event, within its bounds")?;
    }
    if checked.logo {
        print_line!("logo         shapes and colours alone, within its bounds")?;
    }
    print_line!("structure    {shards}: headers, checksums, lengths")?;
    print_line!("digests      {credentials} in strict order, each in its shard")?;
    print_line!("filters      none of the {credentials} is denied")?;
    print_line!("indexes      {credentials} prefixes lead to their ordinals, no other path")?;
    print_line!("regions      every number is one of the event's")?;
    print_line!("roll         commitment {}", checked.roll_commitment)?;
    print_line!("manifest     {}", checked.manifest_sha256)?;
    print_line!("verified: {}", package.display())?;
    Ok(())
}
