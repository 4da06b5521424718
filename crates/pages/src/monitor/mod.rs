//! The operator's monitor: what a program is doing, the last hour of it, and alarms in words.
//!
//! The internal listener of a program serves it beside the metrics, so no other service is needed. The program
//! takes a sample of its own metrics every ten seconds ([`MonitorHistory`]); the page is rendered from these, and
//! its script only fetches it again.

mod curve;
mod exposition;
mod history;
mod panel;

pub use history::{MonitorHistory, SAMPLE_EVERY};
pub use panel::Program;

use askama::Template;
use election::Language;

use crate::cluster::ClusterTable;
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;
use crate::wording::{self, clock_time, moment};
use curve::Curve;
use panel::{Alarm, Beyond, Limit, Panel, Severity, Unit};

/// A newest sample that is older says nothing of now: three were missed.
const OLD_MS: i64 = 30_000;

/// A program as its monitor shows it.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// What it remembers of its metrics.
    pub history: &'a MonitorHistory,
    /// Whether it does now what it is there for, as `/readyz` says.
    pub ready: bool,
    /// The tables of its picture, if it has one.
    pub tables: &'a [ClusterTable],
}

#[derive(Template)]
#[template(path = "monitor.html")]
struct Monitor<'a> {
    frame: Frame<'a>,
    /// When the newest sample was taken, and since when there are some.
    as_of: String,
    ready: bool,
    alarms: Vec<Told>,
    panels: Vec<Shown>,
    tables: &'a [ClusterTable],
}

/// An alarm in words.
struct Told {
    severity: Severity,
    panel: &'static str,
    text: String,
    /// The page of the runbook, where one says more.
    alert: Option<&'static str>,
}

/// One panel with what it shows.
struct Shown {
    panel: &'static str,
    value: String,
    /// What was lowest and highest.
    range: String,
    limit: Option<String>,
    severity: Option<Severity>,
    curve: Curve,
}

/// The monitor of a program; its own path is `/monitor`.
#[must_use]
pub fn monitor(context: &PageContext<'_>, watched: &Watched<'_>) -> Page {
    let Watched {
        history,
        ready,
        tables,
    } = *watched;
    let t = Messages::of(context.lang);
    let title = match history.program() {
        Program::Validator => "monitor-validator",
        Program::Tally => "monitor-tally",
    };
    let mut frame = Frame::new(context, t.get(title).into_owned(), "/monitor");
    frame.styles = &["style.css", "results.css", "monitor.css"];
    frame.scripts = &["monitor.js"];
    frame.script_prefixes = &["watch-"];
    frame.footer = "footer-monitor";
    frame.help = None;
    frame.home = "/monitor";
    let panels = (0..).zip(history.panels());
    let panels = panels.filter_map(|(index, panel)| shown(context.lang, history, index, panel));
    let (panels, alarms): (Vec<Shown>, Vec<Option<Told>>) = panels.unzip();
    let alarms = alarms.into_iter().flatten();
    let mut alarms: Vec<Told> = unmeasured(context, history)
        .into_iter()
        .chain(alarms)
        .collect();
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.severity));
    let as_of = as_of(context, history);
    Page::new(
        context.lang,
        &Monitor {
            frame,
            as_of,
            ready,
            alarms,
            panels,
            tables,
        },
    )
}

/// The alarm of a program that takes no samples: every other number is then of before.
fn unmeasured(context: &PageContext<'_>, history: &MonitorHistory) -> Option<Told> {
    let t = Messages::of(context.lang);
    let text = match history.span_ms() {
        None => t.get("monitor-unmeasured-yet").into_owned(),
        Some((_, last_ms)) => {
            let old_ms = context.now_ms - last_ms;
            if old_ms <= OLD_MS {
                return None;
            }
            let old = said(context.lang, Unit::Seconds, old_ms as f64 / 1_000.0);
            t.fill("monitor-unmeasured", [("value", old.into())])
        }
    };
    Some(Told {
        severity: Severity::Now,
        panel: "samples",
        text,
        alert: None,
    })
}

