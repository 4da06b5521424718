//! The operator's monitor: panels over a program's own `/metrics`, with history in the browser.
//!
//! The internal listener of a program serves it beside the metrics, so no other service is needed. The
//! page names the metrics. Its script reads them (OpenMetrics text), keeps those of five minutes and
//! draws them.

use askama::Template;

use crate::cluster::ClusterTable;
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;

/// Which program's metrics are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The validator: votes, queue, disk.
    Validator,
    /// The tally: counting, database.
    Tally,
}

/// How the number of a panel is computed from metrics.
#[derive(Clone, Copy)]
enum Kind {
    /// Change of a counter per second.
    Rate,
    /// A gauge, or a counter's total.
    Value,
    /// The 99th percentile of a histogram over the last half minute.
    P99,
    /// One gauge less another.
    Difference,
}

/// One number with its history. A metric is a name, or a name and one label: `name{key="value"}`.
struct Panel {
    title: &'static str,
    kind: Kind,
    metric: &'static str,
    /// Subtracted, where the kind is a difference.
    less: &'static str,
}

impl Panel {
    const fn new(title: &'static str, kind: Kind, metric: &'static str) -> Panel {
        Panel {
            title,
            kind,
            metric,
            less: "",
        }
    }

    fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Rate => "rate",
            Kind::Value => "value",
            Kind::P99 => "p99",
            Kind::Difference => "difference",
        }
    }

    /// Message id of the unit.
    fn unit(&self) -> &'static str {
        match self.kind {
            Kind::Rate => "unit-per-second",
            Kind::P99 => "unit-milliseconds",
            Kind::Value | Kind::Difference => "unit-none",
        }
    }
}

const VALIDATOR: &[Panel] = &[
    Panel::new("panel-accepted", Kind::Rate, "ledger_votes_total"),
    Panel::new(
        "panel-duplicate",
        Kind::Rate,
        "votes_validated_total{status=\"duplicate\"}",
    ),
    Panel::new(
        "panel-invalid",
        Kind::Rate,
        "votes_validated_total{status=\"invalid\"}",
    ),
    Panel::new("panel-votes", Kind::Value, "ledger_votes_total"),
    Panel::new("panel-queue", Kind::Value, "ledger_queue_depth"),
    Panel::new("panel-fsync", Kind::P99, "ledger_fsync_seconds"),
    Panel::new("panel-answer", Kind::P99, "api_request_duration_seconds"),
    Panel::new("panel-position", Kind::Value, "ledger_last_sequence"),
    Panel::new("panel-frames", Kind::Rate, "ledger_frames_total"),
    Panel::new("panel-connections", Kind::Value, "connections_open"),
    Panel::new("panel-refused", Kind::Rate, "requests_refused_total"),
    Panel::new("panel-full", Kind::Value, "ledger_full_total"),
];

const TALLY: &[Panel] = &[
    Panel::new(
        "panel-counted",
        Kind::Rate,
        "ledger_attempts{status=\"accepted\"}",
    ),
    Panel::new(
        "panel-duplicate",
        Kind::Rate,
        "ledger_attempts{status=\"duplicate\"}",
    ),
    Panel::new(
        "panel-invalid",
        Kind::Rate,
        "ledger_attempts{status=\"invalid\"}",
    ),
    Panel::new(
        "panel-votes",
        Kind::Value,
        "ledger_attempts{status=\"accepted\"}",
    ),
    Panel::new("panel-position", Kind::Value, "ledger_sequence"),
    Panel {
        title: "panel-lag",
        kind: Kind::Difference,
        metric: "ledger_sequence",
        less: "postgres_sequence",
    },
    Panel::new("panel-database", Kind::Value, "postgres_up"),
    Panel::new("panel-answer", Kind::P99, "api_request_duration_seconds"),
];

#[derive(Template)]
#[template(path = "monitor.html")]
struct Monitor<'a> {
    frame: Frame<'a>,
    panels: &'static [Panel],
    health: &'static [(&'static str, &'static str)],
    tables: &'a [ClusterTable],
}

/// Message id and path of each health check that both programs answer.
const HEALTH: &[(&str, &str)] = &[("health-live", "/livez"), ("health-ready", "/readyz")];

/// The monitor of a program, with the tables of its picture, if it has one; its own path is `/monitor`.
#[must_use]
pub fn monitor(context: &PageContext<'_>, program: Program, tables: &[ClusterTable]) -> Page {
    let t = Messages::of(context.lang);
    let (title, panels) = match program {
        Program::Validator => ("monitor-validator", VALIDATOR),
        Program::Tally => ("monitor-tally", TALLY),
    };
    let mut frame = Frame::new(context, t.get(title).into_owned(), "/monitor");
    frame.styles = &["style.css", "results.css", "monitor.css"];
    frame.scripts = &["monitor.js"];
    frame.script_prefixes = &["watch-"];
    frame.footer = "footer-monitor";
    frame.help = None;
    frame.home = "/monitor";
    Page::new(
        context.lang,
        &Monitor {
            frame,
            panels,
            health: HEALTH,
            tables,
        },
    )
}
