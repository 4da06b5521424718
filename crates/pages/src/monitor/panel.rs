//! What operators watch of each program, and from which value on it is an alarm.
//!
//! Limits are those of `deploy/prometheus/alerts.yml`, where it has one; a test holds them together. Prometheus
//! waits, so that nobody is woken for nothing; a monitor has somebody before it and tells at once.

use super::exposition::Fold;

/// Which program's metrics are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The validator: votes, queue, disk.
    Validator,
    /// The tally: counting, database.
    Tally,
}

/// One number with its history. A metric is named as in [`super::exposition::Exposition::number`].
pub(super) struct Panel {
    /// Message of what it is.
    pub(super) title: &'static str,
    pub(super) measure: Measure,
    pub(super) unit: Unit,
    pub(super) alarm: Option<Alarm>,
}

/// How the number of a panel is computed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    /// Change of a counter per second, over half a minute.
    Rate(&'static str),
    /// The number of a metric now.
    Number(&'static str, Fold),
    /// What 99 of 100 observations of the last five minutes did not exceed: the bound of a histogram's bucket, in seconds.
    P99(&'static str),
    /// One gauge less another.
    Difference(&'static str, &'static str),
    /// The share of the first counter in the second, of what both grew by in ten minutes; 0 where the first grew by less
    /// than that.
    Share(&'static str, &'static str, f64),
    /// Days until the first of these moments.
    DaysUntil(&'static str),
    /// Seconds since the first of these moments.
    SecondsSince(&'static str),
    /// Hours until nothing is left, at the pace of the last hour; none where it does not shrink.
    HoursLeft(&'static str),
}

/// How a number is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Count,
    PerSecond,
    /// Of a number in seconds.
    Milliseconds,
    Seconds,
    Percent,
    Hours,
    Days,
    /// "Up" where the number is this, "down" where it is another.
    UpAt(u8),
}

/// What makes a number an alarm, and what is said then.
pub(super) struct Alarm {
    /// Message that says what it means and what to do, with `$value` and `$limit`.
    pub(super) message: &'static str,
    /// The alert of the same name has a page in docs/runbook/.
    pub(super) alert: &'static str,
    /// From the worst to the mildest.
    pub(super) limits: &'static [Limit],
}

/// A limit and how urgent it is to have passed it.
pub(super) struct Limit {
    pub(super) beyond: Beyond,
    pub(super) severity: Severity,
    /// The part of the alert's rule that says the same; a test looks for it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "held against the rules by a test")
    )]
    pub(super) rule: &'static str,
}

/// On which side of a limit a number is alarming.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Beyond {
    Above(f64),
    Below(f64),
    At(f64),
}

/// How urgent an alarm is: what Prometheus calls `page` and `ticket`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// To be seen to within the hour.
    Soon,
    /// At once, at any hour.
    Now,
}

impl Program {
    pub(super) fn panels(self) -> &'static [Panel] {
        match self {
            Program::Validator => VALIDATOR,
            Program::Tally => TALLY,
        }
    }
}

impl Severity {
    /// Also the class on the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Severity::Soon => "soon",
            Severity::Now => "now",
        }
    }
}

impl Beyond {
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Beyond::Above(limit) => value > limit,
            Beyond::Below(limit) => value < limit,
            Beyond::At(limit) => value == limit,
        }
    }

    pub(super) fn limit(self) -> f64 {
        match self {
            Beyond::Above(limit) | Beyond::Below(limit) | Beyond::At(limit) => limit,
        }
    }
}

impl Panel {
    const fn new(title: &'static str, measure: Measure, unit: Unit) -> Panel {
        Panel {
            title,
            measure,
            unit,
            alarm: None,
        }
    }

    const fn alarming(
        self,
        message: &'static str,
        alert: &'static str,
        limits: &'static [Limit],
    ) -> Panel {
        Panel {
            alarm: Some(Alarm {
                message,
                alert,
                limits,
            }),
            ..self
        }
    }

    /// The worst limit that a number has passed.
    pub(super) fn passed(&self, value: f64) -> Option<(&Alarm, &'static Limit)> {
        let alarm = self.alarm.as_ref()?;
        let passed = |limit: &&Limit| limit.beyond.holds(value);
        Some((alarm, alarm.limits.iter().find(passed)?))
    }
}

const fn limit(beyond: Beyond, severity: Severity, rule: &'static str) -> Limit {
    Limit {
        beyond,
        severity,
        rule,
    }
}

const INVALID: &str = "votes_validated_total{status=\"invalid\"}";
const GUESSED: &str = "requests_refused_total{reason=\"too-many-failed-attempts\"}";

