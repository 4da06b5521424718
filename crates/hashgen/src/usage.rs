//! The error that ends the program with exit status 2.

/// The command line asks for something that cannot be; the message says what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub(crate) String);
