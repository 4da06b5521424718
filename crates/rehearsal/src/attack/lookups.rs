//! A flood of receipts that are looked up, each of which reads the ledger, while votes are written to
//! it.

use std::net::SocketAddr;

use super::requests::{self, Endings};
use super::swarm::Swarm;

/// Looks up `per_second` receipts that nobody has, in frames that there are.
pub(super) fn start(to: SocketAddr, per_second: u32) -> Swarm<Endings> {
    Swarm::pace(per_second, move |number, source| async move {
        let frame = 1 + number % 100;
        let request = format!(
            "GET /api/v1/receipts/0-{frame}-0000000000000000000000000z HTTP/1.1\r\nHost: x\r\n\r\n"
        );
        requests::send(to, source, request.as_bytes()).await
    })
}
