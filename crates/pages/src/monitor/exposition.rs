//! Reading a program's own metrics, in the text format that it exposes.

/// Every sample of one moment.
pub(super) struct Exposition<'a>(Vec<Series<'a>>);

struct Series<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
}

/// How the series of one metric become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// The sum of all series.
    Sum,
    /// The one furthest from 0, without its sign.
    Furthest,
    /// The smallest of all series.
    Least,
}

impl<'a> Exposition<'a> {
    pub(super) fn read(text: &'a str) -> Exposition<'a> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Exposition(lines.filter_map(series).collect())
    }

    /// The number of a metric, named as `name`, `name{key="value"}` or `name{key!="value"}`; none where it has no series.
    pub(super) fn number(&self, metric: &str, fold: Fold) -> Option<f64> {
        let values = self.of(metric).map(|series| series.value);
        match fold {
            Fold::Sum => values.reduce(|sum, value| sum + value),
            Fold::Furthest => values.map(f64::abs).reduce(f64::max),
            Fold::Least => values.reduce(f64::min),
        }
    }

    /// Upper bounds of a histogram's buckets with their counts, over all its series, ascending.
    pub(super) fn buckets(&self, metric: &str) -> Vec<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        for series in self.of(&format!("{metric}_bucket")) {
            let bound = series.labels.split("le=\"").nth(1);
            let bound = bound.and_then(|rest| rest.split('"').next());
            let Some(bound) = bound.and_then(|bound| bound.parse::<f64>().ok()) else {
                continue;
            };
            match found.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, count)) => *count += series.value,
                None => found.push((bound, series.value)),
            }
        }
        found.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        found
    }

    fn of(&self, metric: &str) -> impl Iterator<Item = &Series<'a>> {
        let (name, label) = metric.split_once('{').unwrap_or((metric, ""));
        let label = label.trim_end_matches('}');
        let (label, is_wanted) = match label.contains("!=") {
            true => (label.replace("!=", "="), false),
            false => (label.to_owned(), true),
        };
        let named = self.0.iter().filter(move |series| series.name == name);
        named.filter(move |series| series.labels.contains(&label) == is_wanted)
    }
}

/// A sample line; none where it is something else.
fn series(line: &str) -> Option<Series<'_>> {
    let (metric, value) = line.rsplit_once(' ')?;
    let (name, labels) = metric.split_once('{').unwrap_or((metric, ""));
    Some(Series {
        name,
        labels,
        value: value.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP x Things.\n# TYPE x counter\nx_total{status=\"a b\"} 3\nx_total{status=\"c\"} 4\n\
                        clock -2.5\nclock_more 9\nh_bucket{le=\"+Inf\",r=\"1\"} 5\nh_bucket{le=\"0.1\",r=\"1\"} 2\n\
                        h_bucket{le=\"0.1\",r=\"2\"} 1\nbroken\n";

    #[test]
    fn series_are_found_by_name_and_label_and_become_one_number() {
        let read = Exposition::read(TEXT);
        for (metric, fold, expected) in [
            ("x_total", Fold::Sum, Some(7.0)),
            ("x_total", Fold::Least, Some(3.0)),
            ("x_total{status=\"c\"}", Fold::Sum, Some(4.0)),
            ("x_total{status!=\"c\"}", Fold::Sum, Some(3.0)),
            ("clock", Fold::Furthest, Some(2.5)),
            ("broken", Fold::Sum, None),
            ("x", Fold::Sum, None),
        ] {
            assert_eq!(read.number(metric, fold), expected, "{metric}");
        }
        assert_eq!(read.buckets("h"), [(0.1, 3.0), (f64::INFINITY, 5.0)]);
    }
}
