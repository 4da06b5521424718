//! `shardpack inspect`: counts and sizes, or where one digest stands.

use anyhow::{Result, bail};
use commandline::print_line;
use credentials::{Digest, KeyId, Scheme};
use serde::Serialize;
use shards::{FilterKind, Membership, Package, Sha256Sum};

use super::print_json;
use crate::args::InspectArgs;

#[derive(Serialize)]
struct Inspected {
    event: String,
    scheme: Scheme,
    key_id: Option<KeyId>,
    filter: FilterKind,
    credentials: u64,
    bytes: u64,
    bytes_per_credential: f64,
    roll_commitment: Sha256Sum,
    manifest_sha256: Sha256Sum,
    ballots: Vec<InspectedBallot>,
}

#[derive(Serialize)]
struct InspectedBallot {
    id: String,
    credentials: u64,
    shards: u32,
    regions: bool,
}

#[derive(Serialize)]
struct Found {
    ballot: String,
    member: bool,
    shard: Option<u32>,
    ordinal: Option<u32>,
    region: Option<u16>,
}

pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    let package = Package::open_unsigned(&args.package)?;
    match &args.digest {
        Some(digest) => look_up(&package, digest, args.json),
        None => describe(&package, args.json),
    }
}

fn describe(package: &Package, json: bool) -> Result<()> {
    let manifest = package.manifest();
    let ballots = manifest.ballots.iter().map(|ballot| InspectedBallot {
        id: ballot.id.as_str().to_owned(),
        credentials: ballot.credentials,
        shards: ballot.shard_count(),
        regions: ballot.regions,
    });
    let inspected = Inspected {
        event: manifest.event.clone(),
        scheme: manifest.scheme,
        key_id: manifest.key_id,
        filter: manifest.filter,
        credentials: manifest.credentials(),
        bytes: manifest.bytes(),
        bytes_per_credential: manifest.bytes_per_credential(),
        roll_commitment: manifest.roll_commitment,
        manifest_sha256: Sha256Sum(package.manifest_sha256()),
        ballots: ballots.collect(),
    };
    if json {
        return print_json(&inspected);
    }
    print_line!("event            {}", inspected.event)?;
    print_line!("scheme           {}", inspected.scheme.as_str())?;
    if let Some(key_id) = inspected.key_id {
        print_line!("roll key         {key_id}")?;
    }
    print_line!("filter           {:?}", inspected.filter)?;
    print_line!("credentials      {}", inspected.credentials)?;
    print_line!("size             {} bytes", inspected.bytes)?;
    print_line!(
        "a credential     {:.2} bytes",
        inspected.bytes_per_credential
    )?;
    print_line!("roll commitment  {}", inspected.roll_commitment)?;
    print_line!("manifest         {}", inspected.manifest_sha256)?;
    for ballot in &inspected.ballots {
        let InspectedBallot {
            id,
            credentials,
            shards,
            regions,
        } = ballot;
        let regions = if *regions {
            "with regions"
        } else {
            "without regions"
        };
        let credentials = commandline::count(*credentials, "credential");
        let shards = commandline::count((*shards).into(), "shard");
        print_line!("ballot {id}: {credentials} in {shards}, {regions}")?;
    }
    Ok(())
}

fn look_up(package: &Package, digest: &Digest, json: bool) -> Result<()> {
    let mut found = Vec::new();
    for ballot in package.event().ballots() {
        let id = ballot.id.clone();
        found.push(match package.lookup(ballot.index, digest)? {
            Membership::Member {
                shard,
                ordinal,
                region,
            } => Found {
                ballot: id,
                member: true,
                shard: Some(shard),
                ordinal: Some(ordinal),
                region: (region != 0).then_some(region),
            },
            Membership::NotOnRoll | Membership::NoSuchBallot => Found {
                ballot: id,
                member: false,
                shard: None,
                ordinal: None,
                region: None,
            },
        });
    }
    if json {
        print_json(&found)?;
    } else {
        for found in &found {
            print_found(found)?;
        }
    }
    if !found.iter().any(|found| found.member) {
        bail!("the digest is on the roll of no ballot");
    }
    Ok(())
}

/// Prints a line for a ballot that has the digest on its roll, and nothing for other ballots.
fn print_found(found: &Found) -> Result<()> {
    let (Some(shard), Some(ordinal)) = (found.shard, found.ordinal) else {
        return Ok(());
    };
    let region = found.region.map(|region| region.to_string());
    print_line!(
        "ballot {}: shard {shard}, ordinal {ordinal}, region {}",
        found.ballot,
        region.as_deref().unwrap_or("none")
    )?;
    Ok(())
}
