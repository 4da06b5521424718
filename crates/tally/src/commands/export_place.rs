//! Where `tally export` makes a directory: beside what it reads, and over nothing but what it has made before.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use durable::output::OutputDir;

use crate::cli::Export;

/// Starts the directory of `--out`. `is_ours` looks whether a directory that has the name is of this kind.
///
/// # Errors
/// The name is taken by something else than an empty directory or one of ours, leads to what is read, or another
/// job is at it.
pub(super) fn start(
    args: &Export,
    out: &Path,
    (kind, is_ours): (&str, impl Fn(&Path) -> bool),
) -> anyhow::Result<OutputDir> {
    let reader = &args.ledger;
    let hand = &args.hand;
    let read = [&reader.ledger, &reader.package].into_iter();
    let read = read.chain(&hand.releases).chain(&hand.mask);
    let read = read.chain(&reader.trust).chain(&args.statement);
    check_apart(out, read)?;
    if args.force {
        check_replaced(out, (kind, is_ours))?;
    }
    Ok(OutputDir::create_alone(out, args.force)?)
}

/// Nothing that is read lies in what is made, and nothing is made in what is read.
fn check_apart<'a>(out: &Path, read: impl Iterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let Some(place) = resolved(out) else {
        return Ok(()); // there is no such place, which the system says better
    };
    for input in read {
        let Ok(lies) = input.canonicalize() else {
            continue; // nothing is there yet that could be lost
        };
        let is_within_directory = place.starts_with(&lies) && lies.is_dir();
        ensure!(
            !lies.starts_with(&place) && !is_within_directory,
            "--out {} and {}, which is read, are the same or one lies in the other: name a directory of its own with --out",
            out.display(),
            input.display()
        );
    }
    Ok(())
}

/// Where `out` is or will be, without links.
fn resolved(out: &Path) -> Option<PathBuf> {
    if let Ok(place) = out.canonicalize() {
        return Some(place);
    }
    let parent = out.parent()?;
    let parent = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    };
    Some(parent.canonicalize().ok()?.join(out.file_name()?))
}

fn check_replaced(
    out: &Path,
    (kind, is_ours): (&str, impl Fn(&Path) -> bool),
) -> anyhow::Result<()> {
    let Ok(found) = fs::symlink_metadata(out) else {
        return Ok(());
    };
    let is_empty = || -> anyhow::Result<bool> {
        let entries =
            fs::read_dir(out).with_context(|| format!("cannot read {}", out.display()))?;
        Ok(entries.count() == 0)
    };
    ensure!(
        found.is_dir() && (is_empty()? || is_ours(out)),
        "{} is no {kind} that this program has written, and --force replaces nothing else: choose another name, or move it away",
        out.display()
    );
    Ok(())
}
