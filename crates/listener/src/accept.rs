//! Taking connections: a slot first, then the connection, so that excess waits in the kernel's
//! bounded backlog instead of in this process's memory.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::admission::Admission;
use crate::connection::{self, Ending, Handler, Peer};
use crate::door::Door;
use crate::lifecycle::Stop;
use crate::limits::ConnectionLimits;
use crate::log::Gate;
use crate::metrics::Connections;
use crate::proxy_protocol::Origin;
use crate::seats::{Seat, Seats};
use crate::tls::{Protocol, Tls};
use crate::workers::Workers;

/// Connections that may wait in the kernel.
const BACKLOG: u32 = 1_024;
/// Rest after an error that is about this machine, such as too many open files.
const EXHAUSTED_REST: Duration = Duration::from_millis(100);

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {remedy}")]
pub struct BindError {
    address: SocketAddr,
    remedy: String,
    source: io::Error,
}

/// Whether a listener for operators alone is open to every network of the machine. One address of a
/// private network is what an operator means; all addresses are seldom meant.
#[must_use]
pub fn is_open_to_all(internal: SocketAddr) -> bool {
    internal.ip().to_canonical().is_unspecified()
}

/// Reserves an address; connections wait from now on.
///
/// # Errors
/// The port is in use or may not be used, with the flag to change.
pub fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, BindError> {
    let bind = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|source| BindError {
        address,
        remedy: remedy(&source, address, flag),
        source,
    })
}

fn remedy(error: &io::Error, address: SocketAddr, flag: &str) -> String {
    match address.port() {
        _ if error.kind() == io::ErrorKind::PermissionDenied => format!(
            "this user may not take a port below 1024: give the service CAP_NET_BIND_SERVICE, or \
             another port with --{flag}"
        ),
        0 => format!("give another address with --{flag}"),
        port => {
            format!("end the program that uses port {port}, or give another address with --{flag}")
        }
    }
}

/// A bound port, and what its connections are held to.
#[derive(Debug)]
pub struct Listener {
    /// What the log calls it.
    name: &'static str,
    socket: TcpListener,
    limits: ConnectionLimits,
    slots: Arc<Semaphore>,
    door: Door,
    workers: Arc<Workers>,
    tls: Option<Arc<Tls>>,
    /// Lines about connections, one a second at most.
    accept_failures: Gate,
}

impl Listener {
    /// A listener that the log calls `name` and whose connections the threads of `workers` serve.
    /// It counts no clients and speaks no TLS.
    #[must_use]
    pub fn new(
        name: &'static str,
        socket: TcpListener,
        limits: ConnectionLimits,
        workers: Arc<Workers>,
    ) -> Listener {
        Listener {
            name,
            socket,
            limits,
            slots: Arc::new(Semaphore::new(limits.max)),
            door: Door::new(Seats::new(limits.max, limits.per_client_max)),
            workers,
            tls: None,
            accept_failures: Gate::new(),
        }
    }

    /// Counts connections and handshakes for their clients, whom proxies of ours name first where they
    /// speak the PROXY protocol.
    #[must_use]
    pub fn with_admission(mut self, admission: Arc<Admission>) -> Listener {
        self.door.admission = Some(admission);
        self
    }

    /// Has every connection begin with a TLS handshake, where there is a certificate.
    #[must_use]
    pub fn with_tls(mut self, tls: Option<Arc<Tls>>) -> Listener {
        self.door.is_tls = tls.is_some();
        Listener { tls, ..self }
    }

