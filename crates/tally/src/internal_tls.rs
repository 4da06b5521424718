//! Certificate, key and authority of the internal listener: flags of `run` and `mirror`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use listener::{Tls, TlsFiles};

/// Mutual TLS of the internal listener; plain HTTP without.
#[derive(Debug, Args)]
pub(crate) struct InternalTls {
    /// PEM file of the internal listener's certificate and those between it and a root.
    #[arg(
        long,
        value_name = "FILE",
        requires_all = ["internal_key", "internal_ca"],
        env = "TALLY_INTERNAL_TLS_CERTIFICATE"
    )]
    internal_certificate: Option<PathBuf>,
    /// PEM file of that certificate's private key.
    #[arg(
        long,
        value_name = "FILE",
        requires = "internal_certificate",
        env = "TALLY_INTERNAL_TLS_KEY"
    )]
    internal_key: Option<PathBuf>,
    /// PEM file of the authority of clients: whoever shows none of its certificates is refused.
    #[arg(
        long,
        value_name = "FILE",
        requires = "internal_certificate",
        env = "TALLY_INTERNAL_TLS_CA"
    )]
    internal_ca: Option<PathBuf>,
}

impl InternalTls {
    /// The certificate, and who may come; none where anybody may, by plain HTTP.
    ///
    /// # Errors
    /// Every fault of the files.
    pub(crate) fn load(&self) -> anyhow::Result<Option<Arc<Tls>>> {
        let (Some(certificate), Some(key), Some(clients)) = (
            &self.internal_certificate,
            &self.internal_key,
            &self.internal_ca,
        ) else {
            return Ok(None);
        };
        let files = TlsFiles {
            section: "internal_tls",
            certificate: certificate.clone(),
            key: key.clone(),
            clients: Some(clients.clone()),
        };
        let tls = Tls::load(files).map_err(|faults| anyhow!(faults.join("; ")))?;
        Ok(Some(Arc::new(tls)))
    }

    /// Whether clients have to show a certificate.
    pub(crate) fn is_set(&self) -> bool {
        self.internal_certificate.is_some()
    }
}
