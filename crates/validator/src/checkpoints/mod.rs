//! The ledger as a log that others watch: each owner of a partition signs what it holds, asks witnesses to cosign it,
//! and shows it. docs/transparency.md has the forms.

mod asking;
mod desk;
mod keeper;
mod shelf;
mod witness;

pub(crate) use asking::{LastWord, Said};
pub(crate) use desk::{Desk, Keeping, Standing};
pub(crate) use shelf::Voucher;
