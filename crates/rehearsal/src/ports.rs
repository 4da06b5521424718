//! Free ports for the servers of a rehearsal.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Result, anyhow, bail};

/// Ports that are tried, below the range from which the system takes source ports (32768 up).
/// A server that is killed and restarted must find its port free: a client that keeps trying to
/// reach it could otherwise be given that very port as its own, and connect to itself.
const FIRST: u16 = 18_000;
const COUNT: u16 = 12_000;

/// An address on the loopback interface that nobody listens on now.
///
/// # Errors
/// No port of the range can be had, or the system gives no randomness.
pub fn free() -> Result<SocketAddr> {
    let start = getrandom::u32().map_err(|e| anyhow!("the system gives no randomness: {e}"))?;
    for step in 0..u32::from(COUNT) {
        let offset = start.wrapping_add(step) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("a remainder by COUNT, which is a u16");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if is_free(address) {
            return Ok(address);
        }
    }
    bail!(
        "no free port between {FIRST} and {}: end other servers",
        FIRST + COUNT - 1
    )
}

/// Whether a server could listen on `address` now.
#[must_use]
pub fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_free() {
        let address = free().unwrap();
        let _taken = TcpListener::bind(address).unwrap();
        assert!(!is_free(address));
    }
}
