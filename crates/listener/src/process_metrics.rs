//! What the system says of this process, under the names that every Prometheus client uses.

use std::fmt;

use procfs::ProcResult;
use procfs::process::{LimitValue, Process};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// Has `registry` write `process_*`, read anew at each scrape.
pub fn register_process(registry: &mut Registry) {
    registry.register_collector(Box::new(OfThisProcess));
}

#[derive(Debug)]
struct OfThisProcess;

/// The process at one moment.
struct Sample {
    cpu_s: f64,
    start_s: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    files_open: u64,
    /// None where there is no limit.
    files_max: Option<u64>,
}

impl Sample {
    fn take() -> ProcResult<Sample> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let ticks_a_second = procfs::ticks_per_second();
        let seconds = |ticks: u64| {
            let (whole, rest) = (ticks / ticks_a_second, ticks % ticks_a_second);
            // Exact up to 2^53 seconds.
            whole as f64 + rest as f64 / ticks_a_second as f64
        };
        Ok(Sample {
            cpu_s: seconds(stat.utime + stat.stime),
            start_s: procfs::boot_time_secs()? as f64 + seconds(stat.starttime),
            resident_bytes: stat.rss * procfs::page_size(),
            virtual_bytes: stat.vsize,
            files_open: process.fd_count()? as u64,
            files_max: match process.limits()?.max_open_files.soft_limit {
                LimitValue::Value(most) => Some(most),
                LimitValue::Unlimited => None,
            },
        })
    }
}

impl Collector for OfThisProcess {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let sample = match Sample::take() {
            Ok(sample) => sample,
            Err(error) => {
                tracing::warn!(%error, "the process cannot be measured: is /proc mounted?");
                return Ok(());
            }
        };
        let cpu = ConstCounter::new(sample.cpu_s);
        let help = "Processor time used, in seconds";
        let kind = cpu.metric_type();
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, kind)?)?;
        let start = ConstGauge::new(sample.start_s);
        let help = "When the process started, in seconds since 1970";
        let kind = start.metric_type();
        start.encode(encoder.encode_descriptor(
            "process_start_time_seconds",
            help,
            None,
            kind,
        )?)?;
        let bytes_and_files = [
            (
                "process_resident_memory_bytes",
                "Memory in use, mapped files included",
                Some(sample.resident_bytes),
            ),
            (
                "process_virtual_memory_bytes",
                "Address space in use",
                Some(sample.virtual_bytes),
            ),
            (
                "process_open_fds",
                "Open files and sockets",
                Some(sample.files_open),
            ),
            (
                "process_max_fds",
                "Files and sockets that may be open",
                sample.files_max,
            ),
        ];
        for (name, help, value) in bytes_and_files {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            let kind = gauge.metric_type();
            gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::text;

    #[test]
    fn the_process_is_measured_under_the_usual_names() {
        let mut registry = Registry::default();
        register_process(&mut registry);
        let text = text(&registry);
        let value = |name: &str| -> f64 {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name} ")));
            let value = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
            value.parse().expect("a number")
        };
        assert!(value("process_cpu_seconds_total") >= 0.0);
        assert!(value("process_start_time_seconds") > 1_700_000_000.0);
        assert!(value("process_resident_memory_bytes") > 100_000.0);
        assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_max_fds") >= value("process_open_fds"));
    }
}
