//! People who are not on the roll, or guess what they were not given. What they are answered is nobody's matter here.

use std::net::SocketAddr;

use serde_json::json;

use crate::http;

/// Requests each time: ten times a second.
const AT_ONCE: u64 = 8;

/// Sends credentials that are on no roll.
pub fn unknown(to: SocketAddr, turn: u64) {
    for number in turn * AT_ONCE..(turn + 1) * AT_ONCE {
        // Each number of nine digits once, in no order: the factor shares no divisor with 10^9.
        let nas = number * 618_033_989 % 1_000_000_000;
        send(to, &format!("{nas:09}"), number);
    }
}

/// Sends codes for one voter that are not the voter's.
pub fn guess(to: SocketAddr, nas: &str, turn: u64) {
    for number in turn * AT_ONCE..(turn + 1) * AT_ONCE {
        send(to, nas, number);
    }
}

fn send(to: SocketAddr, nas: &str, number: u64) {
    let vote = json!({
        "nas": nas,
        "code": format!("GUESS{number:06}"),
        "law_id": "L2025-001",
        "vote": "oui",
    });
    // A stranger who gets no answer is none of the voters.
    tokio::spawn(async move { drop(http::post(to, "/api/v1/vote", &vote).await) });
}
