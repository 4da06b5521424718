//! Sends one request until it is answered for good.

use std::time::Duration;

use tokio::time::Instant;

use crate::connection::{Broken, Connection};
use crate::history::{Attempt, Outcome};
use crate::judge::{Settled, outcome_unknown, turned_away};
use crate::request::Call;

/// Pause before a request is sent again over a new connection.
const RECONNECT_AFTER: Duration = Duration::from_millis(25);
/// Pause after 429, 502, 503 or 504 where the answer names none.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_millis(200);

/// Sends `call`, again where the connection breaks or the server turns it away, for `retry_for`
/// after the first failure. The body never changes: a retry is the same vote. Comes with each attempt.
pub(crate) async fn cast(
    connection: &mut Connection,
    call: &Call,
    retry_for: Duration,
) -> (Settled, Vec<Attempt>) {
    let mut attempts = Vec::new();
    let mut deadline = None;
    let mut may_be_recorded = false;
    let mut retries = 0;
    loop {
        let begun = Instant::now();
        let attempt = connection.post(call).await;
        attempts.push(Attempt {
            begun,
            ended: Instant::now(),
            outcome: Outcome::of(&attempt),
        });
        may_be_recorded |= match &attempt {
            Ok(answer) => outcome_unknown(answer),
            Err(broken) => *broken == Broken::AfterSending,
        };
        let pause = match &attempt {
            Ok(answer) if turned_away(answer) => answer.retry_after.unwrap_or(RETRY_AFTER_DEFAULT),
            Ok(_) => Duration::MAX,
            Err(_) => RECONNECT_AFTER,
        };
        let now = Instant::now();
        let deadline = *deadline.get_or_insert(now + retry_for);
        if pause > deadline.saturating_duration_since(now) {
            let answer = attempt.ok();
            let settled = Settled {
                answer,
                may_be_recorded,
                retries,
                ended: now,
            };
            return (settled, attempts);
        }
        retries += 1;
        tokio::time::sleep(pause).await;
    }
}
