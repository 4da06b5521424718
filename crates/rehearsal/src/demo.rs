//! `rehearsal demo`: a whole election in under a minute, with a crash in the middle, judged at the
//! end by three counts that must agree.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::api;
use crate::child::Server;
use crate::counts;
use crate::outside::Verifier;
use crate::prepare::Stage;
use crate::search::{Searched, Secrets};
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::voting::{Casting, LOOK_AGAIN, Load, Summary, Voting};
use crate::witnesses;

/// How long voting should take; the rate follows from it.
const VOTING_S: u64 = 12;
/// Requests a second, at least: a small rehearsal ends sooner than after [`VOTING_S`].
const RATE_MIN: u64 = 400;
const CONNECTIONS: u32 = 64;
/// How long the tally may take to catch up after the last vote.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(30);

/// What happened in a demo whose counts all agreed.
#[derive(Clone, Debug)]
pub struct DemoReport {
    summary: Summary,
    ballots: u64,
    /// Votes on stable storage when the validator was killed.
    votes_at_crash: u64,
    searched: Searched,
    /// Whether a program that is not ours agrees; it was not asked where there is none.
    is_verified: bool,
}

impl DemoReport {
    /// The verdict in one line.
    #[must_use]
    pub fn verdict(&self) -> String {
        let s = &self.summary;
        format!(
            "VERDICT: every vote counted once ({} votes on {} ballots; {} repeated, {} unknown and {} \
             malformed requests refused; validator killed after {} votes; load generator, files and API \
             agree; no NAS and no code in {} files){}",
            s.acknowledged(),
            self.ballots,
            s.duplicates,
            s.invalid,
            s.malformed,
            self.votes_at_crash,
            self.searched.files,
            self.outside()
        )
    }

    fn outside(&self) -> String {
        let (cosigned, all) = (witnesses::REQUIRED, witnesses::NAMES.len());
        let verifier = match self.is_verified {
            true => "the independent verifier agrees",
            false => "the independent verifier was NOT asked",
        };
        format!("; cosigned by {cosigned} of {all} witnesses; {verifier}")
    }
}

/// Plays the demo: `voters` synthetic voters vote on every open ballot, of which witnesses watch the ledger. Prints the
/// results on standard output.
///
/// # Errors
/// Anything that went wrong, a difference between the counts and a found secret above all.
pub async fn run(
    stage: &Stage,
    (voters, seed): (u32, u64),
    verifier: Option<&Verifier>,
    steps: &mut Steps,
) -> Result<DemoReport> {
    stage.prepare(voters, seed, steps).await?;
    let at = Addresses::free()?;
    let witnesses = stage.start_witnesses().await?;
    let validator = stage.start_validator(at).await?;
    let count_hand = stage.start_count_hand()?;
    let tally = stage.start_tally(at).await?;
    let listening = format!(
        "validator on http://{}, tally on http://{}",
        at.public, at.results
    );
    steps.done(&listening);
    let ballots = api::open_ballots(at.public).await?;
    let votes = u64::from(voters) * ballots;
    let rate = (votes / VOTING_S).max(RATE_MIN);
    let casting = stage.cast(
        at,
        Voting {
            load: Load::Rate(rate),
            votes: None,
            connections: CONNECTIONS,
            seed,
        },
    )?;
    steps.note(&format!(
        "loadgen: {votes} votes on {ballots} ballots at {rate} requests/s, \
         2 % repeated, 1 % unknown, 1 % malformed"
    ));
    let voted = crash_half_way(stage, at, validator, casting, votes / 2, steps).await?;
    let frames = services::tally_caught_up(at, CATCH_UP_WITHIN).await?;
    steps.done(&format!("tally has counted all {frames} frames"));
    judge(stage, at, steps).await?;
    let receipt = stage.check_a_receipt(at).await?;
    steps.done("a voter's receipt is a proof: checked offline, with nothing but the policy");
    voted.validator.stop().await?;
    tally.stop().await?;
    count_hand.stop().await?;
    witnesses::stop(witnesses).await?;
    steps.done("validator, tally, count hand and witnesses ended on SIGTERM with status 0");
    commandline::print(stage.count_table().await?)?;
    stage.verify().await?;
    steps.done("tally count, tally verify: chain, bitsets, counts and every receipt fit");
    if let Some(verifier) = verifier {
        verifier.check(stage, &[receipt]).await?;
        steps.done("verifier: package, ledger, log, witnesses, releases and results hold");
    }
    let searched = search(stage)?;
    let Searched { files, bytes } = searched;
    steps.done(&format!(
        "searched {files} files, {bytes} bytes: no NAS, no code"
    ));
    Ok(DemoReport {
        summary: voted.summary,
        ballots,
        votes_at_crash: voted.votes_at_crash,
        searched,
        is_verified: verifier.is_some(),
    })
}

