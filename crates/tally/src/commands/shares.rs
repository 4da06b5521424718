//! `tally split`, `tally join`: a key among trustees, and whole again.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use commandline::{note, print_line};
use durable::output::OutputFile;

use crate::cli::{Join, Split};
use crate::inputs::{read_any_key, read_secret};
use crate::key_share::{KeyShare, join, split};

/// Writes a share for each trustee; the whole key stays where it is.
pub(crate) fn run_split(args: &Split) -> anyhow::Result<()> {
    let key = read_any_key(&args.key)?;
    let shares = split(&key, args.of, args.need)?;
    let named = shares
        .iter()
        .map(|share| (path_of(&args.out, share), share));
    // All are started before any is finished: an existing one refuses all.
    let files = named.map(|(path, share)| {
        let mut file = OutputFile::create_secret(&path, args.force)?;
        let written = file.write_all(share.to_file_text().as_bytes());
        written.with_context(|| format!("cannot write {}", path.display()))?;
        file.settle()?;
        Ok((path, file))
    });
    let files: Vec<(PathBuf, OutputFile)> = files.collect::<anyhow::Result<_>>()?;
    // Told before any has its name: shares that nobody was told of do not stay.
    for (path, _) in &files {
        print_line!("{}", path.display())?;
    }
    for (_, file) in files {
        file.finish()?;
    }
    note!(
        "any {} of these {} make the {} key {}; try every subset, then destroy {}",
        args.need,
        args.of,
        key.hand(),
        key.public(),
        args.key.display()
    );
    Ok(())
}

/// Makes a key of shares.
pub(crate) fn run_join(args: &Join) -> anyhow::Result<()> {
    ensure!(
        !args.share.contains(&args.out),
        "--out names a share: the whole key must not take its place"
    );
    let read = |path: &PathBuf| {
        let text = read_secret(path).context("share of a key")?;
        KeyShare::parse(&text).with_context(|| format!("cannot use share {}", path.display()))
    };
    let shares: Vec<KeyShare> = args.share.iter().map(read).collect::<anyhow::Result<_>>()?;
    let key = join(&shares)?;
    let mut file = OutputFile::create_secret(&args.out, args.force)?;
    let written = file.write_all(key.to_file_text().as_bytes());
    written.with_context(|| format!("cannot write {}", args.out.display()))?;
    file.settle()?;
    print_line!(
        "{} is the {} key {}",
        args.out.display(),
        key.hand(),
        key.public()
    )?;
    file.finish()?;
    Ok(())
}

fn path_of(out: &Path, share: &KeyShare) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(format!("-{}-of-{}.share", share.number, share.of));
    PathBuf::from(name)
}
