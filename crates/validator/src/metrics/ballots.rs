//! The ballots: their windows and their voters, so that a graph knows when votes are due.

use std::fmt;
use std::sync::Arc;

use durable::Clock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use shards::Package;

/// The windows of all ballots, beside the clock that votes are stamped by.
pub(super) struct Ballots {
    clock: Arc<dyn Clock>,
    ballots: Vec<OneBallot>,
}

struct OneBallot {
    id: String,
    /// When it opens, in milliseconds since 1970.
    opens_ms: i64,
    closes_ms: i64,
    registered: u64,
}

impl Ballots {
    pub(super) fn new(package: &Package, clock: &Arc<dyn Clock>) -> Ballots {
        let ballots = package.event().ballots().iter();
        let ballots = ballots.map(|ballot| OneBallot {
            id: ballot.id.clone(),
            opens_ms: ballot.opens,
            closes_ms: ballot.closes,
            registered: (0..package.shard_count(ballot.index))
                .map(|shard| u64::from(package.credentials_in(ballot.index, shard)))
                .sum(),
        });
        Ballots {
            clock: Arc::clone(clock),
            ballots: ballots.collect(),
        }
    }

    fn gauge(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help): (&str, &str),
        of: impl Fn(&OneBallot) -> i64,
    ) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for ballot in &self.ballots {
            let label = [("ballot", ballot.id.as_str())];
            ConstGauge::new(of(ballot)).encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Ballots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ballots")
    }
}

impl Collector for Ballots {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        let now_ms = self.clock.now_ms();
        let help =
            "1 while a ballot's window is open by the time that votes are stamped with, else 0";
        self.gauge(encoder, ("ballot_open", help), |ballot| {
            i64::from((ballot.opens_ms..ballot.closes_ms).contains(&now_ms))
        })?;
        let name = "ballot_opens_timestamp_seconds";
        let help = "When a ballot's window opens, in seconds since 1970";
        self.gauge(encoder, (name, help), |ballot| ballot.opens_ms / 1_000)?;
        let name = "ballot_closes_timestamp_seconds";
        let help = "When a ballot's window closes, in seconds since 1970";
        self.gauge(encoder, (name, help), |ballot| ballot.closes_ms / 1_000)?;
        let help = "Voters on the roll of a ballot";
        self.gauge(encoder, ("ballot_registered", help), |ballot| {
            i64::try_from(ballot.registered).unwrap_or(i64::MAX) // a roll is far below it
        })
    }
}
