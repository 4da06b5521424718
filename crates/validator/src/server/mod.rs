//! Connections: taking them, bounding them, letting them go.

mod accept;
mod connection;
mod deadline;
mod pace;
mod seats;
mod tls;
mod until;
mod workers;

pub(crate) use accept::{Listener, bind};
pub(crate) use connection::{Handler, Peer};
pub(crate) use deadline::within;
pub(crate) use tls::{Tls, TlsFiles};
pub(crate) use workers::Workers;
