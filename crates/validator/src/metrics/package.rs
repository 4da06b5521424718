//! Whether the package is still what officers signed, read when somebody looks.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use shards::Package;

/// Asks a package each time.
#[derive(Debug)]
pub(super) struct Damage(pub(super) Arc<Package>);

impl Collector for Damage {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let name = "package_damaged";
        let help = "1 where a file of the package changed after the start had verified it, else 0";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(u64::from(self.0.rot().is_some())).encode(metric)
    }
}
