//! `shardpack policy`: what anybody needs to check the ledger's log.

use anyhow::{Context, Result};
use shards::Package;

use crate::args::PolicyArgs;

pub(crate) fn run(args: &PolicyArgs) -> Result<()> {
    let package = Package::open_unsigned(&args.package)?;
    let log = package.event().log.as_ref().with_context(|| {
        format!(
            "the event of {} names no log, so that nobody outside can check its ledger: write [log] and [[witness]] into election.toml, and pack again",
            args.package.display()
        )
    })?;
    commandline::print(log.policy_text(package.manifest().partitions))?;
    Ok(())
}
