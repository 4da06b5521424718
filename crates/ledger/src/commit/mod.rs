//! Committing: the queue in front of the commit thread, and the step that decides a batch, writes
//! it as one frame and answers.

pub(crate) mod committer;
pub(crate) mod partition;
pub(crate) mod state;
