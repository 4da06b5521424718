//! Until when certificates are valid.

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// When the earliest end of a chain's certificates is, in seconds since 1970; none where one cannot be read.
pub(crate) fn expires_s(chain: &[CertificateDer<'_>]) -> Option<u64> {
    let end = |certificate: &CertificateDer<'_>| {
        let certificate = Certificate::from_der(certificate.as_ref()).ok()?;
        let end = certificate.tbs_certificate.validity.not_after;
        Some(end.to_unix_duration().as_secs())
    };
    let ends: Option<Vec<u64>> = chain.iter().map(end).collect();
    ends?.into_iter().min()
}
