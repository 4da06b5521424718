//! A network between tally and PostgreSQL that breaks: connections cut in the middle, then refused
//! for a while. Nothing is lost, nothing doubled.

mod support;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use support::Fixture;
use support::postgres::Postgres;
use support::program::{Names, Running, stderr, tally};

/// A relay in front of the server.
#[derive(Clone)]
struct Relay {
    address: SocketAddr,
    connected: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    fn to(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let relay = Relay {
            address: listener.local_addr().expect("an address"),
            connected: Arc::new(AtomicBool::new(true)),
            streams: Arc::default(),
        };
        let own = relay.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.connected.load(Ordering::SeqCst) {
                    own.join(client, TcpStream::connect(server).expect("the server"));
                }
            }
        });
        relay
    }

    fn join(&self, client: TcpStream, server: TcpStream) {
        let both = [(&client, &server), (&server, &client)];
        for (from, to) in both {
            let (mut from, mut to) = (copy_of(from), copy_of(to));
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        let mut streams = self.streams.lock().expect("streams");
        streams.extend([client, server]);
    }

    /// Cuts every connection and takes none until [`Relay::mend`].
    fn cut(&self) {
        self.connected.store(false, Ordering::SeqCst);
        for stream in self.streams.lock().expect("streams").drain(..) {
            // Closed by the other side already, perhaps.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.connected.store(true, Ordering::SeqCst);
    }
}

fn copy_of(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor")
}

#[test]
fn a_network_that_breaks_loses_and_doubles_nothing() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let direct = postgres.database("cut");
    let relay = Relay::to(postgres.address());
    let url = format!("postgres://tally@{}/cut", relay.address);
    let fixture = Fixture::new(400);
    let names = Names::new(&fixture, "data");
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 10);
    let running = Running::start(&names.args("run", &["--postgres", &url]));
    for from in (10..110).step_by(20) {
        ballots.fill(from, from + 10);
        relay.cut();
        ballots.fill(from + 10, from + 20);
        thread::sleep(Duration::from_millis(100));
        relay.mend();
    }
    ballots.close();
    let last = names.acknowledged();
    running.wait("/api/v1/health", |health| {
        let written = health["postgres_sequences"]["0"].as_u64();
        written.is_some_and(|written| written >= last)
    });
    assert!(
        running.log().contains("database writer starts again"),
        "the operator reads of it: {}",
        running.log()
    );
    let verified = tally(&names.args("verify", &["--postgres", &direct]));
    assert!(verified.status.success(), "{}", stderr(&verified));
}
