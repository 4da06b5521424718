//! `rehearsal upgrade`: programs of two releases side by side. Two validators on one ledger, the count hand and the
//! mask hand are exchanged for the next release, one after the other, while voters vote; then one validator goes back.
//! At the end every answer is held against the ledger, and the tally's database too (docs/upgrade.md).

pub mod alone;
pub mod releases;
pub mod report;
pub mod site;

use std::time::Duration;

use anyhow::Result;

use crate::machines::Machines;
use crate::prepare::Stage;
use crate::programs::Programs;
use crate::steps::Steps;
use crate::validators;
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};
use releases::Release;
use report::{Met, Upgrade, faults};
use site::{Site, VALIDATORS};

const CONNECTIONS: u32 = 64;
const VOTERS_MIN: u32 = 4_000;

/// How much is played, and what is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Votes that fall due in each second.
    pub rate: u64,
    /// Synthetic voters: enough that votes do not run out.
    pub voters: u32,
    /// The longest time in which some partition may record no vote while a validator is exchanged.
    pub gap_max: Duration,
    /// Whether programs are asked to end, as is right; else they are killed.
    pub is_drained: bool,
}

impl Scale {
    /// As a country votes at its peak. A validator that gives its partitions back leaves no gap as long as a lease (3 s).
    pub const FULL: Scale = Scale {
        rate: 1_000,
        voters: 200_000,
        gap_max: Duration::from_secs(3),
        is_drained: true,
    };
}

/// Exchanges the programs of the stage for those of `after`, and one back.
///
/// # Errors
/// Anything that keeps it from being played; a program that refuses to start.
pub async fn run(
    stage: &Stage,
    after: &Programs,
    (scale, seed): (Scale, u64),
    steps: &mut Steps,
) -> Result<Upgrade> {
    stage
        .prepare(scale.voters.max(VOTERS_MIN), seed, steps)
        .await?;
    let before = Release::of(stage, &stage.programs).await?;
    let after = Release::of(stage, after).await?;
    let mut site = Site::start(stage).await?;
    steps.done(
        "two validators behind HAProxy on one ledger, both hands with a database, all running",
    );
    let casting = stage.cast_with_history(
        &[site.voters()],
        Voting {
            load: Load::Rate(scale.rate),
            votes: None,
            connections: CONNECTIONS,
            seed,
        },
    )?;
    site.frames_again().await?;
    let mut exchanged = Vec::new();
    for place in 0..VALIDATORS {
        let one = site.exchange_validator(place, &after, scale.is_drained);
        exchanged.push(one.await?);
    }
    exchanged.extend(site.exchange_hands(&after).await?);
    let back = site.exchange_validator(0, &before, scale.is_drained);
    exchanged.push(back.await?);
    steps.done(&format!(
        "validators and hands exchanged, {} for {}, and one validator back",
        before.version, after.version
    ));
    casting.end_early()?;
    let summary = casting.summed_up().await?;
    let acknowledged = || Ok(stage.acknowledged()?.0);
    let differences = site.finish(acknowledged).await?;
    let shared = stage.judge_shared(&summary, &validators::NAMES).await?;
    steps.done("a mirror of the ledger and the tally's database held against every answer");
    let alone = alone::run(
        &beside(stage)?,
        (&before, &after),
        (scale.rate, seed),
        steps,
    )
    .await?;
    let met = Met::of(scale.rate, &summary);
    let mut found = faults(&exchanged, &met, scale.gap_max);
    found.extend(shared.found);
    if differences > 0 {
        found.push(format!(
            "{differences} counts of the tally's database differ"
        ));
    }
    if !alone.judged.is_clean() || alone.met.unsettled > 0 {
        found.push(format!("the ledger in files: {alone:?}"));
    }
    Ok(Upgrade {
        before: before.version,
        after: after.version,
        exchanged,
        met,
        judged: shared.judged,
        history: shared.history,
        differences,
        alone,
        verdict: Verdict::new(
            "every vote was recorded once, and voters met no more than retries",
            found,
        ),
    })
}

/// The same event on a machine of its own, with a ledger in files.
fn beside(stage: &Stage) -> Result<Stage> {
    Ok(Stage {
        event: stage.event.clone(),
        partitions: 1,
        is_witnessed: false,
        programs: stage.programs.clone(),
        machines: Machines::create(&stage.machines.root().join("one-machine"), true)?,
    })
}
