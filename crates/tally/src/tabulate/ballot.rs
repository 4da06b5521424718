//! Which tabulation a ballot takes, by its kind.

use std::collections::BTreeMap;

use election::{Ballot, BallotKind, Event};

use super::error::TabulationError;
use super::{law, regions};
use crate::counts::Counts;
use crate::policy::Visible;
use crate::results::{Results, Shown, Standing, Tabulated, Turnout};

/// Tabulates a ballot from its votes by region. `by_region`: whether a law's regions may be seen.
///
/// # Errors
/// The first region with a choice that is not on its ballot paper, or with a contest that the
/// counting crate refuses.
fn tabulate(
    event: &Event,
    ballot: &Ballot,
    votes: &BTreeMap<u16, Counts>,
    by_region: bool,
) -> Result<Tabulated, TabulationError> {
    Ok(match &ballot.kind {
        BallotKind::Law(rules) => {
            Tabulated::Law(law::tabulate(event, ballot, rules, votes, by_region)?)
        }
        BallotKind::Election(rules) => {
            Tabulated::Election(regions::tabulate(event, ballot, rules, votes)?)
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
        Visible::Counts {
            regions,
            updated_ms,
            by_region,
        } => Shown::Counts {
            tabulated: tabulate(event, ballot, regions, *by_region)?,
            updated_ms: (*updated_ms != 0).then_some(*updated_ms),
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
