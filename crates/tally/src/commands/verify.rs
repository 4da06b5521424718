//! `tally verify`: everything that can be checked about a ledger, and about what was derived of it.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use database::Target;
use durable::OsStorage;
use election::instant_text;
use ledger::{RequestId, find_vote, repair_tail};
use serde_json::json;

use super::ledger_end::Named;
use super::{expect, snapshots};
use crate::cli::Verify;
use crate::directory::Directory;
use crate::documents::{HeadDocument, LogDocument};
use crate::inputs::{read_mask_hand, read_target};
use crate::postgres::compare;
use crate::reading::Fact;
use crate::recount::{Recount, open_readers_inputs};
use crate::release::MaskHand;
use crate::signature::Signature;

/// What was checked, for the report at the end.
#[derive(Default)]
struct Checked {
    lines: Vec<String>,
    json: serde_json::Map<String, serde_json::Value>,
}

impl Checked {
    fn note(&mut self, name: &str, line: String, value: serde_json::Value) {
        self.lines.push(line);
        self.json.insert(name.to_owned(), value);
    }

    /// Prints the report: all checks were passed.
    fn tell(mut self, as_json: bool, verdict: &str, signature: Signature) -> std::io::Result<()> {
        if as_json {
            let signature = json!(signature.name());
            self.json.insert("package_signature".to_owned(), signature);
            commandline::print_line!("{}", serde_json::Value::Object(self.json))
        } else {
            self.lines.push(format!("{verdict}\n"));
            commandline::print(signature.mark(&self.lines.join("\n")))
        }
    }
}

/// Checks in order; the first difference is the error.
pub(crate) fn run(args: &Verify) -> anyhow::Result<()> {
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let hand = read_mask_hand(&args.hand, package.event())?;
    let truth = args.expect.as_deref().map(expect::read).transpose()?;
    let mut receipts = args.receipt.clone();
    receipts.extend(
        truth
            .iter()
            .flat_map(|truth| truth.receipts.iter().cloned()),
    );
    let database = match &args.postgres.postgres {
        Some(url) => Some(read_target(url, &args.postgres.postgres_files)?),
        None => None,
    };
    let mut checked = Checked::default();
    if args.repair_tail {
        repair(&directory, &mut checked)?;
    }
    let mut named = Named::new(&args.at_least);
    let recount = Recount::read_with(package, directory, hand.as_ref(), |fact| named.see(fact))?;
    let ends = named.judge(&recount.ends)?;
    note_ledger(&recount, &mut checked);
    note_log(&recount, &mut checked);
    checked.lines.extend(ends.lines);
    checked.json.insert("whole".to_owned(), json!(ends.whole));
    note_snapshots(&recount, &mut checked)?;
    if let Some(truth) = &truth {
        let open = expect::compare(truth, &recount)
            .context("the ledger differs from what was expected")?;
        note_expected(&open, &mut checked);
    }
    check_receipts(&receipts, &recount, &mut checked)?;
    if let Some(target) = &database {
        check_database(target, &recount, hand.as_ref(), &mut checked)?;
    }
    checked.tell(args.json, &ends.verdict, recount.package.signature())?;
    Ok(())
}

/// What reading the whole ledger has shown.
fn note_ledger(recount: &Recount, checked: &mut Checked) {
    for (partition, head) in &recount.count.heads {
        checked.lines.push(format!(
            "partition {partition}: {}, every checksum and link fits, SHA-256 {}",
            commandline::count(head.sequence, "frame"),
            head.link
        ));
    }
    let opened = if recount.opened {
        "choices released in whole, each release as many as its marks"
    } else {
        "choices not opened (no --mask), as long as their marks ask for in every frame"
    };
    let line = format!(
        "{}, no credential twice; {opened}; {}",
        commandline::count(recount.count.votes(), "vote"),
        commandline::count(recount.count.duplicates(), "duplicate attempt")
    );
    checked.json.insert(
        "ledger".to_owned(),
        json!(HeadDocument::all(&recount.count.heads)),
    );
    checked
        .json
        .insert("votes".to_owned(), json!(recount.count.votes()));
    checked
        .json
        .insert("duplicates".to_owned(), json!(recount.count.duplicates()));
    checked.note("opened", line, json!(recount.opened));
}

/// How far log and witnesses have signed the ledger.
fn note_log(recount: &Recount, checked: &mut Checked) {
    let log = recount.package.event().log.as_ref();
    let Some(log) = LogDocument::of(log, &recount.covered) else {
        return;
    };
    for checkpoint in &log.checkpoints {
        let cosigned = checkpoint.cosigned_by.iter();
        let cosigned = cosigned.map(|by| format!("{} at {}", by.name, by.cosigned_at));
        let cosigned: Vec<String> = cosigned.collect();
        let by = match cosigned.as_slice() {
            [] => "by no witness, of whom none is asked for".to_owned(),
            names => format!("by {} (required: {})", names.join(", "), log.required),
        };
        checked.lines.push(format!(
            "partition {}: log {} covers {}, root {}, cosigned {by}",
            checkpoint.partition,
            checkpoint.origin,
            commandline::count(checkpoint.size, "frame"),
            checkpoint.root
        ));
    }
    checked.json.insert("log".to_owned(), json!(log));
}

/// The ledger holds what a load generator was told, and perhaps votes that it was told nothing of.
fn note_expected(open: &expect::Open, checked: &mut Checked) {
    let line = match open {
        expect::Open { sent: 0, .. } => "votes and counts are as expected".to_owned(),
        expect::Open { sent, recorded } => format!(
            "votes and counts are as expected; {} recorded of {} that no answer settled",
            recorded,
            commandline::count(*sent, "vote")
        ),
    };
    let json = &mut checked.json;
    json.insert("open_votes".to_owned(), json!(open.sent));
    json.insert("open_votes_recorded".to_owned(), json!(open.recorded));
    checked.note("expected", line, json!(true));
}

