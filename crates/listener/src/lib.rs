//! The house in which the programs serve HTTP: it takes connections, bounds what each client may
//! use of them, and lets them go. It knows nothing of votes, results, ledgers or packages.
//!
//! A program binds a port with [`bind`], gives the socket and its [`ConnectionLimits`] to a
//! [`Listener`], and lets it run with a [`Handler`], which turns requests into answers.
//!
//! Every connection has a seat among all connections and among those of its client's networks, a
//! deadline for each wait, and an age at which it ends; the fuller the house, the shorter the waits
//! and the fewer the seats of each. An answer 429, or one with `Connection: close`, is the last of
//! its connection. [`Addresses`](client::Addresses) says which address
//! is the client, behind proxies or not, by what [`proxy_protocol`] reads or a header of HTTP; [`Admission`] how often it may ask; [`negotiate`] which
//! language it reads. [`ProblemDocument`] tells it what went wrong, and [`exposition`] tells operators
//! how the program fares.

mod accept;
mod admission;
pub mod client;
mod connection;
mod deadline;
mod door;
mod expiry;
pub mod exposition;
mod language;
pub mod lifecycle;
mod limits;
mod linger;
pub mod log;
mod metrics;
pub mod notify;
mod pace;
mod problem;
pub mod process;
mod process_metrics;
pub mod proxy_protocol;
mod seats;
mod signals;
mod sliced;
pub mod throttle;
mod tls;
mod until;
mod validity;
mod workers;

pub use accept::{BindError, Listener, bind, is_open_to_all};
pub use admission::{Admission, NotAdmitted};
pub use connection::{Ending, Handler, Peer, serve};
pub use deadline::within;
pub use language::negotiate;
pub use limits::ConnectionLimits;
pub use metrics::Connections;
pub use problem::{ProblemDocument, retry_after_seconds};
pub use process_metrics::register_process;
pub use seats::{Seat, Seats};
pub use signals::Signals;
pub use sliced::Sliced;
pub use tls::{Protocol, STAY_SECURE, Tls, TlsFiles};
pub use validity::Certificates;
pub use workers::Workers;
