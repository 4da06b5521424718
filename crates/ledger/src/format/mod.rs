//! The bytes of a ledger: segment headers, frames, their bodies and sealed choices, and the decoder
//! that checks them. Nothing here does input or output.

pub(crate) mod body;
pub(crate) mod cbor;
pub(crate) mod chain;
pub(crate) mod choice_code;
pub(crate) mod decoder;
pub(crate) mod defect;
pub(crate) mod entropy;
pub(crate) mod fields;
pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod hex;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod opener;
pub(crate) mod receipt;
pub(crate) mod seal;
pub(crate) mod shape;
