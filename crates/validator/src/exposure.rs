//! What a configuration lets strangers reach: sound, and perhaps not what the operator meant.

use std::fmt;
use std::net::SocketAddr;

/// A remark on a configuration, for the log and for `check-config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Voters' NAS and codes cross a network unencrypted.
    InTheClear(SocketAddr),
    /// The ledger's stream and the metrics can be reached from other machines.
    Internal(SocketAddr),
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exposure::InTheClear(at) => write!(
                f,
                "listen is {at} without [tls] and without a trusted proxy: NAS and codes travel in the \
                 clear; set tls.certificate and tls.key, or name the proxy before this validator in \
                 clients.trusted_proxies"
            ),
            Exposure::Internal(at) => write!(
                f,
                "internal is {at}, which other machines reach: who has voted and the sealed choices are \
                 for whoever asks there; listen on 127.0.0.1, or on an address of a private network alone, or set \
                 [internal_tls]"
            ),
        }
    }
}

/// Every remark on where a validator listens. `encrypted`: by its own TLS, or by that of a proxy before it;
/// `guarded`: whoever asks the internal listener has to show a certificate.
pub(crate) fn exposures(
    listen: SocketAddr,
    internal: SocketAddr,
    encrypted: bool,
    guarded: bool,
) -> Vec<Exposure> {
    let in_the_clear = !encrypted && !listen.ip().is_loopback();
    let is_open = !guarded && listener::is_open_to_all(internal);
    let remarks = [
        in_the_clear.then_some(Exposure::InTheClear(listen)),
        is_open.then_some(Exposure::Internal(internal)),
    ];
    remarks.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_reach_is_told() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        for (listen, internal, encrypted, told) in [
            ("127.0.0.1:8000", "127.0.0.1:8100", false, (false, false)),
            ("0.0.0.0:8000", "127.0.0.1:8100", false, (true, false)),
            ("0.0.0.0:8000", "127.0.0.1:8100", true, (false, false)),
            ("192.0.2.1:8000", "0.0.0.0:8100", false, (true, true)),
            ("[::]:8000", "[::]:8100", true, (false, true)),
            ("[::1]:8000", "10.0.0.1:8100", false, (false, false)),
        ] {
            let (listen, internal) = (at(listen), at(internal));
            let mut expected = Vec::new();
            expected.extend(told.0.then_some(Exposure::InTheClear(listen)));
            expected.extend(told.1.then_some(Exposure::Internal(internal)));
            let got = exposures(listen, internal, encrypted, false);
            assert_eq!(got, expected, "{listen} {internal}");
            let guarded = exposures(listen, internal, encrypted, true);
            assert!(!guarded.contains(&Exposure::Internal(internal)));
        }
    }
}
