//! The Merkle tree of a log (RFC 6962): built from its right edge, read from tiles, proved and checked.

pub(crate) mod builder;
pub(crate) mod list;
pub(crate) mod proof;
pub(crate) mod size;
pub(crate) mod tiled;
