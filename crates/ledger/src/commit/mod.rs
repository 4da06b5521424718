//! Committing: the queue in front of the commit thread, and the step that decides a batch, appends
//! it to the log as one frame and answers.

pub(crate) mod begin;
pub(crate) mod chain_writer;
pub(crate) mod clock_state;
pub(crate) mod committer;
pub(crate) mod held_close;
pub(crate) mod options;
pub(crate) mod pace;
pub(crate) mod partition;
pub(crate) mod recovery_report;
pub(crate) mod shared;
pub(crate) mod snapshotter;
pub(crate) mod state;
pub(crate) mod timekeeper;
pub(crate) mod work;
