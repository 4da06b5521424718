//! Nodes that ask each other over real connections, and others that should not be listened to.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod authority;
mod ends;
mod fixture;
mod logged;
mod order;
mod raw;
mod refused;
mod silence;
