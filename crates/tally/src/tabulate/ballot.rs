//! Which tabulation a ballot takes, by its kind.

use election::{Ballot, BallotKind, Event};

use super::error::TabulationError;
use super::{law, regions};
use crate::ballot_count::ReleasedCounts;
use crate::policy::Visible;
use crate::results::{Results, Shown, Standing, Tabulated, Turnout};

/// Tabulates a ballot from its released votes. `is_complete`: whether these are all votes.
///
/// # Errors
/// The first region with a choice that is not on its ballot paper, or with a contest that the
/// counting crate refuses.
fn tabulate(
    event: &Event,
    ballot: &Ballot,
    votes: &ReleasedCounts,
    is_complete: bool,
) -> Result<Tabulated, TabulationError> {
    Ok(match &ballot.kind {
        BallotKind::Law(rules) => {
            Tabulated::Law(law::tabulate(event, ballot, rules, votes, is_complete)?)
        }
        BallotKind::Election(rules) => {
            Tabulated::Election(regions::tabulate(event, ballot, rules, &votes.regions)?)
        }
    })
}

/// The results of a ballot as far as they are visible.
///
/// # Errors
/// As [`tabulate`].
pub(crate) fn results_of(
    event: &Event,
    ballot: &Ballot,
    (standing, turnout): (Standing, Turnout),
    visible: &Visible<'_>,
) -> Result<Results, TabulationError> {
    let shown = match visible {
        Visible::Counts(released) => Shown::Counts {
            tabulated: tabulate(event, ballot, released, standing.stage.is_complete())?,
            updated_ms: (released.updated_ms != 0).then_some(released.updated_ms),
        },
        Visible::Withheld { available_ms } => Shown::Withheld {
            available_ms: *available_ms,
        },
        Visible::Sealed => Shown::Sealed,
    };
    Ok(Results {
        standing,
        turnout,
        shown,
    })
}
