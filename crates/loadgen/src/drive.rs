//! Sends the load: workers take the next request, wait until it is due and settle it.

mod cast;
mod lanes;
mod load;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ipnet::Ipv4Net;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::args::{Settings, Share};
use crate::connection::Connection;
use crate::offer::Offer;
use crate::plan::{RACING_MAX, Slot};
use crate::progress::Progress;
use crate::roll::Voter;
use crate::score::Score;
use crate::slow;
use lanes::Lanes;
use load::Load;

/// Most slow requests at a time. Further ones are left out: they would take the connections that the
/// votes need.
const SLOW_MAX: usize = 256;
/// How often progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Connections that may be open at a time: a worker that races a vote needs some of its own.
pub(crate) fn connections_max(settings: &Settings) -> u32 {
    match settings.races {
        Share::NONE => settings.connections,
        _ => settings.connections * RACING_MAX,
    }
}

/// Runs the whole load and returns its counts, with the number of requests that were planned. Writes
/// the truth file, if one was asked for.
pub(crate) async fn run(settings: &Settings, roll: Vec<Voter>) -> Result<(Score, u64)> {
    let offer = offer(settings).await?;
    let load = Arc::new(Load::new(settings, roll, offer)?);
    let progress = tokio::spawn(show_progress(Arc::clone(&load)));
    let mut workers = JoinSet::new();
    let slow_permits = Arc::new(Semaphore::new(SLOW_MAX));
    let start = Instant::now();
    let mut sources = settings.sources.map(sources);
    for _ in 0..settings.connections {
        let source = sources.as_mut().and_then(Iterator::next);
        workers.spawn(work(
            Arc::clone(&load),
            Arc::clone(&slow_permits),
            source,
            start,
        ));
    }
    let outcome = tokio::select! {
        outcome = settle_all(&mut workers) => outcome,
        interrupted = stop_on_signal(&load) => interrupted,
    };
    progress.abort();
    let _ = progress.await; // aborted: lets go of the load
    outcome?;
    let load = Arc::into_inner(load).context("a worker outlived the run")?;
    let planned = load.total();
    Ok((load.finish(start.elapsed())?, planned))
}

/// The addresses of a network in turn, without an end.
fn sources(network: Ipv4Net) -> impl Iterator<Item = Ipv4Addr> {
    std::iter::repeat_with(move || network.hosts()).flatten()
}

async fn offer(settings: &Settings) -> Result<Offer> {
    let ballots = match &settings.election {
        Some(path) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let now_ms = i64::try_from(now.context("the clock stands before 1970")?.as_millis())?;
            crate::offer::definition::read(path, settings.seed, now_ms)?
        }
        None => {
            crate::offer::api::read(
                &mut Connection::new(&settings.targets, 0, None),
                settings.seed,
            )
            .await?
        }
    };
    Offer::new(ballots, &settings.ballots)
}

/// SIGINT or SIGTERM: sends nothing new and lets what was sent be settled, so that the account and
/// the truth file stay whole. Returns, with an error, at the second signal.
async fn stop_on_signal(load: &Load) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    for _ in 0..2 {
        tokio::select! {
            _ = interrupt.recv() => load.stop(),
            _ = terminate.recv() => load.stop(),
        }
    }
    bail!("stopped by a second signal, requests are left unsettled")
}

async fn settle_all(workers: &mut JoinSet<Result<()>>) -> Result<()> {
    while let Some(ended) = workers.join_next().await {
        ended.context("a worker stopped")??;
    }
    Ok(())
}

/// Sends requests over one connection, and over further ones what races with them, until the run has none left.
async fn work(
    load: Arc<Load>,
    slow_permits: Arc<Semaphore>,
    source: Option<Ipv4Addr>,
    start: Instant,
) -> Result<()> {
    let mut lanes = Lanes::new(&load.targets, load.first_target(), source);
    let mut slow_requests = JoinSet::new();
    let mut stopping = load.stopping();
    while let Some((slot, due)) = load.next() {
        let due = due.map_or_else(Instant::now, |after| start + after);
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(due) => {}
            _ = stopping.wait_for(|stopping| *stopping) => break,
        }
        let Some((subject, call)) = load.request(slot).await else {
            load.leave_out(); // nothing was recorded that could be repeated
            continue;
        };
        if let Slot::Slow(_) = slot {
            while let Some(ended) = slow_requests.try_join_next() {
                ended.context("a slow request stopped")??;
            }
            if let Ok(permit) = Arc::clone(&slow_permits).try_acquire_owned() {
                let load = Arc::clone(&load);
                slow_requests.spawn(async move {
                    let settled = slow::drip(&load.targets[0], source, &call).await;
                    drop(permit);
                    load.settle(slot, subject, due, &[settled])
                });
            } else {
                load.leave_out();
            }
            continue;
        }
        let ended = lanes.cast(load.times(slot), call, load.retry_for).await?;
        let (settled, attempts): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
        let attempts: Vec<_> = attempts.into_iter().flatten().collect();
        load.note(&subject, &attempts)?;
        load.settle(slot, subject, due, &settled)?;
    }
    settle_all(&mut slow_requests).await
}

async fn show_progress(load: Arc<Load>) {
    let progress = Progress::new(load.total());
    let _clear = ClearOnDrop(&progress);
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        load.show(&progress);
    }
}

/// Clears the progress line when its task is aborted.
struct ClearOnDrop<'a>(&'a Progress);

impl Drop for ClearOnDrop<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}
