//! What a dashboard shows, before it is any program's format.

/// Panels that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Of its file, and its address in Grafana: lower case.
    pub name: &'static str,
    /// What people read above it.
    pub title: &'static str,
    /// From left to right, three in a row.
    pub panels: Vec<Panel>,
}

/// One picture and what it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What people read above it.
    pub title: &'static str,
    /// What it shows, and what is to be worried about.
    pub description: &'static str,
    /// What its numbers are.
    pub unit: Unit,
    /// How they are drawn.
    pub shape: Shape,
    /// In the order of the legend.
    pub queries: Vec<Query>,
    /// From this number on it is drawn red; none where no number is bad by itself.
    pub bad_from: Option<f64>,
    /// The alert whose page it links to, if there is one.
    pub alert: Option<&'static str>,
}

/// A question to Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In PromQL. It must have an answer where nothing has happened yet, too.
    pub expression: &'static str,
    /// Of each line, with `{{label}}`s.
    pub legend: &'static str,
}

/// How a panel is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Lines over some time.
    Lines,
    /// The number of now.
    Number,
}

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number of things.
    Count,
    /// So many a second.
    PerSecond,
    /// A duration, in seconds.
    Seconds,
    /// A moment, in milliseconds since 1970.
    Moment,
    /// Of storage or memory.
    Bytes,
    /// From 0 to 1.
    Share,
}

impl Panel {
    /// Lines over time, of one question.
    pub(crate) fn lines(
        title: &'static str,
        description: &'static str,
        unit: Unit,
        expression: &'static str,
        legend: &'static str,
    ) -> Panel {
        Panel {
            title,
            description,
            unit,
            shape: Shape::Lines,
            queries: vec![Query { expression, legend }],
            bad_from: None,
            alert: None,
        }
    }

    /// The same with the number of now alone.
    pub(crate) fn number(
        title: &'static str,
        description: &'static str,
        unit: Unit,
        expression: &'static str,
    ) -> Panel {
        Panel {
            shape: Shape::Number,
            ..Panel::lines(title, description, unit, expression, "")
        }
    }

    /// Asks one thing more.
    pub(crate) fn and(mut self, expression: &'static str, legend: &'static str) -> Panel {
        self.queries.push(Query { expression, legend });
        self
    }

    /// Links to the page of an alert.
    pub(crate) fn page(mut self, alert: &'static str) -> Panel {
        self.alert = Some(alert);
        self
    }

    /// Links to the page of an alert, and is red from there on.
    pub(crate) fn alert(mut self, alert: &'static str, bad_from: f64) -> Panel {
        (self.alert, self.bad_from) = (Some(alert), Some(bad_from));
        self
    }
}
