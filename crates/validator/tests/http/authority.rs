//! An authority of machines of ours, for tests: certificates of its own making.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::fixture::Fixture;

/// The name that its certificates have.
pub(crate) const NAME: &str = "machine.example";

/// Signs certificates; its files lie in a fixture's directory.
pub(crate) struct Authority {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    made: AtomicU64,
}

/// Certificate and key of one machine, in PEM.
pub(crate) struct Issued {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    /// One whose files begin with `name`.
    pub(crate) fn new(fixture: &Fixture, name: &str) -> Authority {
        let dir = fixture.path(name);
        fs::create_dir(&dir).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // OpenSSL takes a certificate of the issuer's name for one that signed itself.
        params.distinguished_name.push(DnType::CommonName, name);
        fs::write(dir.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Authority {
            dir,
            issuer: Issuer::new(params, key),
            made: AtomicU64::new(0),
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    pub(crate) fn issue(&self) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let issued = Issued {
            certificate: self.dir.join(format!("{number}.pem")),
            key: self.dir.join(format!("{number}.key")),
        };
        fs::write(&issued.certificate, certificate).unwrap();
        specimen::write_secret(&issued.key, key.serialize_pem());
        issued
    }

    /// A client that believes this authority, and shows a certificate where it has one.
    pub(crate) fn client(&self, own: Option<&Issued>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for certificate in chain(&self.file()) {
            roots.add(certificate).unwrap();
        }
        let judging = ClientConfig::builder().with_root_certificates(roots);
        Arc::new(match own {
            None => judging.with_no_client_auth(),
            Some(own) => judging
                .with_client_auth_cert(chain(&own.certificate), key(&own.key))
                .unwrap(),
        })
    }
}

impl Issued {
    /// A server that shows this certificate, and asks nobody for one.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain(&self.certificate), key(&self.key));
        Arc::new(config.unwrap())
    }
}

fn chain(path: &std::path::Path) -> Vec<CertificateDer<'static>> {
    let certificates = CertificateDer::pem_file_iter(path).unwrap();
    certificates.map(Result::unwrap).collect()
}

fn key(path: &std::path::Path) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(path).unwrap()
}
