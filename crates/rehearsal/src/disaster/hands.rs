//! The machines of both hands are lost while voters vote: keys are joined from shares, releases made anew.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::time::Instant;

use super::electorate::Electorate;
use super::told::Scene;
use crate::ceremony::check_key;
use crate::child::Server;
use crate::counts;
use crate::machines::Hand;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::verdict::Verdict;

/// Trustees of each key, and how many of them make it whole.
const OF: u32 = 5;
const NEED: u32 = 3;
/// Who of them can be reached at night.
const REACHED: [u32; 3] = [2, 4, 5];
/// Votes before the loss.
const VOTES: u64 = 150;
const CATCH_UP_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
/// The only partition's releases.
const FILE: &str = "p0000.releases";

/// Plays it: `votes` votes in whose middle both machines are lost, and as many after.
///
/// # Errors
/// Anything that keeps it from being played; shares that make no key.
pub(super) async fn play(
    stage: &Stage,
    (votes, seed): (u64, u64),
    steps: &mut Steps,
) -> Result<Scene> {
    let mut electorate = Electorate::prepare(stage, (votes, seed), steps).await?;
    for hand in Hand::ALL {
        split(stage, hand).await?;
    }
    let at = Addresses::free()?;
    let mut validator = stage.start_validator(at).await?;
    let hands = (stage.start_count_hand()?, stage.start_tally(at).await?);
    let ((), back) = tokio::try_join!(
        electorate.vote_all(stage, at),
        lose(stage, at, (&mut validator, hands))
    )?;
    steps.done("both hands' machines lost, keys joined from shares, results shown again");
    electorate.vote_all(stage, at).await?;
    let truth = electorate.truth(stage)?;
    services::tally_caught_up(at, CATCH_UP_WITHIN).await?;
    let mut faults = Vec::new();
    if let Err(other) = counts::compare_api(at, &truth.counts()).await {
        faults.push(format!("the new machines tell other results: {other:#}"));
    }
    back.tally.stop().await?;
    back.count_hand.stop().await?;
    let lacking = electorate.lacking(stage, at.public).await?;
    validator.stop().await?;
    faults.extend(crate::lost_machine::contradictions(stage, &truth, &lacking, u64::MAX).await?);
    let again = stage.machines.releases_again();
    faults.extend(differences(
        &lost(stage),
        &stage.machines.releases(),
        &again,
    )?);
    steps.done("releases compared, byte for byte");
    Ok(Scene {
        scene: "both hands' machines lost",
        gone: "count key and mask key, every release",
        needed: "3 of 5 trustees of each key, the ledger, the package",
        vote_again_s: None,
        results_again_s: Some(back.results_again_s),
        acknowledged: truth.receipts(),
        lost_receipts: lacking,
        frames: None,
        said: Vec::new(),
        verdict: Verdict::new(
            "the releases are the same bytes, and the results go on",
            faults,
        ),
    })
}

/// The new machines at work.
struct Back {
    count_hand: Server,
    tally: Server,
    results_again_s: f64,
}

async fn lose(
    stage: &Stage,
    at: Addresses,
    (validator, (mut count_hand, mut tally)): (&mut Server, (Server, Server)),
) -> Result<Back> {
    services::grown(validator, at, "ledger_votes_total", VOTES).await?;
    services::tally_caught_up(at, CATCH_UP_WITHIN).await.ok();
    let begun = Instant::now();
    count_hand.kill().await?;
    tally.kill().await?;
    // What readers have downloaded is what is left: the judge keeps it aside.
    rustix::fs::rename(stage.machines.hand(Hand::Count), lost(stage))?;
    fs::remove_file(lost(stage).join("count.key")).context("the lost count key")?;
    fs::remove_dir_all(stage.machines.hand(Hand::Mask)).context("the mask hand's machine")?;
    for hand in Hand::ALL {
        fs::create_dir(stage.machines.hand(hand))?;
        join(stage, hand).await?;
    }
    let count_hand = stage.start_count_hand()?;
    let tally = stage.start_tally(at).await?;
    counted(at).await?;
    Ok(Back {
        count_hand,
        tally,
        results_again_s: begun.elapsed().as_secs_f64(),
    })
}

