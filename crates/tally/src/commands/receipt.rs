//! `tally receipt check`: what a voter's file proves, offline, to whoever has the log's policy.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use ledger::RequestId;
use transparency::{
    Attested, LogProof, Note, POLICY_BYTES_MAX, PROOF_BYTES_MAX, Policy, Promise, ProvenVote,
    ReceiptExtra,
};

use crate::cli::{CheckReceipts, Receipt};

const PROOF_BEGINS: &[u8] = b"c2sp.org/tlog-proof@";
const PROMISE_BEGINS: &[u8] = b"scrutin-promise/";
const NOT_SAID: &str = "It does not say who voted, nor what the choice was.";

/// Checks all files, tells of each, and fails where one does not hold.
pub(crate) fn run(command: &Receipt) -> anyhow::Result<()> {
    let Receipt::Check(CheckReceipts { files, policy }) = command;
    let path = policy.display();
    let policy = read(policy, POLICY_BYTES_MAX)?;
    let policy = Policy::parse(&policy).with_context(|| path.to_string())?;
    let mut refused = 0;
    for file in files {
        let checked = read(file, PROOF_BYTES_MAX)
            .and_then(|bytes| checked(&bytes, &policy).with_context(|| file.display().to_string()));
        match checked {
            Ok(words) => commandline::print_line!("{}: {words}", file.display())?,
            Err(error) if files.len() == 1 => return Err(error),
            Err(error) => {
                refused += 1;
                commandline::note!("{error:#}");
            }
        }
    }
    ensure!(
        refused == 0,
        "{refused} of {} prove nothing: see above",
        commandline::count(files.len() as u64, "file")
    );
    Ok(())
}

fn read(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    file.take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {shown}"))?;
    ensure!(!bytes.is_empty(), "{shown} is empty: save it again");
    ensure!(
        bytes.len() <= bytes_max,
        "{shown} has more than {bytes_max} bytes: it is another file"
    );
    Ok(bytes)
}

/// What the file proves under the policy, in words.
fn checked(bytes: &[u8], policy: &Policy) -> anyhow::Result<String> {
    if bytes.starts_with(PROOF_BEGINS) {
        let proof = LogProof::parse(bytes)?;
        return proven_words(&ReceiptExtra::verify(&proof, policy)?, policy);
    }
    if bytes.starts_with(PROMISE_BEGINS) {
        let note = Note::parse(bytes)?;
        return promised_words(&Promise::verify(&note, policy)?);
    }
    bail!(
        "neither a proof nor a promise of a vote: give the file as the receipt's page saved it (.tlog-proof or .promise)"
    )
}

fn proven_words(proven: &ProvenVote, policy: &Policy) -> anyhow::Result<String> {
    let ReceiptExtra { leaf, tracker, .. } = &proven.receipt;
    let Attested {
        checkpoint,
        cosigned,
    } = &proven.attested;
    ensure!(
        checkpoint
            .origin
            .as_str()
            .ends_with(&format!("/{}", leaf.partition)),
        "the vote is in partition {}, and {} is the log of another: do not trust this log before that is explained",
        leaf.partition,
        checkpoint.origin
    );
    let id = RequestId {
        partition: leaf.partition,
        sequence: leaf.sequence,
        tracker: *tracker,
    };
    let seen: Vec<String> = cosigned
        .iter()
        .map(|seen| format!("{} at {}", seen.witness, utc(seen.time_s)))
        .collect();
    let names = match seen.is_empty() {
        true => String::new(),
        false => format!(": {}", seen.join(", ")),
    };
    Ok(format!(
        "the vote with receipt {id} is in frame {} of {}, with {} in all; the frame is in the log of {}, root {}, which its operator has signed; checked by {} of {}{names} (the policy asks for {}). {NOT_SAID}",
        leaf.sequence,
        checkpoint.origin,
        commandline::count(leaf.votes.into(), "vote"),
        commandline::count(checkpoint.size, "frame"),
        checkpoint.root,
        cosigned.len(),
        witnesses(policy),
        policy.quorum_text()
    ))
}

fn promised_words(promise: &Promise) -> anyhow::Result<String> {
    let id: RequestId = promise.request_id.parse()?;
    let minute_ms = i64::from(promise.minute) * 60_000;
    Ok(format!(
        "the operator of {} has signed that the vote with receipt {id} was recorded in frame {} at {}. This proves nothing about the log yet: look the receipt up again for the proof. Where none ever comes, this file is evidence against the operator: keep it. {NOT_SAID}",
        promise.origin,
        id.sequence,
        election::instant_text(minute_ms)
    ))
}

fn witnesses(policy: &Policy) -> String {
    let number = policy.witnesses().len();
    let ending = if number == 1 { "" } else { "es" };
    format!("{number} witness{ending}")
}

/// A time that a witness has signed, which may be one that no calendar has.
fn utc(time_s: u64) -> String {
    let ms = i64::try_from(time_s).ok();
    let ms = ms.and_then(|time_s| time_s.checked_mul(1_000));
    ms.map_or_else(|| format!("{time_s} s since 1970"), election::instant_text)
}
