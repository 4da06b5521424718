//! Releases: which votes may be seen together, and when. Nothing finer is ever counted.
//!
//! [`plan`] says by public marks and the signed event alone which frames are released together. The
//! holder of the count key adds up their masked counts ([`count_hand`]) and writes them down ([`file`]);
//! the holder of the mask key takes the masks off ([`mask_hand`]).

pub(crate) mod count_hand;
pub(crate) mod file;
mod line;
pub(crate) mod mask_hand;
mod plan;
mod waiting;

#[cfg(any(test, fuzzing))]
pub(crate) use line::read_line;
pub(crate) use mask_hand::{MaskHand, ReleasedVotes};
pub(crate) use plan::{Release, ReleasePlan, Scope, Unit};
pub(crate) use waiting::{Sum, Waiting};
