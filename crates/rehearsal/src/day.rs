//! `rehearsal day`: a national voting day, as fast as the programs can, from the roll to the verified
//! count.

use anyhow::Result;
use serde::Serialize;

use crate::counts::{self, Difference};
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::steps::Steps;
use crate::verdict::Verdict;
use crate::voting::{Load, Voting};

const CONNECTIONS: u32 = 256;
/// Seconds of a voting day.
const DAY_S: f64 = 86_400.0;

/// What a day was measured to take, and its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct DayReport {
    /// Voters on the roll.
    pub voters: u32,
    /// Votes that the validator said it recorded, every one on stable storage.
    pub votes: u64,
    /// Length of the voting, seconds.
    pub seconds: f64,
    /// Votes a second over all of it.
    pub votes_per_s: f64,
    /// Latency of a vote, milliseconds.
    pub p50_ms: f64,
    /// Latency that 99 votes of 100 stay below, milliseconds.
    pub p99_ms: f64,
    /// How many times as long a voting day of 24 hours is as this one.
    pub times_faster_than_a_day: f64,
    /// From the roll to the signed package.
    pub prepare_s: f64,
    /// `tally count` from the files.
    pub count_s: f64,
    /// `tally verify --expect`: chain, bitsets, counts and every receipt.
    pub verify_s: f64,
    /// Votes that were acknowledged and are not counted.
    pub lost: u64,
    /// Votes counted that were not acknowledged.
    pub double: u64,
    /// `every vote counted once`, or what speaks against it.
    pub verdict: Verdict,
}

/// Plays a day of `voters` votes over all open ballots, with repeated, unknown and malformed
/// requests among them; `rate` is in requests a second, none is as fast as answers come.
///
/// # Errors
/// Anything that keeps it from being played; lost votes are an outcome, not an error.
pub async fn run(
    stage: &Stage,
    voters: u32,
    rate: Option<u64>,
    seed: u64,
    steps: &mut Steps,
) -> Result<DayReport> {
    stage.prepare(voters, seed, steps).await?;
    let prepare_s = steps.elapsed_s();
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    steps.done("validator takes votes");
    let voting = Voting {
        load: rate.map_or(Load::AsAnswered, Load::Rate),
        votes: Some(u64::from(voters)),
        connections: CONNECTIONS,
        seed,
    };
    let summary = stage.cast(at, voting)?.finish().await?;
    validator.stop().await?;
    steps.done(&format!("voting over: {} votes", summary.acknowledged()));
    let counting = steps.elapsed_s();
    stage.count_table().await?;
    let count_s = steps.elapsed_s() - counting;
    steps.done("tally count");
    let verifying = steps.elapsed_s();
    let fault = stage.verify().await.err();
    let verify_s = steps.elapsed_s() - verifying;
    let (acknowledged, _) = stage.acknowledged()?;
    let counted = stage.counted_from_files().await?;
    let difference = counts::difference(&acknowledged, &counted);
    steps.done("tally verify --expect, and every count compared");
    let mut faults: Vec<String> = fault.iter().map(|fault| format!("{fault:#}")).collect();
    if difference != Difference::default() {
        faults.push(format!("answers and files differ: {difference:?}"));
    }
    let latency = summary.latency_ms;
    Ok(DayReport {
        voters,
        votes: summary.acknowledged(),
        seconds: summary.seconds,
        votes_per_s: summary.votes_per_s,
        p50_ms: latency.p50,
        p99_ms: latency.p99,
        times_faster_than_a_day: (DAY_S / summary.seconds).round(),
        prepare_s: tenths(prepare_s),
        count_s: tenths(count_s),
        verify_s: tenths(verify_s),
        lost: difference.lost,
        double: difference.double,
        verdict: Verdict::new("every vote counted once", faults),
    })
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
