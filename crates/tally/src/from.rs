//! What it takes to be believed by a validator's internal listener: flags.

use std::path::PathBuf;

use caller::{Authorities, AuthoritiesError, CallerFiles};
use clap::Args;

/// Files of a connection to a validator that speaks TLS.
#[derive(Debug, Default, Args)]
pub(crate) struct FromFiles {
    /// Certificate authority (PEM) of the validator that --from names by https.
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    /// Certificate (PEM) that is shown to that validator, of the authority that it names.
    #[arg(long, value_name = "FILE", requires_all = ["from_ca", "from_key"])]
    from_certificate: Option<PathBuf>,
    /// Private key (PEM) of that certificate.
    #[arg(long, value_name = "FILE", requires = "from_certificate")]
    from_key: Option<PathBuf>,
}

impl FromFiles {
    /// Whom to believe, and what to show; none where the validator speaks no TLS.
    ///
    /// # Errors
    /// A file cannot be used.
    pub(crate) fn authorities(&self) -> Result<Option<Authorities>, AuthoritiesError> {
        let Some(authority) = &self.from_ca else {
            return Ok(None);
        };
        let files = self.from_certificate.clone().zip(self.from_key.clone());
        let own = files.map(|(certificate, key)| CallerFiles { certificate, key });
        Authorities::with(authority, own.as_ref()).map(Some)
    }
}
