//! `rehearsal ceremony`: both keys split among trustees, and every subset of them tried, before an event
//! opens.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::machines::Hand;
use crate::prepare::Stage;
use crate::steps::Steps;

/// Voters of the event whose keys are tried; nobody votes.
const VOTERS: u32 = 100;

/// How many trustees a key is split among, and how many make it whole.
#[derive(Clone, Copy, Debug)]
pub struct Trustees {
    /// Trustees of each key.
    pub of: u8,
    /// Trustees who together make it whole.
    pub need: u8,
}

/// What the ceremony has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CeremonyReport {
    /// Subsets of enough trustees that made their key.
    pub whole: u32,
    /// Subsets of too few, and of trustees of two keys, that were refused.
    pub refused: u32,
}

/// Splits both keys of an event, destroys the whole ones, and tries every subset of the trustees of each;
/// or one subset of each size, where `every_subset` is not asked for.
///
/// # Errors
/// A subset that makes no key or another one, too few who make one, a program that fails.
pub async fn run(
    stage: &Stage,
    trustees: Trustees,
    every_subset: bool,
    steps: &mut Steps,
) -> Result<CeremonyReport> {
    stage.prepare(VOTERS, 1, steps).await?;
    let mut report = CeremonyReport::default();
    for hand in Hand::ALL {
        split(stage, hand, trustees).await?;
        let subsets = subsets(trustees, every_subset);
        for subset in &subsets {
            try_subset(stage, hand, trustees, subset, &mut report).await?;
        }
        steps.done(&format!(
            "{hand} key: split among {}, destroyed, {} subsets of its trustees tried",
            trustees.of,
            subsets.len()
        ));
    }
    mixed(stage, trustees, &mut report).await?;
    steps.done("shares of two keys together were refused");
    let record = stage.machines.root().join("destruction-record.txt");
    destroy(stage, trustees, &record)?;
    steps.done(&format!("shares destroyed, record in {}", record.display()));
    Ok(report)
}

/// Splits the key of a hand and destroys it: from now on it exists in shares alone.
async fn split(stage: &Stage, hand: Hand, trustees: Trustees) -> Result<()> {
    let key = stage.machines.hand_key(hand);
    let call = stage.call("tally").arg("split").flag("--key", &key);
    let call = call
        .flag("--of", trustees.of.to_string())
        .flag("--need", trustees.need.to_string());
    call.flag("--out", key.with_extension("")).run().await?;
    fs::remove_file(&key).with_context(|| format!("cannot destroy {}", key.display()))
}

/// Numbers of trustees, from 1: all subsets of at least one, or the first of each size.
fn subsets(trustees: Trustees, every: bool) -> Vec<Vec<u8>> {
    if !every {
        return (1..=trustees.of).map(|last| (1..=last).collect()).collect();
    }
    let members = |chosen: u32| {
        let all = 1..=trustees.of;
        all.filter(|number| chosen >> (number - 1) & 1 == 1)
            .collect()
    };
    (1u32..1 << trustees.of).map(members).collect()
}

async fn try_subset(
    stage: &Stage,
    hand: Hand,
    trustees: Trustees,
    subset: &[u8],
    report: &mut CeremonyReport,
) -> Result<()> {
    let shares = subset
        .iter()
        .map(|number| share(stage, hand, trustees, *number));
    let joined = join(stage, hand, shares.collect()).await?;
    let enough = subset.len() >= usize::from(trustees.need);
    ensure!(
        joined.is_some() == enough,
        "trustees {subset:?} of the {hand} key: {}",
        if enough {
            "they do not make it"
        } else {
            "they are too few, and made a key"
        }
    );
    let Some(key) = joined else {
        report.refused += 1;
        return Ok(());
    };
    check_key(stage, hand, &key)
        .await
        .with_context(|| format!("trustees {subset:?}"))?;
    report.whole += 1;
    fs::remove_file(&key).with_context(|| format!("cannot destroy {}", key.display()))
}

/// Holds the key file that shares made against the package.
///
/// # Errors
/// It is another key.
pub(crate) async fn check_key(stage: &Stage, hand: Hand, key: &Path) -> Result<()> {
    let check = stage.call("tally").arg("keygen").flag("--check", key);
    let told = check
        .flag("--package", stage.machines.package())
        .run()
        .await?;
    let expected = format!("is the {hand} key of event");
    ensure!(
        told.contains(&expected),
        "the shares make another key: {told}"
    );
    Ok(())
}

/// One share of the other key among enough of one.
async fn mixed(stage: &Stage, trustees: Trustees, report: &mut CeremonyReport) -> Result<()> {
    let mut shares: Vec<PathBuf> = (1..trustees.need)
        .map(|number| share(stage, Hand::Count, trustees, number))
        .collect();
    shares.push(share(stage, Hand::Mask, trustees, trustees.need));
    let joined = join(stage, Hand::Count, shares).await?;
    ensure!(joined.is_none(), "shares of two keys made a key");
    report.refused += 1;
    Ok(())
}

/// The key file that these shares make; none where they are refused.
async fn join(stage: &Stage, hand: Hand, shares: Vec<PathBuf>) -> Result<Option<PathBuf>> {
    let joined = stage.machines.hand(hand).join("joined.key");
    let call = stage.call("tally").arg("join").flag("--out", &joined);
    let call = shares.into_iter().fold(call, |call, share| call.arg(share));
    let (status, _) = call.outcome().await?;
    ensure!(
        status.success() == joined.exists(),
        "tally join ended with {status}, and {} is {}there",
        joined.display(),
        if joined.exists() { "" } else { "not " }
    );
    Ok(status.success().then_some(joined))
}

fn share(stage: &Stage, hand: Hand, trustees: Trustees, number: u8) -> PathBuf {
    let name = format!("{hand}-{number}-of-{}.share", trustees.of);
    stage.machines.hand(hand).join(name)
}

/// Destroys every share, and writes what trustees and witnesses sign about it.
fn destroy(stage: &Stage, trustees: Trustees, record: &Path) -> Result<()> {
    let mut text =
        String::from("DESTRUCTION OF KEYS / DESTRUCTION DES CLÉS (rehearsal / répétition)\n");
    for hand in Hand::ALL {
        for number in 1..=trustees.of {
            let path = share(stage, hand, trustees, number);
            fs::remove_file(&path).with_context(|| format!("cannot destroy {}", path.display()))?;
            text += &format!(
                "{hand} key, share {number} of {}: destroyed / détruite   signature: ______________\n",
                trustees.of
            );
        }
    }
    fs::write(record, text).with_context(|| format!("cannot write {}", record.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subset_is_tried_or_one_of_each_size() {
        let trustees = Trustees { of: 5, need: 3 };
        assert_eq!(subsets(trustees, true).len(), 31);
        let some = subsets(trustees, false);
        assert_eq!(some.len(), 5);
        assert_eq!(some[2], [1, 2, 3]);
    }
}
