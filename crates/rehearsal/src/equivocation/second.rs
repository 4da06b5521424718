//! The validator lies: with the same key it begins a second ledger at the same address, and voters are sent there.
//! First all witnesses are honest, then one lies, then two.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::first::{self, First};
use super::following::Following;
use super::histories::Watching;
use super::parties::{self, Tail, ask, ask_verifier, ending, view};
use super::told::Scene;
use crate::child::Server;
use crate::http;
use crate::outside::Verifier;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::truth::Truth;
use crate::voters::Voters;
use crate::witnesses::NAMES;

/// Votes that are tried where none may be recorded.
const TRIED: u64 = 20;

/// Where the lie is told, and who is there.
pub(super) struct Ground<'a> {
    pub(super) stage: &'a Stage,
    pub(super) at: Addresses,
    pub(super) first: &'a First,
    pub(super) verifier: Option<&'a Verifier>,
    pub(super) seed: u64,
}

impl Ground<'_> {
    fn log(&self) -> PathBuf {
        self.stage.machines.logs().join("second-validator.log")
    }

    async fn start(&self) -> Result<Server> {
        let call = self.stage.validator_call(self.at).logging_to(&self.log());
        let mut server = call.start()?;
        services::wait_until(&mut server, self.at.public, "/livez").await?;
        Ok(server)
    }

    /// The second ledger, where witnesses that lie are too few: nobody can vote there, and everybody is told.
    pub(super) async fn refused(
        &self,
        watching: &Watching,
        liars: &[&'static str],
    ) -> Result<Scene> {
        let mut scene = match liars {
            [] => Scene::begin(
                "lying validator",
                "a second ledger of the same key; all three witnesses are honest",
            ),
            _ => Scene::begin(
                "lying validator, one lying witness",
                "paper cosigns it, from its memory of before the first vote",
            ),
        };
        let before = conflicts(watching).await?;
        let tail = Tail::of(self.log());
        let server = self.start().await?;
        let line = tail.wait("a witness contradicts this ledger").await.ok();
        let words = line.as_deref().map_or_else(String::new, contradiction);
        scene.saw(
            "log of the second validator",
            (line.is_some(), true),
            &words,
        );
        let mut voters = Voters::read(self.stage, self.seed)?;
        let taken = first::vote(self.stage, &mut voters, self.at, TRIED).await?;
        let (status, health) = http::get(self.at.public, "/api/v1/health").await?;
        let is_told = String::from_utf8_lossy(&health).contains("log-unwitnessed");
        let words = format!("{status} log-unwitnessed: {taken} of {TRIED} votes recorded");
        scene.saw("voters", (taken == 0 && is_told, true), &words);
        for liar in liars {
            let size = view(watching.get(liar)?).await?.size;
            let words = format!("cosigned {} frames of it", size.unwrap_or_default());
            scene.saw(
                &format!("witness that lies ({liar})"),
                (false, false),
                &words,
            );
        }
        self.honest_witnesses(&mut scene, watching, (liars, before))
            .await?;
        let stage = self.stage;
        let remembers = stage.auditor(self.at, Some(&self.first.seen));
        ask(
            stage,
            &mut scene,
            ("auditor who remembers", true),
            remembers,
        )
        .await?;
        let new = stage.auditor(self.at, None);
        ask(stage, &mut scene, ("new auditor", true), new).await?;
        let out = stage.machines.root().join("releases-of-nobody");
        let hand = stage.count_hand_call(out.clone());
        ask(stage, &mut scene, ("new count hand", true), hand).await?;
        let nobody = (self.verifier, None);
        ask_verifier(stage, &mut scene, ("verifier", true), nobody).await?;
        server.stop().await?;
        Ok(scene)
    }

    /// That those who are honest still stand where the true history ended, and have refused more often than `before`.
    async fn honest_witnesses(
        &self,
        scene: &mut Scene,
        watching: &Watching,
        (liars, before): (&[&str], [u64; 3]),
    ) -> Result<()> {
        let now = conflicts(watching).await?;
        for (name, (before, now)) in NAMES.into_iter().zip(before.into_iter().zip(now)) {
            if liars.contains(&name) {
                continue;
            }
            let size = view(watching.get(name)?).await?.size.unwrap_or_default();
            let refused = size == self.first.frames && now > before;
            let words = format!("409: it has cosigned {size} frames of the first history");
            scene.saw(&format!("honest witness ({name})"), (refused, true), &words);
        }
        Ok(())
    }

    /// What the third witness answers where two lie: a second history that is as long as the first contradicts it.
    async fn contradicted(&self, scene: &mut Scene, watching: &Watching) -> Result<()> {
        let party = watching.get("party")?;
        let no_proof = parties::answers(party, "no_proof").await?;
        let other_root = parties::answers(party, "other_root").await?;
        let size = view(party).await?.size;
        let refused = no_proof + other_root > 0 && size == Some(self.first.frames);
        let words = format!(
            "422 {no_proof} times, 409 to another tree of its size {other_root} times, once that one is as long: \
             both signed checkpoints are in its log"
        );
        scene.saw("honest witness (party)", (refused, true), &words);
        Ok(())
    }

    /// Two of three witnesses lie: the second history counts by the policy. `following` are those who followed the
    /// first history when the validator was exchanged.
    pub(super) async fn counted(
        &self,
        watching: &Watching,
        votes: u64,
        following: Following,
    ) -> Result<Scene> {
        let mut scene = Scene::begin(
            "lying validator, two lying witnesses",
            "paper and university cosign it: as many as the policy asks for",
        );
        let tail = Tail::of(self.log());
        let evidence = Tail::of(self.stage.machines.logs().join("witness-party.log"));
        let mut server = self.start().await?;
        services::wait_until_ready(&mut server, self.at.public).await?;
        scene.went_on("policy", "two of three have cosigned: the ledger is open");
        let line = tail.wait("a witness contradicts this ledger").await?;
        scene.refused("log of the second validator", &contradiction(&line));
        let (voted, auditor, mirror, tally) = tokio::try_join!(
            self.new_voters(votes),
            ending(following.auditor),
            ending(following.mirror),
            ending(following.tally)
        )?;
        auditor.tell(&mut scene, "auditor who follows");
        mirror.tell(&mut scene, "mirror that follows");
        tally.tell(&mut scene, "tally that follows");
        scene.went_on("voters of the second ledger", &voted);
        let line = evidence
            .wait("a checkpoint came with a proof that does not hold")
            .await?;
        ensure!(
            line.contains("remembered") && line.contains("submitted"),
            "{line}"
        );
        self.contradicted(&mut scene, watching).await?;
        self.those_who_remember(&mut scene).await?;
        server.stop().await?;
        self.those_who_come_new(&mut scene).await?;
        Ok(scene)
    }

    /// Voters who know nothing of the first history. Returns what they were told.
    async fn new_voters(&self, votes: u64) -> Result<String> {
        let mut voters = Voters::read(self.stage, self.seed)?;
        let taken = first::vote(self.stage, &mut voters, self.at, votes).await?;
        let frames = first::frames(self.at).await?;
        ensure!(
            frames > self.first.frames,
            "the second history must outgrow the first: {frames} frames of {}",
            self.first.frames
        );
        let truth: Truth = voters.truth()?;
        truth.write(&self.stage.machines.truth())?;
        let receipt = self.stage.check_a_receipt(self.at).await?;
        rustix::fs::rename(receipt, self.second_receipt())?;
        Ok(format!(
            "{taken} of {votes} votes recorded, in {frames} frames; a receipt is proven"
        ))
    }

    fn second_receipt(&self) -> PathBuf {
        self.stage.machines.root().join("second.tlog-proof")
    }

    async fn those_who_remember(&self, scene: &mut Scene) -> Result<()> {
        let stage = self.stage;
        let path = format!("/api/v1/receipts/{}", self.first.receipt_id);
        let (status, _) = http::get(self.at.public, &path).await?;
        let words = format!("{status}: the receipt of a vote that was recorded is not known");
        scene.saw(
            "voter with a receipt, online",
            (status == 404, true),
            &words,
        );
        let audit = stage.auditor(self.at, Some(&self.first.seen));
        ask(stage, scene, ("auditor who remembers", true), audit).await?;
        let new = stage.auditor(self.at, None);
        ask(stage, scene, ("new auditor", false), new).await?;
        let hand = stage.count_hand_call(stage.machines.releases());
        ask(
            stage,
            scene,
            ("count hand with earlier releases", true),
            hand,
        )
        .await
    }

    /// From here on the validator has ended: there are the files.
    async fn those_who_come_new(&self, scene: &mut Scene) -> Result<()> {
        let stage = self.stage;
        let out = stage.machines.root().join("releases-of-the-second");
        let hand = stage.count_hand_call(out.clone());
        ask(stage, scene, ("new count hand", false), hand).await?;
        let count = stage.mask_hand_call("count", &out);
        ask(stage, scene, ("tally count", false), count).await?;
        let verify = stage.mask_hand_call("verify", &out);
        ask(stage, scene, ("tally verify", false), verify).await?;
        let id = &*self.first.receipt_id;
        let verify = stage.mask_hand_call("verify", &out).flag("--receipt", id);
        ask(
            stage,
            scene,
            ("tally verify, a first receipt", true),
            verify,
        )
        .await?;
        self.verifiers(scene).await?;
        let both = stage.receipt_check(&self.first.receipt);
        let both = both.arg(self.second_receipt());
        let party = "tally receipt check, of both histories";
        ask(stage, scene, (party, false), both).await
    }

    async fn verifiers(&self, scene: &mut Scene) -> Result<()> {
        let second = self.second_receipt();
        let cases: [(&str, bool, Option<&Path>); 3] = [
            ("verifier", false, None),
            ("verifier, a receipt of the second", false, Some(&second)),
            ("verifier, a first receipt", true, Some(&self.first.receipt)),
        ];
        for (party, must_refuse, receipt) in cases {
            let with = (self.verifier, receipt);
            ask_verifier(self.stage, scene, (party, must_refuse), with).await?;
        }
        Ok(())
    }
}

/// What the validator's log says of the witness that contradicts it.
fn contradiction(line: &str) -> String {
    let from = line.find("it has seen another history").unwrap_or_default();
    let words = &line[from..];
    words[..words.find('"').unwrap_or(words.len())].to_owned()
}

/// How often each witness has answered 409 with the size that it knows.
async fn conflicts(watching: &Watching) -> Result<[u64; 3]> {
    let mut all = [0; 3];
    for (all, name) in all.iter_mut().zip(NAMES) {
        *all = parties::answers(watching.get(name)?, "conflict").await?;
    }
    Ok(all)
}
