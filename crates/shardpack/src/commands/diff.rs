//! `shardpack diff`: what changed between two packages, in counts only.
//!
//! Digests are compared and never shown: the command must not tell which voter was added.

use std::cmp::Ordering;
use std::iter::Peekable;

use anyhow::Result;
use commandline::print_line;
use credentials::Digest;
use election::BallotIndex;
use serde::Serialize;
use shards::Package;

use super::print_json;
use crate::args::DiffArgs;

#[derive(Serialize)]
struct Difference {
    event_changed: bool,
    definition_changed: bool,
    geometry_changed: bool,
    baseline_changed: bool,
    logo_changed: bool,
    /// Digests under two keys or schemes have nothing in common.
    key_changed: bool,
    ballots: Vec<BallotDifference>,
}

#[derive(Default, Serialize)]
struct BallotDifference {
    id: String,
    before: u64,
    after: u64,
    added: u64,
    removed: u64,
    moved: u64,
}

pub(crate) fn run(args: &DiffArgs) -> Result<()> {
    let before = Package::open_unsigned(&args.before)?;
    let after = Package::open_unsigned(&args.after)?;
    let key = |package: &Package| (package.manifest().scheme, package.manifest().key_id);
    let definition = |package: &Package| package.event().to_canonical_json();
    let difference = Difference {
        event_changed: before.event().id != after.event().id,
        definition_changed: definition(&before) != definition(&after),
        geometry_changed: before.geometry() != after.geometry(),
        baseline_changed: before.baseline() != after.baseline(),
        logo_changed: before.logo() != after.logo(),
        key_changed: key(&before) != key(&after),
        ballots: ballot_ids(&before, &after)
            .map(|id| compare(&before, &after, id))
            .collect(),
    };
    for package in [&before, &after] {
        if let Some(rot) = package.rot() {
            return Err(rot.clone().into());
        }
    }
    if args.json {
        return print_json(&difference);
    }
    let said = |changed| if changed { "changed" } else { "the same" };
    print_line!("event       {}", said(difference.event_changed))?;
    print_line!("definition  {}", said(difference.definition_changed))?;
    print_line!("geometry    {}", said(difference.geometry_changed))?;
    print_line!("baseline    {}", said(difference.baseline_changed))?;
    print_line!("logo        {}", said(difference.logo_changed))?;
    print_line!("roll key    {}", said(difference.key_changed))?;
    for ballot in &difference.ballots {
        let BallotDifference {
            id,
            before,
            after,
            added,
            removed,
            moved,
        } = ballot;
        print_line!(
            "ballot {id}: {before} -> {after} credentials, {added} added, {removed} removed, {moved} in another region"
        )?;
    }
    Ok(())
}

/// Ballots of the later package, then those that only the earlier one has.
fn ballot_ids<'p>(before: &'p Package, after: &'p Package) -> impl Iterator<Item = &'p str> {
    let gone = before
        .event()
        .ballots()
        .iter()
        .filter(|b| after.event().ballot(&b.id).is_none());
    after
        .event()
        .ballots()
        .iter()
        .chain(gone)
        .map(|ballot| ballot.id.as_str())
}

fn compare(before: &Package, after: &Package, id: &str) -> BallotDifference {
    let mut difference = BallotDifference {
        id: id.to_owned(),
        ..BallotDifference::default()
    };
    let mut old = credentials(before, id).peekable();
    let mut new = credentials(after, id).peekable();
    while let Some(order) = next_order(&mut old, &mut new) {
        let region_before = if order.is_le() {
            old.next().map(|(_, region)| region)
        } else {
            None
        };
        let region_after = if order.is_ge() {
            new.next().map(|(_, region)| region)
        } else {
            None
        };
        difference.before += u64::from(region_before.is_some());
        difference.after += u64::from(region_after.is_some());
        match order {
            Ordering::Less => difference.removed += 1,
            Ordering::Greater => difference.added += 1,
            Ordering::Equal => difference.moved += u64::from(region_before != region_after),
        }
    }
    difference
}

/// How the next credentials of both sides compare; a side at its end counts as greatest.
fn next_order<I, J>(old: &mut Peekable<I>, new: &mut Peekable<J>) -> Option<Ordering>
where
    I: Iterator<Item = (Digest, u16)>,
    J: Iterator<Item = (Digest, u16)>,
{
    match (old.peek(), new.peek()) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some((one, _)), Some((other, _))) => Some(one.cmp(other)),
    }
}

/// All credentials of a ballot in order of digest: shards are ranges of leading bits. Whoever is left
/// out because the package rots meanwhile is told by [`Package::rot`].
fn credentials<'p>(package: &'p Package, id: &str) -> impl Iterator<Item = (Digest, u16)> + 'p {
    let index = package.event().ballot(id).map(|ballot| ballot.index);
    index.into_iter().flat_map(move |index: BallotIndex| {
        (0..package.shard_count(index)).flat_map(move |shard| {
            (0..package.credentials_in(index, shard)).filter_map(move |ordinal| {
                let digest = package.digest_at(index, shard, ordinal).ok()??;
                Some((digest, package.region_at(index, shard, ordinal).ok()??))
            })
        })
    })
}
