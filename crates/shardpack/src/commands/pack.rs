//! `shardpack pack`: digest sets and a definition become an unsigned package.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use commandline::note;
use durable::output::OutputDir;
use rayon::prelude::*;
use serde::Serialize;
use shards::builder::{BuiltShard, PackageBuilder};
use shards::{BallotManifest, MANIFEST_FILE, Manifest, Sha256Sum};

use super::print_json;
use crate::args::PackArgs;
use crate::definition;
use crate::digests::{Plan, Source};
use crate::progress::credentials_bar;

/// What an official compares with hashgen's totals.
#[derive(Serialize)]
struct Totals {
    event: String,
    ballots: usize,
    credentials: u64,
    partitions: u16,
    bytes: u64,
    bytes_per_credential: f64,
    roll_commitment: Sha256Sum,
    manifest_sha256: Sha256Sum,
}

pub(crate) fn run(args: &PackArgs) -> Result<()> {
    let (event, companions) = definition::read(&args.election)?.into_parts();
    let plan = Plan::read(&args.digests, &event, args.partitions)?;
    let output = OutputDir::create(&args.out, args.force)?;
    let regions: BTreeSet<u16> = event.regions.iter().map(|region| region.number).collect();
    let (scheme, key_id, filter) = (plan.scheme, plan.key_id, args.filter.into());
    let builder = PackageBuilder::new(
        output.aside(),
        event,
        scheme,
        key_id,
        filter,
        args.partitions,
    )?
    .accompanied_by(companions);
    let threads = args.threads.map_or(0, usize::from); // 0: one a core
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let bar = credentials_bar("packing", plan.credentials);
    let built: Vec<BuiltShard> = pool.install(|| {
        let pack = |source: &Source| {
            let records = source.records(&regions)?;
            let built = builder.shard(source.place.clone(), &records);
            bar.inc(records.len() as u64);
            built.with_context(|| format!("digest set {}", source.path.display()))
        };
        plan.sources.par_iter().map(pack).collect::<Result<_>>()
    })?;
    bar.finish_and_clear();
    let manifest = builder.finish(built)?;
    // Totals that nobody can read are worth no package.
    report(args, &manifest)?;
    output.finish()?;
    note!(
        "next: have the officers sign it: shardpack sign {} --key ...",
        args.out.display()
    );
    Ok(())
}

fn report(args: &PackArgs, manifest: &Manifest) -> Result<()> {
    let totals = Totals {
        event: manifest.event.clone(),
        ballots: manifest.ballots.len(),
        credentials: manifest.credentials(),
        partitions: manifest.partitions,
        bytes: manifest.bytes(),
        bytes_per_credential: manifest.bytes_per_credential(),
        roll_commitment: manifest.roll_commitment,
        manifest_sha256: Sha256Sum::of(&manifest.to_json()),
    };
    if args.json {
        return print_json(&totals);
    }
    let credentials_of = |ballot: &BallotManifest| {
        let credentials = commandline::count(ballot.credentials, "credential");
        format!("ballot           {}: {credentials}\n", ballot.id.as_str())
    };
    let ballots: String = manifest.ballots.iter().map(credentials_of).collect();
    // In one piece: whoever reads the first line only (head -1) gets a package all the same.
    Ok(commandline::print(format!(
        "event            {}\n{ballots}\
         partitions       {}\n\
         size             {} bytes\n\
         a credential     {:.2} bytes\n\
         roll commitment  {}\n\
         {MANIFEST_FILE}    {}\n",
        totals.event,
        totals.partitions,
        totals.bytes,
        totals.bytes_per_credential,
        totals.roll_commitment,
        totals.manifest_sha256
    ))?)
}
