//! How long requests took, for the metrics.

use std::time::Duration;

use listener::exposition::durations;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Durations of requests by route and status.
pub(crate) struct RequestTimes(Family<RouteLabel, Histogram>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabel {
    route: String,
    status: u16,
}

impl Default for RequestTimes {
    fn default() -> RequestTimes {
        RequestTimes(Family::new_with_constructor(durations))
    }
}

impl RequestTimes {
    pub(super) fn observe(&self, route: String, status: u16, took: Duration) {
        let times = self.0.get_or_create(&RouteLabel { route, status });
        times.observe(took.as_secs_f64());
    }

    /// The histograms, to be registered: clones share their counts.
    pub(super) fn family(&self) -> Family<RouteLabel, Histogram> {
        self.0.clone()
    }
}
