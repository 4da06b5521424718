//! Where a server is, as people write it.

use hyper::Uri;

/// A server and the path below which it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) is_tls: bool,
    /// Without a slash at its end.
    pub(crate) prefix: String,
}

/// The text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} is not an address: expected http://HOST/PATH or https://HOST/PATH")]
pub struct AddressError {
    text: String,
}

impl Address {
    /// Takes an address apart. Nothing is connected yet.
    ///
    /// # Errors
    /// It is no address of `http` or `https`, or has a query.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let error = || AddressError {
            text: text.to_owned(),
        };
        let uri: Uri = text.parse().map_err(|_| error())?;
        let host = uri.host().ok_or_else(error)?.to_owned();
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(error()),
        };
        if uri.query().is_some() {
            return Err(error());
        }
        Ok(Address {
            host,
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            is_tls,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host alone, without the brackets of an IPv6 address.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }
}
