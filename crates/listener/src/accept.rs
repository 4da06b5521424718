//! Taking connections: a slot first, then the connection, so that excess waits in the kernel's
//! bounded backlog instead of in this process's memory.

use crate::connection::{self, Peer};
use crate::lifecycle::Stop;
use crate::limits::ConnectionLimits;
use crate::seats::Seats;
use crate::tls::{Protocol, Tls};
use crate::workers::Workers;
use rustix::net::sockopt::set_tcp_user_timeout;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// A listener and the bounds of its connections.
pub struct Listener {
    socket: TcpListener,
    limits: ConnectionLimits,
    slots: Arc<Semaphore>,
    seats: Seats,
    workers: Arc<Workers>,
    tls: Option<Arc<Tls>>,
}

impl Listener {
    /// A listener whose connections the threads of `workers` serve.
    pub fn new(socket: TcpListener, limits: ConnectionLimits, workers: Arc<Workers>) -> Listener {
        Listener {
            socket,
            limits,
            slots: Arc::new(Semaphore::new(limits.max)),
            seats: Seats::new(limits.per_client_max),
            workers,
            tls: None,
        }
    }

    /// Has every connection begin with a TLS handshake, where there is a certificate.
    pub fn with_tls(self, tls: Option<Arc<Tls>>) -> Listener {
        Listener { tls, ..self }
    }

    /// Serves connections by `handler` until `stop`, then waits until all of them are gone.
    pub async fn run<H: connection::Handler>(self, handler: H, mut stop: Stop) {
        loop {
            let taken = tokio::select! {
                taken = self.take() => taken,
                () = stop.wait() => break,
            };
            match taken {
                Ok((stream, peer, slot)) => self.spawn(stream, peer, slot, &handler, &stop),
                Err(error) => {
                    handler.accept_failed(&error);
                    if is_of_this_machine(&error) {
                        tokio::time::sleep(EXHAUSTED_REST).await;
                    }
                }
            }
        }
        drop(self.socket);
        let all = u32::try_from(self.limits.max).unwrap_or(u32::MAX);
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

    fn spawn<H: connection::Handler>(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        slot: OwnedSemaphorePermit,
        handler: &H,
        stop: &Stop,
    ) {
        let client = handler.client(peer.ip());
        let Some(seat) = self.seats.take(client) else {
            handler.over_client_cap();
            return;
        };
        if self.tls.is_some() && !handler.may_shake_hands(client) {
            handler.handshake_failed();
            return;
        }
        // Let go by this thread's runtime, taken by that of its own.
        let Ok(stream) = self.tune(&stream).and_then(|()| stream.into_std()) else {
            return; // The peer is gone already.
        };
        let (limits, handler, stop) = (self.limits, handler.clone(), stop.clone());
        let tls = self.tls.clone();
        let address = peer.ip();
        self.workers.spawn(async move {
            let Ok(stream) = TcpStream::from_std(stream) else {
                return; // No descriptor is left to watch it by.
            };
            let _counted = handler.begin();
            match tls {
                None => {
                    let peer = Peer {
                        address,
                        secure: false,
                    };
                    connection::serve(stream, Protocol::Http1, peer, limits, handler, stop).await;
                }
                // Boxed, so that plain connections do not carry the room for it.
                Some(tls) => {
                    Box::pin(serve_secure(&tls, stream, address, limits, handler, stop)).await;
                }
            }
            drop((seat, slot));
        });
    }

    fn tune(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let timeout_ms = self.limits.unacknowledged_timeout.as_millis();
        set_tcp_user_timeout(stream, u32::try_from(timeout_ms).unwrap_or(u32::MAX))?;
        Ok(())
    }
}

/// Serves a connection once its handshake is done.
async fn serve_secure<H: connection::Handler>(
    tls: &Tls,
    stream: TcpStream,
    address: IpAddr,
    limits: ConnectionLimits,
    handler: H,
    mut stop: Stop,
) {
    let shaken = tokio::select! {
        shaken = tls.accept(stream, limits.header_timeout) => shaken,
        () = stop.wait() => return,
    };
    let Ok((stream, protocol)) = shaken else {
        handler.handshake_failed();
        return;
    };
    let peer = Peer {
        address,
        secure: true,
    };
    connection::serve(stream, protocol, peer, limits, handler, stop).await;
}

/// What an error of `accept` means, for the log.
pub fn consequence(error: &io::Error) -> &'static str {
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
