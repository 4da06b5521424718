//! The command line, as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use credentials::Digest;
use secrets::Password;
use shards::FilterKind;

/// Turns digest sets into a signed package.
#[derive(Debug, Parser)]
#[command(name = "shardpack", version, about, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
The ceremony, step by step:
  shardpack check  --election election.toml
  shardpack pack   --digests digests/ --election election.toml --out package/
  shardpack keygen --out officer
  shardpack sign   package/ --key officer.key
  shardpack verify package/ --trust officer.pub

Without shardpack, with stock tools:
  minisign -Vm package/manifest.json -p officer.pub
  (cd package && sha256sum -c SHA256SUMS)

Exit status: 0 done, 1 failed, 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows what voters will see, or all faults of a definition at once.
    Check(CheckArgs),
    /// Packs digest sets and a definition into an unsigned package.
    Pack(PackArgs),
    /// Makes an officer's key pair.
    Keygen(KeygenArgs),
    /// Signs a package as one officer.
    Sign(SignArgs),
    /// Verifies signatures, sums, structure and roll of a package.
    Verify(VerifyArgs),
    /// Prints counts and sizes, or looks one digest up.
    Inspect(InspectArgs),
    /// Prints what differs between two packages, in counts.
    Diff(DiffArgs),
    /// Prints the policy by which anybody checks the ledger's log: its keys, its witnesses, how many must cosign.
    Policy(PolicyArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shardpack check --election election.toml              # what voters will see, in both languages
  shardpack check --election election.toml --region 7   # the ballot papers of one region")]
pub(crate) struct CheckArgs {
    /// The event's definition, election.toml; the files that it names stand beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) election: PathBuf,
    /// Show the ballot papers of this region alone, by its number. Events of many regions are
    /// summed up otherwise.
    #[arg(long, value_name = "N")]
    pub(crate) region: Option<u16>,
    /// Print the canonical definition as JSON.
    #[arg(long, conflicts_with = "region")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: shardpack pack --digests digests/ --election election.toml --out package/"
)]
pub(crate) struct PackArgs {
    /// Directory of digest sets, as hashgen wrote it.
    #[arg(long, value_name = "DIR")]
    pub(crate) digests: PathBuf,
    /// The event's definition, election.toml; the files that it names stand beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) election: PathBuf,
    /// The package to make.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// The filter that turns strangers away.
    #[arg(long, value_enum, default_value = "fuse8")]
    pub(crate) filter: FilterName,
    /// Partitions of the ledger, a power of two up to 64. Each is written by one validator at a time: 1 for one
    /// machine, as many as there may be validators (rounded up) for several that share a replicated ledger.
    #[arg(long, value_name = "N", default_value = "1", value_parser = partitions)]
    pub(crate) partitions: u16,
    /// Threads to use; the package is the same for any number. Default: one a core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Replace an existing package.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the totals as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn partitions(text: &str) -> Result<u16, String> {
    let partitions = text.parse().ok().filter(|partitions: &u16| {
        partitions.is_power_of_two() && *partitions <= shards::PARTITIONS_MAX
    });
    partitions.ok_or_else(|| "expected 1, 2, 4, 8, 16, 32 or 64".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FilterName {
    /// 9 bits a credential, 1 stranger in 256 passes on to the index.
    Fuse8,
    /// 18 bits a credential, 1 stranger in 65,536 passes.
    Fuse16,
}

impl From<FilterName> for FilterKind {
    fn from(name: FilterName) -> FilterKind {
        match name {
            FilterName::Fuse8 => FilterKind::Fuse8,
            FilterName::Fuse16 => FilterKind::Fuse16,
        }
    }
}

/// Where an officer's password comes from; asked for at the terminal by default.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// File whose first line is the password (instead of asking).
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    pub(crate) password_file: Option<PathBuf>,
    /// The secret key is not encrypted. For tests and demonstrations.
    #[arg(long)]
    pub(crate) no_password: bool,
}

impl PasswordArgs {
    pub(crate) fn source(&self) -> Password<'_> {
        match &self.password_file {
            _ if self.no_password => Password::Unencrypted,
            Some(file) => Password::File(file),
            None => Password::Ask,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shardpack keygen --out officer                              # makes officer.key and officer.pub
  shardpack keygen --log scrutin.example/QC-2025 --out log    # makes log.key for the validators, prints [log] for election.toml")]
pub(crate) struct KeygenArgs {
    /// Name of the pair: NAME.key is secret, NAME.pub goes to the operators.
    #[arg(long, value_name = "NAME")]
    pub(crate) out: PathBuf,
    /// Make the key by which validators sign the ledger's log of that name, instead of an officer's.
    #[arg(long, value_name = "ORIGIN", conflicts_with_all = ["password_file", "no_password"])]
    pub(crate) log: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Replace the key pair where it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: shardpack sign package/ --key officer.key")]
pub(crate) struct SignArgs {
    /// The directory of the package.
    pub(crate) package: PathBuf,
    /// The officer's secret key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Replace this officer's earlier signature.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: shardpack verify package/ --trust a.pub --trust b.pub --require 2"
)]
pub(crate) struct VerifyArgs {
    /// The directory of the package.
    pub(crate) package: PathBuf,
    /// Public key of an officer; give it once for each.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) trust: Vec<PathBuf>,
    /// How many of the trusted officers must have signed.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub(crate) require: usize,
    /// Print what was checked as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: shardpack inspect package/ --digest 5d41402abc4b2a76b9719d911017c592"
)]
pub(crate) struct InspectArgs {
    /// The package; it need not be signed.
    pub(crate) package: PathBuf,
    /// Look this digest up in every ballot (32 or 64 hexadecimal digits).
    #[arg(long, value_name = "HEX")]
    pub(crate) digest: Option<Digest>,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: shardpack diff monday/ tuesday/")]
pub(crate) struct DiffArgs {
    /// The directory of the earlier package.
    pub(crate) before: PathBuf,
    /// The directory of the later package.
    pub(crate) after: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: shardpack policy package/ > log.policy")]
pub(crate) struct PolicyArgs {
    /// The package; verify it first.
    pub(crate) package: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
