//! Until when the certificates of a program are valid, read when somebody looks.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::expiry::expires_s;
use crate::tls::Tls;

/// The certificates that a program shows, by the name of the listener. Clones show the same.
#[derive(Clone, Default)]
pub struct Certificates(Arc<Mutex<Vec<(&'static str, Shown)>>>);

/// A certificate in use.
enum Shown {
    /// By a listener that takes a new one without a restart.
    Renewed(Arc<Tls>),
    /// Read once; seconds since 1970.
    Once(u64),
}

impl Certificates {
    /// Has `registry` write until when each is valid, as `tls_certificate_expires_timestamp_seconds`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(self.clone()));
    }

    /// Adds the certificate of a listener, whichever it has.
    pub fn add(&self, listener: &'static str, tls: &Arc<Tls>) {
        self.shown()
            .push((listener, Shown::Renewed(Arc::clone(tls))));
    }

    /// Adds the certificate of a PEM file as it is now, for a listener that keeps it until the program ends. A file
    /// without a sound certificate is left out: whoever listens by it has refused it.
    pub fn add_file(&self, listener: &'static str, certificate: &Path) {
        let chain = certificates::chain(certificate);
        if let Some(expires_s) = chain.ok().and_then(|chain| expires_s(&chain)) {
            self.shown().push((listener, Shown::Once(expires_s)));
        }
    }

    fn shown(&self) -> MutexGuard<'_, Vec<(&'static str, Shown)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

impl Collector for Certificates {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let shown = self.shown();
        let valid = shown.iter().filter_map(|(listener, shown)| match shown {
            Shown::Renewed(tls) => Some((*listener, tls.expires_s()?)),
            Shown::Once(expires_s) => Some((*listener, *expires_s)),
        });
        let valid: Vec<(&str, u64)> = valid.collect();
        if valid.is_empty() {
            return Ok(());
        }
        let name = "tls_certificate_expires_timestamp_seconds";
        let help =
            "When the certificate in use, or one that vouches for it, ends, in seconds since 1970";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (listener, expires_s) in valid {
            let label = [("listener", listener)];
            ConstGauge::new(expires_s).encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }
}
