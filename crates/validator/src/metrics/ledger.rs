//! The ledger's own counters, read when somebody looks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ledger::{ClockState, FRAME_BOUNDS, Partition, SYNC_BOUNDS_US};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::vote::VoteReply;

/// Reads a partition's state.
pub(super) struct Ledger {
    partition: Arc<Partition<VoteReply>>,
    /// Ids of the ballots, by index.
    ballots: Vec<String>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}

impl Ledger {
    pub(super) fn new(partition: Arc<Partition<VoteReply>>, ballots: Vec<String>) -> Ledger {
        Ledger { partition, ballots }
    }

    fn voted(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Voters who have voted, by ballot";
        let mut family =
            encoder.encode_descriptor("ballot_voted", help, None, MetricType::Gauge)?;
        for (ballot, index) in self.ballots.iter().zip(0_u16..) {
            let voted = self.partition.state().voted(index);
            ConstGauge::new(voted).encode(family.encode_family(&[("ballot", ballot.as_str())])?)?;
        }
        Ok(())
    }

    fn clock(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_clock_ahead_seconds";
        let help =
            "By how much the system's clock is ahead of the time that votes are stamped with";
        let ahead_ms = self.partition.state().system_ahead_ms();
        #[allow(clippy::cast_precision_loss)] // for people and graphs
        let seconds = ahead_ms as f64 / 1_000.0;
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(seconds).encode(metric)
    }

    fn syncs(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_fsync_seconds";
        let help = "Durations of the commits' fdatasync calls";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let times = self.partition.state().sync_times();
        let seconds = |us: u64| Duration::from_micros(us).as_secs_f64();
        let bounds = SYNC_BOUNDS_US.into_iter().map(seconds);
        histogram(
            metric,
            bounds,
            times.buckets.into_iter(),
            seconds(times.sum),
        )
    }

    fn frames(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_frame_submissions";
        let help = "Votes and duplicates of each frame, which share its fdatasync";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let sizes = self.partition.state().frame_sizes();
        let number = |size: u64| {
            #[allow(clippy::cast_precision_loss)] // below 2^53
            {
                size as f64
            }
        };
        let bounds = FRAME_BOUNDS.into_iter().map(number);
        histogram(metric, bounds, sizes.buckets.into_iter(), number(sizes.sum))
    }
}

impl Collector for Ledger {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let state = self.partition.state();
        let counters = [
            ("ledger_frames", "Frames committed", state.frames()),
            (
                "ledger_frame_bytes",
                "Bytes of the frames committed",
                state.frame_bytes(),
            ),
            ("ledger_votes", "Votes accepted", state.votes()),
            (
                "ledger_duplicates",
                "Duplicate attempts recorded",
                state.duplicates(),
            ),
            (
                "ledger_full",
                "Votes turned away because the disk was full",
                state.full(),
            ),
        ];
        for (name, help, value) in counters {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(metric)?;
        }
        let gauges = [
            (
                "ledger_queue_depth",
                "Votes that wait for the disk",
                state.queue_depth(),
            ),
            (
                "ledger_disk_full",
                "1 while the disk has no room for votes, else 0",
                u64::from(state.is_full()),
            ),
            (
                "ledger_out_of_reach",
                "1 while the database of a replicated ledger cannot be asked, else 0",
                u64::from(state.is_out_of_reach()),
            ),
            (
                "ledger_clock_in_doubt",
                "1 while the system's clock contradicts the ledger's time and no vote is taken, else 0",
                u64::from(state.clock() == ClockState::InDoubt),
            ),
            (
                "ledger_closes_held",
                "Ballots whose windows had ended when the validator started, and that take no votes until that is written down a quarter of an hour later",
                state.closes_held(),
            ),
            (
                "ledger_last_sequence",
                "Number of the last frame on disk",
                state.last_sequence(),
            ),
        ];
        for (name, help, value) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        self.clock(&mut encoder)?;
        self.voted(&mut encoder)?;
        self.frames(&mut encoder)?;
        self.syncs(&mut encoder)
    }
}

/// Writes counts that the ledger keeps a bucket; the last bucket has no bound.
fn histogram(
    mut encoder: MetricEncoder<'_>,
    bounds: impl Iterator<Item = f64>,
    counts: impl Iterator<Item = u64>,
    sum: f64,
) -> Result<(), fmt::Error> {
    let buckets: Vec<(f64, u64)> = bounds.chain([f64::MAX]).zip(counts).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}
