//! The command line as typed. Nothing here touches the system: `commands` resolves it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::known_frame::KnownFrame;
use crate::listening::Listening;

const EXAMPLES: &str = "\
Examples:
  tally keygen --out box
  tally run --ledger data/ledger --package package/ --trust officer.pub --box box.key
  tally run --from http://127.0.0.1:8100 --package package/ --trust officer.pub --box box.key --postgres postgres://tally@localhost/scrutin
  tally count --ledger data/ledger --package package/ --trust officer.pub --box box.key --json
  tally verify --ledger data/ledger --package package/ --trust officer.pub
  tally statement --ledger data/ledger --package package/ --trust officer.pub --box box.key --sign officer.key --out statement/

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
    /// Make the event's box key: <OUT>.key opens the choices, <OUT>.pub seals them.
    Keygen(Keygen),
    /// Follow a ledger, serve results over HTTP, and write PostgreSQL when given one.
    Run(Run),
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
    after_help = "Examples:\n  tally keygen --out box                            # writes box.key and box.pub, prints the line for election.toml\n  tally keygen --check box.key --package package/   # whether this key opens the choices of a package"
)]
pub(crate) struct Keygen {
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
    /// The validator's internal address, http://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    #[command(flatten)]
    pub(crate) package: PackageArgs,
    /// Address of the mirror's own metrics.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8102")]
    pub(crate) internal: std::net::SocketAddr,
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
    pub(crate) package: PackageArgs,
    /// Secret half of the box key. Without it choices stay sealed: turnout only.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: Option<PathBuf>,
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

#[derive(Debug, Args)]
pub(crate) struct Count {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    /// Secret half of the box key.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tally statement --ledger data/ledger --package package/ --trust officer.pub --box box.key --sign officer.key --out statement/
  minisign -Vm statement/statement.json -p officer.pub")]
pub(crate) struct StatementArgs {
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
    /// Secret half of the box key.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: PathBuf,
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
  tally verify --ledger data/ledger --package package/ --trust officer.pub --box box.key --postgres postgres://tally@localhost/scrutin
  tally verify --ledger data/ledger --package package/ --trust officer.pub --receipt 0-17-4XQ0ZJ6T1V8RB3M2K9CNHWSD5E")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    /// Secret half of the box key: opens every frame, and is needed to compare counts.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: Option<PathBuf>,
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
    /// Compare with what a load generator was told (its --truth file). Needs --box.
    #[arg(long, value_name = "FILE", requires = "box_key")]
    pub(crate) expect: Option<PathBuf>,
    /// Cut a torn tail that a crash left behind, and say what was cut. The only repair there is;
    /// no validator may be running.
    #[arg(long)]
    pub(crate) repair_tail: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Votes per ballot, region and choice.
    Results,
    /// Every credential that voted or tried again, by digest, and invalid attempts by reason.
    Audit,
    /// Credentials that were submitted more than once.
    Duplicates,
    /// Votes per ballot, region and hour.
    Turnout,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON array of objects.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) ledger: ReaderArgs,
    /// Secret half of the box key; needed for results.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: Option<PathBuf>,
    /// Which rows to write.
    #[arg(long)]
    pub(crate) what: What,
    /// Form of the rows.
    #[arg(long, default_value = "csv")]
    pub(crate) format: Format,
    /// File to write; standard output without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
    /// Secret half of the box key. Without it the database gets no counts.
    #[arg(long = "box", value_name = "FILE")]
    pub(crate) box_key: Option<PathBuf>,
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
