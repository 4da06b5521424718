//! Turnout by hours of the local clock: today's and an earlier event's, on one scale of minutes.

use companions::{Baseline, EarlierTurnout};
use election::Ballot;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use super::view::{HourVotes, Progress};
use crate::wording;

const HOUR_MS: i64 = 3_600_000;

/// All votes until a minute of the clock, since the start of the last day of voting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Until {
    pub(super) minute: i64,
    pub(super) votes: u64,
}

/// Today's votes by the end of each full hour.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClockHours {
    last_day: Date,
    /// The first is 0 at the start of the first hour; hours without a vote are left out.
    pub(super) until: Vec<Until>,
    /// The last minute of which everything is known.
    known: i64,
}

impl ClockHours {
    /// None before the first full hour with votes. The ledger says that an hour is full, never a clock: each partition
    /// has a frame of a later one, or every vote is counted.
    pub(super) fn of(
        time_zone: &str,
        ballot: &Ballot,
        hours: &[HourVotes],
        progress: &Progress,
    ) -> Option<ClockHours> {
        let last_day = wording::day_of(time_zone, ballot.closes.saturating_sub(1));
        let minute = |ms| wording::clock_minutes(time_zone, ms, last_day);
        let closes = minute(ballot.closes);
        let is_complete = progress.is_complete();
        let is_open = |hour: &HourVotes| !hour.is_full && !is_complete;
        let open = hours.iter().position(is_open).unwrap_or(hours.len());
        let full = &hours[..open];
        let first = full.first()?;
        let mut until = vec![Until {
            minute: minute(first.start_ms),
            votes: 0,
        }];
        let mut votes = 0_u64;
        for hour in full {
            votes = votes.saturating_add(hour.votes);
            // Votes that came in time may stand in a frame of after the close.
            let end = minute(hour.start_ms + HOUR_MS).min(closes);
            // An hour that the clock shows twice, too, ends once.
            until.retain(|before| before.minute < end);
            until.push(Until { minute: end, votes });
        }
        let last_end = until.last().map_or(closes, |until| until.minute);
        let known = match hours.get(open) {
            _ if is_complete => closes,
            Some(open) => minute(open.start_ms),
            None => last_end,
        };
        Some(ClockHours {
            last_day,
            until,
            known,
        })
    }

    /// The last hour of the earlier turnout by which today's is known, too: today's votes until then, and the earlier ones.
    pub(super) fn beside(&self, earlier: &[Until]) -> Option<(Until, Until)> {
        let known = earlier
            .iter()
            .rev()
            .filter(|then| then.minute <= self.known);
        known
            .filter_map(|then| Some((self.at(then.minute)?, *then)))
            .next()
    }

    /// Votes until a minute; none where it lies within an hour that has votes.
    pub(super) fn at(&self, minute: i64) -> Option<Until> {
        let after = self.until.partition_point(|until| until.minute <= minute);
        let votes = after.checked_sub(1).map_or(0, |at| self.until[at].votes);
        let next = self.until.get(after);
        let is_within = next.is_some_and(|next| next.votes > votes && next.minute - minute < 60);
        (minute <= self.known && !is_within).then_some(Until { minute, votes })
    }

    /// The clock and the calendar at a minute.
    pub(super) fn time(&self, minute: i64) -> DateTime {
        let start = self.last_day.at(0, 0, 0, 0);
        start.checked_add(minute.minutes()).unwrap_or(start)
    }
}

/// The turnout of the ballot's earlier event, where the event brings it.
pub(super) fn earlier_turnout<'a>(
    baseline: Option<&'a Baseline>,
    ballot: &Ballot,
) -> Option<(&'a Baseline, &'a EarlierTurnout)> {
    let baseline = baseline?;
    let turnout = baseline.ballot(&ballot.id)?.turnout.as_ref()?;
    Some((baseline, turnout))
}

/// On the scale of today's clock: the day of the earlier event is its last day of voting.
pub(super) fn on_clock(turnout: &EarlierTurnout) -> Vec<Until> {
    let until = turnout.until.iter();
    let until = until.map(|until| Until {
        minute: i64::from(until.hour) * 60,
        votes: until.votes,
    });
    until.collect()
}
