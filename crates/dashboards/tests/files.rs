//! The files of `deploy/` and `docs/` that watch an election fit each other, and Prometheus' own judges take them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is exposed by programs of others: HAProxy, Patroni, the node exporter, the textfiles of `deploy/pgbackrest`, and
/// Prometheus itself.
const FOREIGN: [&str; 10] = [
    "up",
    "ALERTS",
    "haproxy_backend_active_servers",
    "haproxy_frontend_http_requests_total",
    "patroni_postgres_running",
    "patroni_primary",
    "node_filesystem_avail_bytes",
    "node_cpu_seconds_total",
    "scrutin_backup_last_success_timestamp_seconds",
    "scrutin_backup_archived_timestamp_seconds",
];
/// Words of PromQL, and labels that stand in parentheses.
const WORDS: [&str; 52] = [
    "abs",
    "absent",
    "alertname",
    "alertstate",
    "and",
    "avg",
    "ballot",
    "ballot_id",
    "bool",
    "by",
    "case",
    "ceased",
    "clamp_min",
    "count",
    "delta",
    "firing",
    "fstype",
    "group_left",
    "group_right",
    "histogram_quantile",
    "increase",
    "instance",
    "job",
    "le",
    "listener",
    "max",
    "min",
    "min_over_time",
    "mode",
    "mountpoint",
    "obstacle",
    "offset",
    "on",
    "or",
    "overlay",
    "partition",
    "proxy",
    "ramfs",
    "rate",
    "reason",
    "scrutin",
    "squashfs",
    "status",
    "sum",
    "time",
    "tmpfs",
    "unless",
    "vector",
    "without",
    "witness",
    "e",
    "inf",
];

/// The names in an expression that are metrics.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    // What stands in quotes is a value of a label.
    let unquoted = expression
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join(" ");
    // What stands in brackets is a duration.
    let mut bare = String::new();
    let mut depth = 0_u32;
    for c in unquoted.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let words = bare.split(|c| !is_part(c));
    words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter(|word| !WORDS.contains(word))
        .map(str::to_owned)
        .collect()
}

/// The expressions of a file of rules, as they stand behind `expr:`.
fn expressions(rules: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in rules.lines() {
        let bare = line.trim();
        if let Some(expression) = bare.strip_prefix("expr:") {
            found.push(expression.trim().trim_start_matches('|').to_owned());
            is_inside = true;
        } else if bare.starts_with('#') || bare.is_empty() || is_key(bare) {
            is_inside = false;
        } else if let (true, Some(last)) = (is_inside, found.last_mut()) {
            last.push_str(&format!("\n{bare}"));
        }
    }
    found
}

fn is_key(bare: &str) -> bool {
    [
        "for:",
        "labels:",
        "annotations:",
        "- alert:",
        "- record:",
        "- name:",
    ]
    .iter()
    .any(|key| bare.starts_with(key))
}

fn values_of(text: &str, key: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(key));
    lines.map(|value| value.trim().to_owned()).collect()
}

fn alerts() -> BTreeSet<String> {
    let alerts = values_of(&read("deploy/prometheus/alerts.yml"), "- alert:");
    assert!(alerts.len() > 18);
    alerts.into_iter().collect()
}

fn known(name: &str, documented: &[specimen::DocumentedMetric], recorded: &[String]) -> bool {
    let base = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    let is_documented = |name: &str| documented.iter().any(|row| row.name == name);
    is_documented(name)
        || base.is_some_and(is_documented)
        || FOREIGN.contains(&name)
        || recorded.iter().any(|record| record == name)
}

#[test]
fn every_metric_that_is_asked_for_is_exposed() {
    let rules = read("deploy/prometheus/recording.yml") + &read("deploy/prometheus/alerts.yml");
    let recorded = values_of(&rules, "- record:");
    let documented = specimen::documented_metrics();
    let mut asked = expressions(&rules);
    assert!(asked.len() > 35, "{asked:?}");
    for dashboard in dashboards::dashboards() {
        for panel in dashboard.panels {
            let queries = panel.queries.into_iter();
            asked.extend(queries.map(|query| query.expression.to_owned()));
        }
    }
    let mut metrics = 0;
    for expression in &asked {
        for name in metrics_in(expression) {
            metrics += 1;
            assert!(
                known(&name, &documented, &recorded),
                "{name} is exposed by nobody, and asked for by {expression}"
            );
        }
    }
    assert!(metrics > 80);
}

