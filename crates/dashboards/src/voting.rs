//! Whether people can vote.

use crate::panel::{Dashboard, Panel, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let (name, title) = ("voting", "Scrutin: voting");
    let panels = [turnout(), answers()].concat();
    Dashboard {
        name,
        title,
        panels,
    }
}

/// Who has voted, and when nobody does any more.
fn turnout() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Votes accepted",
            "Votes that were recorded, a second. A fall to nothing while ballots are open is an alarm.",
            Unit::PerSecond,
            "scrutin:votes_accepted:rate1m",
            "accepted",
        ),
        Panel::lines(
            "Voters who have voted",
            "By ballot, in the whole event.",
            Unit::Count,
            "scrutin:ballot_voted",
            "{{ballot}}",
        ),
        Panel::lines(
            "Turnout",
            "Share of each ballot's roll that has voted.",
            Unit::Share,
            "scrutin:ballot_voted / on (ballot) max by (ballot) (ballot_registered)",
            "{{ballot}}",
        ),
        Panel::number(
            "Ballots open",
            "By the time that votes are stamped with.",
            Unit::Count,
            "count(max by (ballot) (ballot_open) == 1) or vector(0)",
        ),
        Panel::number(
            "Next close",
            "When the next open ballot closes.",
            Unit::Moment,
            "1000 * min(ballot_closes_timestamp_seconds and on (instance, ballot) ballot_open == 1) or vector(0)",
        ),
        Panel::number(
            "Without a vote although open",
            "1 where no vote came in 5 minutes and some were to be expected.",
            Unit::Count,
            "max(ALERTS{alertname=\"NoVotesWhileOpen\", alertstate=\"firing\"}) or vector(0)",
        )
        .alert("NoVotesWhileOpen", 1.0),
    ]
}

/// What voters are told, and how soon.
fn answers() -> Vec<Panel> {
    vec![
        Panel::lines(
            "What became of votes",
            "Votes answered, a second: accepted; replayed, the same vote sent again; duplicate; invalid.",
            Unit::PerSecond,
            "sum by (status) (rate(votes_validated_total[1m]))",
            "{{status}}",
        ),
        Panel::lines(
            "Invalid votes",
            "Share of the votes of 10 minutes that named nobody on the roll, or no choice that is offered.",
            Unit::Share,
            "scrutin:votes_invalid:share10m or vector(0)",
            "invalid",
        )
        .alert("InvalidVotesRising", 0.25),
        Panel::lines(
            "What keeps votes from being taken",
            "1 while a validator refuses votes for that reason, of everybody or of some.",
            Unit::Count,
            "max by (instance, obstacle) (ready_obstacle)",
            "{{instance}} {{obstacle}}",
        )
        .alert("VotesRefused", 1.0),
        Panel::lines(
            "Time of a request",
            "From its head to its answer at the validator; the network and the gateway come on top.",
            Unit::Seconds,
            "histogram_quantile(0.5, sum by (le) (rate(api_request_duration_seconds_bucket{job=\"validator\"}[1m])))",
            "half",
        )
        .and(
            "histogram_quantile(0.99, sum by (le) (rate(api_request_duration_seconds_bucket{job=\"validator\"}[1m])))",
            "99 of 100",
        ),
        Panel::lines(
            "Connections",
            "Open ones of clients. At the limit of a validator new ones wait.",
            Unit::Count,
            "sum by (instance) (connections_open{job=\"validator\"})",
            "{{instance}}",
        ),
        Panel::lines(
            "Validators that the gateway uses",
            "By gateway. None: voters are answered 503.",
            Unit::Count,
            "haproxy_backend_active_servers{proxy=\"validators\"}",
            "{{instance}}",
        ),
    ]
}
