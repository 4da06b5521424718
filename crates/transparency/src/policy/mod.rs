//! Which logs and witnesses somebody trusts, and how many witnesses must have seen a checkpoint.

pub(crate) mod check;
pub(crate) mod reader;
pub(crate) mod rules;