    /// Counts what becomes of connections.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Connections) -> Listener {
        self.door.metrics = metrics;
        self
    }

    /// Serves connections by `handler` until `stop`, then waits until all of them are gone.
    pub async fn run<H: Handler>(self, handler: H, mut stop: Stop) {
        loop {
            let taken = tokio::select! {
                taken = self.take() => taken,
                () = stop.wait() => break,
            };
            match taken {
                Ok((stream, peer, slot)) => self.spawn(stream, peer, slot, &handler, &stop),
                Err(error) => self.accept_failed(&error).await,
            }
        }
        drop(self.socket);
        let all = u32::try_from(self.limits.max).expect("settings allow a million connections");
        // Fails only where a semaphore is closed, which this one never is.
        let _ = self.slots.acquire_many(all).await;
    }

    async fn take(&self) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (stream, peer) = self.socket.accept().await?;
        Ok((stream, peer, slot))
    }

    async fn accept_failed(&self, error: &io::Error) {
        self.door.metrics.accept_failed();
        let listener = self.name;
        self.accept_failures.run(|unsaid| {
            tracing::warn!(%error, unsaid, listener, "{}", consequence(error));
        });
        if is_of_this_machine(error) {
            tokio::time::sleep(EXHAUSTED_REST).await;
        }
    }

    fn spawn<H: Handler>(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        slot: OwnedSemaphorePermit,
        handler: &H,
        stop: &Stop,
    ) {
        let Some(seat) = self.door.seat(peer.ip()) else {
            return;
        };
        // Let go by this thread's runtime, taken by that of its own.
        let Ok(stream) = self.tune(&stream).and_then(|()| stream.into_std()) else {
            return; // The peer is gone already.
        };
        let served = Served {
            address: peer.ip(),
            limits: self.limits,
            seat,
            handler: handler.clone(),
            stop: stop.clone(),
        };
        let is_for_others = self.door.is_for_others(peer.ip());
        let proxied = is_for_others.then(|| self.door.clone());
        let (tls, metrics) = (self.tls.clone(), self.door.metrics.clone());
        self.workers.spawn(async move {
            let Ok(mut stream) = TcpStream::from_std(stream) else {
                return; // No descriptor is left to watch it by.
            };
            let _open = metrics.begin();
            let served = match proxied {
                None => Some(served),
                // Boxed, so that other connections do not carry the room for it.
                Some(door) => Box::pin(served.for_others(&door, &mut stream)).await,
            };
            let Some(served) = served else {
                return;
            };
            let ending = match tls {
                None => Some(served.plain(stream).await),
                // Boxed, so that plain connections do not carry the room for it.
                Some(tls) => Box::pin(served.secure(&tls, stream, &metrics)).await,
            };
            if let Some(ending) = ending {
                metrics.end(ending);
            }
            drop(slot);
        });
    }

    fn tune(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let timeout_ms = self.limits.unacknowledged_timeout.as_millis();
        let timeout_ms = u32::try_from(timeout_ms).expect("settings allow five minutes");
        set_tcp_user_timeout(stream, timeout_ms)?;
        Ok(())
    }
}

/// What serves one connection.
struct Served<H> {
    address: IpAddr,
    limits: ConnectionLimits,
    seat: Seat,
    handler: H,
    stop: Stop,
}

impl<H: Handler> Served<H> {
    /// The same for the client whom a proxy names, in a seat of that client. None where it names nobody
    /// in time, the client may not have one more connection, or the process stopped.
    async fn for_others(mut self, door: &Door, stream: &mut TcpStream) -> Option<Served<H>> {
        let origin = tokio::select! {
            origin = door.origin(stream, self.limits.header_timeout) => origin?,
            () = self.stop.wait() => return None,
        };
        let Origin::Client(address) = origin else {
            return Some(self); // The proxy asks for itself.
        };
        let seat = door.seat_of(address)?;
        Some(Served {
            address,
            seat,
            ..self
        })
    }

    async fn plain(self, stream: TcpStream) -> Ending {
        self.serve(stream, Protocol::Http1, false).await
    }

    /// None where the handshake did not succeed, or the process stopped during it.
    async fn secure(
        mut self,
        tls: &Tls,
        stream: TcpStream,
        metrics: &Connections,
    ) -> Option<Ending> {
        let shaken = tokio::select! {
            shaken = tls.accept(stream, self.limits.header_timeout) => shaken,
            () = self.stop.wait() => return None,
        };
        let Ok((stream, protocol)) = shaken else {
            metrics.handshake_failed();
            return None;
        };
        Some(self.serve(stream, protocol, true).await)
    }

    /// Serves what the client says, once it is known how it speaks.
    async fn serve<S>(self, stream: S, protocol: Protocol, secure: bool) -> Ending
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Served {
            address,
            limits,
            seat,
            handler,
            stop,
        } = self;
        let peer = Peer { address, secure };
        connection::serve(stream, protocol, peer, limits, seat, handler, stop).await
    }
}

/// What an error of `accept` means, for the log.
fn consequence(error: &io::Error) -> &'static str {
    if is_of_this_machine(error) {
        "connections wait until files or memory are free: raise LimitNOFILE of the service, or find \
         what takes the machine's memory"
    } else {
        "a connection was lost"
    }
}

/// Whether an error of `accept` is about this machine's means rather than about one connection.
fn is_of_this_machine(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    matches!(
        errno,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    )
}
