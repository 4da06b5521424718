//! Wrong codes, counted against their NAS and their client; repeated votes, counted against their
//! voter.
//!
//! Nobody may guess a code, and nobody may be kept from voting by others: docs/network.md says how
//! both hold. A code that nobody can guess is neither counted nor refused. A guessable one is refused
//! where *both* its NAS and its client have had too many wrong ones. So it takes an attacker who
//! aims at one voter and sits behind the same address to keep that voter out, and from any other
//! address the voter gets in all the same.

use std::time::Duration;

use listener::client::Prefix;
use listener::throttle::{ClientThrottle, Key, Quota, Throttle};

use super::fields::Credential;
use super::refusal::{Refusal, TriesLeft};
use super::roll::RollEntry;
use crate::ballots::BallotKey;

/// Cells that NASs share: 8 MiB of counters. Two NASs in one cell do no harm by themselves.
const NAS_CELLS: usize = 1 << 20;
/// Cells that voters share who repeat their votes: 1 MiB.
const REPEAT_CELLS: usize = 1 << 17;

/// How many wrong codes are left to each NAS and to each client, and repeated votes to each voter.
#[derive(Debug)]
pub(crate) struct Attempts {
    of_nas: Throttle,
    of_clients: ClientThrottle,
    repeats: Throttle,
    /// The longest wait for another try: the shorter one of those of a NAS and of a client.
    pause: Duration,
}

/// A vote that is charged if its code is wrong. The NAS cannot be read from it.
#[derive(Debug)]
pub(super) struct Attempt {
    nas: Key,
    client: Prefix,
}

impl Attempts {
    /// `of_one` holds for the wrong codes of each NAS, and for the repeated votes of each voter on
    /// each ballot; `of_clients` for the wrong codes of each client that is counted.
    pub(crate) fn new(of_one: Quota, of_clients: Quota) -> Attempts {
        Attempts {
            pause: of_one.period.min(of_clients.period),
            of_nas: Throttle::with_cells(of_one, NAS_CELLS),
            of_clients: ClientThrottle::new(of_clients),
            repeats: Throttle::with_cells(of_one, REPEAT_CELLS),
        }
    }

    /// What a vote is to be charged to if its code is wrong; nothing where nobody can guess such a
    /// code, or nobody counts its client.
    ///
    /// # Errors
    /// Neither the NAS nor the client has a wrong code left at `now` (monotonic), and the code is
    /// one that could be guessed. Whether it is right then makes no difference.
    pub(super) fn begin(
        &self,
        credential: &Credential,
        client: Option<Prefix>,
        now: Duration,
    ) -> Result<Option<Attempt>, Refusal> {
        let Some(client) = client.filter(|_| !credential.code.is_minted()) else {
            return Ok(None);
        };
        let nas = self.of_nas.key(credential.nas.number());
        let attempt = Attempt { nas, client };
        match self.wait(&attempt, now) {
            Some(wait) => Err(Refusal::TriesUsedUp { wait }),
            None => Ok(Some(attempt)),
        }
    }

    /// Takes a wrong code from both quotas: how many are left until the next is refused unlooked at.
    pub(super) fn charge(&self, attempt: &Attempt, now: Duration) -> TriesLeft {
        // A quota that is used up is left as it is: the other one allowed this try.
        let _ = self.of_nas.take(attempt.nas, now);
        let _ = self.of_clients.take(attempt.client, now);
        let of_nas = self.of_nas.left(attempt.nas, now);
        TriesLeft {
            count: of_nas.max(self.of_clients.left(attempt.client, now)),
            pause: self.wait(attempt, now).unwrap_or(self.pause),
        }
    }

    /// Until a code that could be guessed is looked at again; none where the next one is.
    fn wait(&self, attempt: &Attempt, now: Duration) -> Option<Duration> {
        let of_nas = self.of_nas.peek(attempt.nas, now).err()?;
        let of_client = self.of_clients.peek(attempt.client, now).err()?;
        Some(of_nas.min(of_client))
    }

    /// Where the repeated votes of a voter on a ballot are counted.
    pub(super) fn repeats_of(&self, ballot: &BallotKey, voter: &RollEntry) -> Key {
        self.repeats
            .key((ballot.index.0, voter.shard, voter.ordinal))
    }

