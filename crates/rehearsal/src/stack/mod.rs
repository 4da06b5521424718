//! `rehearsal stack`: everything that `deploy/compose.yaml` runs, without containers, by the real programs and by the
//! files of `deploy/`. It comes up, voters vote, every query of the dashboards is asked, and one failure after the
//! other is caused and undone: each must be told of by its alert, and by no other that means something else.

pub mod cases;
pub mod crowd;
pub mod dashboards;
pub mod durations;
pub mod failures;
pub mod follower;
pub mod gateway;
pub mod link;
pub mod members;
pub mod monitoring;
pub mod program;
pub mod questions;
pub mod report;
pub mod site;
pub mod strangers;
pub mod tools;
pub mod webhook;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::Instant;

use self::cases::Case;
use self::report::{Played, Report};
use self::site::{Site, WATCHDOG};
use crate::cluster::report::seconds;
use crate::counts::{self, Difference};
use crate::prepare::Stage;
use crate::steps::Steps;
use crate::verdict::Verdict;

/// Voters vote for so long before anything is asked of what they leave in Prometheus.
const WARM: Duration = Duration::from_secs(15);
const PANELS_WITHIN: Duration = Duration::from_secs(30);
/// How long an alert may take, durations being divided.
const FIRES_WITHIN: Duration = Duration::from_secs(150);
const RESOLVED_WITHIN: Duration = Duration::from_secs(120);
/// How long everything may take to be as before.
const CALM_WITHIN: Duration = Duration::from_secs(120);

/// What is played, and by which files.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The files that operators are given: `haproxy`, `prometheus`, `alertmanager`, `grafana`.
    pub deploy: &'a Path,
    /// Voters on the roll, and the seed of everything random.
    pub size: (u32, u64),
    /// The failures, in their order.
    pub cases: Vec<Case>,
}

/// Brings everything up, plays the failures, and judges the ledger.
///
/// # Errors
/// Anything that keeps it from being played. An alert that does not fire is reported, no error.
pub async fn run(
    stage: &Stage,
    plan: Plan<'_>,
    steps: &mut Steps,
    tell: impl Fn(&Played) -> Result<()>,
) -> Result<Report> {
    steps.note(&format!(
        "durations of deploy/prometheus and deploy/alertmanager are divided by {}",
        monitoring::FACTOR
    ));
    let (mut site, green_s) = up(stage, &plan, steps).await?;
    let queries = dashboards::queries(&plan.deploy.join("grafana/dashboards"), monitoring::FACTOR)?;
    let deadline = Instant::now() + PANELS_WITHIN;
    let empty_panels = dashboards::faults(site.monitoring.prometheus, &queries, deadline).await;
    steps.done(&format!("{} queries of dashboards", queries.len()));
    let mut found = empty_panels.clone();
    found.extend(without_failure(&site, &plan.cases)?);
    let mut alerts = Vec::new();
    for case in plan.cases {
        let played = play(stage, &mut site, case).await.context(case.alert)?;
        steps.done(&format!("{}: {}", case.alert, case.cause));
        tell(&played)?;
        found.extend(played.faults());
        alerts.push(played);
    }
    if site.webhook.unreadable() > 0 {
        found.push("Alertmanager sent what is no notice".to_owned());
    }
    site.crowd.pause().await?;
    let truth = site.crowd.truth(stage)?;
    site.stop(&stage.machines.ledger()).await?;
    steps.done("everything ended");
    let counted = stage.counted_from_files().await?;
    let Difference { lost, double } = counts::difference(&truth.counts(), &counted);
    let verified = stage.verify().await;
    found.extend(verified.err().map(|error| format!("{error:#}")));
    if lost + double > 0 {
        found.push(format!("{lost} votes lost, {double} double"));
    }
    steps.done("the ledger held against every answer and receipt");
    Ok(Report {
        durations_divided_by: monitoring::FACTOR,
        green_s,
        queries: queries.len(),
        empty_panels,
        alerts,
        acknowledged: truth.counts().values().sum(),
        lost,
        double,
        verdict: Verdict::new("every failure was told of, and nothing was lost", found),
    })
}

