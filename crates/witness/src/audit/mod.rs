//! `witness audit`: follows a log and checks all of it that needs no key.
//!
//! Each leaf is read, hashed and put into a tree of our own. The tiles that come out of it must be those that
//! the log serves, and the root the one of its checkpoint, which the log and enough witnesses must have signed.
//! Between two checkpoints the tree only grows, so the older one is the beginning of the newer one.

mod follow;
mod http;
mod seen;
mod source;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use commandline::print_line;
use transparency::{Attested, POLICY_BYTES_MAX, Policy};

use crate::audit::follow::{Auditor, Progress};
use crate::audit::seen::Seen;
use crate::audit::source::{Source, Unread};
use crate::time;

/// What `witness audit` is asked.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Which log, which witnesses, how many: the policy that was published with the package
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Where the log is served (http:// or https://), or a directory with a copy of it
    #[arg(long, value_name = "URL|DIRECTORY")]
    log: String,
    /// Certificate authorities that are believed for https://, in PEM
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/ssl/certs/ca-certificates.crt"
    )]
    authorities: PathBuf,
    /// File that keeps how far the log was seen, so that the next run starts from there and notices another history
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Go on for ever, and look for a new checkpoint each so many seconds
    #[arg(long, value_name = "SECONDS")]
    follow: Option<u64>,
}

/// Checks a log once, or for ever.
///
/// # Errors
/// The first thing that is not as it must be.
pub(crate) fn run(args: &AuditArgs) -> Result<()> {
    let policy = read_policy(args)?;
    let source = Source::new(&args.log, &args.authorities)?;
    let seen = args.state.as_deref().map(Seen::read).transpose()?.flatten();
    let mut auditor = Auditor::new(policy, source, seen);
    loop {
        match auditor.look() {
            Ok(progress) => tell(&progress, &auditor, args)?,
            // A server may be away for a while. What is not sound ends the audit.
            Err(error) if args.follow.is_some() && error.is::<Unread>() => {
                commandline::note!("{error:#}: looking again");
            }
            Err(error) => return Err(error),
        }
        let Some(seconds) = args.follow else {
            return Ok(());
        };
        std::thread::sleep(Duration::from_secs(seconds.max(1)));
    }
}

/// Tells before it keeps: what nobody read is told again.
fn tell(progress: &Progress, auditor: &Auditor, args: &AuditArgs) -> Result<()> {
    print_line!("{}", words(progress, auditor.witnesses()))?;
    match &args.state {
        None => Ok(()),
        Some(path) => progress.seen.write(path),
    }
}

fn read_policy(args: &AuditArgs) -> Result<Policy> {
    let path = args.policy.display();
    let bytes = source::read_file(&args.policy, POLICY_BYTES_MAX)
        .with_context(|| format!("cannot read {path}"))?;
    Policy::parse(&bytes).with_context(|| path.to_string())
}

/// One line for people: how far the log is, and who has seen it.
fn words(progress: &Progress, witnesses: usize) -> String {
    let Attested {
        checkpoint,
        cosigned,
    } = &progress.attested;
    let frames = commandline::count(checkpoint.size, "frame");
    let new = checkpoint.size - progress.before;
    let mut line = format!(
        "{}: {frames} ({new} new, {} in them), root {}",
        checkpoint.origin,
        commandline::count(progress.votes, "vote"),
        checkpoint.root,
    );
    line.push_str(&format!(
        "; checked by {} of {witnesses} witnesses",
        cosigned.len()
    ));
    if let Some(last) = cosigned.iter().map(|seen| seen.time_s).max() {
        let names: Vec<&str> = cosigned.iter().map(|seen| seen.witness.as_str()).collect();
        line.push_str(&format!(
            ", last at {} ({})",
            time::utc(last),
            names.join(", ")
        ));
    }
    line
}
