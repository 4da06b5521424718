//! The public listener: bounded connections, header timeouts, a graceful end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

const CONNECTIONS_MAX: usize = 4_096;
/// Also bounds idle keep-alive.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
const HEADERS_MAX: usize = 32;
const BUFFER_BYTES_MAX: usize = 16 * 1024;
/// Files beside connections: package, ledger, database.
const FILES_RESERVED: u64 = 1_024;
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// After an accept that failed, such as for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Raises the limit of open files to what connections and streams need, as far as the system allows.
pub(crate) fn raise_file_limit() {
    let wanted = (CONNECTIONS_MAX + super::live::CLIENTS_MAX) as u64 + FILES_RESERVED;
    let limit = getrlimit(Resource::Nofile);
    let possible = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if limit.current.is_none_or(|current| current >= possible) {
        return;
    }
    let raised = Rlimit {
        current: Some(possible),
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// Serves until `stop` resolves, then lets open requests finish for a few seconds.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let stopping = watch::Sender::new(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        // Before accept: more clients wait in the kernel's queue, not in our memory.
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = async { (permit.await, listener.accept().await) } => accepted,
        };
        let (Ok(permit), Ok((socket, _))) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stopping) = (router.clone(), stopping.subscribe());
        tokio::spawn(async move {
            connection(socket, router, stopping).await;
            drop(permit);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    // Whoever has not finished by then reads a closed connection.
    let _ = tokio::time::timeout(DRAIN_MAX, permits.acquire_many(all)).await;
}

/// Serves one connection; one that becomes a WebSocket goes on without it.
async fn connection(socket: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // What a client does to its own connection is no event of ours.
        _ = connection.as_mut() => return,
        () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
