//! The connections of one worker: the first sends every request, the others race with it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::cast::cast;
use crate::connection::{Connection, Target};
use crate::history::Attempt;
use crate::judge::Settled;
use crate::request::Call;

/// How long those that race wait for each other to be connected. Further ones come late to the race.
const MEET_WITHIN: Duration = Duration::from_millis(250);

/// Connections from one address, each made when it is needed first.
#[derive(Debug)]
pub(crate) struct Lanes {
    targets: Arc<[Target]>,
    source: Option<Ipv4Addr>,
    /// One at least, which sends every request.
    connections: Vec<Connection>,
}

impl Lanes {
    /// None is connected yet; the first will be, to the target `first`, from the local address `source`.
    pub(crate) fn new(targets: &Arc<[Target]>, first: usize, source: Option<Ipv4Addr>) -> Lanes {
        Lanes {
            targets: Arc::clone(targets),
            source,
            connections: vec![Connection::new(targets, first, source)],
        }
    }

    /// Sends `call` that many times at the same moment, each until it is settled. Gives the end of each with its
    /// attempts.
    pub(crate) async fn cast(
        &mut self,
        times: u32,
        call: Call,
        retry_for: Duration,
    ) -> Result<Vec<(Settled, Vec<Attempt>)>> {
        if let (1, [connection, ..]) = (times, self.connections.as_mut_slice()) {
            return Ok(vec![cast(connection, &call, retry_for).await]);
        }
        let call = Arc::new(call);
        let start = Arc::new(Barrier::new(times as usize));
        let mut racing = JoinSet::new();
        for (nth, mut connection) in self.take(times as usize).into_iter().enumerate() {
            let (call, start) = (Arc::clone(&call), Arc::clone(&start));
            racing.spawn(async move {
                let _ = tokio::time::timeout(MEET_WITHIN, connection.open()).await;
                start.wait().await;
                let ended = cast(&mut connection, &call, retry_for).await;
                (nth, connection, ended)
            });
        }
        let mut all = Vec::new();
        while let Some(raced) = racing.join_next().await {
            all.push(raced.context("a vote that raced stopped")?);
        }
        all.sort_by_key(|(nth, ..)| *nth);
        let (connections, ended): (Vec<_>, Vec<_>) =
            all.into_iter().map(|(_, c, ended)| (c, ended)).unzip();
        self.connections.splice(0..0, connections);
        Ok(ended)
    }

    /// The first `times` connections, each turned to another target as far as there are so many.
    fn take(&mut self, times: usize) -> Vec<Connection> {
        let first = self.connections[0].at();
        for nth in self.connections.len()..times {
            let connection = Connection::new(&self.targets, first + nth, self.source);
            self.connections.push(connection);
        }
        let mut taken: Vec<Connection> = self.connections.drain(..times).collect();
        for (nth, connection) in taken.iter_mut().enumerate() {
            connection.turn_to(first + nth);
        }
        taken
    }
}
