//! Questions a second, and the time of a lone one, on the loopback interface. Prints JSON lines.
//!
//! The floor is an echo of the same bytes over bare TCP, with as many in flight, measured in turns with the
//! relay. `cargo bench -p relay` takes some 25 seconds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use relay::{Answer, Identity, IdentityFiles, Peer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// Bytes of a question, some more than a vote needs. The answer has as many.
const QUESTION_BYTES: usize = 512;
const IN_FLIGHT: usize = 256;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(1);

struct Echo;

impl Answer for Echo {
    async fn answer(self: Arc<Self>, _: Arc<str>, question: Vec<u8>) -> Vec<u8> {
        question
    }
}

/// Certificate, key and authority of a node, in files of `dir`.
fn identity(dir: &tempfile::TempDir) -> Arc<Identity> {
    let authority_key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("signed").pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["node".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("signed").pem();
    let write = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("a temporary file");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("our own file");
        path
    };
    let files = IdentityFiles {
        certificate: write("node.pem", certificate),
        key: write("node.key", key.serialize_pem()),
        authority: write("authority.pem", authority),
    };
    Arc::new(Identity::read(&files).expect("a sound identity"))
}

async fn start_relay(identity: Arc<Identity>) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let never = std::future::pending();
    let server = Arc::clone(&identity);
    tokio::spawn(serve(listener, server, vec![], Arc::new(Echo), never));
    Peer::new("node".to_owned(), address, identity, vec![])
}

/// Answers with the same bytes, over one connection.
async fn start_floor() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("the bench connects");
        stream.set_nodelay(true).expect("a socket");
        let mut bytes = vec![0; IN_FLIGHT * QUESTION_BYTES];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            stream.write_all(&bytes[..count]).await.expect("it reads");
        }
    });
    let stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// Questions a second over the relay, with [`IN_FLIGHT`] asked at any time.
async fn relay_rate(peer: &Peer) -> f64 {
    let started = Instant::now();
    let askers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let peer = peer.clone();
            tokio::spawn(async move {
                let mut asked = 0_u32;
                while started.elapsed() < ROUND {
                    let answered = peer.ask(vec![7; QUESTION_BYTES]).await;
                    answered.expect("the server runs");
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    let mut asked = 0.0;
    for asker in askers {
        asked += f64::from(asker.await.expect("no asker panics"));
    }
    asked / started.elapsed().as_secs_f64()
}

/// The same in batches over bare TCP.
async fn floor_rate(stream: &mut TcpStream) -> f64 {
    let mut bytes = vec![7; IN_FLIGHT * QUESTION_BYTES];
    let started = Instant::now();
    let mut asked = 0.0;
    while started.elapsed() < ROUND {
        stream.write_all(&bytes).await.expect("it echoes");
        stream.read_exact(&mut bytes).await.expect("it echoes");
        asked += IN_FLIGHT as f64;
    }
    asked / started.elapsed().as_secs_f64()
}

async fn relay_alone(peer: &Peer, times: &mut Histogram<u64>) {
    let started = Instant::now();
    while started.elapsed() < ROUND {
        let asked = Instant::now();
        let answered = peer.ask(vec![7; QUESTION_BYTES]).await;
        answered.expect("the server runs");
        let recorded = times.record(nanoseconds_since(asked));
        recorded.expect("it grows as needed");
    }
}

async fn floor_alone(stream: &mut TcpStream, times: &mut Histogram<u64>) {
    let mut bytes = vec![7; QUESTION_BYTES];
    let started = Instant::now();
    while started.elapsed() < ROUND {
        let asked = Instant::now();
        stream.write_all(&bytes).await.expect("it echoes");
        stream.read_exact(&mut bytes).await.expect("it echoes");
        let recorded = times.record(nanoseconds_since(asked));
        recorded.expect("it grows as needed");
    }
}

fn nanoseconds_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).expect("a round is shorter than centuries")
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn measure(threads: usize) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let peer = start_relay(identity(&dir)).await;
    let mut floor = start_floor().await;
    let (mut relay_rates, mut floor_rates) = (Vec::new(), Vec::new());
    let new = || Histogram::<u64>::new(3).expect("three digits are possible");
    let (mut relay_times, mut floor_times) = (new(), new());
    for _ in 0..ROUNDS {
        relay_rates.push(relay_rate(&peer).await);
        floor_rates.push(floor_rate(&mut floor).await);
        relay_alone(&peer, &mut relay_times).await;
        floor_alone(&mut floor, &mut floor_times).await;
    }
    let (relay, floor) = (median(relay_rates), median(floor_rates));
    let line = serde_json::json!({
        "bench": "relay_rate", "threads": threads, "bytes": QUESTION_BYTES, "in_flight": IN_FLIGHT,
        "questions_per_second": relay.round(), "floor": floor.round(), "ratio": relay / floor,
    });
    println!("{line}");
    let us = |times: &Histogram<u64>, quantile| times.value_at_quantile(quantile) as f64 / 1e3;
    let line = serde_json::json!({
        "bench": "relay_alone", "threads": threads, "bytes": QUESTION_BYTES,
        "p50_us": us(&relay_times, 0.5), "p99_us": us(&relay_times, 0.99),
        "floor_p50_us": us(&floor_times, 0.5), "floor_p99_us": us(&floor_times, 0.99),
    });
    println!("{line}");
}

fn main() {
    let one = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    one.block_on(measure(1));
    drop(one);
    Runtime::new().expect("a runtime").block_on(async {
        let threads = tokio::runtime::Handle::current().metrics().num_workers();
        tokio::spawn(measure(threads)).await.expect("no panic");
    });
}