/// How the voting ended.
struct Voted {
    /// The validator that was started after the crash.
    validator: Server,
    votes_at_crash: u64,
    summary: Summary,
}

/// Kills the validator once it holds `half` votes, starts it again and waits for the last vote.
async fn crash_half_way(
    stage: &Stage,
    at: Addresses,
    mut validator: Server,
    mut casting: Casting,
    half: u64,
    steps: &mut Steps,
) -> Result<Voted> {
    let votes_at_crash = wait_for_votes(&mut casting, &mut validator, at, half).await?;
    validator.kill().await?;
    steps.done(&format!(
        "validator killed (SIGKILL) after {votes_at_crash} votes"
    ));
    let validator = stage.start_validator(at).await?;
    steps.done("validator recovered its ledger and takes votes again");
    let summary = casting.finish().await?;
    steps.done(&format!(
        "voting over: {} votes, {} of them by a retry whose first answer the crash swallowed",
        summary.acknowledged(),
        summary.recovered
    ));
    Ok(Voted {
        validator,
        votes_at_crash,
        summary,
    })
}

/// Waits until the validator holds `votes` votes (or all that will come); returns how many.
async fn wait_for_votes(
    casting: &mut Casting,
    validator: &mut Server,
    at: Addresses,
    votes: u64,
) -> Result<u64> {
    loop {
        validator.check()?;
        let recorded = services::metric(at.internal, "ledger_votes_total").await?;
        if recorded >= votes {
            return Ok(recorded);
        }
        if !casting.is_running()? {
            bail!("loadgen ended after {recorded} votes, before the crash: see loadgen.log");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Compares the three counts: of the answers, of the files, of the tally's API.
async fn judge(stage: &Stage, at: Addresses, steps: &mut Steps) -> Result<()> {
    let (acknowledged, _) = stage.acknowledged()?;
    let counted = stage.counted_from_files().await?;
    let difference = counts::difference(&acknowledged, &counted);
    if counted != acknowledged {
        bail!(
            "the files hold other counts than the answers: {} votes lost, {} double",
            difference.lost,
            difference.double
        );
    }
    counts::compare_api(at, &acknowledged).await?;
    steps.done("answers, files and the tally's API agree on every ballot, region and choice");
    Ok(())
}

/// Searches the online machine for secrets of voters, after a proof that the search finds them.
///
/// # Errors
/// A secret was found, whose file and byte are named; a file cannot be read.
pub fn search(stage: &Stage) -> Result<Searched> {
    let secrets = Secrets::of_roll(&stage.machines.roll())?;
    prove_search(&secrets, &fs::read_to_string(stage.machines.voters())?)?;
    let mut searched = Searched::default();
    if let Some(found) = secrets.search(&stage.machines.online(), &mut searched)? {
        bail!(
            "a {} of the roll stands in {} at byte {}",
            found.what,
            found.path.display(),
            found.offset
        );
    }
    Ok(searched)
}

/// A search that finds nothing in the roll itself would prove nothing.
fn prove_search(secrets: &Secrets, roll: &str) -> Result<()> {
    let row = roll.lines().last().context("the voters' roll is empty")?;
    for field in row.split(',').take(2) {
        let planted = format!("{{\"error\":\"no such voter {field}\"}}");
        secrets
            .find(planted.as_bytes())
            .context("the search does not find a planted secret")?;
    }
    Ok(())
}
