//! Hostile clients: tasks with source addresses of their own, paced, each reporting what it met.

use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::requests::{Ending, Endings};

/// Files that this process has open beside the connections of an attack.
const OTHER_FILES: u64 = 256;
/// Addresses that attackers come from: 127.3.0.1 and the following.
pub(super) const ADDRESSES: u32 = 64;

/// Attackers at work; each ends with an `M`, which says what it met.
pub(super) struct Swarm<M> {
    tasks: JoinSet<M>,
    stop: watch::Sender<bool>,
}

/// Tells an attacker when the attack ends.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The output of `work`; none where the attack ends before.
    pub(super) async fn or<W>(&mut self, work: impl Future<Output = W>) -> Option<W> {
        tokio::select! {
            biased;
            _ = self.0.wait_for(|stop| *stop) => None,
            worked = work => Some(worked),
        }
    }
}

impl<M: Send + 'static> Swarm<M> {
    pub(super) fn new() -> Swarm<M> {
        Swarm {
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    pub(super) fn stop(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    pub(super) fn spawn(&mut self, attacker: impl Future<Output = M> + Send + 'static) {
        self.tasks.spawn(attacker);
    }

    /// Ends the attack: what each attacker met.
    ///
    /// # Errors
    /// An attacker panicked.
    pub(super) async fn end(mut self) -> Result<Vec<M>> {
        self.stop.send_replace(true);
        let mut met = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            met.push(ended.context("an attacker panicked")?);
        }
        Ok(met)
    }
}

impl Swarm<Endings> {
    /// Attackers that together make `per_second` requests. `request` makes one: it is given the
    /// request's number and the address to come from.
    pub(super) fn pace<F, R>(per_second: u32, request: R) -> Swarm<Endings>
    where
        R: Fn(u32, Ipv4Addr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Ending> + Send,
    {
        let mut swarm = Swarm::new();
        let period = Duration::from_secs(1) * ADDRESSES / per_second.max(1);
        for attacker in 0..ADDRESSES {
            let (request, mut stop) = (request.clone(), swarm.stop());
            swarm.spawn(async move {
                let mut met = Endings::new();
                let first = tokio::time::Instant::now() + period * attacker / ADDRESSES;
                let mut due = tokio::time::interval_at(first, period);
                due.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for number in 0.. {
                    let made = stop.or(async {
                        due.tick().await;
                        request(number * ADDRESSES + attacker, address(attacker)).await
                    });
                    match made.await {
                        Some(ending) => *met.entry(ending).or_default() += 1,
                        None => break,
                    }
                }
                met
            });
        }
        swarm
    }
}

/// The address of attacker `n`.
pub(super) fn address(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 3, 0, 1)) + n % ADDRESSES)
}

/// Lets this process open as many files as the attack needs.
pub(super) fn allow_connections(connections: u32) -> Result<()> {
    let wanted = u64::from(connections) + OTHER_FILES;
    let files = rlimit::increase_nofile_limit(wanted)
        .context("the limit of open files could not be raised")?;
    if files < wanted {
        bail!("the attack opens {wanted} files, this process may open {files}: raise `ulimit -Hn`");
    }
    Ok(())
}
