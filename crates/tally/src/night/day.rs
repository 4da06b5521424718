//! The day before the evening: a frame every ten minutes with the marks of everybody who voted in them.

use std::ops::Range;

use election::Event;
use ledger::{BallotMarks, Body, Cursor, ShardMarks};

use super::crowd::Crowd;
use super::deal::divide;
use crate::fold_error::FoldError;
use crate::opened::OpenedFrame;
use crate::reading::Fact;
use crate::release::{Release, ReleasePlan};

/// Zeal of each hour from nine to eight.
const HOURS: [u64; 11] = [6, 7, 8, 10, 9, 8, 8, 9, 11, 13, 11];
const FRAMES_AN_HOUR: usize = 6;
const FRAME_MS: i64 = 600_000;

/// Tells the frames of the day and the one that closes all ballots; returns what the plan releases of them, in its
/// order.
///
/// # Errors
/// The event's windows are not those of this day.
pub(super) fn fold(
    event: &Event,
    crowd: &Crowd,
    mut tell: impl FnMut(&Fact) -> Result<(), FoldError>,
) -> Result<Vec<Release>, FoldError> {
    let mut plan = ReleasePlan::new(event, 0);
    let mut releases = Vec::new();
    let voters = voters(event, crowd);
    let frames = HOURS.len() * FRAMES_AN_HOUR;
    let opens = event.ballots()[0].opens;
    // The last frame, of nobody, closes the ballots.
    for at in 0..=frames {
        let sequence = at as u64 + 1;
        let since = FRAME_MS * i64::try_from(at).expect("a day has few frames");
        let cursor = Cursor {
            sequence,
            ..Cursor::default()
        };
        let body = match at {
            _ if at == frames => Body::default(),
            _ => body(&voters, at),
        };
        let frame = OpenedFrame::new(event, crowd, (0, cursor, opens + since), body)?;
        releases.extend(plan.step(event, &frame));
        tell(&Fact::Frame(frame))?;
    }
    Ok(releases)
}

/// By ballot, region and frame: the ordinals that vote.
fn voters(event: &Event, crowd: &Crowd) -> Vec<Vec<Vec<Range<u32>>>> {
    let weights: Vec<u64> = HOURS
        .iter()
        .flat_map(|zeal| [*zeal; FRAMES_AN_HOUR])
        .collect();
    let in_frames = |votes: &u64| {
        let mut voted = 0;
        let frames = divide(*votes, &weights).into_iter().map(|votes| {
            let votes = u32::try_from(votes).expect("fewer than the region has voters");
            let from = voted;
            voted += votes;
            from..voted
        });
        frames.collect()
    };
    let ballots = event.ballots().iter();
    ballots
        .map(|ballot| crowd.votes(ballot.index.0).iter().map(in_frames).collect())
        .collect()
}

fn body(voters: &[Vec<Vec<Range<u32>>>], at: usize) -> Body {
    let marks = (0u16..).zip(voters).map(|(ballot, regions)| {
        let shards = (0u32..).zip(regions).map(|(shard, frames)| ShardMarks {
            shard,
            ordinals: frames[at].clone().collect(),
        });
        BallotMarks {
            ballot,
            shards: shards.collect(),
        }
    });
    Body {
        marks: marks.collect(),
        ..Body::default()
    }
}
