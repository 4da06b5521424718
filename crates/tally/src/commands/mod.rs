//! One file a subcommand: raw arguments in, work done, text on standard output.

pub(crate) mod certify;
pub(crate) mod count;
pub(crate) mod expect;
pub(crate) mod export;
mod export_log;
mod export_place;
mod export_site;
pub(crate) mod keygen;
pub(crate) mod ledger_end;
pub(crate) mod mirror;
mod mirrored_log;
pub(crate) mod rebuild;
pub(crate) mod receipt;
pub(crate) mod release;
pub(crate) mod run;
pub(crate) mod serving;
pub(crate) mod shares;
mod site_manifest;
pub(crate) mod snapshots;
pub(crate) mod statement;
pub(crate) mod token;
pub(crate) mod verify;
