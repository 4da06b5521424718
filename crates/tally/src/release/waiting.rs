//! What waits for its release, added up as it comes: masked counts on the one hand, their masks on the
//! other.

use std::collections::{BTreeMap, VecDeque};

use election::Event;
use ledger::SealedRankings;

use crate::opened::OpenedFrame;
use crate::release::{Release, ReleasePlan, Unit};

/// The votes of some frames, as one hand sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sum {
    /// Modulo 2^32, for each choice of the ballot paper.
    Cells(Vec<u32>),
    /// Rankings as the count hand has them. The mask hand has none before a release, and in place of their
    /// witnesses the masks of these.
    Rankings(SealedRankings),
}

impl Sum {
    /// Adds the votes of another frame or region. A unit's ballot papers are alike.
    fn add(&mut self, other: Sum) {
        match (self, other) {
            (Sum::Cells(sums), Sum::Cells(cells)) if sums.len() == cells.len() => {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    *sum = sum.wrapping_add(cell);
                }
            }
            (Sum::Rankings(all), Sum::Rankings(more)) => {
                all.records.extend(more.records);
                all.witnesses = all.witnesses.wrapping_add(more.witnesses);
            }
            _ => panic!("votes of different ballot papers were to be added up"),
        }
    }
}

/// The votes of one partition that no release covers yet.
pub(crate) struct Waiting {
    plan: ReleasePlan,
    /// By frame, in order; one entry for all where the close alone releases.
    rows: BTreeMap<Unit, VecDeque<(u64, Sum)>>,
}

impl Waiting {
    pub(crate) fn new(event: &Event, partition: u16) -> Waiting {
        Waiting {
            plan: ReleasePlan::new(event, partition),
            rows: BTreeMap::new(),
        }
    }

    /// Takes the next frame with the votes of its ballots and regions, and returns what is released with it.
    pub(crate) fn step(
        &mut self,
        event: &Event,
        frame: &OpenedFrame,
        votes: Vec<(u16, u16, Sum)>,
    ) -> Vec<(Release, Sum)> {
        for (ballot, region, sum) in votes {
            let ballot = &event.ballots()[usize::from(ballot)];
            for unit in Unit::of(ballot, frame.partition, region) {
                let one_by_one = unit.moves_while_open(ballot);
                let rows = self.rows.entry(unit).or_default();
                add_to(rows, frame.at.sequence, one_by_one, sum.clone());
            }
        }
        let releases = self.plan.step(event, frame);
        releases
            .into_iter()
            .map(|release| (release, self.take(&release)))
            .collect()
    }

    /// The votes of a release, which wait no more.
    fn take(&mut self, release: &Release) -> Sum {
        let rows = self.rows.entry(release.unit).or_default();
        let is_covered = |row: &mut (u64, Sum)| row.0 <= release.last.sequence;
        let covered = std::iter::from_fn(|| rows.pop_front_if(is_covered).map(|(_, sum)| sum));
        let sum = covered.reduce(|mut sum, other| {
            sum.add(other);
            sum
        });
        sum.expect("a release covers a frame with votes of its unit")
    }
}

fn add_to(rows: &mut VecDeque<(u64, Sum)>, sequence: u64, one_by_one: bool, sum: Sum) {
    match rows.back_mut() {
        Some((last, before)) if !one_by_one || *last == sequence => {
            *last = sequence;
            before.add(sum);
        }
        _ => rows.push_back((sequence, sum)),
    }
}
