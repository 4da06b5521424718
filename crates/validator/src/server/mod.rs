//! Connections: taking them, bounding them, letting them go.

mod accept;
mod connection;
mod deadline;
mod pace;
mod seats;
mod tls;
mod until;
mod workers;

pub(crate) use accept::{Listener, bind, consequence};
#[cfg(any(test, fuzzing))]
pub(crate) use connection::serve;
pub(crate) use connection::{Ending, Handler, Peer};
pub(crate) use deadline::within;
#[cfg(any(test, fuzzing))]
pub(crate) use tls::Protocol;
pub(crate) use tls::{Tls, TlsFiles};
pub(crate) use workers::Workers;
