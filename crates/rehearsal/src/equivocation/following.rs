//! Those who followed the first history when the validator was exchanged behind its address.

use anyhow::Result;

use crate::child::Server;
use crate::lost_machine::mirror_call;
use crate::ports;
use crate::prepare::Stage;
use crate::services::{self, Addresses};

/// Programs that run from the first vote on.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) auditor: Server,
    pub(super) mirror: Server,
    pub(super) tally: Server,
}

impl Following {
    /// Starts an auditor, a mirror and a mask hand on a validator that takes votes.
    pub(super) async fn start(stage: &Stage, at: Addresses) -> Result<Following> {
        let (root, logs) = (stage.machines.root(), stage.machines.logs());
        let state = root.join("following-auditor.seen");
        let auditor = stage.auditor(at, Some(&state)).flag("--follow", "1");
        let auditor = auditor.logging_to(&logs.join("auditor.log")).start()?;
        let metrics = ports::free()?;
        let mirror = mirror_call(stage, at, metrics).arg(root.join("mirror"));
        let mut mirror = mirror.start()?;
        services::wait_until(&mut mirror, metrics, "/metrics").await?;
        let tally = stage.start_tally(at).await?;
        Ok(Following {
            auditor,
            mirror,
            tally,
        })
    }
}
