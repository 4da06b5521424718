//! Metrics of a validator that never was, moving with the clock, in the names of the real one.

use std::fmt::Write as _;

use pages::{Form, PageContext, Program, monitor};

use crate::http::{self, Answer, Request};

pub(crate) fn answer(context: &PageContext<'_>, request: &Request, _: &Form) -> Answer {
    match request.path() {
        "/metrics" => Answer::text("text/plain", text(context.now_ms)),
        "/livez" => Answer::text("text/plain", "ok\n".to_owned()),
        "/readyz" => Answer {
            status: 503,
            ..Answer::text("text/plain", "draining\n".to_owned())
        },
        _ => http::page(monitor(context, Program::Validator), pages::NO_STORE),
    }
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
        ("0.005", 99),
        ("0.01", 100),
        ("+Inf", 100),
    ] {
        line(
            &format!("ledger_fsync_seconds_bucket{{le=\"{bound}\"}}"),
            seconds * 210 * share / 100,
        );
    }
    text + "# EOF\n"
}
