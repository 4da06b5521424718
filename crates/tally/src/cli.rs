//! The command line as typed. Nothing here touches the system: `commands` resolves it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::export_kind::{ExportKind, Format};
use crate::from::FromFiles;
use crate::internal_tls::InternalTls;
use crate::known_frame::KnownFrame;
use crate::listening::Listening;

const EXAMPLES: &str = "\
Examples:
  tally keygen --hand count --out count
  tally release --ledger data/ledger --package package/ --trust officer.pub --key count.key --out releases/ --follow
  tally run --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/
  tally run --from http://127.0.0.1:8100 --package package/ --trust officer.pub --mask mask.key --releases releases/ --postgres postgres://tally@localhost/scrutin
  tally count --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/ --json
  tally verify --ledger data/ledger --package package/ --trust officer.pub
  tally statement --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/ --sign officer.key --out statement/

Exit status: 0 done, 1 failed, 2 wrong usage.";

/// From the ledger to results: follow it, recount it, verify it, export it.
#[derive(Debug, Parser)]
#[command(name = "tally", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the key of one hand: <OUT>.key is secret, <OUT>.pub goes into the event.
    Keygen(Keygen),
    /// Split a key among trustees, so that some of them together make it whole and fewer know nothing.
    Split(Split),
    /// Make a key of the shares of enough trustees.
    Join(Join),
    /// The count hand: add up masked counts, and write down what is released.
    Release(ReleaseArgs),
    /// Follow a ledger, serve results over HTTP, and write PostgreSQL when given one.
    Run(Box<Run>),
    /// Keep a verified copy of a running validator's ledger on this machine, to go on from.
    Mirror(MirrorArgs),
    /// Recount from nothing but files, and print totals that officials can sign.
    Count(Count),
    /// Recount, and write the statement of results that an officer signs.
    Statement(StatementArgs),
    /// Check chain, counts and bitsets, and compare a database or a load test with the ledger.
    Verify(Verify),
    /// Tabulate one ranked contest from a file.
    Contest(crate::contest::ContestArgs),
    /// Check the proof of a vote that a voter has kept, with nothing but the log's policy.
    #[command(subcommand)]
    Receipt(Receipt),
    /// Make tokens for who may read audit and exports over HTTP.
    #[command(subcommand)]
    Token(Token),
    /// Write results, audit, duplicates or turnout as CSV or JSON.
    Export(Export),
    /// Empty the tables of a database and fill them again from the ledger.
    Rebuild(Rebuild),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tally keygen --hand count --out count              # writes count.key and count.pub, prints the line for election.toml\n  tally keygen --hand mask --out mask                # the same for the other hand, on another machine\n  tally keygen --check mask.key --package package/   # whether this key is one of a package's event"
)]
pub(crate) struct Keygen {
    /// Whose key: one person or one group holds the count key, another the mask key.
    #[arg(long, required_unless_present = "check")]
    pub(crate) hand: Option<HandName>,
    /// Path without extension: `.key` (secret, mode 0600) and `.pub` are added.
    #[arg(long, value_name = "OUT", required_unless_present = "check")]
    pub(crate) out: Option<PathBuf>,
    /// Make nothing: say whether this secret half opens the choices of --package.
    #[arg(long, value_name = "KEY", requires = "package", conflicts_with_all = ["out", "force"])]
    pub(crate) check: Option<PathBuf>,
    /// Directory of the package whose key is checked. Its signatures are not: shardpack verify does that.
    #[arg(long, value_name = "DIR", requires = "check")]
    pub(crate) package: Option<PathBuf>,
    /// Replace files that exist already.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The package, and who must have signed it.
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// Directory of the event's package.
    #[arg(long, value_name = "DIR")]
    pub(crate) package: PathBuf,
    /// Public key of an officer who signed the package; may be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) trust: Vec<PathBuf>,
    /// How many of the trusted keys must have signed.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub(crate) require: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tally mirror --from http://10.0.0.1:8100 --package package/ --trust officer.pub /srv/mirror
  # the first machine is lost for good: go on from the copy (docs/mirror.md)
  validator --package package/ --trust officer.pub --key roll.key --data /srv/mirror")]
pub(crate) struct MirrorArgs {
    /// The validator's internal address, http://HOST:PORT or https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    #[command(flatten)]
    pub(crate) from_files: FromFiles,
    #[command(flatten)]
    pub(crate) package: PackageArgs,
    /// Address of the mirror's own metrics.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8102")]
    pub(crate) internal: std::net::SocketAddr,
    #[command(flatten)]
    pub(crate) internal_tls: InternalTls,
    /// Data directory of the copy; made where there is none.
    #[arg(value_name = "DIR")]
    pub(crate) data: PathBuf,
}

/// A ledger on disk, and the signed package that it is of.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// The ledger directory, with all its partitions.
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: PathBuf,
    #[command(flatten)]
    pub(crate) package: PackageArgs,
}

