//! The event's definition in the database, and the check that the database is of this ledger.

use election::{Ballot, CandidateStatus, Election, Event, Method};
use tokio_postgres::Transaction;

use super::error::DbError;
use super::session::{Session, WorkError};
use super::timestamp::system_time;
use crate::package_roll::Identity;

/// Writes laws, regions, parties, elections, candidates and zero counts where they are missing.
/// `opened`: whether this tally holds the mask key.
///
/// # Errors
/// [`DbError::OtherLedger`] where the database is of another event, package or custody.
pub(crate) async fn define(
    session: &mut Session,
    event: &Event,
    identity: &Identity,
    opened: bool,
) -> Result<(), DbError> {
    let define = async |tx: &Transaction<'_>| {
        check_origin(tx, identity, opened).await?;
        define_places(tx, event).await?;
        for (ballot, _) in event.laws() {
            define_law(tx, ballot).await?;
        }
        for (ballot, election) in event.elections() {
            define_election(tx, ballot, election).await?;
        }
        Ok(())
    };
    session
        .transact("write the event's definition", define)
        .await
}

async fn check_origin(
    tx: &Transaction<'_>,
    identity: &Identity,
    opened: bool,
) -> Result<(), WorkError> {
    tx.execute(
        "INSERT INTO ledger_origin (event_id, manifest_sha256, opened) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        &[
            &identity.event_id,
            &identity.manifest_sha256.as_slice(),
            &opened,
        ],
    )
    .await?;
    let row = tx
        .query_one(
            "SELECT event_id, manifest_sha256, opened FROM ledger_origin",
            &[],
        )
        .await?;
    let (event_id, manifest): (String, Vec<u8>) = (row.get(0), row.get(1));
    let refuse = |text: String| Err(DbError::OtherLedger(text).into());
    if event_id != identity.event_id || manifest != identity.manifest_sha256 {
        return refuse(format!(
            "database follows the ledger of event {event_id} and its package, not event {} and this package: name another database, or `tally rebuild` this one",
            identity.event_id
        ));
    }
    match (row.get::<_, bool>(2), opened) {
        (false, true) => refuse(
            "database was filled without the mask key and has no counts: run `tally rebuild --mask ... --releases ... --postgres ...`, then start again".to_owned(),
        ),
        (true, false) => refuse(
            "database holds counts, but no --mask was given: name the mask key and the releases, or another database".to_owned(),
        ),
        _ => Ok(()),
    }
}

async fn define_places(tx: &Transaction<'_>, event: &Event) -> Result<(), WorkError> {
    let region = tx
        .prepare("INSERT INTO regions (id, region_code, name_fr, name_en) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .await?;
    for r in &event.regions {
        tx.execute(
            &region,
            &[&i32::from(r.number), &r.code, &r.name.fr, &r.name.en],
        )
        .await?;
    }
    let party = tx
        .prepare("INSERT INTO political_parties (party_code, name_fr, name_en, color) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .await?;
    for p in &event.parties {
        tx.execute(&party, &[&p.code, &p.name.fr, &p.name.en, &p.colour])
            .await?;
    }
    Ok(())
}

async fn define_law(tx: &Transaction<'_>, ballot: &Ballot) -> Result<(), WorkError> {
    let (opens, closes) = (system_time(ballot.opens), system_time(ballot.closes));
    tx.execute(
        "INSERT INTO laws (law_id, title_fr, title_en, start_datetime, end_datetime)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            &ballot.id,
            &ballot.title.fr,
            &ballot.title.en,
            &opens,
            &closes,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO vote_results (law_id, updated_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &[&ballot.id, &opens],
    )
    .await?;
    Ok(())
}

async fn define_election(
    tx: &Transaction<'_>,
    ballot: &Ballot,
    election: &Election,
) -> Result<(), WorkError> {
    let (opens, closes) = (system_time(ballot.opens), system_time(ballot.closes));
    let method = match election.method {
        Method::SingleChoice => "single_choice",
        Method::RankedChoice => "ranked_choice",
    };
    let seats = i32::try_from(election.seats).expect("a definition asks for at most 1,000 seats");
    tx.execute(
        "INSERT INTO elections (id, election_code, election_name, election_name_en, voting_method, seats, start_datetime, end_datetime)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        &[&i64::from(election.number), &ballot.id, &ballot.title.fr, &ballot.title.en, &method, &seats, &opens, &closes],
    )
    .await?;
    let candidate = tx
        .prepare(
            "INSERT INTO candidates (election_id, id, region_id, party_code, first_name, last_name, status, list_order)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .await?;
    for (order, c) in (1i32..).zip(election.candidates()) {
        let status = match c.status {
            CandidateStatus::Active => "active",
            CandidateStatus::Withdrawn => "withdrawn",
        };
        tx.execute(
            &candidate,
            &[
                &i64::from(election.number),
                &i64::from(c.number),
                &i32::from(c.region),
                &c.party,
                &c.first_name,
                &c.last_name,
                &status,
                &order,
            ],
        )
        .await?;
    }
    tx.execute(
        "INSERT INTO election_results (election_id, region_id, candidate_id, updated_at)
         SELECT election_id, region_id, id, $2 FROM candidates WHERE election_id = $1 ON CONFLICT DO NOTHING",
        &[&i64::from(election.number), &opens],
    )
    .await?;
    Ok(())
}
