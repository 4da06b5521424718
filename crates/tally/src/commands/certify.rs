//! `tally run --statement`: looks for signed statements, and shows ballots as certified that they state.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use election::Ballot;

use crate::api::Shared;
use crate::certified::SignedStatement;
use crate::results::Stage;

/// How often a directory is looked for, and counts are compared.
const LOOK: Duration = Duration::from_secs(2);

/// Directories in which statements are, or will be.
#[derive(Clone)]
pub(crate) struct Statements {
    pub(crate) dirs: Vec<PathBuf>,
    /// Public keys of the officers whose signatures count.
    pub(crate) officers: Vec<PathBuf>,
}

impl Statements {
    /// Looks again and again; never returns.
    pub(crate) async fn watch(self, shared: Arc<Shared>) {
        let statements = Arc::new(self);
        let mut told = BTreeSet::new();
        loop {
            tokio::time::sleep(LOOK).await;
            let (statements, shared) = (Arc::clone(&statements), Arc::clone(&shared));
            // Reading, hashing and tabulating are no work for a thread that answers requests.
            let looked = tokio::task::spawn_blocking(move || statements.look(&shared)).await;
            let faults = looked.unwrap_or_else(|error| vec![format!("looking failed: {error}")]);
            for fault in faults {
                if told.insert(fault.clone()) {
                    tracing::error!(fault, "a statement certifies nothing");
                }
            }
        }
    }

    /// Certifies what can be, and returns what is wrong with the statements.
    fn look(&self, shared: &Shared) -> Vec<String> {
        let mut faults = Vec::new();
        for dir in &self.dirs {
            match SignedStatement::read(dir, &self.officers, &shared.package) {
                Ok(None) => {}
                Ok(Some(statement)) => faults.extend(certify(shared, &statement)),
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
        faults
    }
}

fn certify(shared: &Shared, statement: &SignedStatement) -> Vec<String> {
    let mut faults = Vec::new();
    let is_preliminary = |ballot: &&Ballot| {
        let stage = shared.board().standing(ballot).stage;
        matches!(stage, Stage::Preliminary)
    };
    let event = shared.package.event();
    for ballot in event.ballots().iter().filter(is_preliminary) {
        let Ok(edition) = shared.published.recent(ballot) else {
            continue; // the count stops, and says why
        };
        if !edition.results.standing.stage.is_complete() {
            continue; // of a moment ago
        }
        match statement.certify(&shared.package, ballot, &edition.results) {
            Ok(None) => {}
            Ok(Some(certificate)) => {
                tracing::info!(
                    ballot = ballot.id,
                    statement = certificate.statement_sha256,
                    "certified"
                );
                let sha256 = certificate.statement_sha256.clone();
                let (bytes, signature) = (&statement.bytes, &statement.signature);
                shared.statements.keep(&sha256, bytes, signature);
                shared.published.board_mut().certify(ballot, certificate);
            }
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    faults
}
