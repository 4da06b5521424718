//! The leaf of a frame.

use ledger::{BodyError, Frame};
use transparency::{Leaf, trackers_root};

/// What the log of a partition says of one frame: its hash, and what its body has of votes.
///
/// # Errors
/// The body does not decode.
pub fn leaf_of(partition: u16, frame: &Frame) -> Result<Leaf, BodyError> {
    let trackers = frame.body()?.trackers;
    Ok(Leaf {
        partition,
        sequence: frame.header.sequence,
        link: frame.link.0,
        votes: u32::try_from(trackers.len()).expect("a frame has 8 MiB, and a tracker 16 bytes"),
        trackers: trackers_root(&trackers),
    })
}
