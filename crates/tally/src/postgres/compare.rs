//! The database against the ledger, row by row, as of the frame at which the database stands.
//!
//! One read-only snapshot of the database; memory does not grow with the votes. The first difference
//! is told in words and ends the work.

use database::Target;
use tokio_postgres::Transaction;

use super::compare_voters::{compare_accepted, compare_invalid, compare_repeats, compare_turnout};
use super::compare_votes::{compare_elections, compare_laws, compare_rankings};
use super::expected::{Stop, differ, expect};
use super::migrate::check_version;
use super::positions;
use super::session::Session;
use crate::recount::Recount;
use crate::release::MaskHand;

/// What a comparison found.
#[derive(Default)]
pub(crate) struct Compared {
    /// The first difference, in words.
    pub(crate) difference: Option<String>,
    /// Frames that the ledger has beyond the database, of all partitions.
    pub(crate) frames_behind: u64,
}

/// Compares every table with the ledger of `recount`; counts only where the mask hand's key is at hand.
///
/// # Errors
/// The database cannot be read, or the ledger not be folded. A difference is no error.
pub(crate) async fn compare(
    target: &Target,
    recount: &Recount,
    hand: Option<&MaskHand>,
) -> anyhow::Result<Compared> {
    let mut session = Session::connect(target).await?;
    check_version(&mut session).await?;
    let work = async |tx: &Transaction<'_>| {
        tx.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let mut compared = Compared::default();
        match compare_in(tx, recount, hand, &mut compared).await {
            Ok(()) => Ok(compared),
            Err(Stop::Difference(text)) => {
                compared.difference = Some(text);
                Ok(compared)
            }
            Err(Stop::Work(error)) => Err(error),
        }
    };
    Ok(session.transact("compare with the ledger", work).await?)
}

async fn compare_in(
    tx: &Transaction<'_>,
    recount: &Recount,
    hand: Option<&MaskHand>,
    compared: &mut Compared,
) -> Result<(), Stop> {
    check_origin(tx, recount).await?;
    let positions = positions::read(tx, recount.package.event()).await?;
    for (partition, head) in &recount.count.heads {
        let at = positions.cursor(*partition).sequence;
        if at > head.sequence {
            return differ(format!(
                "partition {partition}: the database stands at frame {at}, the ledger ends at {}",
                head.sequence
            ));
        }
        compared.frames_behind += head.sequence - at;
    }
    let expected = expect(recount, hand, &positions)?;
    compare_accepted(tx, &expected).await?;
    compare_repeats(tx, &expected).await?;
    compare_invalid(tx, &expected).await?;
    compare_turnout(tx, &expected).await?;
    if expected.units.is_some() {
        compare_laws(tx, &expected).await?;
        compare_elections(tx, &expected).await?;
        compare_rankings(tx, &expected).await?;
    }
    Ok(())
}

async fn check_origin(tx: &Transaction<'_>, recount: &Recount) -> Result<(), Stop> {
    let row = tx
        .query_opt("SELECT event_id, manifest_sha256 FROM ledger_origin", &[])
        .await?;
    let Some(row) = row else {
        return differ("it has not been written yet".to_owned());
    };
    let identity = recount.package.identity();
    let (event, manifest): (String, Vec<u8>) = (row.get(0), row.get(1));
    if event != identity.event_id || manifest != identity.manifest_sha256 {
        return differ(format!("it is of event {event} and its package"));
    }
    Ok(())
}
