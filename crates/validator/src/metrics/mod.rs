//! Metrics: what operators watch. No voter, address or digest is in a name or a label.
//!
//! The request path touches atomic counters only: labelled ones are looked up once, at the start.

mod ballots;
mod disk;
mod ledger;
mod log;
mod others;
mod package;

pub(crate) use self::ledger::Retired;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use durable::Clock;
use listener::exposition::{self, durations};
use listener::{Certificates, Connections};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use shards::Package;

use crate::checkpoints::Desk;
use crate::http::problem::Problem;
use crate::http::problem_type::ProblemType;
use crate::obstacle::Obstacle;
use crate::partitions::{Partitions, Steward};
use crate::vote::{Observer, Recorded, Refusal};

type Label = [(&'static str, &'static str); 1];

/// The counters, and the registry that writes them out.
pub(crate) struct Metrics {
    registry: Registry,
    votes_submitted: Counter,
    validation_latency: Histogram,
    pub(crate) connections: Connections,
    pub(crate) certificates: Certificates,
    /// In the order of [`Obstacle::ALL`].
    obstacles: [Gauge; Obstacle::ALL.len()],
    validated: Validated,
    duplicate_attempts: Counter,
    request_duration: Histogram,
    /// By type of problem, in the order of the enumeration.
    problems: [Counter; ProblemType::COUNT],
    /// Counted by whoever checks the package.
    pub(crate) package_checks: Counter,
}

/// Votes answered, by what became of them. Requests that are no readable vote are not among them,
/// nor are votes that a limit or a fault kept from being decided.
struct Validated {
    accepted: Counter,
    replayed: Counter,
    duplicate: Counter,
    invalid: Counter,
}

/// What is read when somebody looks.
pub(crate) struct Sources<'a> {
    pub(crate) partitions: &'a Arc<Partitions>,
    pub(crate) retired: &'a Arc<Retired>,
    pub(crate) package: &'a Arc<Package>,
    /// By which votes are stamped.
    pub(crate) clock: &'a Arc<dyn Clock>,
    /// The data directory of this validator.
    pub(crate) data: PathBuf,
    pub(crate) desk: Option<&'a Arc<Desk>>,
    pub(crate) steward: Option<&'a Arc<Steward>>,
}

impl Sources<'_> {
    fn register(self, registry: &mut Registry) {
        let ids = self.package.event().ballots().iter();
        let ids = ids.map(|ballot| ballot.id.clone()).collect();
        let (partitions, retired) = (Arc::clone(self.partitions), Arc::clone(self.retired));
        registry.register_collector(Box::new(ledger::Ledger::new(partitions, retired, ids)));
        let windows = ballots::Ballots::new(self.package, self.clock);
        registry.register_collector(Box::new(windows));
        registry.register_collector(Box::new(disk::Disk(self.data)));
        registry.register_collector(Box::new(package::Damage(Arc::clone(self.package))));
        if let Some(desk) = self.desk {
            registry.register_collector(Box::new(log::Logs(Arc::clone(desk))));
        }
        if let Some(steward) = self.steward {
            registry.register_collector(Box::new(others::Others(Arc::clone(steward))));
        }
    }
}

impl Metrics {
    pub(crate) fn new(sources: Sources<'_>) -> Metrics {
        let mut registry = Registry::default();
        exposition::register_build(&mut registry, env!("CARGO_PKG_VERSION"));
        listener::register_process(&mut registry);
        let votes_submitted = Counter::default();
        registry.register(
            "votes_submitted",
            "Votes of voters on the roll, handed to the ledger",
            votes_submitted.clone(),
        );
        let validated = validated(&mut registry);
        let duplicate_attempts = Counter::default();
        registry.register(
            "duplicate_attempts",
            "Votes of voters who had voted before",
            duplicate_attempts.clone(),
        );
        let validation_latency = durations();
        registry.register(
            "validation_latency_seconds",
            "From the ledger's queue to its answer, the disk included",
            validation_latency.clone(),
        );
        let request_duration = durations();
        registry.register(
            "api_request_duration_seconds",
            "From a request's head to its answer",
            request_duration.clone(),
        );
        let problems = problems(&mut registry);
        let connections = Connections::default();
        connections.register(&mut registry);
        let certificates = Certificates::default();
        certificates.register(&mut registry);
        let obstacles = obstacles(&mut registry);
        sources.register(&mut registry);
        let package_checks = Counter::default();
        registry.register(
            "package_checks",
            "Checks in service that found every file of the package as it was signed",
            package_checks.clone(),
        );
        Metrics {
            registry,
            votes_submitted,
            validation_latency,
            connections,
            certificates,
            obstacles,
            validated,
            duplicate_attempts,
            request_duration,
            problems,
            package_checks,
        }
    }

