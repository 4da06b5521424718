//! Keys that are lost and do not come back, or of which another takes the place: an officer's, a hand's with too few trustees,
//! and that of a server's certificate.

use std::fs;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use super::electorate::{Electorate, refused};
use super::told::Scene;
use crate::authority::Authority;
use crate::child::Call;
use crate::http;
use crate::machines::Hand;
use crate::prepare::Stage;
use crate::services::{self, Addresses};
use crate::steps::Steps;
use crate::truth::Truth;
use crate::verdict::Verdict;

/// Plays all three on one event with `votes` votes in its ledger.
///
/// # Errors
/// Anything that keeps it from being played; what must be refused and is not.
pub(super) async fn play(
    stage: &Stage,
    (votes, seed): (u64, u64),
    steps: &mut Steps,
) -> Result<Vec<Scene>> {
    let mut electorate = Electorate::prepare(stage, (votes, seed), steps).await?;
    let at = Addresses::free()?;
    let validator = stage.start_validator(at).await?;
    electorate.vote_all(stage, at).await?;
    validator.stop().await?;
    let truth = electorate.truth(stage)?;
    let scenes = vec![
        officer(stage, &truth).await?,
        too_few(stage, &truth).await?,
        certificate(stage, &truth).await?,
    ];
    steps.done("an officer's key, a hand's key with too few trustees, a certificate's key");
    Ok(scenes)
}

/// The first officer's key is lost before the statement is signed: the package stays signed, and the other officer signs.
async fn officer(stage: &Stage, truth: &Truth) -> Result<Scene> {
    let key = |officer: u32| {
        let name = format!("officer-{officer}.key");
        stage.machines.air_gapped().join(name)
    };
    fs::remove_file(key(1)).context("the first officer's key")?;
    let package = stage.machines.package();
    let verify = stage.call("shardpack").arg("verify").arg(&package);
    stage.trusting(verify).run().await?;
    let out = stage.machines.root().join("statement");
    let signing = |officer| {
        let key = key(officer);
        let out = &out;
        async move {
            let call = stage.reading("statement").await?;
            let call = call.arg("--interim").flag("--sign", key).flag("--out", out);
            anyhow::Ok(call)
        }
    };
    let said = refused(stage, signing(1).await?, "officer-1.key").await?;
    signing(2).await?.run().await?;
    let mut faults = Vec::new();
    if !out.join("statement.json.minisig").is_file() {
        faults.push("the second officer's statement is not signed".to_owned());
    }
    Ok(Scene::without_loss(
        [
            "an officer's key lost",
            "the key with which the officer signs; what it signed stays signed",
            "the other officer signs the statement; two more for the next event",
        ],
        truth.receipts(),
        said,
        Verdict::new("the package holds and the statement is signed", faults),
    ))
}

/// Of a hand's key too few shares are left: it cannot be made, and choices stay sealed for ever.
async fn too_few(stage: &Stage, truth: &Truth) -> Result<Scene> {
    let (key, trustees) = (
        stage.machines.hand_key(Hand::Mask),
        stage.machines.root().join("trustees"),
    );
    fs::create_dir(&trustees)?;
    let call = stage.call("tally").arg("split").flag("--key", &key);
    let call = call.args(["--of", "5", "--need", "3"]);
    call.flag("--out", trustees.join("mask")).run().await?;
    fs::remove_file(&key).context("the mask key")?;
    let join = |shares: &[u32]| {
        let call = stage.call("tally").arg("join").flag("--out", &key);
        let shares = shares.iter();
        shares.fold(call, |call, n| {
            call.arg(trustees.join(format!("mask-{n}-of-5.share")))
        })
    };
    let said = refused(stage, join(&[1, 4]), "3 are needed").await?;
    if key.exists() {
        bail!("two of five shares made a key");
    }
    let turnout = stage
        .call("tally")
        .arg("verify")
        .flag("--ledger", stage.machines.ledger())
        .flag("--package", stage.machines.package());
    stage.trusting(turnout).run().await?;
    join(&[1, 4, 5]).run().await?;
    Ok(Scene::without_loss(
        [
            "a hand's key with 2 of 3 shares",
            "mask key, and all but two of its shares",
            "a third trustee; without one the vote is held again, as another event: the ledger proves who voted, and no choice",
        ],
        truth.receipts(),
        said,
        Verdict::new("two make no key, three do", Vec::new()),
    ))
}

/// The key of the voters' certificate is lost: another certificate takes its place.
async fn certificate(stage: &Stage, truth: &Truth) -> Result<Scene> {
    let dir = stage.machines.online().join("tls");
    fs::create_dir(&dir)?;
    let authority = Authority::new(dir.join("ca.pem"))?;
    let (file, at) = (
        stage.machines.online().join("validator.toml"),
        Addresses::free()?,
    );
    let settings = format!(
        "[tls]\ncertificate = \"{0}/server.pem\"\nkey = \"{0}/server.key\"\n",
        dir.display()
    );
    fs::write(&file, settings)?;
    let call = |stage: &Stage| -> Call { stage.validator_call(at).flag("--config", &file) };
    authority.certify("localhost", &dir, None)?;
    let mut first = call(stage).start()?;
    services::wait_until(&mut first, at.internal, "/metrics").await?;
    let begun = Instant::now();
    first.kill().await?;
    fs::remove_file(dir.join("server.key"))?;
    let said = refused(stage, call(stage), "server.key").await?;
    authority.certify("localhost", &dir, None)?;
    let mut again = call(stage).start()?;
    services::wait_until(&mut again, at.internal, "/metrics").await?;
    let seconds = begun.elapsed().as_secs_f64();
    let (status, _) = http::get(at.internal, "/metrics").await?;
    again.stop().await?;
    let faults = match status {
        200 => Vec::new(),
        other => vec![format!("the validator answers {other}")],
    };
    Ok(Scene {
        vote_again_s: Some(seconds),
        ..Scene::without_loss(
            [
                "a certificate's key lost",
                "the private key of the voters' TLS",
                "a new certificate from the authority; the old one is revoked",
            ],
            truth.receipts(),
            said,
            Verdict::new("the validator serves with the new one", faults),
        )
    })
}
