//! The bounds of connections, as a program's settings give them.

use std::time::Duration;

/// What a connection may use, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections of all clients at once.
    pub max: usize,
    /// Connections at once of one client.
    pub per_client_max: usize,
    /// Bytes of a request line and its headers.
    pub header_bytes_max: usize,
    /// Number of header lines of a request.
    pub headers_max: usize,
    /// Time in which a request's headers must have come; bounds idle connections too.
    pub header_timeout: Duration,
    /// How long sent bytes may stay unacknowledged (`TCP_USER_TIMEOUT`): bounds slow readers.
    pub unacknowledged_timeout: Duration,
    /// Time in which an answer must have been made and some piece of it taken: everything that one may
    /// wait for, added up.
    pub answer_max: Duration,
    /// Age at which a connection is closed after its current request.
    pub age_max: Duration,
}
