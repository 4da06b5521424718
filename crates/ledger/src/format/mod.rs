//! The bytes of a ledger: segment headers, frames, their bodies and sealed choices, and the decoder
//! that checks them. Nothing here does input or output.

pub(crate) mod ballot_paper;
pub(crate) mod body;
pub(crate) mod cbor;
pub(crate) mod chain;
pub(crate) mod contents;
pub(crate) mod decoder;
pub(crate) mod defect;
pub(crate) mod enclose;
pub(crate) mod entropy;
pub(crate) mod fields;
pub(crate) mod frame;
pub(crate) mod hand;
pub(crate) mod header;
pub(crate) mod hex;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod mask;
pub(crate) mod opener;
pub(crate) mod ranking;
pub(crate) mod receipt;
pub(crate) mod seal;
pub(crate) mod shape;
