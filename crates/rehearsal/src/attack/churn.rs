//! Connections that are made and thrown away: after a request, at once, or by a reset.

use super::swarm::{Swarm, answer, connect, status};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const LIVE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

/// Makes `per_second` of them.
pub(super) fn start(swarm: &mut Swarm, to: SocketAddr, per_second: u32) {
    swarm.pace(per_second, move |number, source| once(to, source, number));
}

async fn once(to: SocketAddr, source: Ipv4Addr, number: u32) -> String {
    let Ok(mut stream) = connect(to, source).await else {
        return "not_connected".to_owned();
    };
    match number % 3 {
        0 => {
            let told = async {
                stream.write_all(LIVE).await?;
                answer(&mut stream).await
            };
            status(&told.await)
        }
        1 => "left".to_owned(),
        _ => {
            // No farewell: the peer reads a reset in the middle of its answer.
            let _ = stream.write_all(LIVE).await;
            let _ = stream.set_zero_linger();
            tokio::time::sleep(Duration::from_micros(50)).await;
            "reset".to_owned()
        }
    }
}
