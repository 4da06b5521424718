//! Certificates of nodes: sound ones, and whatever else somebody may show.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use relay::{Identity, IdentityFiles};
use tempfile::TempDir;

/// An authority that signs certificates of nodes.
pub(crate) struct Authority {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
    made: AtomicU64,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let dir = TempDir::new().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        fs::write(dir.path().join("authority.pem"), pem).unwrap();
        Authority {
            dir,
            issuer: Issuer::new(params, key),
            made: AtomicU64::new(0),
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("authority.pem")
    }

    /// A certificate with these names.
    pub(crate) fn certify(&self, names: &[&str]) -> IdentityFiles {
        self.sign(names, |_| {})
    }

    /// One that ends `rest` from now.
    pub(crate) fn certify_for(&self, name: &str, rest: Duration) -> IdentityFiles {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        self.sign(&[name], |params| {
            params.not_after = date_time_ymd(1970, 1, 1) + now + rest;
        })
    }

    fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> IdentityFiles {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let write = |suffix: &str, text: String| {
            let path = self.dir.path().join(format!("{number}.{suffix}"));
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            path
        };
        IdentityFiles {
            certificate: write("pem", certificate),
            key: write("key", key.serialize_pem()),
            authority: self.file(),
        }
    }

    pub(crate) fn identity(&self, name: &str) -> Arc<Identity> {
        Arc::new(Identity::read(&self.certify(&[name])).unwrap())
    }
}
