//! The event of a simulated run: a law, an election by single choice, a ranked one.

use election::Choice;
use ledger::{BallotShape, Paper, Shape};

use super::hands::{self, Keys};
use super::rng::Rng;

/// When a simulation begins, in ms: so long after 1970 that no clock which jumps stands before it.
pub(crate) const BEGINS_MS: u64 = 1_000_000_000_000;
/// When the one window ends that ends, in ms.
pub(crate) const WINDOW_ENDS_MS: i64 = OPENS_MS + 60_000;
/// When the first window opens, in ms.
const OPENS_MS: i64 = BEGINS_MS.cast_signed();

pub(crate) fn shape(keys: &Keys, rng: &mut Rng) -> Shape {
    let mut size = |max| 1 + u32::try_from(rng.below(max)).expect("small");
    let candidates = Paper::Cells((0..4).map(Choice::Candidate).collect());
    let ranked = Paper::Ranked {
        candidates: (1..=8).collect(),
        ranks: 2,
    };
    let mut ballot = |id: &str, opens_ms, closes_ms, papers| BallotShape {
        id: id.to_owned(),
        opens_ms,
        closes_ms,
        shard_sizes: vec![size(400), size(90)],
        papers,
    };
    Shape {
        event_id: "SIM".to_owned(),
        manifest_sha256: [3; 32],
        keys: keys.public(),
        partitions: 1,
        ballots: vec![
            ballot("LAW", 0, i64::MAX, hands::law()),
            ballot(
                "ELECTION",
                OPENS_MS + 5_000,
                WINDOW_ENDS_MS,
                hands::in_each_region(candidates),
            ),
            ballot("RANKED", OPENS_MS, i64::MAX, hands::in_each_region(ranked)),
        ],
    }
}

/// The region of a credential, as the roll of these simulations has it.
pub(crate) fn region_of(_: u16, shard: u32, ordinal: u32) -> u16 {
    u16::try_from((shard + ordinal) % 3).expect("small")
}
