//! A vote: from bytes to the ledger's answer.

mod attempts;
mod cast;
mod delivery;
mod fault;
mod fields;
mod form;

pub(crate) use attempts::Attempts;
pub(crate) use cast::{cast, election, law};
pub(crate) use delivery::Answer;
pub(crate) use fault::{Fault, Rule};
pub(crate) use fields::{Credential, Refusal};
pub(crate) use form::{Malformed, Name};
