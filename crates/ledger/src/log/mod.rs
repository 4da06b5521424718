//! Where the links of the chain are kept.

pub mod files;
