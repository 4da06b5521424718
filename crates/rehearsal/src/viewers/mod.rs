//! `rehearsal viewers`: the results' readers of an election night beside its voters, on one machine.
//!
//! Voters vote on an event of 125 regions, first alone, then with viewers whose pages follow the stream and with page
//! loads beside. At the end every viewer must have the page that a newcomer gets.

mod crowd;
mod page;
mod plan;
mod pool;
mod report;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::growing::processor_s;
use crate::memory::Memory;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::voters::Voters;
use crowd::{Crowd, Watched};
use page::Version;
use pool::Pool;
use report::{Loads, Seen};

pub use plan::Plan;
pub use report::{Times, ViewersReport};

/// Votes of a region that are shown together, as an event of this size would have it.
pub const SHOWN_TOGETHER: u32 = 20;
/// The page that viewers have open: the election with all its regions.
const PAGE: &str = "/ballots/E2025-QC?lang=fr";
/// What others load meanwhile.
const LOADED: [&str; 4] = [
    "/?lang=fr",
    "/ballots/E2025-QC?lang=en",
    "/ballots/E2025-QC/regions/42?lang=fr",
    PAGE,
];
/// Files that this process has open beside the viewers' sockets.
const OTHER_FILES: u64 = 1_024;
const CATCH_UP_WITHIN: Duration = Duration::from_secs(60);
/// A viewer has the newest page after a change by then: the stream's pause, the wait of a page twice, and time to spare.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// Plays voters alone, then viewers and page loads beside them.
///
/// # Errors
/// Anything that keeps it from being played. A bound that does not hold is reported, no error.
pub async fn run(stage: &Stage, plan: Plan, seed: u64, steps: &mut Steps) -> Result<ViewersReport> {
    allow_files(plan.viewers)?;
    // More than enough: each voter votes on several ballots.
    let voters = u32::try_from(plan.order().votes * 2)?.max(1_000);
    stage.prepare(voters, seed, steps).await?;
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    let count_hand = stage.start_count_hand()?;
    let tally = stage.start_tally(at).await?;
    steps.done("validator and tally take requests, the count hand releases");
    let mut voters = Voters::read(stage, seed)?;
    let alone = voters.vote(stage, at, plan.order()).await?;
    steps.done("voters voted alone");
    let watched = Arc::new(Watched {
        at: at.results,
        address: PAGE.to_owned(),
        pool: Pool::new(at.results),
        page: page::Page::default(),
        met: std::sync::Mutex::default(),
    });
    let crowd = Crowd::arrive(&watched, plan.viewers).await?;
    steps.done(&format!("{} viewers have opened the page", plan.viewers));
    let (began, used) = (Instant::now(), processor_s(&[tally.id()])?);
    let loading = load(&watched, plan);
    let (beside, loads) = tokio::join!(voters.vote(stage, at, plan.order()), loading);
    let used = (processor_s(&[tally.id()])? - used) / began.elapsed().as_secs_f64();
    steps.done("voters voted beside viewers and page loads");
    services::tally_caught_up(at, CATCH_UP_WITHIN).await?;
    let newest = settled(&watched).await?;
    steps.done("the newest page no longer changes, and viewers had time to get it");
    let memory = Memory::of(tally.id())?;
    let versions = crowd.leave().await?;
    let stragglers = versions
        .iter()
        .flatten()
        .filter(|version| **version != newest)
        .count();
    tally.stop().await?;
    count_hand.stop().await?;
    validator.stop().await?;
    voters.truth()?.write(&stage.machines.truth())?;
    let fault = stage.verify().await.err();
    steps.done("tally verify --expect: every vote that was acknowledged is in the ledger, once");
    let met = std::mem::take(&mut *watched.met());
    Ok(ViewersReport::of(Seen {
        plan,
        alone,
        beside: beside?,
        met,
        loads: loads?,
        stragglers: stragglers as u64,
        tally: (memory, used),
        unverified: fault.map(|fault| format!("{fault:#}")),
    }))
}

/// Waits until the page stays the same for longer than any viewer may be behind it; its version.
async fn settled(watched: &Watched) -> Result<Version> {
    let longest = Duration::from_secs(4) + crowd::AGED * 2 + crowd::SPREAD_MAX;
    let deadline = Instant::now() + longest + SETTLED_WITHIN;
    let mut since = Instant::now();
    let mut newest = watched.page.whole(&watched.pool, PAGE).await?.version;
    while since.elapsed() < longest {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = watched.page.whole(&watched.pool, PAGE).await?.version;
        if now != newest {
            (newest, since) = (now, Instant::now());
        }
        if Instant::now() > deadline {
            bail!(
                "the page still changes {} s after the last vote",
                deadline.elapsed().as_secs()
            );
        }
    }
    Ok(newest)
}

/// Loads pages at a steady rate, however long answers take, while voters vote.
async fn load(watched: &Arc<Watched>, plan: Plan) -> Result<Loads> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / plan.loads_per_s);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut loading = JoinSet::new();
    let mut loads = Loads::default();
    let mut keep = |loaded: Result<Option<Duration>, tokio::task::JoinError>| -> Result<()> {
        match loaded.context("a page load panicked")? {
            Some(time) => loads.times.push(time),
            None => loads.refused += 1,
        }
        Ok(())
    };
    for nth in 0..usize::try_from(u64::from(plan.loads_per_s) * plan.seconds)? {
        let due = pace.tick().await;
        let watched = Arc::clone(watched);
        loading.spawn(async move {
            let answer = watched.pool.get(LOADED[nth % LOADED.len()]).await;
            let is_page = answer.is_ok_and(|answer| answer.status == 200);
            is_page.then(|| due.elapsed())
        });
        while let Some(loaded) = loading.try_join_next() {
            keep(loaded)?;
        }
    }
    while let Some(loaded) = loading.join_next().await {
        keep(loaded)?;
    }
    Ok(loads)
}

/// Lets this process open a socket for each viewer.
fn allow_files(viewers: u32) -> Result<()> {
    let wanted = u64::from(viewers) + OTHER_FILES;
    let files = rlimit::increase_nofile_limit(wanted)
        .context("the limit of open files could not be raised")?;
    if files < wanted {
        bail!(
            "{viewers} viewers need {wanted} files, this process may open {files}: raise `ulimit -Hn`"
        );
    }
    Ok(())
}
