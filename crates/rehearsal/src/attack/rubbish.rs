//! Malformed and forbidden requests: each must be refused, at little cost, and harm nobody.

use std::net::SocketAddr;
use std::sync::Arc;

use super::requests::{self, Endings};
use super::swarm::Swarm;

const HEAD: &str = "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/// Sends `per_second` such requests, of all kinds in turn.
pub(super) fn start(to: SocketAddr, per_second: u32) -> Swarm<Endings> {
    let kinds = Arc::new(kinds());
    Swarm::pace(per_second, move |number, source| {
        let kinds = Arc::clone(&kinds);
        async move { requests::send(to, source, &kinds[number as usize % kinds.len()]).await }
    })
}

fn kinds() -> Vec<Vec<u8>> {
    let vote = |body: &[u8]| {
        let head = format!("{HEAD}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let deep = ["[".repeat(2_000), "]".repeat(2_000)].concat();
    let headers: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    vec![
        vec![0xa5; 700],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        vote(br#"{"nas":"123456782","nas":"123456782","code":"X","law_id":"L","vote":"oui"}"#),
        vote(deep.as_bytes()),
        vote(b"{\"nas\":\"\xff\xfe\"}"),
        vote(br#"{"nas":"\u0031","code":"A","law_id":"L","vote":"oui"}"#),
        vote(b"{}"),
        vote(b""),
        format!("{HEAD}Content-Length: 999999\r\n\r\n").into_bytes(),
        format!("{HEAD}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!").into_bytes(),
        format!(
            "{HEAD}Transfer-Encoding: chunked\r\n\r\n1388\r\n{}",
            "x".repeat(5_000)
        )
        .into_bytes(),
        format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n").into_bytes(),
        format!("GET /livez HTTP/1.1\r\nHost: x\r\n{headers}\r\n").into_bytes(),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(20_000)).into_bytes(),
        b"DELETE /api/v1/vote HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"POST /api/v1/vote HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>"
            .to_vec(),
    ]
}