#[test]
fn every_alert_has_a_page_and_a_test_that_fires_it() {
    let rules = read("deploy/prometheus/alerts.yml");
    let index = read("docs/runbook/README.md");
    let tests: String = ["voting", "ledger", "cluster", "results"]
        .map(|name| read(&format!("deploy/prometheus/tests/{name}.yml")))
        .concat();
    for alert in alerts() {
        let page = format!("docs/runbook/{alert}.md");
        let text = read(&page);
        assert!(
            rules.contains(&format!("runbook: {page}\n")),
            "{page} is linked"
        );
        for heading in [
            "## What it means",
            "## What voters see",
            "## What to do",
            "## What not to do",
            "## When it is over",
        ] {
            assert!(text.contains(heading), "{page} lacks {heading}");
        }
        assert!(
            index.contains(&format!("({alert}.md)")),
            "{alert} is in the index"
        );
        let fired = tests.split("- alertname: ").any(|test| {
            let test = test.split("alertname: ").next().unwrap_or_default();
            test.starts_with(&format!("{alert}\n"))
                && (test.contains("exp_labels") || test.contains("*behind"))
        });
        assert!(fired, "no test fires {alert}");
    }
    for file in fs::read_dir(root().join("docs/runbook")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let alert = name.trim_end_matches(".md");
        assert!(
            alert == "README" || alerts().contains(alert),
            "{name} is of no alert"
        );
    }
}

#[test]
fn panels_link_to_alerts_that_exist() {
    for dashboard in dashboards::dashboards() {
        for panel in dashboard.panels {
            assert!(!panel.description.is_empty() && !panel.queries.is_empty());
            if let Some(alert) = panel.alert {
                assert!(alerts().contains(alert), "{}", panel.title);
            }
        }
    }
}

#[test]
fn files_that_are_made_are_as_their_source_says() {
    for (name, text) in dashboards::files() {
        let path = format!("deploy/grafana/dashboards/{name}");
        assert!(read(&path) == text, "{path} differs: make dashboards");
    }
    let plain = read("deploy/prometheus/prometheus.yml");
    let with_tls = read("deploy/prometheus/prometheus-tls.yml");
    assert_eq!(dashboards::with_tls(&plain), with_tls, "make dashboards");
    assert!(with_tls.contains("    tls_config: {ca_file"));
}

/// A program of `scripts/prometheus env`; none where it was left out by hand.
fn program(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).unwrap_or_else(|| name.into());
    let remedy = "make prometheus gets it, and eval \"$(scripts/prometheus env)\" names it";
    specimen::judge(Path::new(&named), "SCRUTIN_WITHOUT_PROMTOOL", remedy)
}

fn accepts(program: &Path, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root().join("deploy"))
        .output()
        .expect("it ran before");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn prometheus_takes_rules_and_configuration_and_each_alert_fires_when_it_must() {
    let Some(promtool) = program("SCRUTIN_PROMTOOL", "promtool") else {
        return;
    };
    let rules = ["prometheus/recording.yml", "prometheus/alerts.yml"];
    accepts(&promtool, &[&["check", "rules"][..], &rules].concat());
    accepts(&promtool, &["check", "config", "prometheus/prometheus.yml"]);
    let tests = ["voting", "ledger", "cluster", "results"];
    let tests = tests.map(|name| format!("prometheus/tests/{name}.yml"));
    let tests = tests.iter().map(String::as_str);
    let arguments: Vec<&str> = ["test", "rules"].into_iter().chain(tests).collect();
    accepts(&promtool, &arguments);
}

/// promtool reads expressions only in rules: each query is made one.
#[test]
fn prometheus_can_read_every_query_of_a_panel() {
    let Some(promtool) = program("SCRUTIN_PROMTOOL", "promtool") else {
        return;
    };
    let mut rules = "groups:\n- name: panels\n  rules:\n".to_owned();
    let all = dashboards::dashboards();
    let queries = all.iter().flat_map(|dashboard| &dashboard.panels);
    for (at, query) in queries.flat_map(|panel| &panel.queries).enumerate() {
        let expression = query.expression.replace('\'', "''");
        rules.push_str(&format!("  - record: q{at}\n    expr: '{expression}'\n"));
    }
    let file = root().join("target/panels-as-rules.yml");
    fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    fs::write(&file, rules).expect("written");
    accepts(
        &promtool,
        &["check", "rules", "--lint=none", &file.display().to_string()],
    );
}

#[test]
fn alertmanager_takes_its_configuration_and_sends_each_alert_where_it_belongs() {
    let Some(amtool) = program("SCRUTIN_AMTOOL", "amtool") else {
        return;
    };
    let file = "alertmanager/alertmanager.yml";
    accepts(&amtool, &["check-config", file]);
    for (receiver, labels) in [
        ("watchdog", ["alertname=Watchdog", "severity=watchdog"]),
        ("page", ["alertname=VotesRefused", "severity=page"]),
        ("ticket", ["alertname=TallyBehind", "severity=ticket"]),
        ("page", ["alertname=Unheard", "severity=other"]),
    ] {
        let expected = format!("--verify.receivers={receiver}");
        let config = format!("--config.file={file}");
        let route = ["config", "routes", "test", &config, &expected];
        accepts(&amtool, &[&route[..], &labels].concat());
    }
}
