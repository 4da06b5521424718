//! `shardpack keygen`: an officer's key pair, or that of the ledger's log.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use commandline::{note, print_line};
use data_encoding::HEXLOWER;
use durable::output::OutputFile;
use secrets::NewOfficer;
use transparency::{KeyName, KeyUse, PrivateKey};
use zeroize::Zeroizing;

use crate::args::KeygenArgs;

pub(crate) fn run(args: &KeygenArgs) -> Result<()> {
    // Both names are taken before anybody types a password.
    let pair = NewPair::take(&args.out, args.force)?;
    match &args.log {
        None => officer(pair, args),
        Some(origin) => log(pair, origin),
    }
}

fn officer(pair: NewPair, args: &KeygenArgs) -> Result<()> {
    let made = NewOfficer::make(args.password.source())?;
    let pair = pair.write(made.secret.as_bytes(), made.public.as_bytes())?;
    print_line!("{}", made.key_id)?;
    pair.finish("keep it with the officer", "give it to the operators")
}

/// The key of the ledger's log, and the lines by which the signed event names it.
fn log(pair: NewPair, origin: &str) -> Result<()> {
    let name = KeyName::new(origin).context("--log")?;
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| anyhow!("the system gives no randomness: {error}"))?;
    let key = PrivateKey::from_seed(name, KeyUse::Log, &seed);
    let public = format!("{}\n", key.public());
    let pair = pair.write(key.file_text().as_bytes(), public.as_bytes())?;
    print_line!("[log]")?;
    print_line!("origin = \"{origin}\"")?;
    print_line!("key = \"{}\"", HEXLOWER.encode(key.public().key_bytes()))?;
    pair.finish(
        "give it to the validators alone",
        "the lines above go into election.toml",
    )
}

/// Two files that appear together, once both rest on the disk.
struct NewPair {
    secret: (PathBuf, OutputFile),
    public: (PathBuf, OutputFile),
}

impl NewPair {
    fn take(pair: &Path, force: bool) -> Result<NewPair> {
        let (secret, public) = (named(pair, "key"), named(pair, "pub"));
        Ok(NewPair {
            secret: (secret.clone(), OutputFile::create_secret(&secret, force)?),
            public: (public.clone(), OutputFile::create(&public, force)?),
        })
    }

    /// What is told afterwards rests on the disk.
    fn write(mut self, secret: &[u8], public: &[u8]) -> Result<NewPair> {
        for ((path, file), bytes) in [(&mut self.secret, secret), (&mut self.public, public)] {
            file.write_all(bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
            file.settle()?;
        }
        Ok(self)
    }

    fn finish(self, secret_goes: &str, public_goes: &str) -> Result<()> {
        let ((secret_path, secret), (public_path, public)) = (self.secret, self.public);
        secret.finish()?;
        public.finish()?;
        note!("secret key: {} ({secret_goes})", secret_path.display());
        note!("public key: {} ({public_goes})", public_path.display());
        Ok(())
    }
}

fn named(pair: &Path, ending: &str) -> PathBuf {
    let mut name = pair.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
