//! The certificate authority of a rehearsal: each server proves by it that it is the one at its address, each
//! validator that it is the one of its name.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::child::Owner;

/// An authority that lasts as long as the rehearsal: its key is in memory alone.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    /// A new one; its certificate is written to `file`.
    ///
    /// # Errors
    /// No key can be made; the file cannot be written.
    pub fn new(file: PathBuf) -> Result<Authority> {
        let key = KeyPair::generate().context("cannot make the authority's key")?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name = named("authority of a rehearsal");
        let pem = params.self_signed(&key)?.pem();
        fs::write(&file, pem).with_context(|| format!("cannot write {}", file.display()))?;
        let issuer = Issuer::new(params, key);
        Ok(Authority { issuer, file })
    }

    /// File of its certificate.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Writes `server.pem` and `server.key` of the server at `address` into `dir`; the key is the owner's alone.
    ///
    /// # Errors
    /// No key can be made; a file cannot be written.
    pub fn certify(&self, address: &str, dir: &Path, owner: Option<Owner>) -> Result<()> {
        self.certify_for(address, dir, owner, None)
    }

    /// The same with a certificate that ends after so long, where that is said.
    ///
    /// # Errors
    /// As [`Authority::certify`].
    pub fn certify_for(
        &self,
        address: &str,
        dir: &Path,
        owner: Option<Owner>,
        lasts: Option<Duration>,
    ) -> Result<()> {
        let key = KeyPair::generate().context("cannot make a server's key")?;
        let mut params = CertificateParams::new(vec![address.to_owned()])?;
        params.distinguished_name = named(address);
        if let Some(lasts) = lasts {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            params.not_after = rcgen::date_time_ymd(1970, 1, 1) + now + lasts;
        }
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        for (name, text) in [
            ("server.pem", certificate),
            ("server.key", key.serialize_pem()),
        ] {
            let path = dir.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
            if let Some(owner) = owner {
                chown(&path, Some(owner.user), Some(owner.group))?;
            }
        }
        Ok(())
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut all = DistinguishedName::new();
    all.push(DnType::CommonName, name);
    all
}
