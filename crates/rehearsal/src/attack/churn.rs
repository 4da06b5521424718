//! Connections that are made and thrown away: after a request, at once, or by a reset.

use super::swarm::{NOT_CONNECTED, Swarm, answer, connect, status};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncWriteExt;

const LIVE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
/// A vote that nobody may cast, with the length of its body.
const VOTE: &[u8] = b"POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
    Content-Length: 71\r\n\r\n\
    {\"nas\":\"000000018\",\"code\":\"AAAAAAAA\",\"law_id\":\"L2025-001\",\"vote\":\"oui\"}";

/// Makes `per_second` of them.
pub(super) fn start(swarm: &mut Swarm, to: SocketAddr, per_second: u32) {
    swarm.pace(per_second, move |number, source| once(to, source, number));
}

async fn once(to: SocketAddr, source: Ipv4Addr, number: u32) -> String {
    let Ok(mut stream) = connect(to, source).await else {
        return NOT_CONNECTED.to_owned();
    };
    let sent = match number % 4 {
        0 => {
            let told = async {
                stream.write_all(LIVE).await?;
                answer(&mut stream).await
            };
            return status(&told.await);
        }
        1 => return "left".to_owned(),
        2 => &VOTE[..VOTE.len() - 30],
        _ => VOTE,
    };
    // No farewell: the validator meets a reset while it reads or answers.
    let _ = stream.write_all(sent).await;
    let _ = stream.set_zero_linger();
    "reset".to_owned()
}
