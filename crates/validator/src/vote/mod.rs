//! A vote: from bytes to the ledger's answer. Nothing here knows how a vote comes in or how a refusal
//! is told: [`Refusal`] carries facts, and programs' interfaces find the words.

mod attempts;
mod fields;
mod form;
mod idempotency_key;
mod refusal;
mod roll;
mod rule;
mod station;

pub(crate) use attempts::Attempts;
pub(crate) use fields::Credential;
pub(crate) use form::Malformed;
pub(crate) use idempotency_key::IdempotencyKey;
#[cfg(test)]
pub(crate) use refusal::one_of_each;
pub(crate) use refusal::{Refusal, VoteKind};
pub(crate) use roll::ElectoralRoll;
pub(crate) use rule::{InvalidField, Rule};
pub(crate) use station::{Decided, Observer, PollingStation, Recorded, Sender};
