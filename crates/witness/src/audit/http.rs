//! The files of a log over HTTP.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use caller::{Address, Authorities, Caller};
use tokio::runtime::{Builder, Runtime};

/// Time for one file, connecting included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The server of a log.
pub(crate) struct Server {
    runtime: Runtime,
    url: String,
    caller: Caller,
}

impl Server {
    /// Takes an address apart. Nothing is connected yet.
    ///
    /// # Errors
    /// It is no address, or the certificate authorities cannot be read.
    pub(crate) fn new(url: &str, authorities: &Path) -> Result<Server> {
        let address = Address::parse(url)?;
        let is_tls = address.is_tls();
        let authorities = is_tls.then(|| Authorities::read(authorities)).transpose()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Server {
            runtime: runtime.context("cannot wait for answers")?,
            url: url.to_owned(),
            caller: Caller::new(address, authorities),
        })
    }

    /// One file of the log, at most `bytes_max` long.
    ///
    /// # Errors
    /// The server cannot be reached, or answers otherwise.
    pub(crate) fn get(&mut self, name: &str, bytes_max: usize) -> Result<Vec<u8>> {
        let asking = self.caller.get(name, bytes_max, TIMEOUT);
        let answer = self.runtime.block_on(asking);
        let answer = answer.with_context(|| format!("cannot fetch {name} from {}", self.url))?;
        let status = answer.status;
        ensure!(
            status.is_success(),
            "cannot fetch {name} from {}: it answered {status}",
            self.url
        );
        Ok(answer.body.to_vec())
    }
}
