//! `tally export --what log`: the ledger's log as files, as a web server or a stick carries it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use tlog::Coverage;
use transparency::{Contents, TilePath};

use super::export_place;
use crate::cli::Export;
use crate::gate::Gates;
use crate::recount::open_readers_inputs;

/// Writes the policy, and for each partition its checkpoint and all files of its tree.
pub(super) fn run(args: &Export) -> anyhow::Result<()> {
    let out = args.out.as_deref();
    let out = out.context("a log is a directory of files: name one to make with --out")?;
    let (package, directory) = open_readers_inputs(&args.ledger)?;
    let policy = package.log_policy_text().context(
        "the event of this package names no log: there is nothing that witnesses could have seen",
    )?;
    // Refused before the long part.
    let dir = export_place::start(args, out, ("log", is_log))?;
    write(dir.aside(), "policy", policy.as_bytes())?;
    let gates = Gates::open(&package)?;
    for partition in directory.partitions()? {
        let (_, covered) = directory.read_items(partition, gates.gate(partition), |_| Ok(()))?;
        if let Some(words) = covered.and_then(|covered| covered.uncovered_in_words()) {
            commandline::note!("note: {words}");
        }
        let coverage = gates.coverage(partition);
        let coverage = coverage.expect("the event names a log, and this partition was read");
        write_log(&dir.aside().join(partition.to_string()), &coverage)?;
    }
    Ok(dir.finish()?)
}

/// Whether a directory holds what this writes and nothing else: a policy, and partitions with their checkpoints.
fn is_log(dir: &Path) -> bool {
    let is_part = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name == Some("policy")
            || name.is_some_and(|name| name.parse::<u16>().is_ok())
                && path.join("checkpoint").is_file()
    };
    let mut entries = fs::read_dir(dir).into_iter().flatten();
    dir.join("policy").is_file()
        && entries.all(|entry| entry.is_ok_and(|entry| is_part(&entry.path())))
}

fn write_log(dir: &Path, coverage: &Coverage) -> anyhow::Result<()> {
    let accepted = coverage.accepted();
    let accepted = accepted.context("no checkpoint was taken")?;
    write(dir, "checkpoint", accepted.note.to_string().as_bytes())?;
    let levels = (0..).map(|level| Contents::Hashes { level });
    // The first level without a hash ends the tree.
    let levels = levels.take_while(|level| TilePath::in_tree(*level, 0, accepted.size()).is_some());
    for contents in levels.chain([Contents::Entries]) {
        let tiles = (0..).map_while(|index| TilePath::in_tree(contents, index, accepted.size()));
        for path in tiles {
            let bytes = coverage.log().file(path, accepted.size())?;
            let bytes = bytes.context("a tile of the log is missing")?;
            write(dir, &path.to_string(), &bytes)?;
        }
    }
    Ok(())
}

/// A file of the directory that is still aside; the directory's `finish` syncs it.
fn write(dir: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = dir.join(name);
    let named = || format!("cannot write {}", path.display());
    let parent = path.parent().context("a file lies in a directory")?;
    fs::create_dir_all(parent).with_context(named)?;
    fs::write(&path, bytes).with_context(named)
}
