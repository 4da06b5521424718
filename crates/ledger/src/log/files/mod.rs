//! The log as files of a data directory: segments, the sidecar beside them, and what a start does.

pub(crate) mod index;
pub mod layout;
pub(crate) mod recovery;
pub(crate) mod repair;
pub(crate) mod scan;
pub(crate) mod sidecar;
pub(crate) mod stream;
pub(crate) mod window;
pub(crate) mod witness;
pub(crate) mod writer;
