//! Connections that are made and thrown away: after a request, at once, or by a reset.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::AsyncWriteExt;

use super::connection::connect;
use super::requests::{self, Ending, Endings};
use super::swarm::Swarm;

const LIVE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
/// A vote with the length of its body and a credential that is on no roll.
const VOTE: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Content-Length: 71\r\n\r\n\
    {\"nas\":\"000000018\",\"code\":\"AAAAAAAA\",\"law_id\":\"L2025-001\",\"vote\":\"oui\"}";

/// Makes `per_second` such connections.
pub(super) fn start(to: SocketAddr, per_second: u32) -> Swarm<Endings> {
    Swarm::pace(per_second, move |number, source| once(to, source, number))
}

async fn once(to: SocketAddr, source: Ipv4Addr, number: u32) -> Ending {
    let sent = match number % 4 {
        0 => return requests::send(to, source, LIVE).await,
        1 => b"",
        2 => &VOTE[..VOTE.len() - 30],
        _ => VOTE,
    };
    let Ok(mut stream) = connect(to, source).await else {
        return Ending::NotConnected;
    };
    if sent.is_empty() {
        return Ending::Left;
    }
    // The validator meets the reset while it reads or answers; whether the bytes still went out and
    // how the socket is closed then changes nothing.
    let _ = stream.write_all(sent).await;
    let _ = stream.set_zero_linger();
    Ending::Reset
}
