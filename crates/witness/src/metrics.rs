//! What the operator of a witness watches: how submissions were answered, and how far each log is.

use std::sync::Arc;

use listener::{Certificates, Connections, exposition};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::witness::{LogView, Refusal};

type Label = [(&'static str, &'static str); 1];
type LogLabel = [(&'static str, String); 1];

/// The counters, and the registry that writes them out.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) connections: Connections,
    pub(crate) certificates: Certificates,
    answers: Family<Label, Counter>,
    sizes: Family<LogLabel, Gauge>,
    times: Family<LogLabel, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Arc<Metrics> {
        let mut registry = Registry::default();
        exposition::register_build(&mut registry, env!("CARGO_PKG_VERSION"));
        listener::register_process(&mut registry);
        let connections = Connections::default();
        connections.register(&mut registry);
        let certificates = Certificates::default();
        certificates.register(&mut registry);
        let answers = Family::<Label, Counter>::default();
        let help = "Checkpoints submitted, by what they were answered";
        registry.register("witness_submissions", help, answers.clone());
        let sizes = Family::<LogLabel, Gauge>::default();
        let help = "Leaves of the last tree that was cosigned";
        registry.register("witness_log_leaves", help, sizes.clone());
        let times = Family::<LogLabel, Gauge>::default();
        let help = "When a checkpoint was cosigned last, in seconds since 1970";
        registry.register(
            "witness_log_cosigned_timestamp_seconds",
            help,
            times.clone(),
        );
        Arc::new(Metrics {
            registry,
            connections,
            certificates,
            answers,
            sizes,
            times,
        })
    }

    /// Counts one submission by its answer.
    pub(crate) fn count(&self, refusal: Option<&Refusal>) {
        let answer = refusal.map_or("cosigned", answer);
        self.answers.get_or_create(&[("answer", answer)]).inc();
    }

    /// All of it in Prometheus' text format.
    pub(crate) fn text(&self, views: &[LogView]) -> String {
        for LogView { origin, last } in views {
            let label = [("log", origin.to_string())];
            let (size, time_s) = last
                .as_ref()
                .map_or((0, 0), |(checkpoint, time_s)| (checkpoint.size, *time_s));
            // Both are far below the largest i64.
            let as_gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            self.sizes.get_or_create(&label).set(as_gauge(size));
            self.times.get_or_create(&label).set(as_gauge(time_s));
        }
        exposition::text(&self.registry)
    }
}

fn answer(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed(_) | Refusal::NoCheckpoint(_) | Refusal::OldLarger { .. } => "malformed",
        Refusal::UnknownLog { .. } => "unknown_log",
        Refusal::Unsigned { .. } | Refusal::BadSignature(_) => "unsigned",
        Refusal::Conflict { .. } => "conflict",
        Refusal::OtherRoot { .. } => "other_root",
        Refusal::NoProof(_) => "no_proof",
        Refusal::ClockBehind => "clock_behind",
        Refusal::StorageFull => "storage_full",
    }
}
