//! How far the ledger's logs are witnessed, read when somebody looks.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::checkpoints::{Desk, LastWord, Said, Standing};

/// Asks the logs each time.
pub(super) struct Logs(pub(super) Arc<Desk>);

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logs")
    }
}

impl Collector for Logs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let standings = self.0.standings();
        let encoder = &mut encoder;
        let help = "Frames of a partition that were read into its log";
        by_partition(encoder, ("log_frames", help), &standings, |log| log.frames)?;
        let help = "Frames of a partition that the newest checkpoint covers which enough witnesses cosigned";
        let covered = |log: &Standing| log.published.as_ref().map_or(0, |shown| shown.size());
        by_partition(encoder, ("log_frames_covered", help), &standings, covered)?;
        let help = "When the newest checkpoint was cosigned last, by its witness's clock; 0 where none was";
        let cosigned = |log: &Standing| {
            let shown = log.published.iter();
            let cosigned = shown.flat_map(|shown| &shown.attested.cosigned);
            cosigned.map(|by| by.time_s).max().unwrap_or(0)
        };
        let name = "log_cosigned_timestamp_seconds";
        by_partition(encoder, (name, help), &standings, cosigned)?;
        let help = "1 where a witness cosigned the last checkpoint that it was asked for";
        by_witness(encoder, ("log_witness_up", help), &standings, |word| {
            u64::from(word.said == Said::Cosigned)
        })?;
        let help = "When a witness cosigned a checkpoint of a partition last, by this machine's clock; 0 where it has not since the start";
        let name = "log_witness_cosigned_timestamp_seconds";
        by_witness(encoder, (name, help), &standings, |word| word.cosigned_s)?;
        let help = "1 where a witness says that this ledger contradicts what it has cosigned";
        let name = "log_witness_contradicts";
        by_witness(encoder, (name, help), &standings, |word| {
            u64::from(word.said == Said::OtherHistory)
        })
    }
}

fn by_partition(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    standings: &[Standing],
    of: impl Fn(&Standing) -> u64,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for log in standings {
        let label = [("partition", log.partition.to_string())];
        ConstGauge::new(of(log)).encode(family.encode_family(&label)?)?;
    }
    Ok(())
}

fn by_witness(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    standings: &[Standing],
    of: impl Fn(&LastWord) -> u64,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for log in standings {
        for (witness, word) in &log.heard {
            let label = [
                ("partition", log.partition.to_string()),
                ("witness", witness.clone()),
            ];
            ConstGauge::new(of(word)).encode(family.encode_family(&label)?)?;
        }
    }
    Ok(())
}
