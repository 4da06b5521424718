//! The two releases that meet: where their programs are, and what version each says it has.

use anyhow::{Context, Result};

use crate::child::Call;
use crate::prepare::Stage;
use crate::programs::Programs;

/// The programs of one release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Where all of them are found.
    pub programs: Programs,
    /// What its validator says when it is asked for its version.
    pub version: String,
}

impl Release {
    /// Asks the validator in a directory of programs for its version.
    ///
    /// # Errors
    /// The program does not run.
    pub async fn of(stage: &Stage, programs: &Programs) -> Result<Release> {
        let log = stage.machines.logs().join("versions.log");
        let asked = Call::new(programs.path("validator"), log).arg("--version");
        let told = asked.run().await?;
        let version = told.split_whitespace().last();
        Ok(Release {
            programs: programs.clone(),
            version: version.context("no version was told")?.to_owned(),
        })
    }
}
