//! From the OpenMetrics text that prometheus-client writes to Prometheus' own format 0.0.4, which
//! every scraper and `promtool` read.
//!
//! The formats differ in little: a counter's HELP and TYPE lines name its samples (`x_total`) instead
//! of the family (`x`), and the closing `# EOF` is no comment there.

/// Rewrites the lines that differ.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().filter(|line| *line != "# EOF").peekable();
    while let Some(line) = lines.next() {
        let counter = [Some(line), lines.peek().copied()]
            .into_iter()
            .flatten()
            .any(|line| line.starts_with("# TYPE ") && line.ends_with(" counter"));
        match renamed(line) {
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
fn renamed(line: &str) -> Option<(&str, &str, &str)> {
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
