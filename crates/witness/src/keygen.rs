//! `witness keygen`: a key, its public half to hand out, and the empty memory that belongs to it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use commandline::print_line;
use durable::OsStorage;
use durable::output::OutputFile;
use transparency::{KeyName, KeyUse, PrivateKey};
use zeroize::Zeroizing;

use crate::memory::Memory;

/// Writes `<out>.key` (mode 0600) and `<out>.pub`, makes the state directory, and prints the public half.
pub(crate) fn run(name: &str, out: &Path, state: &Path) -> Result<()> {
    let name = KeyName::new(name).context("--name")?;
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    let key = PrivateKey::from_seed(name, KeyUse::Witness, &seed);
    let public = key.public();
    // Never over another key: its memory would be without it.
    let (private_path, public_path) = (with_suffix(out, ".key"), with_suffix(out, ".pub"));
    let mut private_file = OutputFile::create_secret(&private_path, false)?;
    let mut public_file = OutputFile::create(&public_path, false)?;
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    private_file
        .write_all(key.file_text().as_bytes())
        .with_context(|| cannot(&private_path))?;
    writeln!(public_file, "{public}").with_context(|| cannot(&public_path))?;
    private_file.settle()?;
    public_file.settle()?;
    Memory::begin(&OsStorage, state, public)?;
    print_line!("{public}")?;
    private_file.finish()?;
    public_file.finish()?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