/// Waits until the new tally has counted what the ledger had when this was asked.
async fn counted(at: Addresses) -> Result<()> {
    let wanted = services::metric(at.internal, "ledger_last_sequence").await?;
    super::electorate::until("results again", async || {
        let health = crate::api::tally_health(at.results).await?;
        Ok(health.counted().is_some_and(|frame| frame >= wanted))
    })
    .await
}

/// Where the judge keeps what readers had of the lost machine.
fn lost(stage: &Stage) -> PathBuf {
    stage.machines.root().join("count-hand-lost")
}

/// A trustee's share of a key, at home with the trustee.
fn share(stage: &Stage, hand: Hand, trustee: u32) -> PathBuf {
    let name = format!("{hand}-{trustee}-of-{OF}.share");
    stage.machines.root().join("trustees").join(name)
}

async fn split(stage: &Stage, hand: Hand) -> Result<()> {
    let trustees = stage.machines.root().join("trustees");
    fs::create_dir_all(&trustees)?;
    let call = stage.call("tally").arg("split");
    call.flag("--key", stage.machines.hand_key(hand))
        .flag("--of", OF.to_string())
        .flag("--need", NEED.to_string())
        .flag("--out", trustees.join(hand.to_string()))
        .run()
        .await
        .map(drop)
}

/// Makes a key of the shares of who was reached, and checks it against the package.
async fn join(stage: &Stage, hand: Hand) -> Result<()> {
    let key = stage.machines.hand_key(hand);
    let call = stage.call("tally").arg("join").flag("--out", &key);
    let shares = REACHED.iter().map(|trustee| share(stage, hand, *trustee));
    shares.fold(call, crate::child::Call::arg).run().await?;
    check_key(stage, hand, &key).await
}

/// Whether what readers had of the lost machine is how the new releases begin, and whether these are what a second holder of the
/// count key makes of the whole ledger at once.
fn differences(lost: &Path, anew: &Path, again: &Path) -> Result<Vec<String>> {
    let read =
        |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let had = read(lost.join("releases").join(FILE))?;
    let (anew, again) = (read(anew.join(FILE))?, read(again.join(FILE))?);
    // The kill may have torn the last line.
    let whole = had
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let mut faults = Vec::new();
    if whole == 0 {
        faults.push("nothing had been released: the rehearsal proves nothing".to_owned());
    }
    if !anew.starts_with(&had[..whole]) {
        faults.push("the releases made anew do not begin with those that were lost".to_owned());
    }
    if anew != again {
        faults.push("the releases of a second holder are other bytes".to_owned());
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_byte_for_byte() {
        let dir = tempfile::tempdir().unwrap();
        let of = |name: &str| dir.path().join(name);
        for name in ["lost/releases", "anew", "again"] {
            fs::create_dir_all(of(name)).unwrap();
        }
        let check = |had: &str, anew: &str, again: &str, found: usize| {
            fs::write(of("lost/releases").join(FILE), had).unwrap();
            fs::write(of("anew").join(FILE), anew).unwrap();
            fs::write(of("again").join(FILE), again).unwrap();
            let faults = differences(&of("lost"), &of("anew"), &of("again")).unwrap();
            assert_eq!(faults.len(), found, "{had:?}: {faults:?}");
        };
        check("a\nb\n", "a\nb\nc\n", "a\nb\nc\n", 0);
        check("a\nb\nto", "a\nb\nc\n", "a\nb\nc\n", 0);
        check("a\nx\n", "a\nb\nc\n", "a\nb\nc\n", 1);
        check("a\nb\n", "a\nb\nc\n", "a\nb\nd\n", 1);
        check("a\nb\nc\nd\n", "a\nb\nc\n", "a\nb\nc\n", 1);
        check("torn", "a\n", "a\n", 1);
    }
}
