//! Voters, played by the load generator. Each order of votes is cast by voters who have not voted yet,
//! from many addresses; the answers are kept for the judgement.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::api;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::truth::Truth;
use crate::voting::Summary;

/// Votes to be cast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Votes a second, however long the answers take.
    pub(crate) rate: u64,
    pub(crate) votes: u64,
    pub(crate) connections: u32,
    /// Prefix of the source addresses.
    pub(crate) sources: &'static str,
}

/// The voters of the roll, taken from its beginning.
pub(crate) struct Voters {
    header: String,
    rows: Vec<String>,
    taken: usize,
    orders: u64,
    seed: u64,
    /// Files of what the load generator was told, one for each order.
    truths: Vec<PathBuf>,
}

impl Voters {
    /// # Errors
    /// The stage is not prepared.
    pub(crate) fn read(stage: &Stage, seed: u64) -> Result<Voters> {
        let path = stage.machines.voters();
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let mut lines = text.lines().map(str::to_owned);
        Ok(Voters {
            header: lines.next().context("the roll is empty")?,
            rows: lines.collect(),
            taken: 0,
            orders: 0,
            seed,
            truths: Vec::new(),
        })
    }

    /// Casts an order. A vote that is turned away is not sent again.
    ///
    /// # Errors
    /// The roll is used up, the load generator fails, or an answer contradicts what was sent.
    pub(crate) async fn vote(
        &mut self,
        stage: &Stage,
        at: Addresses,
        order: Order,
    ) -> Result<Summary> {
        let ballots = api::open_ballots(at.public).await?;
        let roll = stage.machines.air_gapped().join("order.csv");
        let rows = self.take(usize::try_from(order.votes.div_ceil(ballots))?)?;
        fs::write(&roll, rows).context("cannot write the roll of an order")?;
        self.orders += 1;
        let truth = stage
            .machines
            .logs()
            .join(format!("truth-{}.json", self.orders));
        let summary = stage.machines.logs().join("loadgen.json");
        let call = stage
            .call("loadgen")
            .flag("--url", format!("http://{}", at.public))
            .flag("--roll", roll)
            .flag("--votes", order.votes.to_string())
            .flag("--rate", order.rate.to_string())
            .flag("--connections", order.connections.to_string())
            .flag("--sources", order.sources)
            .flag("--seed", (self.seed + self.orders).to_string())
            .flag("--retry-for", "0s")
            .flag("--truth", &truth)
            // Some rehearsals have several ledgers, one after the other.
            .arg("--force")
            .arg("--json");
        // loadgen ends with 1 where a vote stays without an answer: that is measured here, no error.
        call.start_into(&summary)?.wait().await?;
        let text = fs::read(&summary).context("cannot read the load generator's summary")?;
        let voted: Summary =
            serde_json::from_slice(&text).context("the load generator left no summary")?;
        if voted.wrong > 0 {
            bail!("{} wrong answers: {}", voted.wrong, voted.notes.join("; "));
        }
        self.truths.push(truth);
        Ok(voted)
    }

    /// What the load generator was told about all orders.
    ///
    /// # Errors
    /// A truth file cannot be read.
    pub(crate) fn truth(&self) -> Result<Truth> {
        Truth::join(&self.truths)
    }

    fn take(&mut self, count: usize) -> Result<String> {
        let rows = self.rows.get(self.taken..self.taken + count);
        let rows = rows.context("the roll is used up: fewer votes, or more voters, are needed")?;
        self.taken += count;
        Ok(rows
            .iter()
            .fold(format!("{}\n", self.header), |text, row| text + row + "\n"))
    }
}
