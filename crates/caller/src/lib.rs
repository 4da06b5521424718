//! Asks another server by HTTP/1.1, with TLS or without, over a connection that is kept.
//!
//! A log asks its witnesses so, an auditor the log. Answers are bounded in size and time. What the answers mean is
//! the caller's business.

mod address;
mod call;
mod connect;
mod error;

pub use address::{Address, AddressError};
pub use call::{Answer, Caller, open};
pub use connect::{Authorities, AuthoritiesError, CallerFiles};
pub use error::CallError;
