//! The PROXY protocol, version 2: how a proxy says for whom it opens a connection
//! (<https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt>, section 2.2).
//!
//! A header stands before everything else on a connection, before TLS too:
//!
//! | bytes | what |
//! | --- | --- |
//! | 12 | signature, `0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a` |
//! | 1 | version 2 in the upper half; command in the lower: 0 LOCAL, 1 PROXY |
//! | 1 | 0x11 TCP over IPv4, 0x21 TCP over IPv6 |
//! | 2 | length of the rest, big-endian |
//! | 12, 36 | source address, destination address, source port, destination port |
//! | any | what else the proxy tells, which is not looked at |
//!
//! Version 1 is text, and is not read: every proxy that is kept speaks version 2.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest header that is read, bytes, its first 16 included.
pub const HEADER_BYTES_MAX: usize = 1_024;

/// How every header of version 2 begins.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes before the addresses: signature, version and command, family, length.
const FIXED: usize = SIGNATURE.len() + 4;

/// For whom a proxy opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// For itself, as for a health check.
    Proxy,
    /// For the client at this address.
    Client(IpAddr),
}

/// Why bytes are no header that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It does not begin with the signature.
    #[error("no PROXY protocol of version 2: have the proxy send it")]
    NoSignature,
    /// Version or command is none that is known.
    #[error("version and command are {0:#04x}, expected 0x20 or 0x21")]
    VersionOrCommand(u8),
    /// The client has no address of TCP.
    #[error("family and transport are {0:#04x}, expected 0x11 or 0x21: TCP over IPv4 or IPv6")]
    Family(u8),
    /// It says that it is longer than [`HEADER_BYTES_MAX`].
    #[error("the header has {0} bytes, of which {HEADER_BYTES_MAX} are read at most")]
    TooLong(usize),
    /// It ends within itself, or its length leaves no room for its addresses.
    #[error("the header ends before its addresses do")]
    Short,
}

/// What the fixed part says.
struct Announced {
    /// Whether the proxy speaks for a client.
    is_for_client: bool,
    family: u8,
    /// How many bytes follow it.
    rest: usize,
}

/// Reads a header from the beginning of `bytes`; returns how many of them it has, too.
///
/// # Errors
/// See [`HeaderError`].
pub fn parse(bytes: &[u8]) -> Result<(Origin, usize), HeaderError> {
    let (fixed, behind) = bytes.split_first_chunk().ok_or(HeaderError::Short)?;
    let announced = announced(fixed)?;
    let rest = behind.get(..announced.rest).ok_or(HeaderError::Short)?;
    Ok((origin(&announced, rest)?, FIXED + announced.rest))
}

/// Reads a header, and not one byte behind it.
///
/// # Errors
/// The connection broke; what came is no header that is taken, as [`HeaderError`] tells.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Origin> {
    let mut bytes = [0; HEADER_BYTES_MAX];
    let (fixed, behind) = bytes
        .split_first_chunk_mut()
        .expect("the fixed part is a part of the longest header");
    stream.read_exact(fixed).await?;
    let announced = announced(fixed).map_err(io::Error::other)?;
    let rest = &mut behind[..announced.rest];
    stream.read_exact(rest).await?;
    origin(&announced, rest).map_err(io::Error::other)
}

fn announced(fixed: &[u8; FIXED]) -> Result<Announced, HeaderError> {
    let [signature @ .., command, family, high, low] = fixed;
    if *signature != SIGNATURE {
        return Err(HeaderError::NoSignature);
    }
    let is_for_client = match command {
        0x20 => false,
        0x21 => true,
        other => return Err(HeaderError::VersionOrCommand(*other)),
    };
    let rest = usize::from(u16::from_be_bytes([*high, *low]));
    if FIXED + rest > HEADER_BYTES_MAX {
        return Err(HeaderError::TooLong(FIXED + rest));
    }
    Ok(Announced {
        is_for_client,
        family: *family,
        rest,
    })
}

fn origin(announced: &Announced, rest: &[u8]) -> Result<Origin, HeaderError> {
    /// Bytes behind the source address: the destination's, and two ports.
    const IPV4_BEHIND: usize = 4 + 2 + 2;
    const IPV6_BEHIND: usize = 16 + 2 + 2;
    if !announced.is_for_client {
        return Ok(Origin::Proxy);
    }
    let source = match announced.family {
        0x11 => address::<4, IPV4_BEHIND>(rest).map(|bytes| Ipv4Addr::from(bytes).into()),
        0x21 => address::<16, IPV6_BEHIND>(rest).map(|bytes| Ipv6Addr::from(bytes).into()),
        other => return Err(HeaderError::Family(other)),
    };
    Ok(Origin::Client(source.ok_or(HeaderError::Short)?))
}

