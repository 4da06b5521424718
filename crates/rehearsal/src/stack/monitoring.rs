//! Prometheus, Alertmanager and the node exporter by the files of `deploy/`, with durations divided and with a receiver
//! in the rehearsal itself.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::time::Instant;

use super::durations;
use super::program::Program;
use super::tools;
use crate::child::Call;
use crate::ports;
use crate::services;

/// By what every duration of the real files is divided.
pub const FACTOR: u64 = 30;
/// After how long Prometheus sends an alert once more, which Alertmanager may not have heard: its 1 m, divided too.
const RESEND: &str = "--rules.alert.resend-delay=2s";
/// Where Prometheus' real file finds Alertmanager.
const ALERTMANAGER: &str = "9093";

/// What Prometheus is to scrape: for each job the names and addresses of its targets.
pub type Targets = Vec<(&'static str, Vec<(String, SocketAddr)>)>;

/// The three programs that watch the others.
#[derive(Debug)]
pub struct Monitoring {
    /// Where Prometheus answers, by plain HTTP.
    pub prometheus: SocketAddr,
    /// Where Alertmanager answers, by plain HTTP.
    pub alertmanager: SocketAddr,
    /// Where files are left that the node exporter passes on.
    pub textfiles: PathBuf,
    /// The files as they are used here.
    pub dir: PathBuf,
    programs: Vec<Program>,
}

impl Monitoring {
    /// Starts them and waits until they answer. `deploy` holds `prometheus/` and `alertmanager/`.
    ///
    /// # Errors
    /// A program is not installed or does not start; a file cannot be read or rewritten.
    pub async fn start(
        deploy: &Path,
        dir: &Path,
        mut targets: Targets,
        webhook: SocketAddr,
    ) -> Result<Monitoring> {
        let [prometheus, alertmanager, node] = [ports::free()?, ports::free()?, ports::free()?];
        let mut monitoring = Monitoring {
            prometheus,
            alertmanager,
            textfiles: dir.join("textfiles"),
            dir: dir.to_owned(),
            programs: Vec::new(),
        };
        fs::create_dir_all(&monitoring.textfiles)?;
        targets.push(("node", vec![("this".to_owned(), node)]));
        copy_rules(&deploy.join("prometheus"), dir, alertmanager)?;
        write_targets(&dir.join("targets"), &targets)?;
        let file = deploy.join("alertmanager/alertmanager.yml");
        let text = read(&file)?;
        let text = to_webhook(&durations::divided(&text, FACTOR), webhook);
        fs::write(dir.join("alertmanager.yml"), text?)?;
        monitoring.serve(node)?;
        monitoring.ready().await?;
        Ok(monitoring)
    }

    /// Fails where one has ended by itself.
    ///
    /// # Errors
    /// See above.
    pub fn check(&mut self) -> Result<()> {
        self.programs.iter_mut().try_for_each(Program::check)
    }

    /// Ends them.
    ///
    /// # Errors
    /// One ends with another status than 0.
    pub async fn stop(mut self) -> Result<()> {
        for program in &mut self.programs[..2] {
            program.stop().await?;
        }
        // The node exporter knows no orderly end.
        self.programs[2].kill().await
    }

    fn serve(&mut self, node: SocketAddr) -> Result<()> {
        let log = |name: &str| self.dir.join(format!("{name}.log"));
        let prometheus = Call::new(tools::find(tools::PROMETHEUS)?, log("prometheus"))
            .in_dir(&self.dir)
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=tsdb")
            .arg(RESEND)
            .arg(format!("--web.listen-address={}", self.prometheus));
        let alertmanager = tools::alertmanager(log("alertmanager"))?
            .in_dir(&self.dir)
            .arg("--config.file=alertmanager.yml")
            .arg("--storage.path=alertmanager")
            .arg("--cluster.listen-address=") // it is alone
            .arg(format!("--web.listen-address={}", self.alertmanager));
        let exporter = Call::new(tools::find(tools::NODE_EXPORTER)?, log("node-exporter"))
            .in_dir(&self.dir)
            .arg("--collector.textfile.directory=textfiles")
            .arg(format!("--web.listen-address={node}"));
        for call in [prometheus, alertmanager, exporter] {
            self.programs.push(Program::start(call)?);
        }
        Ok(())
    }

    async fn ready(&mut self) -> Result<()> {
        for (program, at) in [(0, self.prometheus), (1, self.alertmanager)] {
            let server = self.programs[program].server()?;
            services::wait_until(server, at, "/-/ready").await?;
        }
        Ok(())
    }

    /// Writes what the node exporter tells of a file of metrics, as a whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn leave(&self, name: &str, text: &str) -> Result<()> {
        let aside = self.textfiles.join(format!("{name}.new"));
        fs::write(&aside, text)?;
        rustix::fs::rename(aside, self.textfiles.join(name)).context("cannot leave a textfile")
    }
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Copies Prometheus' files with their durations divided. A scrape may take as long as there is until the next one:
/// machines do not become faster with their clocks.
fn copy_rules(from: &Path, to: &Path, alertmanager: SocketAddr) -> Result<()> {
    for name in ["prometheus.yml", "recording.yml", "alerts.yml"] {
        let text = durations::divided(&read(&from.join(name))?, FACTOR);
        let lines = text
            .lines()
            .filter(|line| !line.contains("scrape_timeout:"));
        let text: String = lines
            .map(|line| at_alertmanager(line, alertmanager) + "\n")
            .collect();
        fs::write(to.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// A line that names Alertmanager's port names ours.
fn at_alertmanager(line: &str, at: SocketAddr) -> String {
    let Some((before, _)) = line.split_once(&format!(":{ALERTMANAGER}")) else {
        return line.to_owned();
    };
    let indented = before.len() - before.trim_start().len();
    let is_list = before.contains('[');
    let item = if is_list { "targets: [\"" } else { "\"" };
    let dash = if before.trim_start().starts_with('-') {
        "- "
    } else {
        ""
    };
    let end = if is_list { "\"]" } else { "\"" };
    format!("{}{dash}{item}{at}{end}", &line[..indented])
}

fn write_targets(dir: &Path, targets: &Targets) -> Result<()> {
    fs::create_dir_all(dir)?;
    for (job, targets) in targets {
        let groups = targets
            .iter()
            .map(|(name, at)| json!({"targets": [at.to_string()], "labels": {"instance": name}}));
        let groups: Vec<_> = groups.collect();
        fs::write(dir.join(format!("{job}.json")), json!(groups).to_string())?;
    }
    Ok(())
}

/// Alertmanager's file with a webhook for each of its receivers, which keep their names.
fn to_webhook(text: &str, at: SocketAddr) -> Result<String> {
    let mut kept = String::new();
    let mut receivers = String::new();
    let mut is_receivers = false;
    for line in text.lines() {
        let is_top = line.starts_with(|c: char| c.is_ascii_alphabetic());
        is_receivers = if is_top {
            line.starts_with("receivers:")
        } else {
            is_receivers
        };
        let name = line
            .strip_prefix("  - name:")
            .or(line.strip_prefix("- name:"));
        match (is_receivers, name) {
            (false, _) => kept += &format!("{line}\n"),
            (true, Some(name)) => {
                receivers += &format!(
                    "  - name: {}\n    webhook_configs:\n      - url: http://{at}/\n        send_resolved: true\n",
                    name.trim()
                );
            }
            (true, None) => {}
        }
    }
    if receivers.is_empty() {
        bail!("alertmanager.yml names no receivers");
    }
    Ok(format!("{kept}receivers:\n{receivers}"))
}

/// Waits until Prometheus scrapes every target; names those that it does not.
///
/// # Errors
/// Some are not up in time.
pub async fn all_up(at: SocketAddr, wanted: usize, deadline: Instant) -> Result<()> {
    loop {
        let targets = super::questions::targets(at).await?;
        let down: Vec<String> = (targets.iter().filter(|target| target.health != "up"))
            .map(|target| format!("{:?}: {}", target.labels, target.last_error))
            .collect();
        if down.is_empty() && targets.len() >= wanted {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "{} targets of {wanted}, and these are not up: {}",
                targets.len(),
                down.join("; ")
            );
        }
        tokio::time::sleep(services::POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_keep_their_names_and_send_here() {
        let at: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let text = "route:\n  receiver: page\nreceivers:\n  - name: page\n    webhook_configs:\n      - url: http://pager/\n  - name: ticket\ninhibit_rules: []\n";
        let written = to_webhook(text, at).unwrap();
        assert!(written.starts_with("route:\n  receiver: page\ninhibit_rules: []\nreceivers:\n"));
        assert_eq!(written.matches("url: http://127.0.0.1:1/").count(), 2);
        assert!(written.contains("name: ticket") && !written.contains("pager"));
        assert!(to_webhook("route:\n", at).is_err());
    }

    #[test]
    fn alertmanager_is_ours() {
        let at: SocketAddr = "127.0.0.1:1".parse().unwrap();
        for (line, expected) in [
            (
                "  - targets: [\"alertmanager:9093\"]",
                "  - targets: [\"127.0.0.1:1\"]",
            ),
            ("    - localhost:9093", "    - \"127.0.0.1:1\""),
            ("  scrape: x", "  scrape: x"),
        ] {
            assert_eq!(at_alertmanager(line, at), expected);
        }
    }
}
