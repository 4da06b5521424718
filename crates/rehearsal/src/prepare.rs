//! Preparations before the first vote, on the machine without a network: keys, roll, digests, package,
//! signatures. Every step runs the program that officials run.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::child::Call;
use crate::definition::Definition;
use crate::machines::Hand;
use crate::machines::Machines;
use crate::programs::Programs;
use crate::steps::Steps;

/// The roll of the sample voters, for whom the load generator does not vote.
pub const SAMPLE_ROLL: &str = include_str!("../../../fixtures/roll.csv");
/// How many officers sign the package; the signature of each is required.
pub const OFFICERS: u32 = 2;

/// The event of a rehearsal, the programs that play it and their files.
#[derive(Debug)]
pub struct Stage {
    /// The event that voters vote on.
    pub event: Definition,
    /// How many partitions the ledger has.
    pub partitions: u16,
    /// Whether witnesses watch the ledger's log.
    pub is_witnessed: bool,
    /// Where the executables of this build lie.
    pub programs: Programs,
    /// Where the programs find and leave their files.
    pub machines: Machines,
}

impl Stage {
    /// A call of one program, which logs on the online machine.
    #[must_use]
    pub fn call(&self, program: &str) -> Call {
        Call::new(
            self.programs.path(program),
            self.machines.logs().join(format!("{program}.log")),
        )
    }

    /// Prepares the event for `voters` synthetic voters (beside the sample voters), from the keys
    /// to the verified package.
    ///
    /// # Errors
    /// The first program that fails, with its command line and what it said.
    pub async fn prepare(&self, voters: u32, seed: u64, steps: &mut Steps) -> Result<()> {
        self.keys().await?;
        steps.done("tally keygen, hashgen keygen: count key, mask key and roll key made");
        if self.is_witnessed {
            steps.done("shardpack keygen --log, witness keygen: the log's key and those of three witnesses");
        }
        self.roll(voters, seed).await?;
        steps.done(&format!(
            "hashgen synth: roll of {voters} voters in {} regions, and the sample voters",
            self.event.regions()
        ));
        self.hash().await?;
        steps.done("hashgen hash: digests for every ballot, nothing personal in them");
        self.pack().await?;
        steps.done("shardpack check, pack: package made");
        self.sign().await?;
        steps.done(&format!(
            "shardpack sign, verify: signed by {OFFICERS} officers and verified"
        ));
        self.begin_ledger().await?;
        steps.done("validator init: ledger begun, once");
        Ok(())
    }

    /// Begins the event's ledger in the data directory, in which there is none.
    ///
    /// # Errors
    /// There is one, or something is left of one.
    pub async fn begin_ledger(&self) -> Result<()> {
        let call = self
            .call("validator")
            .arg("init")
            .flag("--package", self.machines.package())
            .flag("--data", self.machines.data());
        self.trusting(call).run().await.map(drop)
    }

    /// NAS of the first sample voter.
    ///
    /// # Errors
    /// The sample roll is empty.
    pub fn sample_voter(&self) -> Result<String> {
        let row = SAMPLE_ROLL.lines().nth(1);
        let nas = row.and_then(|row| row.split(',').next());
        nas.map(str::to_owned).context("there is no sample voter")
    }

    async fn keys(&self) -> Result<()> {
        let mut event = self.event.clone();
        for hand in Hand::ALL {
            let call = self.call("tally").arg("keygen");
            let call = call.flag("--hand", hand.to_string());
            let name = self.machines.hand_key(hand).with_extension("");
            event = event.with_key(hand, &call.flag("--out", name).run().await?)?;
        }
        if self.is_witnessed {
            event = event.with_log(&self.make_log().await?);
        }
        event.write(&self.event_file())?;
        let made = self.machines.air_gapped().join("roll.key");
        self.call("hashgen")
            .arg("keygen")
            .flag("--out", &made)
            .run()
            .await?;
        // The validator's copy travels apart from the package; the copy keeps the file's mode.
        fs::copy(&made, self.machines.roll_key()).context("cannot copy the roll key")?;
        Ok(())
    }