/// The source address, where everything that belongs to the addresses is there.
fn address<const BYTES: usize, const BEHIND: usize>(rest: &[u8]) -> Option<[u8; BYTES]> {
    let (source, behind) = rest.split_first_chunk()?;
    (behind.len() >= BEHIND).then_some(*source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From 203.0.113.9 port 4444 to 198.51.100.1 port 443.
    const IPV4: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\xc6\x33\x64\x01\x11\x5c\x01\xbb";
    /// From 2001:db8::9 port 4444 to 2001:db8::1 port 443, with a unique id behind (type 5).
    const IPV6: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x28\
        \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\
        \x11\x5c\x01\xbb\x05\x00\x01\x07";
    /// As a health check begins: LOCAL, no family, no addresses.
    const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00";

    fn client(text: &str) -> Origin {
        Origin::Client(text.parse().expect("an address"))
    }

    #[test]
    fn golden_headers() {
        for (bytes, expected) in [
            (IPV4, client("203.0.113.9")),
            (IPV6, client("2001:db8::9")),
            (LOCAL, Origin::Proxy),
        ] {
            let with_more = [bytes, b"GET / HTTP/1.1\r\n"].concat();
            assert_eq!(parse(&with_more), Ok((expected, bytes.len())));
        }
    }

    #[test]
    fn hostile_headers() {
        let changed = |at: usize, byte: u8| {
            let mut bytes = IPV4.to_vec();
            bytes[at] = byte;
            bytes
        };
        for (bytes, expected) in [
            (changed(11, b'\r'), HeaderError::NoSignature),
            (
                b"PROXY TCP4 203.0.113.9 198.51.100.1 1 2\r\n".to_vec(),
                HeaderError::NoSignature,
            ),
            (
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
                HeaderError::NoSignature,
            ),
            (changed(12, 0x11), HeaderError::VersionOrCommand(0x11)),
            (changed(12, 0x22), HeaderError::VersionOrCommand(0x22)),
            (changed(13, 0x00), HeaderError::Family(0)),
            (changed(13, 0x12), HeaderError::Family(0x12)), // UDP
            (changed(13, 0x31), HeaderError::Family(0x31)), // a socket of the proxy's machine
            (changed(13, 0x21), HeaderError::Short),
            (changed(15, 11), HeaderError::Short),
            (changed(15, 13), HeaderError::Short),
            (changed(14, 0x04), HeaderError::TooLong(16 + 0x040c)),
            (changed(14, 0xff), HeaderError::TooLong(16 + 0xff0c)),
        ] {
            assert_eq!(parse(&bytes), Err(expected), "{bytes:02x?}");
        }
        for header in [IPV4, IPV6, LOCAL] {
            for length in 0..header.len() {
                assert_eq!(parse(&header[..length]), Err(HeaderError::Short));
            }
        }
    }

    fn encode(source: IpAddr, more: &[u8]) -> Vec<u8> {
        let (family, mut rest) = match source {
            IpAddr::V4(v4) => (0x11, [&v4.octets()[..], &[7; 8]].concat()),
            IpAddr::V6(v6) => (0x21, [&v6.octets()[..], &[7; 20]].concat()),
        };
        rest.extend(more);
        let length = u16::try_from(rest.len()).expect("short");
        [
            &SIGNATURE[..],
            &[0x21, family],
            &length.to_be_bytes(),
            &rest,
        ]
        .concat()
    }

    /// What [`read`] makes of bytes, and what it leaves of them.
    fn read_from(mut bytes: &[u8]) -> (Option<Origin>, usize) {
        use futures_util::FutureExt;
        let read = read(&mut bytes).now_or_never().expect("it is all there");
        (read.ok(), bytes.len())
    }

    proptest! {
        #[test]
        fn every_address_is_read_and_nothing_behind_it(
            source: IpAddr,
            more in proptest::collection::vec(any::<u8>(), 0..900),
            behind: Vec<u8>,
        ) {
            let header = encode(source, &more);
            let bytes = [&header[..], &behind].concat();
            prop_assert_eq!(parse(&bytes), Ok((Origin::Client(source), header.len())));
            prop_assert_eq!(read_from(&bytes), (Some(Origin::Client(source)), behind.len()));
        }

        #[test]
        fn nothing_panics_and_both_readers_agree(
            command: u8,
            family: u8,
            rest in proptest::collection::vec(any::<u8>(), 0..1_200),
        ) {
            let bytes = [&SIGNATURE[..], &[command, family], &rest].concat();
            let (origin, left) = read_from(&bytes);
            match parse(&bytes) {
                Ok((known, length)) => prop_assert_eq!((origin, left), (Some(known), bytes.len() - length)),
                Err(_) => prop_assert_eq!(origin, None),
            }
        }
    }
}
