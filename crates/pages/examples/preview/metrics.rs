//! Metrics of a validator that never was, moving with the clock, in the names of the real one.

use std::fmt::Write as _;

use pages::{
    ClusterEvent, ClusterPicture, DecisionSeen, Form, LeaseSeen, MemberSeen, MemberState,
    MonitorHistory, Outcome, PageContext, PartitionSeen, Program, SAMPLE_EVERY, Watched,
    cluster_tables, monitor,
};

use crate::http::{self, Answer, Request};

pub(crate) fn answer(context: &PageContext<'_>, request: &Request, _: &Form) -> Answer {
    match request.path() {
        "/metrics" => Answer::text("text/plain", text(context.now_ms)),
        "/monitor/history" => Answer::text("application/json", hour(context.now_ms).to_json()),
        _ => {
            let watched = Watched {
                history: &hour(context.now_ms),
                ready: false,
                tables: &cluster_tables(context, &picture()),
            };
            http::page(monitor(context, &watched), pages::NO_STORE)
        }
    }
}

/// The hour before: a disk that was slow for ten minutes, half an hour ago, and is slow now.
fn hour(now_ms: i64) -> MonitorHistory {
    let mut history = MonitorHistory::new(Program::Validator);
    let every_ms = i64::try_from(SAMPLE_EVERY.as_millis()).expect("seconds");
    let newest = now_ms - now_ms % every_ms;
    for back in (0..=360).rev() {
        let at_ms = newest - back * every_ms;
        history.take(at_ms, &text(at_ms), true);
    }
    history
}

fn text(now_ms: i64) -> String {
    let seconds = now_ms / 1_000 % 100_000;
    let votes = seconds * 900 + (seconds % 60) * 7;
    let mut text = String::new();
    let mut line = |name: &str, value: i64| {
        let _ = writeln!(text, "{name} {value}");
    };
    line("ledger_votes_total", votes);
    line("votes_validated_total{status=\"accepted\"}", votes);
    line("votes_validated_total{status=\"duplicate\"}", votes / 50);
    line("votes_validated_total{status=\"invalid\"}", votes / 100);
    line("ledger_queue_depth", seconds * 7 % 40);
    line("ledger_last_sequence", seconds * 210);
    line("ledger_frames_total", seconds * 210);
    line("connections_open", 120 + seconds * 3 % 17);
    for (bound, share) in [
        ("0.001", 60),
        ("0.0025", 92),
        ("0.005", 96),
        ("0.25", 100),
        ("+Inf", 100),
    ] {
        line(
            &format!("ledger_fsync_seconds_bucket{{le=\"{bound}\"}}"),
            seconds * 210 * share / 100,
        );
    }
    text + "# EOF\n"
}

/// Two validators that share a ledger of two partitions, a moment after one took the other's place.
fn picture() -> ClusterPicture {
    let time_ms = 1_760_000_000_000;
    let member = |name: &str, state, silent_s| MemberSeen {
        name: name.to_owned(),
        address: format!("{name}.example.org:8200"),
        version: "0.1.0".to_owned(),
        state,
        clock_ms: (-3.2, 1.4),
        silent_s,
    };
    let partition = |partition, owner: &str| PartitionSeen {
        partition,
        lease: Some(LeaseSeen {
            owner: Some(owner.to_owned()),
            epoch: 4,
            left_s: 2.6,
        }),
        last_frame: 18_210,
        lag: 1,
    };
    let decision = DecisionSeen {
        partition: 1,
        ballot: "L2025-001".to_owned(),
        outcome: Outcome::Accepted,
    };
    ClusterPicture {
        members: vec![
            member("v1", MemberState::Level, 0.4),
            member("v2", MemberState::Silent, 4.1),
        ],
        partitions: vec![partition(0, "v1"), partition(1, "v1")],
        events: vec![
            (
                time_ms,
                ClusterEvent::Taken {
                    partition: 1,
                    epoch: 4,
                },
            ),
            (time_ms, ClusterEvent::Silent("v2".to_owned())),
        ],
        decisions: vec![(time_ms, decision)],
    }
}
