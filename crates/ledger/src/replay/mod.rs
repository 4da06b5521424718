//! Reading back: following a log, folding its frames, finding one vote, and the snapshots that
//! spare a start most of the replay.

pub(crate) mod fold;
pub(crate) mod follower;
pub(crate) mod lookup;
pub(crate) mod recent;
pub(crate) mod restore;
pub(crate) mod snapshot;
pub(crate) mod standby;