    /// Whether one more repetition may be recorded, and else how long to wait. The ledger alone
    /// knows what is a repetition: a first vote is recorded whatever this says.
    pub(super) fn may_repeat(&self, voter: Key, now: Duration) -> Result<(), Duration> {
        self.repeats.peek(voter, now)
    }

    /// A repetition was recorded.
    pub(super) fn charge_repeat(&self, voter: Key, now: Duration) {
        // Where others that share the cell were faster, this one was still recorded.
        let _ = self.repeats.take(voter, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use credentials::{Code, Nas};
    use std::net::IpAddr;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn attempts() -> Attempts {
        let quota = |burst| Quota {
            period: HOUR,
            burst,
        };
        Attempts::new(quota(3), quota(5))
    }

    fn client(text: &str) -> Option<Prefix> {
        let address: IpAddr = text.parse().expect("an address");
        listener::client::Addresses::default().of_connection(address)
    }

    fn credential(nas: u32, code: &str) -> Credential {
        Credential {
            nas: Nas::parse(format!("{nas:09}").as_bytes()).expect("a NAS"),
            code: Code::parse(code.as_bytes()).expect("a code"),
        }
    }

    /// Wrong codes until the next is refused unlooked at, and what was said to be left after each.
    fn wrong(attempts: &Attempts, nas: u32, address: &str, most: usize) -> Vec<u32> {
        let mut left = Vec::new();
        while left.len() < most {
            let began = attempts.begin(&credential(nas, "WRONG1"), client(address), HOUR);
            let Ok(Some(attempt)) = began else { break };
            let tries = attempts.charge(&attempt, HOUR);
            assert_eq!(tries.pause, HOUR, "one try an hour is earned back");
            left.push(tries.count);
        }
        left
    }

    fn is_let_in(attempts: &Attempts, nas: u32, code: &str, address: &str) -> bool {
        let began = attempts.begin(&credential(nas, code), client(address), HOUR);
        began.is_ok()
    }

    #[test]
    fn guessing_ends_and_says_how_many_tries_are_left() {
        let attempts = attempts();
        let left = wrong(&attempts, 1, "203.0.113.1", 100);
        assert_eq!(
            left,
            [4, 3, 2, 1, 0],
            "the client's quota is the larger one"
        );
        let refused = attempts.begin(&credential(1, "RIGHT1"), client("203.0.113.1"), HOUR);
        assert!(matches!(refused, Err(Refusal::TriesUsedUp { .. })));
    }

    /// A voter whose code is right is kept out by nobody who sits elsewhere or aims at others.
    #[test]
    fn nobody_locks_others_out() {
        let attempts = attempts();
        for n in 0..200 {
            wrong(&attempts, 1, &format!("203.0.113.{n}"), 100);
        }
        let (here, elsewhere) = ("203.0.113.1", "198.51.100.1");
        for (nas, code, address, let_in) in [
            (1, "RIGHT1", elsewhere, true), // a known NAS, guessed from everywhere
            (2, "RIGHT1", here, true),      // a network that attackers share
            (1, "RIGHT1", here, false),     // both
            (1, "0000-0000-0000-0000-0", here, true), // nobody can guess it
        ] {
            let got = is_let_in(&attempts, nas, code, address);
            assert_eq!(got, let_in, "{nas} {code} {address}");
        }
    }

    #[test]
    fn whoever_holds_a_network_of_ipv6_is_counted_by_it() {
        let attempts = attempts();
        // One NAS is known; whoever has a /56 has 256 networks of 64 bits to come from.
        let tried: usize = (0..200)
            .map(|n| wrong(&attempts, 1, &format!("2001:db8:1:{n:x}::1"), 100).len())
            .sum();
        assert!(tried <= 5 * 4 + 3, "{tried} tries of one /56");
        assert!(is_let_in(&attempts, 1, "RIGHT1", "2001:db8:2::1"));
    }

    #[test]
    fn repetitions_are_counted_by_voter_and_ballot() {
        let attempts = attempts();
        let (one, other) = (attempts.repeats.key(7), attempts.repeats.key(8));
        for _ in 0..3 {
            assert_eq!(attempts.may_repeat(one, HOUR), Ok(()));
            attempts.charge_repeat(one, HOUR);
        }
        assert!(attempts.may_repeat(one, HOUR).is_err());
        assert_eq!(attempts.may_repeat(other, HOUR), Ok(()));
    }
}