/// When the newest sample was taken, and since when there are some, in the event's zone.
fn as_of(context: &PageContext<'_>, history: &MonitorHistory) -> String {
    let t = Messages::of(context.lang);
    let Some((first_ms, last_ms)) = history.span_ms() else {
        return t.get("monitor-nothing-yet").into_owned();
    };
    let at = |ms| clock_time(context.lang, &context.event.time_zone, ms);
    let last = moment(context.lang, &context.event.time_zone, last_ms).text;
    let values = [("time", last.into()), ("since", at(first_ms).into())];
    t.fill("monitor-as-of", values)
}

/// A panel and its alarm; none where the program has no such metric.
fn shown(
    lang: Language,
    history: &MonitorHistory,
    index: usize,
    panel: &'static Panel,
) -> Option<(Shown, Option<Told>)> {
    let values = history.values(index);
    let newest = values.last().copied().flatten();
    let known = || values.iter().copied().flatten();
    known().next()?;
    let passed = newest.and_then(|value| Some((value, panel.passed(value)?)));
    let t = Messages::of(lang);
    let range = match panel.unit {
        Unit::UpAt(_) => String::new(),
        unit => {
            let [low, high] = [f64::min, f64::max].map(|of| known().reduce(of).unwrap_or(0.0));
            let values = [
                ("low", said(lang, unit, low).into()),
                ("high", said(lang, unit, high).into()),
            ];
            t.fill("monitor-range", values)
        }
    };
    let mildest = panel.alarm.as_ref().and_then(|alarm| alarm.limits.last());
    let shown = Shown {
        panel: panel.title,
        value: newest.map_or_else(|| "–".to_owned(), |value| said(lang, panel.unit, value)),
        range,
        limit: mildest.and_then(|limit| limit_text(lang, panel.unit, limit)),
        severity: passed.map(|(_, (_, limit))| limit.severity),
        curve: Curve::of(&values, mildest.map(|limit| limit.beyond.limit())),
    };
    let told = passed.map(|(value, (alarm, limit))| told(lang, panel, value, (alarm, limit)));
    Some((shown, told))
}

fn told(lang: Language, panel: &Panel, value: f64, (alarm, limit): (&Alarm, &Limit)) -> Told {
    let values = [
        ("value", said(lang, panel.unit, value).into()),
        ("limit", said(lang, panel.unit, limit.beyond.limit()).into()),
    ];
    Told {
        severity: limit.severity,
        panel: panel.title,
        text: Messages::of(lang).fill(alarm.message, values),
        alert: Some(alarm.alert),
    }
}

/// From where on a panel is an alarm; none where its words say it.
fn limit_text(lang: Language, unit: Unit, limit: &Limit) -> Option<String> {
    let id = match (unit, limit.beyond) {
        (Unit::UpAt(_), _) | (_, Beyond::At(_)) => return None,
        (_, Beyond::Above(_)) => "monitor-limit-above",
        (_, Beyond::Below(_)) => "monitor-limit-below",
    };
    let limit = said(lang, unit, limit.beyond.limit());
    Some(Messages::of(lang).fill(id, [("limit", limit.into())]))
}

/// A number with its unit.
fn said(lang: Language, unit: Unit, value: f64) -> String {
    let t = Messages::of(lang);
    let (id, value) = match unit {
        Unit::Count => return number(lang, value),
        Unit::UpAt(up) => {
            let id = if value == f64::from(up) {
                "monitor-up"
            } else {
                "monitor-down"
            };
            return t.get(id).into_owned();
        }
        Unit::PerSecond => ("unit-per-second", value),
        Unit::Milliseconds => ("unit-milliseconds", value * 1_000.0),
        Unit::Seconds => ("unit-seconds", value),
        Unit::Percent => ("unit-percent", value * 100.0),
        Unit::Hours => ("unit-hours", value),
        Unit::Days => ("unit-days", value),
    };
    t.fill(id, [("n", number(lang, value).into())])
}

/// Whole from 10 on, with one decimal below.
fn number(lang: Language, value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let number = match nearest(value.abs() * 10.0) {
        tenths if tenths >= 100 || tenths % 10 == 0 => wording::count(lang, nearest(value.abs())),
        tenths => wording::decimal(lang, tenths, 1),
    };
    format!("{sign}{number}")
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "beyond what fits, the cast gives the largest number there is"
)]
fn nearest(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
