//! Telling the service manager how far the process is: sd_notify(3)'s protocol, one datagram a state.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Votes are taken from now on.
pub const READY: &str = "READY=1";
/// Requests in flight are finished, then the process ends.
pub const STOPPING: &str = "STOPPING=1";

/// Sends a state to the socket that `NOTIFY_SOCKET` names; does nothing where there is none.
///
/// A manager that does not listen is no reason not to serve: that is a log line.
pub fn tell(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    let address = match name.as_bytes() {
        // A leading @ stands for the zero byte of Linux's abstract names.
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest),
        _ => SocketAddr::from_pathname(&name),
    };
    let sent = address
        .and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(
            %error,
            state,
            "the service manager was not told: see that NOTIFY_SOCKET is its own, or start without it"
        );
    }
}