/// A ledger on disk for a reader who may look at a package that nobody vouches for.
#[derive(Debug, Args)]
pub(crate) struct ReaderArgs {
    /// The ledger directory, with all its partitions.
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: PathBuf,
    /// Directory of the event's package.
    #[arg(long, value_name = "DIR")]
    pub(crate) package: PathBuf,
    /// Public key of an officer who signed the package; may be repeated.
    #[arg(long, value_name = "FILE", required_unless_present = "untrusted")]
    pub(crate) trust: Vec<PathBuf>,
    /// How many of the trusted keys must have signed.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub(crate) require: usize,
    /// Check no signature: anybody may have made the package. Every line of text says so, every row, and in
    /// JSON every ballot.
    #[arg(long, conflicts_with_all = ["trust", "require"])]
    pub(crate) untrusted: bool,
}

/// The database of `run` and `verify`.
#[derive(Debug, Args)]
pub(crate) struct PostgresArgs {
    /// Database to write or compare: postgres://USER@HOST:PORT/DATABASE. A password belongs into
    /// --postgres-password-file, not into an argument that every user of the machine can read.
    #[arg(
        long,
        value_name = "URL",
        env = "SCRUTIN_POSTGRES",
        hide_env_values = true
    )]
    pub(crate) postgres: Option<String>,
    #[command(flatten)]
    pub(crate) postgres_files: PostgresFiles,
}

/// Files that a connection to a database needs.
#[derive(Debug, Default, Args)]
pub(crate) struct PostgresFiles {
    /// File that holds the database password, and nothing else.
    #[arg(long, value_name = "FILE", requires = "postgres")]
    pub(crate) postgres_password_file: Option<PathBuf>,
    /// Certificate authority of the server (PEM): the connection is encrypted, and the server's
    /// certificate and host name are verified.
    #[arg(long, value_name = "FILE", requires = "postgres")]
    pub(crate) postgres_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["ledger", "from"]))]
pub(crate) struct Run {
    /// The ledger directory of a validator on this machine.
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: Option<PathBuf>,
    /// Internal address of a validator, such as http://127.0.0.1:8100; its partition 0 is followed.
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) from_files: FromFiles,
    #[command(flatten)]
    pub(crate) package: PackageArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    #[command(flatten)]
    pub(crate) postgres: PostgresArgs,
    /// Directory of a signed statement of results, there or yet to come; may be repeated. A ballot is
    /// shown as certified once a trusted officer has signed the numbers that this tally has counted.
    #[arg(long, value_name = "DIR")]
    pub(crate) statement: Vec<PathBuf>,
    /// Tokens of who may read audit and exports over HTTP; nobody may without.
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) listening: Listening,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Say in words what each file proves. No network and no ledger is needed.
    Check(CheckReceipts),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tally receipt check receipt.tlog-proof --policy log.policy
  tally receipt check receipt.promise --policy log.policy      # before there is a proof

Take the policy from where the authority published it, not from the server that gave the receipt.")]
pub(crate) struct CheckReceipts {
    /// Proofs (.tlog-proof) and promises (.promise) as the receipt's page gave them.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Which log, which witnesses, how many: the policy that was published with the package.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token, add its hash to the file, and print it once.
    New(NewToken),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tally token new --role auditor --file tokens      # then: tally run ... --tokens tokens\n  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8001/api/v1/exports/audit"
)]
pub(crate) struct NewToken {
    /// What its holder is.
    #[arg(long)]
    pub(crate) role: crate::token::Role,
    /// File of hashes, mode 0600; made where there is none.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Which hand a key is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HandName {
    /// Adds up masked counts.
    Count,
    /// Takes the masks off.
    Mask,
}