    /// Counts a request that was not answered as it asked.
    pub(crate) fn note_problem(&self, problem: &Problem) {
        match problem {
            Problem::Request(rejection) => self.note_type(ProblemType::from(rejection)),
            Problem::Vote(refusal) => self.note_refusal(refusal),
        }
    }

    /// Counts a vote that is not recorded.
    pub(crate) fn note_refusal(&self, refusal: &Refusal) {
        self.note_type(ProblemType::from(refusal));
        match refusal {
            Refusal::Duplicate { .. } | Refusal::RepeatsUsedUp { .. } => {
                self.validated.duplicate.inc();
                self.duplicate_attempts.inc();
            }
            Refusal::NotOnRoll { .. }
            | Refusal::OtherRegion { .. }
            | Refusal::CandidateNotStanding
            | Refusal::ChoiceNotTaken(_)
            | Refusal::NotOpen { .. }
            | Refusal::Closed { .. } => {
                self.validated.invalid.inc();
            }
            Refusal::Malformed(_)
            | Refusal::InvalidFields(_)
            | Refusal::NoSuchBallot(_)
            | Refusal::TriesUsedUp { .. }
            | Refusal::Overloaded
            | Refusal::StorageFull
            | Refusal::ClockInDoubt
            | Refusal::RollUnreadable
            | Refusal::Unwitnessed
            | Refusal::OutcomeUnknown
            | Refusal::LedgerDisagrees => {}
        }
    }

    fn note_type(&self, problem_type: ProblemType) {
        self.problems[problem_type as usize].inc();
    }

    /// Counts a vote that is recorded, by this try or an earlier one.
    pub(crate) fn note_recorded(&self, vote: &Recorded) {
        if vote.replayed {
            self.validated.replayed.inc();
        } else {
            self.validated.accepted.inc();
        }
    }

    /// Notes how long a request took, from its head to its answer.
    pub(crate) fn note_reply(&self, took: Duration) {
        self.request_duration.observe(took.as_secs_f64());
    }

    /// All metrics in Prometheus' text format. `obstacle`: what keeps votes from being taken now.
    pub(crate) fn text(&self, obstacle: Option<Obstacle>) -> String {
        for (gauge, of) in self.obstacles.iter().zip(Obstacle::ALL) {
            gauge.set(i64::from(obstacle == Some(of)));
        }
        exposition::text(&self.registry)
    }
}

impl Observer for Metrics {
    fn submitted(&self) {
        self.votes_submitted.inc();
    }

    fn answered(&self, took: Duration) {
        self.validation_latency.observe(took.as_secs_f64());
    }
}

fn validated(registry: &mut Registry) -> Validated {
    let family = Family::<Label, Counter>::default();
    registry.register(
        "votes_validated",
        "Votes answered, by what became of them",
        family.clone(),
    );
    let counter = |status| family.get_or_create(&[("status", status)]).clone();
    Validated {
        accepted: counter("accepted"),
        replayed: counter("replayed"),
        duplicate: counter("duplicate"),
        invalid: counter("invalid"),
    }
}

fn problems(registry: &mut Registry) -> [Counter; ProblemType::COUNT] {
    let family = Family::<Label, Counter>::default();
    registry.register(
        "requests_refused",
        "Requests refused, by reason",
        family.clone(),
    );
    ProblemType::ALL.map(|problem_type| {
        let label = [("reason", problem_type.definition().slug)];
        family.get_or_create(&label).clone()
    })
}

fn obstacles(registry: &mut Registry) -> [Gauge; Obstacle::ALL.len()] {
    let family = Family::<Label, Gauge>::default();
    registry.register(
        "ready_obstacle",
        "1 for what keeps votes from being taken, of everybody or of some; all are 0 while they are taken",
        family.clone(),
    );
    Obstacle::ALL.map(|obstacle| {
        family
            .get_or_create(&[("obstacle", obstacle.name())])
            .clone()
    })
}
