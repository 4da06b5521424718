//! A few addresses that try to hold every connection there is: each asks something harmless now and
//! then, so that no deadline of a connection is missed, and comes again when it is let go.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::connection::connect;
use super::swarm::{Stop, Swarm, address};

/// Addresses of the hoarders.
pub(super) const HOARDERS: u32 = 40;
/// Pause between two requests of one connection: less than `http.header_timeout_ms`.
const PAUSE: Duration = Duration::from_secs(4);
/// Pause after a connection that was not to be had.
const TURNED_AWAY: Duration = Duration::from_secs(1);
/// The first connections of all hoarders are spread over this time.
const SPREAD: Duration = Duration::from_secs(2);

const LIVE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

/// What became of the connections.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Hoarded {
    /// Requests that were answered.
    pub answered: u64,
    /// Connections that were closed before anything was answered on them, or could not be made.
    pub turned_away: u64,
    /// Connections that were closed later.
    pub let_go: u64,
}

impl Hoarded {
    /// What all hoarders met.
    pub(super) fn sum(met: Vec<Hoarded>, _lasted: Duration) -> Hoarded {
        met.into_iter()
            .fold(Hoarded::default(), |sum, one| Hoarded {
                answered: sum.answered + one.answered,
                turned_away: sum.turned_away + one.turned_away,
                let_go: sum.let_go + one.let_go,
            })
    }
}

/// Hoarders that together want `connections` connections.
pub(super) fn start(to: SocketAddr, connections: u32) -> Swarm<Hoarded> {
    let mut swarm = Swarm::new();
    for n in 0..connections {
        let wait = SPREAD * n / connections;
        swarm.spawn(hoard(to, address(n % HOARDERS), wait, swarm.stop()));
    }
    swarm
}

async fn hoard(to: SocketAddr, source: Ipv4Addr, wait: Duration, mut stop: Stop) -> Hoarded {
    let mut met = Hoarded::default();
    if stop.or(tokio::time::sleep(wait)).await.is_none() {
        return met;
    }
    loop {
        let began = Instant::now();
        let mut answered = 0;
        if stop.or(hold(to, source, &mut answered)).await.is_none() {
            met.answered += answered;
            return met;
        }
        met.answered += answered;
        match answered {
            0 => met.turned_away += 1,
            _ => met.let_go += 1,
        }
        let rest = TURNED_AWAY.saturating_sub(began.elapsed());
        if stop.or(tokio::time::sleep(rest)).await.is_none() {
            return met;
        }
    }
}

/// One connection until the validator closes it; counts the answers on it.
async fn hold(to: SocketAddr, source: Ipv4Addr, answered: &mut u64) {
    let Ok(mut stream) = connect(to, source).await else {
        return;
    };
    let mut bytes = [0; 1_024];
    loop {
        if stream.write_all(LIVE).await.is_err() {
            return;
        }
        match stream.read(&mut bytes).await {
            Ok(count) if count > 0 => *answered += 1,
            _ => return,
        }
        // Whoever is let go meanwhile is to come again at once.
        if let Ok(_closed) = tokio::time::timeout(PAUSE, stream.read(&mut bytes)).await {
            return;
        }
    }
}