impl From<HandName> for ledger::Hand {
    fn from(name: HandName) -> ledger::Hand {
        match name {
            HandName::Count => ledger::Hand::Count,
            HandName::Mask => ledger::Hand::Mask,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tally split --key count.key --of 5 --need 3 --out count     # writes count-1-of-5.share to count-5-of-5.share")]
pub(crate) struct Split {
    /// Secret half of the key of one hand; it stays where it is.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// How many trustees get a share.
    #[arg(long, value_name = "N")]
    pub(crate) of: u8,
    /// How many of them make the key whole.
    #[arg(long, value_name = "K")]
    pub(crate) need: u8,
    /// Path without extension: `-1-of-5.share` and so on are added; mode 0600.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Replace shares that are there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tally join --out count.key count-1-of-5.share count-4-of-5.share count-5-of-5.share")]
pub(crate) struct Join {
    /// Shares of the same key, as many as are needed.
    #[arg(required = true, value_name = "SHARE")]
    pub(crate) share: Vec<PathBuf>,
    /// Key file to write, mode 0600.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    pub(crate) force: bool,
}

/// What the mask hand counts with.
#[derive(Debug, Args)]
pub(crate) struct MaskHandArgs {
    /// Secret half of the mask key. Without it choices stay sealed: turnout only.
    #[arg(long, value_name = "FILE", requires = "releases")]
    pub(crate) mask: Option<PathBuf>,
    /// Directory of releases, as the holder of the count key has `tally release` write it.
    #[arg(long, value_name = "DIR", requires = "mask")]
    pub(crate) releases: Option<PathBuf>,
    /// Refused: no program takes both keys.
    #[arg(long, alias = "key", hide = true, value_name = "FILE", value_parser = refuse_second_key)]
    count: Option<String>,
}

/// Whoever has both keys at once can tell who voted what.
fn refuse_second_key(_: &str) -> Result<String, String> {
    Err("no program takes both keys, because both together tell who voted what: run `tally release` with the count key on its own machine, and name what it writes with --releases".to_owned())
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tally release --ledger data/ledger --package package/ --trust officer.pub --key count.key --out releases/
  tally release --ledger mirror/ledger --package package/ --trust officer.pub --key count.key --out releases/ --follow")]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    /// Secret half of the count key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Refused: no program takes both keys.
    #[arg(long, hide = true, value_name = "FILE", value_parser = refuse_second_key)]
    mask: Option<String>,
    /// Directory of the releases; what it holds already is made again and must be the same.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Go on as the ledger grows, until told to stop.
    #[arg(long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
#[command(mut_arg("mask", |mask| mask.required(true)))]
pub(crate) struct Count {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tally statement --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/ --sign officer.key --out statement/
  minisign -Vm statement/statement.json -p officer.pub")]
#[command(mut_arg("mask", |mask| mask.required(true)))]
pub(crate) struct StatementArgs {
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    /// Secret key of the officer who signs, as `shardpack keygen` made it.
    #[arg(long, value_name = "FILE")]
    pub(crate) sign: PathBuf,
    /// File whose first line is the key's password (instead of asking).
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// State this ballot only; may be repeated. Without any, every ballot of the event.
    #[arg(long, value_name = "ID")]
    pub(crate) ballot: Vec<String>,
    /// State ballots of which the ledger holds no closing frame too, and mark the statement as interim.
    #[arg(long)]
    pub(crate) interim: bool,
    /// Releases that another holder of the count key made of this ledger; may be repeated. They must be the
    /// same, byte for byte.
    #[arg(long, value_name = "DIR")]
    pub(crate) recomputed: Vec<PathBuf>,
    /// Statement (its statement.json) that another holder of the mask key made of this ledger; may be
    /// repeated. Its numbers must be the same.
    #[arg(long, value_name = "FILE")]
    pub(crate) recounted: Vec<PathBuf>,
    /// Directory to make for the statement.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace an existing directory.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tally verify --ledger data/ledger --package package/ --trust officer.pub
  tally verify --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/ --postgres postgres://tally@localhost/scrutin
  tally verify --ledger data/ledger --package package/ --trust officer.pub --receipt 0-17-4XQ0ZJ6T1V8RB3M2K9CNHWSD5E")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    #[command(flatten)]
    pub(crate) postgres: PostgresArgs,
    /// Also look up this receipt (the request_id that a voter was given); may be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) receipt: Vec<String>,
    /// A frame that the ledger must hold, as an earlier `tally verify` printed it; may be repeated.
    /// Needed where the sidecar is missing, without which nobody can tell whether frames are missing
    /// at the end.
    #[arg(long, value_name = "[PARTITION/]SEQUENCE:HASH")]
    pub(crate) at_least: Vec<KnownFrame>,
    /// Compare with what a load generator was told (its --truth file). Needs --mask.
    #[arg(long, value_name = "FILE", requires = "mask")]
    pub(crate) expect: Option<PathBuf>,
    /// Cut a torn tail that a crash left behind, and say what was cut. The only repair there is;
    /// no validator may be running.
    #[arg(long)]
    pub(crate) repair_tail: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tally export --ledger data/ledger --package package/ --trust officer.pub --what turnout
  tally export --ledger data/ledger --package package/ --trust officer.pub --mask mask.key --releases releases/ --what site --out site/ --force   # each minute")]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    /// Which rows to write, or the ledger's log, or the site.
    #[arg(long)]
    pub(crate) what: ExportKind,
    /// Form of the rows; CSV without it.
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// File to write; standard output without it. Of the log and the site, the directory to make.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Of the site: directory of a signed statement, whose ballots are shown as certified; may be repeated.
    #[arg(long, value_name = "DIR")]
    pub(crate) statement: Vec<PathBuf>,
    /// Replace an existing file in one step, or a log or site that this program has written.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
    #[command(flatten)]
    pub(crate) hand: MaskHandArgs,
    /// Database to rebuild: postgres://USER@HOST:PORT/DATABASE.
    #[arg(
        long,
        value_name = "URL",
        env = "SCRUTIN_POSTGRES",
        hide_env_values = true
    )]
    pub(crate) postgres: String,
    #[command(flatten)]
    pub(crate) postgres_files: PostgresFiles,
}

#[cfg(test)]
mod tests {
    #[test]
    fn manual_pages() {
        manual::write::<super::Cli>().expect("target/ can be written");
    }
}
