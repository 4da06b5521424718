//! Connections that are held open by as little as possible: silence, headers that drip in, bodies
//! that drip in. Whoever is cut off comes again at once.

use super::swarm::{Met, NOT_CONNECTED, Stop, Swarm, address, connect};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// Pause between two bytes.
const DRIP: Duration = Duration::from_secs(1);
/// Pause after a connection that could not be made.
const REFUSED: Duration = Duration::from_millis(200);
/// Connections begin spread over this time.
const SPREAD: Duration = Duration::from_secs(2);

const HEAD: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nX-Slow: ";
const BODY: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Content-Length: 300\r\n\r\n{";

/// What a connection begins with, and the name under which its end is counted.
type Kind = (&'static [u8], &'static str);
const KINDS: [Kind; 3] = [
    (b"", "silence_cut_off"),
    (HEAD, "header_cut_off"),
    (BODY, "body_cut_off"),
];

/// Holds `connections` connections.
pub(super) fn start(swarm: &mut Swarm, to: SocketAddr, connections: u32) {
    for n in 0..connections {
        let kind = KINDS[n as usize % 3];
        swarm.spawn(hold(
            to,
            address(n),
            kind,
            SPREAD * n / connections,
            swarm.stop(),
        ));
    }
}

async fn hold(
    to: SocketAddr,
    source: Ipv4Addr,
    (begun, cut_off): Kind,
    wait: Duration,
    mut stop: Stop,
) -> Met {
    let mut met = Met::new();
    if stop.or(tokio::time::sleep(wait)).await.is_none() {
        return met;
    }
    loop {
        let started = Instant::now();
        let ended = stop.or(once(to, source, begun)).await;
        if let Some(Err(_)) = ended {
            *met.entry(NOT_CONNECTED.to_owned()).or_default() += 1;
            tokio::time::sleep(REFUSED).await;
            continue;
        }
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let longest = met.entry("held_ms_max".to_owned()).or_default();
        *longest = ms.max(*longest);
        if ended.is_none() {
            return met;
        }
        *met.entry(cut_off.to_owned()).or_default() += 1;
    }
}

/// One connection until the server closes it.
///
/// # Errors
/// It could not be made.
async fn once(to: SocketAddr, source: Ipv4Addr, begun: &[u8]) -> io::Result<()> {
    let mut stream = connect(to, source).await?;
    let (mut from_server, mut to_server) = stream.split();
    let drips = async {
        to_server.write_all(begun).await?;
        loop {
            tokio::time::sleep(DRIP).await;
            if !begun.is_empty() {
                to_server.write_all(b"a").await?;
            }
        }
        #[allow(unreachable_code, reason = "gives the block its type")]
        Ok::<(), std::io::Error>(())
    };
    let closed = async {
        let mut bytes = [0; 1_024];
        // A last word, such as 408, comes before the end.
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