    async fn roll(&self, voters: u32, seed: u64) -> Result<()> {
        let made = self.machines.air_gapped().join("synthetic.csv");
        self.call("hashgen")
            .arg("synth")
            .flag("--voters", voters.to_string())
            .flag("--regions", self.event.regions().to_string())
            .flag("--seed", seed.to_string())
            .flag("--out", &made)
            .run()
            .await?;
        let synthetic = fs::read_to_string(&made).context("cannot read the synthetic roll")?;
        let voters = without_samples(&synthetic, SAMPLE_ROLL)?;
        fs::write(self.machines.voters(), &voters).context("cannot write the voters' roll")?;
        let (_, samples) = SAMPLE_ROLL
            .split_once('\n')
            .context("the sample roll is empty")?;
        fs::write(self.machines.roll(), voters + samples).context("cannot write the roll")
    }

    async fn hash(&self) -> Result<()> {
        self.call("hashgen")
            .arg("hash")
            .flag("--roll", self.machines.roll())
            .flag("--election", self.event_file())
            .flag("--key", self.machines.air_gapped().join("roll.key"))
            .flag("--out", self.digests())
            .run()
            .await
            .map(drop)
    }

    async fn pack(&self) -> Result<()> {
        self.call("shardpack")
            .arg("check")
            .flag("--election", self.event_file())
            .run()
            .await?;
        self.call("shardpack")
            .arg("pack")
            .flag("--digests", self.digests())
            .flag("--election", self.event_file())
            .flag("--out", self.machines.package())
            .flag("--partitions", self.partitions.to_string())
            .run()
            .await?;
        if self.is_witnessed {
            self.introduce_log().await?;
        }
        Ok(())
    }

    async fn sign(&self) -> Result<()> {
        for officer in 1..=OFFICERS {
            let name = self
                .machines
                .air_gapped()
                .join(format!("officer-{officer}"));
            self.call("shardpack")
                .arg("keygen")
                .arg("--no-password")
                .flag("--out", &name)
                .run()
                .await?;
            self.call("shardpack")
                .arg("sign")
                .arg(self.machines.package())
                .flag("--key", name.with_extension("key"))
                .arg("--no-password")
                .run()
                .await?;
            fs::copy(
                name.with_extension("pub"),
                self.machines.officer_public(officer),
            )
            .context("cannot copy an officer's public key")?;
        }
        self.trusting(
            self.call("shardpack")
                .arg("verify")
                .arg(self.machines.package()),
        )
        .run()
        .await
        .map(drop)
    }

    /// Adds the officers whom the operator trusts, and that all of them must have signed.
    #[must_use]
    pub fn trusting(&self, call: Call) -> Call {
        let call = call.flag("--require", OFFICERS.to_string());
        (1..=OFFICERS).fold(call, |call, n| {
            call.flag("--trust", self.machines.officer_public(n))
        })
    }

    fn event_file(&self) -> PathBuf {
        self.machines.air_gapped().join("election.toml")
    }

    fn digests(&self) -> PathBuf {
        self.machines.air_gapped().join("digests")
    }
}

/// The synthetic roll without the rows whose NAS a sample voter has too: two rows with one NAS
/// would be a fault of the roll. Both rolls start with `NAS,Code,Region`.
fn without_samples(synthetic: &str, samples: &str) -> Result<String> {
    let (header, rows) = synthetic
        .split_once('\n')
        .context("the synthetic roll is empty")?;
    let (sample_header, sample_rows) = samples
        .split_once('\n')
        .context("the sample roll is empty")?;
    if header.trim() != sample_header.trim() {
        bail!(
            "the synthetic roll's columns are {}, expected {}",
            header.trim(),
            sample_header.trim()
        );
    }
    let nas = |row: &str| {
        row.split(',')
            .next()
            .expect("splitting gives at least one part")
            .replace([' ', '-'], "")
    };
    let taken: HashSet<String> = sample_rows.lines().map(nas).collect();
    let kept = rows.lines().filter(|row| !taken.contains(&nas(row)));
    Ok(kept.fold(format!("{}\n", header.trim()), |roll, row| {
        roll + row + "\n"
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synthetic_voter_never_has_a_sample_voters_nas() {
        let header = "NAS,Code,Region\n";
        let synthetic = format!("{header}100000009,AAAAAA,1\n200000008,BBBBBB,2\n");
        let samples = format!("{header}200-000-008,CCCCCC,3\n");
        let expected = format!("{header}100000009,AAAAAA,1\n");
        assert_eq!(without_samples(&synthetic, &samples).unwrap(), expected);
        assert!(without_samples("Other,Columns\n", &samples).is_err());
    }
}
