//! The validators that share a ledger, their database and its standby, read when somebody looks.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::partitions::Steward;

/// Asks the steward of a replicated ledger each time.
pub(super) struct Others(pub(super) Arc<Steward>);

impl fmt::Debug for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Others")
    }
}

impl Others {
    fn frames_behind(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_frames_behind";
        let help = "Frames of a partition that another validator has appended and this one has not read; 0 where this one owns it";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for partition in 0..self.0.partitions() {
            let label = [("partition", partition.to_string())];
            let behind = self.0.frames_behind(partition);
            ConstGauge::new(behind).encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }
}

impl Collector for Others {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "ledger_lease_changes";
        let help = "Partitions that this validator has taken since its start";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        ConstCounter::new(self.0.taken()).encode(metric)?;
        self.frames_behind(&mut encoder)?;
        if self.0.is_blind() {
            return Ok(()); // `ready_obstacle` says so
        }
        let name = "ledger_partitions_without_owner";
        let help =
            "Partitions that no validator has owned for ten seconds, as far as this one knows";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        let without = self.0.without_owner() as u64;
        ConstGauge::new(without).encode(metric)?;
        if let Some(is_in_step) = self.0.is_in_step() {
            let name = "ledger_standby_in_step";
            let help =
                "1 while the database has the one synchronous standby that an append needs, else 0";
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(u64::from(is_in_step)).encode(metric)?;
        }
        if let Some(clock) = self.0.clock() {
            let name = "ledger_database_clock_seconds";
            let help = "By how much this validator's clock is ahead of the database's";
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(clock.ahead_ms / 1_000.0).encode(metric)?;
        }
        Ok(())
    }
}
