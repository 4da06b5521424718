//! `tally statement`: recounts from files, and writes what an officer signs.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use durable::output::OutputDir;
use durable::{Clock, SystemClock};
use election::Language;
use secrets::{Officer, Password};
use sha2::{Digest, Sha256};

use crate::cli::StatementArgs;
use crate::documents::{ReportDocument, hex};
use crate::inputs::read_mask_hand;
use crate::recount::{Recount, open_inputs};
use crate::statement::{Recomputed, Statement, check_complete, render, stated};

const JSON_FILE: &str = "statement.json";
/// The comment of a signature that is not signed itself.
const COMMENT: &str = "signature of a statement of results";

/// Writes `statement.json`, `statement.fr.txt`, `statement.en.txt` and a signature of each.
pub(crate) fn run(args: &StatementArgs) -> anyhow::Result<()> {
    // Everything that may be refused is, before the long part.
    let out = OutputDir::create(&args.out, args.force)?;
    // Only for the comment of the signatures: what is final hangs on no clock.
    let now_ms = SystemClock::new().now_ms();
    let (package, directory) = open_inputs(&args.ledger)?;
    let event = package.event();
    let ballots = stated(event, &args.ballot)?;
    let hand = read_mask_hand(&args.hand, event)?;
    let password = args.password_file.as_deref();
    let password = password.map_or(Password::Ask, Password::File);
    let officer = Officer::read(&args.sign, password)?;
    if !officer.is_among(&args.ledger.package.trust) {
        commandline::note!(
            "note: the key {} of {} is not one that --trust names: whoever trusts these alone refuses this statement",
            officer.key_id(),
            args.sign.display()
        );
    }
    let recount = Recount::read(package.clone(), directory, hand.as_ref())?;
    let report = recount.report_of(&ballots)?;
    // An officer signs no numbers that may leave votes out.
    ensure!(
        report.ends_unknown.is_empty(),
        "nothing is stated: the ledger does not say where it ended, so frames may be missing; copy the file acknowledged of each partition from the validator's data directory too"
    );
    if !args.interim {
        check_complete(event, &ballots, &report)?;
    }
    let (releases, count) = (
        args.hand.releases.as_deref(),
        ReportDocument::of(event, &report),
    );
    let recomputed = Recomputed::compare(
        (
            releases.context("--mask comes with --releases")?,
            &recount.directory.partitions()?,
        ),
        &args.recomputed,
        (&serde_json::to_string(&count)?, &args.recounted),
    )?;
    let statement = Statement::new(event, &ballots, &report, (recomputed, &recount.covered));
    let json = statement.to_canonical_json()?;
    let json_sha256 = hex(&Sha256::digest(&json));
    let page = |language| render(&statement, &report, event, &json_sha256, language).into_bytes();
    let files = [
        (JSON_FILE, json.clone()),
        ("statement.fr.txt", page(Language::French)),
        ("statement.en.txt", page(Language::English)),
    ];
    for (name, bytes) in &files {
        write(out.aside(), name, bytes)?;
        let signature = officer.sign(bytes, name, now_ms, COMMENT)?;
        write(
            out.aside(),
            &format!("{name}.minisig"),
            signature.as_bytes(),
        )?;
    }
    commandline::print_line!("{json_sha256}  {}", args.out.join(JSON_FILE).display())?;
    Ok(out.finish()?)
}

/// A file of the directory that is still aside; the directory's `finish` syncs it.
fn write(aside: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = aside.join(name);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
