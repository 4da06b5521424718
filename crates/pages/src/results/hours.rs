//! Turnout by hour, beside that of an earlier event: a sentence, a curve, and the table that says the same.

use election::Ballot;

use super::clock_hours::{ClockHours, Until, earlier_turnout, on_clock};
use super::night::{Night, TurnoutLine};
use super::view::{HourVotes, Progress, Turnout};
use crate::chart::Axes;
use crate::wording;

/// Most rows of the table; more hours make wider steps.
const ROWS_MAX: i64 = 36;
/// Steps of the table in hours; beyond them, whole days.
const STEPS: [i64; 5] = [1, 2, 3, 6, 12];

/// Turnout by hour, ready to read and to draw.
pub(super) struct Hours {
    /// Today's turnout at a full hour, and the earlier one at the same; none where nothing is compared.
    pub(super) said: Option<String>,
    /// None before there are two hours to draw.
    pub(super) curve: Option<Curve>,
}

/// Two lines, and their table.
pub(super) struct Curve {
    pub(super) today: String,
    /// The line of the earlier event, and its title.
    pub(super) earlier: Option<(String, String)>,
    /// What the axes begin and end with.
    pub(super) top: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) rows: Vec<HourRow>,
}

/// One hour; a side that says nothing of it is empty.
pub(super) struct HourRow {
    pub(super) until: String,
    pub(super) votes: String,
    pub(super) share: String,
    pub(super) earlier: String,
}

/// Votes by hour of one event, out of everybody who can vote there.
struct Line {
    until: Vec<Until>,
    registered: u64,
}

impl Line {
    fn points(&self) -> Vec<(i64, u64)> {
        let share = |until: &Until| wording::thousandths(until.votes, self.registered);
        let points = self.until.iter().map(|until| (until.minute, share(until)));
        points.collect()
    }
}

impl Hours {
    /// None before the first full hour.
    pub(super) fn of(
        night: &Night<'_>,
        ballot: &Ballot,
        progress: &Progress,
        (turnout, hours): (Turnout, &[HourVotes]),
    ) -> Option<Hours> {
        let zone = &night.context.event.time_zone;
        let clock = ClockHours::of(zone, ballot, hours, progress)?;
        let earlier = earlier_turnout(night.baseline, ballot);
        let title = earlier.map(|(baseline, _)| baseline.title().in_language(night.lang()));
        let earlier = earlier.map(|(_, turnout)| Line {
            until: on_clock(turnout),
            registered: turnout.registered,
        });
        let earlier = earlier.zip(title);
        let said = earlier.as_ref().and_then(|(line, title)| {
            let (now, then) = clock.beside(&line.until)?;
            let at = wording::hour(night.lang(), clock.time(now.minute), false);
            Some(night.t().fill(
                "turnout-against",
                [
                    ("clock", at.into()),
                    ("now", night.percent(now.votes, turnout.registered).into()),
                    ("title", (*title).into()),
                    ("then", night.percent(then.votes, line.registered).into()),
                ],
            ))
        });
        let curve = curve(night, &clock, turnout.registered, earlier.as_ref());
        Some(Hours { said, curve })
    }
}

/// The turnout with what the hours say beside it.
pub(super) fn turnout_line(
    night: &Night<'_>,
    turnout: Turnout,
    hours: Option<&Hours>,
) -> TurnoutLine {
    TurnoutLine {
        against: hours.and_then(|hours| hours.said.clone()),
        ..TurnoutLine::of(night, turnout)
    }
}

fn curve(
    night: &Night<'_>,
    clock: &ClockHours,
    registered: u64,
    earlier: Option<&(Line, &str)>,
) -> Option<Curve> {
    let today = Line {
        until: clock.until.clone(),
        registered,
    };
    let points = today.points();
    let points_earlier = earlier.map(|(line, _)| line.points()).unwrap_or_default();
    let axes = Axes::around(points.iter().chain(&points_earlier).copied())?;
    let with_day = axes.last - axes.first > 1_440;
    let hour = |minute| wording::hour(night.lang(), clock.time(minute), with_day);
    let row = |minute: i64| {
        let now = clock.at(minute).filter(|_| minute >= today.until[0].minute);
        let then = earlier.and_then(|(line, _)| {
            let then = line.until.iter().find(|then| then.minute == minute)?;
            Some(night.percent(then.votes, line.registered))
        });
        HourRow {
            until: hour(minute),
            votes: now.map(|now| night.count(now.votes)).unwrap_or_default(),
            share: now
                .map(|now| night.percent(now.votes, registered))
                .unwrap_or_default(),
            earlier: then.unwrap_or_default(),
        }
    };
    Some(Curve {
        today: axes.path(&points),
        earlier: earlier.map(|(_, title)| (axes.path(&points_earlier), (*title).to_owned())),
        top: night.percent(axes.top, 1_000),
        first: hour(axes.first),
        last: hour(axes.last),
        rows: minutes(&axes, &points, &points_earlier).map(row).collect(),
    })
}

/// The minutes of the table: hours of the clock in equal steps, and the last of each line.
fn minutes(
    axes: &Axes,
    today: &[(i64, u64)],
    earlier: &[(i64, u64)],
) -> impl Iterator<Item = i64> + use<> {
    let hours = (axes.last - axes.first) / 60;
    let step = STEPS.into_iter().find(|step| hours / step <= ROWS_MAX);
    let step = step.unwrap_or(24 * (hours / 24 / ROWS_MAX + 1)) * 60;
    let lasts = [today.last(), earlier.last()];
    let lasts = lasts.into_iter().flatten().map(|(minute, _)| *minute);
    let first = axes.first.div_euclid(step) * step + step;
    let steps = (0..).map(|nth| first + nth * step);
    let mut minutes: Vec<i64> = steps.take_while(|minute| *minute <= axes.last).collect();
    minutes.extend(lasts);
    minutes.sort_unstable();
    minutes.dedup();
    minutes.into_iter()
}
