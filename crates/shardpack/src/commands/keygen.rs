//! `shardpack keygen`: an officer's key pair.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use commandline::{note, print_line};
use durable::output::OutputFile;
use secrets::NewOfficer;

use crate::args::KeygenArgs;

pub(crate) fn run(args: &KeygenArgs) -> Result<()> {
    let (secret_path, public_path) = (named(&args.out, "key"), named(&args.out, "pub"));
    // Both names are taken before anybody types a password.
    let mut secret_file = OutputFile::create_secret(&secret_path, args.force)?;
    let mut public_file = OutputFile::create(&public_path, args.force)?;
    let made = NewOfficer::make(args.password.source())?;
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    secret_file
        .write_all(made.secret.as_bytes())
        .with_context(|| cannot(&secret_path))?;
    public_file
        .write_all(made.public.as_bytes())
        .with_context(|| cannot(&public_path))?;
    secret_file.settle()?;
    public_file.settle()?;
    print_line!("{}", made.key_id)?;
    secret_file.finish()?;
    public_file.finish()?;
    note!(
        "secret key: {} (keep it with the officer)",
        secret_path.display()
    );
    note!(
        "public key: {} (give it to the operators)",
        public_path.display()
    );
    Ok(())
}

fn named(pair: &Path, ending: &str) -> PathBuf {
    let mut name = pair.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
