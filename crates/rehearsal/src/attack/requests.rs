//! One hostile request and how it ended, and what many of them came to.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connection::connect;
use crate::api::ProblemType;

/// An answer that takes longer counts as none.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read: enough for its status line, its headers and a problem.
const ANSWER_BYTES: usize = 2_048;

/// How one hostile request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// No connection could be made.
    NotConnected,
    /// Answered with this HTTP status.
    Status(u16),
    /// Refused before the credential was looked at: too many attempts on this NAS or from this address.
    RefusedUnlookedAt,
    /// The validator closed the connection without an answer.
    Closed,
    /// Nothing was answered in time.
    Silence,
    /// The answer was not HTTP.
    NotHttp,
    /// The attacker closed the connection without a request.
    Left,
    /// The attacker reset the connection.
    Reset,
}

impl Ending {
    /// The ending that an answer is.
    fn of(answer: &[u8]) -> Ending {
        if answer.is_empty() {
            return Ending::Closed;
        }
        let unlooked_at = [
            ProblemType::TooManyFailedAttempts,
            ProblemType::TooManyRequests,
        ];
        if body(answer)
            .and_then(ProblemType::of)
            .is_some_and(|problem| unlooked_at.contains(&problem))
        {
            return Ending::RefusedUnlookedAt;
        }
        status(answer).map_or(Ending::NotHttp, Ending::Status)
    }

    /// Whether the validator treated a request that it must not take as it should: it refused it for a
    /// fault of the client, or closed the connection.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        match self {
            Ending::Status(status) => (400..500).contains(&status),
            Ending::RefusedUnlookedAt | Ending::Closed | Ending::NotConnected => true,
            Ending::Silence | Ending::NotHttp | Ending::Left | Ending::Reset => false,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::NotConnected => f.write_str("not_connected"),
            Ending::Status(status) => write!(f, "{status}"),
            Ending::RefusedUnlookedAt => f.write_str("refused_unlooked_at"),
            Ending::Closed => f.write_str("closed"),
            Ending::Silence => f.write_str("silence"),
            Ending::NotHttp => f.write_str("no_http"),
            Ending::Left => f.write_str("left"),
            Ending::Reset => f.write_str("reset"),
        }
    }
}

impl Serialize for Ending {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How often requests ended in each way.
pub(super) type Endings = BTreeMap<Ending, u64>;

/// What the hostile requests of one attack came to.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// Requests made a second, by all attackers together.
    pub per_s: f64,
    /// How often they ended in each way; ways that never occurred are left out.
    #[serde(rename = "met")]
    pub endings: BTreeMap<Ending, u64>,
}

impl Requests {
    /// What all attackers met in an attack that `lasted` so long.
    pub(super) fn sum(met: Vec<Endings>, lasted: Duration) -> Requests {
        let mut endings = Endings::new();
        for (ending, count) in met.into_iter().flatten() {
            *endings.entry(ending).or_default() += count;
        }
        let all: u64 = endings.values().sum();
        #[allow(clippy::cast_precision_loss)] // below 2^53
        let per_s = (all as f64 / lasted.as_secs_f64()).round();
        Requests { per_s, endings }
    }

    /// Requests that ended this way.
    #[must_use]
    pub fn count(&self, ending: Ending) -> u64 {
        self.endings.get(&ending).copied().unwrap_or(0) // never met
    }

    /// Requests that were neither refused nor ended in one of the `expected` ways: taken, failed on, or
    /// left without an answer.
    #[must_use]
    pub fn unexpected(&self, expected: &[Ending]) -> u64 {
        let strange = |ending: &Ending| !ending.is_refusal() && !expected.contains(ending);
        let strange = self.endings.iter().filter(|(ending, _)| strange(ending));
        strange.map(|(_, count)| count).sum()
    }
}

/// Sends `request` from `source` on a connection of its own and waits for the answer.
pub(super) async fn send(to: SocketAddr, source: Ipv4Addr, request: &[u8]) -> Ending {
    let Ok(mut stream) = connect(to, source).await else {
        return Ending::NotConnected;
    };
    let exchange = async {
        stream.write_all(request).await?;
        answer(&mut stream).await
    };
    match tokio::time::timeout(ANSWER_WITHIN, exchange).await {
        Ok(Ok(answer)) => Ending::of(&answer),
        Ok(Err(_)) => Ending::Closed,
        Err(_) => Ending::Silence,
    }
}

/// The beginning of the answer; empty where the validator closed the connection without one.
async fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; ANSWER_BYTES];
    let mut length = 0;
    while length < ANSWER_BYTES && !is_whole(&bytes[..length]) {
        match stream.read(&mut bytes[length..]).await? {
            0 => break,
            count => length += count,
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Whether the bytes end as the validator's answers do: with a JSON object, or without a body.
fn is_whole(bytes: &[u8]) -> bool {
    bytes.ends_with(b"}") || bytes.ends_with(b"content-length: 0\r\n\r\n")
}

/// What stands after the headers.
fn body(answer: &[u8]) -> Option<&[u8]> {
    const BLANK_LINE: &[u8] = b"\r\n\r\n";
    let end = answer.windows(4).position(|part| part == BLANK_LINE)?;
    answer.get(end + BLANK_LINE.len()..)
}

/// The status on the first line of an answer by HTTP/1.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.")?;
    let digits = line.get(2..5)?; // after the minor version and a space
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_into_endings() {
        let problem = |status: u16, slug: &str| {
            let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/problem+json");
            format!("{head}\r\n\r\n{{\"type\":\"urn:scrutin:problem:{slug}\",\"status\":{status}}}")
        };
        for (answer, expected) in [
            (String::new(), Ending::Closed),
            ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), Ending::Status(200)),
            ("HTTP/1.0 408 X\r\n\r\n".to_owned(), Ending::Status(408)),
            (problem(400, "malformed-json"), Ending::Status(400)),
            (problem(429, "too-many-requests"), Ending::RefusedUnlookedAt),
            (
                problem(429, "too-many-failed-attempts"),
                Ending::RefusedUnlookedAt,
            ),
            ("HTTP/1.1 2xx\r\n\r\n".to_owned(), Ending::NotHttp),
            ("\u{15}\u{3}".to_owned(), Ending::NotHttp),
        ] {
            assert_eq!(Ending::of(answer.as_bytes()), expected, "{answer:?}");
        }
    }

    #[test]
    fn what_was_taken_or_failed_on_is_unexpected() {
        let met = [
            (Ending::Status(403), 5),
            (Ending::Closed, 4),
            (Ending::Status(202), 3),
            (Ending::Status(500), 2),
            (Ending::Silence, 1),
        ];
        let half = Endings::from(met);
        let requests = Requests::sum(vec![half.clone(), half], Duration::from_secs(10));
        assert_eq!(requests.count(Ending::Status(403)), 10);
        assert_eq!(requests.count(Ending::Reset), 0);
        assert_eq!(requests.unexpected(&[]), 12);
        assert_eq!(requests.unexpected(&[Ending::Status(202)]), 6);
        let json = serde_json::to_value(&requests).unwrap();
        let expected = serde_json::json!({"per_s": 3.0, "met":
            {"202": 6, "403": 10, "500": 4, "closed": 8, "silence": 2}});
        assert_eq!(json, expected);
    }
}
