//! Metrics: what operators watch. No voter, address or digest is in a name or a label.
//!
//! The request path touches atomic counters only: labelled ones are looked up once, at the start.

mod ledger;
mod log;
mod package;

pub(crate) use self::ledger::Retired;

use std::sync::Arc;
use std::time::Duration;

use listener::Connections;
use listener::exposition::{self, durations};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use shards::Package;

use crate::checkpoints::Desk;
use crate::http::problem::Problem;
use crate::http::problem_type::ProblemType;
use crate::partitions::Partitions;
use crate::vote::{Observer, Recorded, Refusal};

type Label = [(&'static str, &'static str); 1];

/// The counters, and the registry that writes them out.
pub(crate) struct Metrics {
    registry: Registry,
    votes_submitted: Counter,
    validation_latency: Histogram,
    pub(crate) connections: Connections,
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

impl Metrics {
    pub(crate) fn new(
        partitions: &Arc<Partitions>,
        retired: &Arc<Retired>,
        package: &Arc<Package>,
        desk: Option<&Arc<Desk>>,
        ballots: Vec<String>,
    ) -> Metrics {
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
        let collector = ledger::Ledger::new(Arc::clone(partitions), Arc::clone(retired), ballots);
        registry.register_collector(Box::new(collector));
        registry.register_collector(Box::new(package::Damage(Arc::clone(package))));
        if let Some(desk) = desk {
            registry.register_collector(Box::new(log::Logs(Arc::clone(desk))));
        }
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
            | Refusal::OtherRegion
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

    /// All metrics in Prometheus' text format.
    pub(crate) fn text(&self) -> String {
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
