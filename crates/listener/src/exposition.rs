//! Metrics in Prometheus' text format 0.0.4, which every scraper and `promtool` read: the one writer of
//! both servers.
//!
//! prometheus-client writes OpenMetrics. The formats differ in little: a counter's HELP and TYPE lines
//! name its samples (`x_total`) instead of the family (`x`), and the closing `# EOF` is no comment there.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The content type of [`text`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets of [`durations`], in seconds.
const BOUNDS_S: [f64; 14] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// A histogram of durations in seconds, from a tenth of a millisecond to five seconds.
#[must_use]
pub fn durations() -> Histogram {
    Histogram::new(BOUNDS_S)
}

/// Has `registry` say which version of the program runs, as `build_info`.
pub fn register_build(registry: &mut Registry, version: &'static str) {
    let build = Family::<[(&str, &str); 1], Gauge>::default();
    build.get_or_create(&[("version", version)]).set(1);
    registry.register("build_info", "What is running", build);
}

/// All metrics of a registry.
#[must_use]
pub fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).expect("writing into a string does not fail");
    from_open_metrics(&text)
}

/// Rewrites the lines that differ.
fn from_open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().filter(|line| *line != "# EOF").peekable();
    while let Some(line) = lines.next() {
        let counter = [Some(line), lines.peek().copied()]
            .into_iter()
            .flatten()
            .any(|line| line.starts_with("# TYPE ") && line.ends_with(" counter"));
        match keyword_line(line) {
            Some((keyword, family, rest)) if counter => {
                out.push_str(&format!("# {keyword} {family}_total {rest}"));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// Keyword, family and rest of a HELP or TYPE line.
fn keyword_line(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.strip_prefix("# ")?.splitn(3, ' ');
    let keyword = words
        .next()
        .filter(|word| matches!(*word, "HELP" | "TYPE"))?;
    Some((keyword, words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::from_open_metrics;

    #[test]
    fn counters_are_named_as_their_samples() {
        let open = "# HELP x Things.\n# TYPE x counter\nx_total 1\n# HELP y Level.\n# TYPE y gauge\n\
                    y 2\n# HELP z Others.\n# TYPE z counter\nz_total 3\n# EOF\n";
        let expected = "# HELP x_total Things.\n# TYPE x_total counter\nx_total 1\n# HELP y Level.\n\
                        # TYPE y gauge\ny 2\n# HELP z_total Others.\n# TYPE z_total counter\n\
                        z_total 3\n";
        assert_eq!(from_open_metrics(open), expected);
    }
}
