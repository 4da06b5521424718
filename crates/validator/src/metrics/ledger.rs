//! The ledger's own counters, read when somebody looks.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::{ClockState, Distribution, FRAME_BOUNDS, PartitionState, SYNC_BOUNDS_US};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::partitions::Partitions;

/// Reads the states of the partitions that this validator owns.
pub(super) struct Ledger {
    partitions: Arc<Partitions>,
    retired: Arc<Retired>,
    /// Ids of the ballots, by index.
    ballots: Vec<String>,
}

/// What was counted in partitions that this validator owns no more: a counter never falls.
#[derive(Default)]
pub(crate) struct Retired(Mutex<Totals>);

impl Retired {
    /// A partition is owned no more.
    pub(crate) fn add(&self, state: &PartitionState) {
        self.totals().add(state);
    }

    fn totals(&self) -> MutexGuard<'_, Totals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counters of several partitions.
#[derive(Clone, Default)]
struct Totals {
    frames: u64,
    frame_bytes: u64,
    votes: u64,
    duplicates: u64,
    full: u64,
    syncs: Option<Distribution>,
    sizes: Option<Distribution>,
}

impl Totals {
    fn add(&mut self, state: &PartitionState) {
        self.frames += state.frames();
        self.frame_bytes += state.frame_bytes();
        self.votes += state.votes();
        self.duplicates += state.duplicates();
        self.full += state.full();
        add_to(&mut self.syncs, state.sync_times());
        add_to(&mut self.sizes, state.frame_sizes());
    }
}

fn add_to(sum: &mut Option<Distribution>, other: Distribution) {
    match sum {
        None => *sum = Some(other),
        Some(sum) => {
            sum.sum += other.sum;
            for (count, more) in sum.buckets.iter_mut().zip(other.buckets) {
                *count += more;
            }
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}

impl Ledger {
    pub(super) fn new(
        partitions: Arc<Partitions>,
        retired: Arc<Retired>,
        ballots: Vec<String>,
    ) -> Ledger {
        Ledger {
            partitions,
            retired,
            ballots,
        }
    }

    /// The sum of a number of each owned partition.
    fn sum(&self, of: impl Fn(&PartitionState) -> u64) -> u64 {
        let here = self.partitions.here();
        here.iter().map(|(_, owned)| of(owned.state())).sum()
    }

    /// The largest number of an owned partition.
    fn most(&self, of: impl Fn(&PartitionState) -> u64) -> u64 {
        let here = self.partitions.here();
        let all = here.iter().map(|(_, owned)| of(owned.state()));
        all.max().unwrap_or(0) // none is owned
    }

    fn last_sequences(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_last_sequence";
        let help = "Number of the last frame of a partition that this validator knows of";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for partition in 0..self.partitions.count() {
            let last = self.partitions.last_sequence(partition);
            let label = [("partition", partition.to_string())];
            ConstGauge::new(last).encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }

    fn voted(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Voters who have voted, by ballot, in the partitions that this validator owns";
        let mut family =
            encoder.encode_descriptor("ballot_voted", help, None, MetricType::Gauge)?;
        for (ballot, index) in self.ballots.iter().zip(0_u16..) {
            let voted = self.sum(|state| state.voted(index));
            ConstGauge::new(voted).encode(family.encode_family(&[("ballot", ballot.as_str())])?)?;
        }
        Ok(())
    }

    fn clock(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_clock_ahead_seconds";
        let help =
            "By how much the system's clock is ahead of the time that votes are stamped with";
        let here = self.partitions.here();
        let ahead = here
            .iter()
            .map(|(_, owned)| owned.state().system_ahead_ms());
        let ahead_ms = ahead.max_by_key(|ms| ms.abs()).unwrap_or(0); // one that owns nothing stamps nothing
        #[allow(clippy::cast_precision_loss)] // for people and graphs
        let seconds = ahead_ms as f64 / 1_000.0;
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(seconds).encode(metric)
    }

    fn syncs(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        times: Distribution,
    ) -> Result<(), fmt::Error> {
        let name = "ledger_fsync_seconds";
        let help = "Durations of the commits' fdatasync calls";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let seconds = |us: u64| Duration::from_micros(us).as_secs_f64();
        let bounds = SYNC_BOUNDS_US.into_iter().map(seconds);
        histogram(
            metric,
            bounds,
            times.buckets.into_iter(),
            seconds(times.sum),
        )
    }

    fn frames(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        sizes: Distribution,
    ) -> Result<(), fmt::Error> {
        let name = "ledger_frame_submissions";
        let help = "Votes and duplicates of each frame, which share its fdatasync";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
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
        let mut totals = self.retired.totals().clone();
        for (_, owned) in self.partitions.here() {
            totals.add(owned.state());
        }
        let counters = [
            ("ledger_frames", "Frames committed", totals.frames),
            (
                "ledger_frame_bytes",
                "Bytes of the frames committed",
                totals.frame_bytes,
            ),
            ("ledger_votes", "Votes accepted", totals.votes),
            (
                "ledger_duplicates",
                "Duplicate attempts recorded",
                totals.duplicates,
            ),
            (
                "ledger_full",
                "Votes turned away because the disk was full",
                totals.full,
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
                self.sum(PartitionState::queue_depth),
            ),
            (
                "ledger_disk_full",
                "1 while the disk has no room for votes, else 0",
                u64::from(self.sum(|state| state.is_full().into()) > 0),
            ),
            (
                "ledger_out_of_reach",
                "1 while the database of a replicated ledger cannot be asked, else 0",
                u64::from(self.sum(|state| state.is_out_of_reach().into()) > 0),
            ),
            (
                "ledger_clock_in_doubt",
                "1 while the system's clock contradicts the ledger's time and no vote is taken, else 0",
                u64::from(self.sum(|state| (state.clock() == ClockState::InDoubt).into()) > 0),
            ),
            (
                "ledger_closes_held",
                "Ballots whose windows had ended when the validator started, and that take no votes until that is written down a quarter of an hour later",
                self.most(PartitionState::closes_held),
            ),
            (
                "ledger_partitions_owned",
                "Partitions whose votes this validator records",
                self.partitions.here().len() as u64,
            ),
        ];
        for (name, help, value) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        self.clock(&mut encoder)?;
        self.voted(&mut encoder)?;
        self.last_sequences(&mut encoder)?;
        if let Some(sizes) = totals.sizes {
            self.frames(&mut encoder, sizes)?;
        }
        match totals.syncs {
            Some(times) => self.syncs(&mut encoder, times),
            None => Ok(()),
        }
    }
}

/// Writes counts that the ledger keeps a bucket; the last bucket has no bound.
fn histogram(
    mut encoder: MetricEncoder<'_>,
    bounds: impl Iterator<Item = f64>,
    counts: impl Iterator<Item = u64>,
    sum: f64,
) -> Result<(), fmt::Error> {
    let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}
