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
            port: uri.port_u16().unwrap_or(port_of_scheme(is_tls)),
            is_tls,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether everything on the server is asked, and not only what is below some path.
    #[must_use]
    pub fn is_whole_server(&self) -> bool {
        self.prefix.is_empty()
    }

    /// What a request names as its host: with the port where the scheme does not say it (RFC 9110 7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if port == port_of_scheme(self.is_tls) {
            host.clone()
        } else {
            format!("{host}:{port}")
        }
    }

    /// The host alone, without the brackets of an IPv6 address.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }
}

fn port_of_scheme(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn the_port_is_named_where_the_scheme_does_not_say_it() {
        for (text, named) in [
            ("http://paper.example", "paper.example"),
            ("http://paper.example:80/", "paper.example"),
            ("https://paper.example:443/w", "paper.example"),
            ("http://paper.example:443/w", "paper.example:443"),
            ("https://paper.example:80", "paper.example:80"),
            ("http://[::1]:8300/w", "[::1]:8300"),
            ("http://[::1]/w", "[::1]"),
        ] {
            assert_eq!(Address::parse(text).expect(text).authority(), named);
        }
    }
}
