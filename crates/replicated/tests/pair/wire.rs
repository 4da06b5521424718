//! A wire between a validator and its server that holds back what was sent on it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToValidator,
}

/// Whether one way of one connection is held back.
type Hold = (Way, Arc<AtomicBool>);

/// Passes connections on to a server.
pub(crate) struct Wire {
    at: SocketAddr,
    held: Arc<Mutex<Vec<Hold>>>,
}

impl Wire {
    /// To the server on this port of the machine.
    pub(crate) fn to(port: u16) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let held = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&held);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (way, from, to) in [
                    (Way::ToServer, &client, &server),
                    (Way::ToValidator, &server, &client),
                ] {
                    let holds = Arc::new(AtomicBool::new(false));
                    let ends = (from.try_clone(), to.try_clone());
                    let (Ok(from), Ok(to)) = ends else { continue };
                    all.lock()
                        .expect("no panic")
                        .push((way, Arc::clone(&holds)));
                    std::thread::spawn(move || pass(from, to, &holds));
                }
            }
        });
        Wire { at, held }
    }

    pub(crate) fn port(&self) -> u16 {
        self.at.port()
    }

    /// Holds back what goes this way on the connections that there are. New ones pass.
    pub(crate) fn hold(&self, way: Way) {
        self.set(way, true);
    }

    /// Lets go what was held back, also where whoever sent it has gone.
    pub(crate) fn let_go(&self, way: Way) {
        self.set(way, false);
    }

    fn set(&self, which: Way, holds: bool) {
        for (way, flag) in self.held.lock().expect("no panic").iter() {
            if *way == which {
                flag.store(holds, Ordering::SeqCst);
            }
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, holds: &AtomicBool) {
    let mut piece = [0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        while holds.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(2));
        }
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    while holds.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = to.shutdown(Shutdown::Write);
}