/// What is watched of a validator.
const VALIDATOR: &[Panel] = &[
    Panel::new(
        "panel-taking",
        Measure::Number("ready_obstacle{obstacle!=\"stopping\"}", Fold::Sum),
        Unit::UpAt(0),
    )
    .alarming(
        "alarm-taking",
        "VotesRefused",
        &[limit(
            Beyond::Above(0.0),
            Severity::Now,
            "(ready_obstacle{obstacle!=\"stopping\"}) == 1",
        )],
    ),
    Panel::new(
        "panel-package",
        Measure::Number("package_damaged", Fold::Sum),
        Unit::UpAt(0),
    )
    .alarming(
        "alarm-package",
        "PackageDamaged",
        &[limit(
            Beyond::At(1.0),
            Severity::Now,
            "(package_damaged) == 1",
        )],
    ),
    Panel::new(
        "panel-accepted",
        Measure::Rate("ledger_votes_total"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-votes",
        Measure::Number("ledger_votes_total", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-duplicate",
        Measure::Rate("votes_validated_total{status=\"duplicate\"}"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-invalid-share",
        Measure::Share(INVALID, "votes_validated_total", 30.0),
        Unit::Percent,
    )
    .alarming(
        "alarm-invalid",
        "InvalidVotesRising",
        &[limit(
            Beyond::Above(0.25),
            Severity::Now,
            "scrutin:votes_invalid:share10m > 0.25",
        )],
    ),
    Panel::new("panel-guessed", Measure::Rate(GUESSED), Unit::PerSecond).alarming(
        "alarm-guessed",
        "CodesGuessed",
        &[limit(Beyond::Above(0.5), Severity::Soon, "[5m])) > 0.5")],
    ),
    Panel::new(
        "panel-fsync",
        Measure::P99("ledger_fsync_seconds"),
        Unit::Milliseconds,
    )
    .alarming(
        "alarm-fsync",
        "FsyncSlow",
        &[limit(
            Beyond::Above(0.1),
            Severity::Soon,
            "scrutin:fsync_seconds:p99_5m > 0.1",
        )],
    ),
    Panel::new(
        "panel-answer",
        Measure::P99("api_request_duration_seconds"),
        Unit::Milliseconds,
    ),
    Panel::new(
        "panel-queue",
        Measure::Number("ledger_queue_depth", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-disk",
        Measure::HoursLeft("ledger_disk_free_bytes"),
        Unit::Hours,
    )
    .alarming(
        "alarm-disk",
        "DiskHoursLeft",
        &[limit(
            Beyond::Below(6.0),
            Severity::Now,
            "ledger_disk_free_bytes + 6 * delta(",
        )],
    ),
    Panel::new(
        "panel-full",
        Measure::Number("ledger_full_total", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-clock",
        Measure::Number("ledger_clock_ahead_seconds", Fold::Furthest),
        Unit::Seconds,
    )
    .alarming(
        "alarm-clock",
        "ClockDifference",
        &[
            limit(
                Beyond::Above(10.0),
                Severity::Now,
                "abs(ledger_clock_ahead_seconds) > 10",
            ),
            limit(
                Beyond::Above(1.0),
                Severity::Soon,
                "abs(ledger_clock_ahead_seconds) > 1",
            ),
        ],
    ),
    Panel::new(
        "panel-database-clock",
        Measure::Number("ledger_database_clock_seconds", Fold::Furthest),
        Unit::Seconds,
    )
    .alarming(
        "alarm-clock",
        "ClockDifference",
        &[
            limit(
                Beyond::Above(2.0),
                Severity::Now,
                "abs(ledger_database_clock_seconds) > 2",
            ),
            limit(
                Beyond::Above(0.5),
                Severity::Soon,
                "abs(ledger_database_clock_seconds) > 0.5",
            ),
        ],
    ),
    Panel::new(
        "panel-standby",
        Measure::Number("ledger_standby_in_step", Fold::Least),
        Unit::UpAt(1),
    )
    .alarming(
        "alarm-standby",
        "ReplicaMissing",
        &[limit(
            Beyond::At(0.0),
            Severity::Now,
            "min(ledger_standby_in_step) == 0",
        )],
    ),
    Panel::new(
        "panel-behind",
        Measure::Number("ledger_frames_behind", Fold::Furthest),
        Unit::Count,
    )
    .alarming(
        "alarm-behind",
        "FramesBehind",
        &[limit(
            Beyond::Above(256.0),
            Severity::Soon,
            "ledger_frames_behind > 256",
        )],
    ),
    Panel::new(
        "panel-position",
        Measure::Number("ledger_last_sequence", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-frames",
        Measure::Rate("ledger_frames_total"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-connections",
        Measure::Number("connections_open", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-refused",
        Measure::Rate("requests_refused_total"),
        Unit::PerSecond,
    ),
    CERTIFICATE,
];

/// What is watched of a tally.
const TALLY: &[Panel] = &[
    Panel::new(
        "panel-counted",
        Measure::Rate("ledger_attempts{status=\"accepted\"}"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-votes",
        Measure::Number("ledger_attempts{status=\"accepted\"}", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-duplicate",
        Measure::Rate("ledger_attempts{status=\"duplicate\"}"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-invalid",
        Measure::Rate("ledger_attempts{status=\"invalid\"}"),
        Unit::PerSecond,
    ),
    Panel::new(
        "panel-position",
        Measure::Number("ledger_sequence", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-release",
        Measure::SecondsSince("release_due_timestamp_seconds"),
        Unit::Seconds,
    )
    .alarming(
        "alarm-release",
        "ReleaseBehind",
        &[limit(
            Beyond::Above(600.0),
            Severity::Soon,
            "time() - release_due_timestamp_seconds > 600",
        )],
    ),
    Panel::new(
        "panel-lag",
        Measure::Difference("ledger_sequence", "postgres_sequence"),
        Unit::Count,
    ),
    Panel::new(
        "panel-database",
        Measure::Number("postgres_up", Fold::Least),
        Unit::UpAt(1),
    ),
    Panel::new(
        "panel-answer",
        Measure::P99("api_request_duration_seconds"),
        Unit::Milliseconds,
    ),
    Panel::new(
        "panel-clients",
        Measure::Number("stream_clients", Fold::Sum),
        Unit::Count,
    ),
    Panel::new(
        "panel-connections",
        Measure::Number("connections_open", Fold::Sum),
        Unit::Count,
    ),
    CERTIFICATE,
];

const CERTIFICATE: Panel = Panel::new(
    "panel-certificate",
    Measure::DaysUntil("tls_certificate_expires_timestamp_seconds"),
    Unit::Days,
)
.alarming(
    "alarm-certificate",
    "CertificateExpires",
    &[
        limit(
            Beyond::Below(1.0),
            Severity::Now,
            "(tls_certificate_expires_timestamp_seconds - time()) / 86400 < 1",
        ),
        limit(
            Beyond::Below(14.0),
            Severity::Soon,
            "(tls_certificate_expires_timestamp_seconds - time()) / 86400 < 14",
        ),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");

    /// The rules of an alert, one text.
    fn rules_of(alert: &str) -> String {
        let rules = ALERTS.split("- alert: ").skip(1);
        let named = rules.filter(|rule| rule.lines().next() == Some(alert));
        named.collect()
    }

    #[test]
    fn limits_are_those_that_prometheus_alerts_by() {
        let alarms = VALIDATOR.iter().chain(TALLY);
        let alarms: Vec<&Alarm> = alarms.filter_map(|panel| panel.alarm.as_ref()).collect();
        assert!(alarms.len() >= 10);
        for alarm in alarms {
            let rules = rules_of(alarm.alert);
            for limit in alarm.limits {
                let (rule, number) = (limit.rule, limit.beyond.limit());
                assert!(rules.contains(rule), "{}: {rule}", alarm.alert);
                let mut numbers = rule.split(|c: char| !c.is_ascii_digit() && c != '.');
                // A gauge that is 0 or 1 is above 0 where the rule says that it is 1.
                let flag = limit.beyond == Beyond::Above(0.0) && rule.ends_with("== 1");
                assert!(
                    flag || numbers.any(|text| text == number.to_string()),
                    "{rule}: {number}"
                );
                let severity = match limit.severity {
                    Severity::Soon => "severity: ticket",
                    Severity::Now => "severity: page",
                };
                let of_rule = ALERTS
                    .split("- alert: ")
                    .find(|one| one.starts_with(alarm.alert) && has_rule(one, rule));
                assert!(
                    of_rule.is_some_and(|one| one.contains(severity)),
                    "{rule} is no {severity}"
                );
            }
        }
    }

    /// Whether a rule has this text, and not a longer number at its end.
    fn has_rule(text: &str, rule: &str) -> bool {
        text.split(rule).skip(1).any(|rest| {
            let next = rest.chars().next();
            !next.is_some_and(|c| c.is_ascii_digit() || c == '.')
        })
    }
}
