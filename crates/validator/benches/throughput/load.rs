//! Closed-loop clients on bare sockets: as many votes as the connections carry.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fixture::Voter;

/// What one run gave.
pub(crate) struct Measured {
    pub(crate) accepted: u32,
    pub(crate) took: Duration,
    /// Latencies in ascending order.
    latencies: Vec<Duration>,
}

impl Measured {
    pub(crate) fn quantile_ms(&self, quantile: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "an index below the length")]
        let at = (self.latencies.len().saturating_sub(1) as f64 * quantile) as usize;
        self.latencies
            .get(at)
            .map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    }
}

/// Casts one vote of each voter.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    voters: impl Iterator<Item = Voter>,
) -> Measured {
    let requests: Vec<Vec<u8>> = voters.map(request).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let share = requests.len().div_ceil(connections);
        let mut streams = Vec::new();
        for share in requests.chunks(share) {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push((stream, share.to_vec()));
        }
        let started = Instant::now();
        let mut clients = JoinSet::new();
        streams.into_iter().for_each(|(stream, share)| {
            clients.spawn(client(stream, share));
        });
        let answers: Vec<(bool, Duration)> = clients.join_all().await.concat();
        let took = started.elapsed();
        let accepted = answers.iter().filter(|(accepted, _)| *accepted).count();
        let mut latencies: Vec<Duration> =
            answers.into_iter().map(|(_, latency)| latency).collect();
        latencies.sort_unstable();
        Measured {
            accepted: u32::try_from(accepted).unwrap(),
            took,
            latencies,
        }
    })
}

async fn client(mut stream: TcpStream, requests: Vec<Vec<u8>>) -> Vec<(bool, Duration)> {
    let mut answers = Vec::with_capacity(requests.len());
    let mut buffer = [0; 4_096];
    for request in requests {
        let sent = Instant::now();
        stream.write_all(&request).await.unwrap();
        // The answers of both servers are small and written at once.
        let count = stream.read(&mut buffer).await.unwrap();
        answers.push((buffer[..count].starts_with(b"HTTP/1.1 202"), sent.elapsed()));
    }
    answers
}

fn request(voter: Voter) -> Vec<u8> {
    let (nas, code) = (voter.nas(), voter.code());
    let body = format!(r#"{{"nas":"{nas}","code":"{code}","law_id":"L2025-001","vote":"oui"}}"#);
    let length = body.len();
    format!(
        "POST /api/v1/vote HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
