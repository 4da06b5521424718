//! Wrong codes from many addresses. Where one voter's code is guessed, every guess after those that its
//! address has is refused unlooked at. Where wrong codes are sprayed over all NASs, to use up what is
//! left to honest voters, nobody else notices.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::requests::{self, Ending, Endings};
use super::swarm::Swarm;

/// Guesses `per_second` codes of the voter with this NAS.
pub(super) fn start(to: SocketAddr, per_second: u32, nas: &str) -> Swarm<Endings> {
    let nas: Arc<str> = nas.into();
    Swarm::pace(per_second, move |number, source| {
        let nas = Arc::clone(&nas);
        async move { guess(to, source, &nas, number).await }
    })
}

/// Sends `per_second` wrong codes, each for another NAS.
pub(super) fn spray(to: SocketAddr, per_second: u32) -> Swarm<Endings> {
    Swarm::pace(per_second, move |number, source| async move {
        // Each number of nine digits once, in no order: the factor shares no divisor with 10^9.
        let nas = u64::from(number) * 618_033_989 % 1_000_000_000;
        guess(to, source, &format!("{nas:09}"), number).await
    })
}

async fn guess(to: SocketAddr, source: Ipv4Addr, nas: &str, number: u32) -> Ending {
    let body =
        format!(r#"{{"nas":"{nas}","code":"GUESS{number:06}","law_id":"L2025-001","vote":"oui"}}"#);
    let request = format!(
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    requests::send(to, source, request.as_bytes()).await
}
