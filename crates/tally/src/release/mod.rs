//! Releases: which votes may be seen together, and when. Nothing finer is ever counted.
//!
//! [`plan`] says by public marks and the signed event alone which frames are released together;
//! [`waiting`] adds up the votes until then.

mod plan;
mod waiting;

pub(crate) use plan::{Release, ReleasePlan, Scope, Unit};
pub(crate) use waiting::{ReleasedVotes, WaitingVotes};
