//! The room that is left where a ledger in files grows, read when somebody looks.

use std::fmt;
use std::path::PathBuf;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::fs::statvfs;

/// Asks the file system of the data directory each time.
#[derive(Debug)]
pub(super) struct Disk(pub(super) PathBuf);

impl Collector for Disk {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let told = match statvfs(&self.0) {
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(%error, "the disk of the data directory does not tell its room");
                return Ok(());
            }
        };
        let name = "ledger_disk_free_bytes";
        let help = "Room for this process on the disk of the data directory, where a ledger in files grows";
        let free = told.f_bavail.saturating_mul(told.f_frsize);
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(free).encode(metric)
    }
}
