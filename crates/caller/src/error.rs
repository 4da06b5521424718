//! Why a server was not asked, or its answer not taken.

use std::io;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody takes the connection.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// The address asks for TLS, and nobody was named who vouches for servers.
    #[error("the address asks for TLS, and no certificate authorities are named")]
    NoAuthorities,
    /// The connection broke, or what came is no HTTP.
    #[error("the answer broke off")]
    Broken(#[from] hyper::Error),
    /// The request cannot be written, such as a path with a space.
    #[error("the request cannot be sent")]
    Request(#[from] hyper::http::Error),
    /// More came than is taken.
    #[error("the answer is longer than {bytes_max} bytes, or broke off")]
    Body {
        /// Bytes that are taken.
        bytes_max: usize,
    },
    /// Nothing came in time.
    #[error("no answer within {} ms", patience.as_millis())]
    Late {
        /// How long was waited.
        patience: Duration,
    },
}
