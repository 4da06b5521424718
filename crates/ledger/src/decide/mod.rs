//! Deciding: which submission is a vote, which a repeated attempt, which comes outside the window.

pub(crate) mod arbiter;
pub(crate) mod draft;
pub(crate) mod handover;
pub(crate) mod invalid;
pub(crate) mod recent;
pub(crate) mod submission;
pub(crate) mod voted;
pub(crate) mod window;