/// Whether what a start would trust is what the ledger says.
fn note_snapshots(recount: &Recount, checked: &mut Checked) -> anyhow::Result<()> {
    let found = snapshots::check(&recount.directory, &recount.package)?;
    for why in &found.refused {
        commandline::note!("note: a voted bitset that the next start drops and makes again: {why}");
    }
    let line = match found.whole {
        0 => "no voted bitsets beside the ledger to compare".to_owned(),
        whole => format!("{whole} voted bitsets with the frames behind them equal a full replay"),
    };
    checked.note("voted_bitsets", line, json!(found.whole));
    Ok(())
}

/// Looks every receipt up. A single one is located by itself, with its time; many, as a load test
/// brings them, in one pass over the ledger. A receipt given twice stands for two votes, of which
/// the ledger cannot hold but one.
fn check_receipts(
    receipts: &[String],
    recount: &Recount,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let directory = &recount.directory;
    let mut missing: BTreeSet<RequestId> = BTreeSet::new();
    for text in receipts {
        let id: RequestId = text.parse().with_context(|| format!("receipt {text:?}"))?;
        ensure!(missing.insert(id), "receipt {id} was given to two votes");
    }
    if let [id] = missing.iter().copied().collect::<Vec<_>>()[..] {
        let mut covered = recount.covered.iter();
        let covered = covered.find(|covered| covered.partition == id.partition);
        let is_read = covered.is_none_or(|covered| id.sequence <= covered.checkpoint.size);
        ensure!(
            is_read,
            "receipt {id} names a frame that no checkpoint covers yet: copy the ledger again once witnesses have cosigned the next one"
        );
        if let Some(frame) = find_vote(&directory.log(), &id)? {
            missing.remove(&id);
            let time = instant_text(frame.header.time_ms);
            let line = format!("receipt {id}: recorded at {time}");
            checked.lines.push(line);
        }
    } else if !missing.is_empty() {
        directory.read(None, |fact| {
            let Fact::Frame(frame) = fact else {
                return Ok(());
            };
            let (partition, sequence) = (frame.partition, frame.at.sequence);
            for &tracker in &frame.body.trackers {
                missing.remove(&RequestId {
                    partition,
                    sequence,
                    tracker,
                });
            }
            Ok(())
        })?;
    }
    if let Some(first) = missing.first() {
        bail!(
            "{} of {} receipts are not in the ledger, the first is {first}",
            missing.len(),
            receipts.len()
        );
    }
    if !receipts.is_empty() {
        let found = commandline::count(receipts.len() as u64, "receipt");
        let line = format!("{found} found");
        checked.note("receipts", line, json!(receipts.len()));
    }
    Ok(())
}

fn check_database(
    target: &Target,
    recount: &Recount,
    hand: Option<&MaskHand>,
    checked: &mut Checked,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let compared = runtime.block_on(compare::compare(target, recount, hand))?;
    if let Some(difference) = compared.difference {
        bail!(
            "database {} differs from the ledger: {difference}; `tally rebuild` it",
            target.name()
        );
    }
    let behind = match compared.frames_behind {
        0 => "at the ledger's end".to_owned(),
        frames => format!(
            "{} behind the ledger's end",
            commandline::count(frames, "frame")
        ),
    };
    let line = format!("database {} equals the ledger, {behind}", target.name());
    checked.note(
        "postgres_frames_behind",
        line,
        json!(compared.frames_behind),
    );
    Ok(())
}

/// What the validator's next start may ask for: the bitsets are evidence, and no repair touches them.
fn asked_next(last: u64) -> String {
    format!(
        "where the voted bitsets know of lost frames, the validator's next start asks for \
         --accept-rollback {last} (docs/rollback.md)"
    )
}

/// Cuts invalid bytes from the end of each partition, and says what that loses.
fn repair(directory: &Directory, checked: &mut Checked) -> anyhow::Result<()> {
    let data_dir = directory.data_dir().with_context(|| {
        format!(
            "{} is not DATA/ledger: a repair needs the data directory and its lock",
            directory.path().display()
        )
    })?;
    for partition in directory.partitions()? {
        let repair = repair_tail(&OsStorage, data_dir, partition)?;
        let line = match repair.cut {
            None => format!("partition {partition}: no torn tail, nothing was cut"),
            Some(torn) => {
                let lost = match repair.acknowledged {
                    Some(last) if last > repair.last.sequence => format!(
                        "; frames {} to {last} had been acknowledged to voters and are lost; {}",
                        repair.last.sequence + 1,
                        asked_next(repair.last.sequence)
                    ),
                    Some(_) => "; no acknowledged frame is lost".to_owned(),
                    None => format!(
                        "; whether voters had been answered for it cannot be told: the sidecar was \
                         missing or damaged; {}",
                        asked_next(repair.last.sequence)
                    ),
                };
                let kept = repair
                    .kept
                    .map_or_else(String::new, |kept| format!(", kept in {}", kept.display()));
                format!(
                    "partition {partition}: cut {} bytes from byte {} of {}{kept}{lost}",
                    torn.bytes,
                    torn.offset,
                    torn.path.display()
                )
            }
        };
        commandline::note!("{line}");
        checked.note("repaired", line.clone(), json!(line));
    }
    Ok(())
}