/// Brings everything up, has voters vote, and prints where everything is, until `end`.
///
/// # Errors
/// As [`run`].
pub async fn stay(
    stage: &Stage,
    plan: Plan<'_>,
    steps: &mut Steps,
    end: impl Future<Output = ()>,
) -> Result<()> {
    tokio::pin!(end);
    let (mut site, _) = tokio::select! {
        () = &mut end => return Ok(()),
        up = up(stage, &plan, steps) => up?,
    };
    commandline::print(addresses(stage, &site))?;
    loop {
        tokio::select! {
            () = &mut end => return site.stop(&stage.machines.ledger()).await,
            looked = site.look() => looked?,
        }
    }
}

/// Everything up and green with voters voting, and how long that took.
async fn up(stage: &Stage, plan: &Plan<'_>, steps: &mut Steps) -> Result<(Site, f64)> {
    let mut site = Site::start(stage, plan.deploy, plan.size, steps).await?;
    site.crowd.vote()?;
    site.green().await?;
    steps.done("green: every target is up, no alert but the one that always fires");
    let green_s = seconds(Duration::from_secs_f64(steps.elapsed_s()));
    site.rest(WARM).await?;
    Ok((site, green_s))
}

/// Plays one failure until its alert has fired, undoes it, and waits until all is as before.
async fn play(stage: &Stage, site: &mut Site, case: Case) -> Result<Played> {
    site.back_up(Duration::ZERO)?;
    let began = Instant::now();
    let mut failure = case.failure.begin(site).await?;
    let mut fired_s = None;
    while fired_s.is_none() && began.elapsed() < FIRES_WITHIN {
        failure.beat(stage, site).await?;
        site.look().await?;
        if site.webhook.firing().contains(case.alert) {
            fired_s = Some(seconds(began.elapsed()));
        }
    }
    let ended = Instant::now();
    failure.undo(stage, site).await?;
    let mut resolved_s = None;
    while resolved_s.is_none() && fired_s.is_some() && ended.elapsed() < RESOLVED_WITHIN {
        site.look().await?;
        if !site.webhook.firing().contains(case.alert) {
            resolved_s = Some(seconds(ended.elapsed()));
        }
    }
    let still = calm(site).await?;
    let mut others = site.webhook.began_since(began);
    others.extend(still);
    others.retain(|name| name != case.alert && name != WATCHDOG);
    let is_beside = |name: &String| case.beside.contains(&name.as_str());
    let (beside, unexpected) = others.into_iter().partition(is_beside);
    Ok(Played {
        alert: case.alert,
        cause: case.cause,
        fired_s,
        resolved_s,
        beside,
        unexpected,
    })
}

/// Waits until every part serves and no alert fires, or the time for that is over; names those that still do.
async fn calm(site: &mut Site) -> Result<BTreeSet<String>> {
    let deadline = Instant::now() + CALM_WITHIN;
    loop {
        let mut firing = site.webhook.firing();
        firing.remove(WATCHDOG);
        if Instant::now() > deadline || (firing.is_empty() && site.servers.is_healthy().await) {
            return Ok(firing);
        }
        site.look().await?;
    }
}

/// Alerts of the rules for which no failure is known.
fn without_failure(site: &Site, cases: &[Case]) -> Result<Vec<String>> {
    if cases.len() < cases::ALL.len() {
        return Ok(Vec::new());
    }
    let rules = fs::read_to_string(site.monitoring.dir.join("alerts.yml"))?;
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert:"));
    let unknown = names
        .map(str::trim)
        .filter(|name| *name != WATCHDOG && !cases.iter().any(|case| case.alert == *name));
    Ok(unknown
        .map(|name| format!("no failure is played for {name}"))
        .collect())
}

fn addresses(stage: &Stage, site: &Site) -> String {
    let mut text = format!(
        "voters        https://{}/      (HAProxy; its authority signed the certificate)\n\
         the same      http://{}/       (for a load generator, which speaks no TLS)\n\
         results       https://{}/\n",
        site.gateway.votes, site.gateway.plain, site.gateway.results
    );
    for member in &site.members.all {
        let at = member.at.internal;
        text += &format!("{}            monitor http://{at}/monitor\n", member.name);
    }
    format!(
        "\
{text}tally         monitor http://{}/monitor
Prometheus    http://{}/
Alertmanager  http://{}/
files         {}

Ctrl-C ends everything.
",
        site.tally.results_internal,
        site.monitoring.prometheus,
        site.monitoring.alertmanager,
        stage.machines.root().display(),
    )
}
