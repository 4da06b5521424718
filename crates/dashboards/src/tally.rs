//! Whether results move: tally, count hand, mirror, database.

use crate::panel::{Dashboard, Panel, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let (name, title) = ("tally", "Scrutin: tally");
    let panels = vec![
        Panel::lines(
            "Frames not counted",
            "That the ledger has. Some while votes come; it must not grow.",
            Unit::Count,
            "scrutin:tally_frames_behind",
            "{{instance}} {{partition}}",
        )
        .alert("TallyBehind", 10_000.0),
        Panel::lines(
            "Frames not released",
            "That are counted. Up to two steps of the event always wait.",
            Unit::Count,
            "scrutin:release_frames_behind",
            "{{instance}} {{partition}}",
        ),
        Panel::lines(
            "Releases due",
            "That the count hand has not written yet.",
            Unit::Count,
            "releases_due",
            "{{instance}} {{partition}}",
        ),
        Panel::lines(
            "Oldest release due",
            "For how long the count hand owes it; 0 where nothing is due.",
            Unit::Seconds,
            "time() - min(release_due_timestamp_seconds) or vector(0)",
            "due",
        )
        .alert("ReleaseBehind", 180.0),
        Panel::lines(
            "Frames that a mirror lacks",
            "They would be lost with the machine of a ledger in files.",
            Unit::Count,
            "mirror_lag_frames",
            "{{instance}}",
        )
        .alert("MirrorBehind", 10_000.0),
        Panel::lines(
            "Votes in the ledger",
            "By ballot, as the tally counts them.",
            Unit::Count,
            "max by (ballot_id) (votes_by_ballot)",
            "{{ballot_id}}",
        ),
        Panel::lines(
            "Time of an answer",
            "Of 100 requests for results the slowest.",
            Unit::Seconds,
            "histogram_quantile(0.99, sum by (le) (rate(api_request_duration_seconds_bucket{job=\"tally\"}[5m])))",
            "99 of 100",
        ),
        Panel::lines(
            "Live stream",
            "Clients that are connected.",
            Unit::Count,
            "stream_clients",
            "{{instance}}",
        ),
        Panel::lines(
            "Frames not in PostgreSQL",
            "Where the tally writes it; 0 where it does not.",
            Unit::Count,
            "max(ledger_sequence - on (instance, partition) postgres_sequence) or vector(0)",
            "frames",
        ),
    ];
    Dashboard {
        name,
        title,
        panels,
    }
}
