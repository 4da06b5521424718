//! A dashboard as Grafana 10 reads it.

use serde_json::{Value, json};

use crate::panel::{Dashboard, Panel, Shape, Unit};

/// Grafana's grid is 24 wide.
const COLUMNS: usize = 3;
const WIDTH: usize = 8;
const HEIGHT: usize = 8;
/// Where pages of the runbook are read.
const RUNBOOK: &str = "${runbook}";

/// The file of a dashboard, with a line feed at its end.
pub(crate) fn json(dashboard: &Dashboard) -> String {
    let panels = dashboard.panels.iter().enumerate();
    let panels: Vec<Value> = panels.map(|(at, panel)| of_panel(at, panel)).collect();
    let value = json!({
        "uid": format!("scrutin-{}", dashboard.name),
        "title": dashboard.title,
        "tags": ["scrutin"],
        "schemaVersion": 39,
        "version": 1,
        "editable": false,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [{
            "type": "constant",
            "name": "runbook",
            "label": "Where docs/runbook is read",
            "query": "https://docs.example/runbook",
            "hide": 2,
        }]},
        "links": [{"type": "dashboards", "tags": ["scrutin"], "title": "Scrutin", "asDropdown": true}],
        "panels": panels,
    });
    let text = serde_json::to_string_pretty(&value);
    text.expect("a value without maps of other keys") + "\n"
}

fn of_panel(at: usize, panel: &Panel) -> Value {
    let queries = panel.queries.iter().zip('A'..);
    let targets = queries.map(|(query, name)| {
        json!({
            "refId": name.to_string(),
            "expr": query.expression,
            "legendFormat": query.legend,
            "datasource": data_source(),
        })
    });
    let targets: Vec<Value> = targets.collect();
    let mut steps = vec![json!({"color": "green", "value": null})];
    if let Some(bad_from) = panel.bad_from {
        steps.push(json!({"color": "red", "value": bad_from}));
    }
    let links = panel.alert.iter().map(|alert| {
        json!({"title": format!("What to do: {alert}"), "url": format!("{RUNBOOK}/{alert}.md"), "targetBlank": true})
    });
    let links: Vec<Value> = links.collect();
    json!({
        "id": at + 1,
        "type": kind(panel.shape),
        "title": panel.title,
        "description": panel.description,
        "datasource": data_source(),
        "gridPos": {"x": at % COLUMNS * WIDTH, "y": at / COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {
            "unit": unit(panel.unit),
            "thresholds": {"mode": "absolute", "steps": steps},
        }, "overrides": []},
        "links": links,
        "targets": targets,
    })
}

fn data_source() -> Value {
    json!({"type": "prometheus", "uid": "scrutin"})
}

fn kind(shape: Shape) -> &'static str {
    match shape {
        Shape::Lines => "timeseries",
        Shape::Number => "stat",
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "short",
        Unit::PerSecond => "cps",
        Unit::Seconds => "s",
        Unit::Moment => "dateTimeAsIso",
        Unit::Bytes => "bytes",
        Unit::Share => "percentunit",
    }
}
