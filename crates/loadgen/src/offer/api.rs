//! Reads the open ballots from the API of the validator.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Ballot, Kind, Method};
use crate::connection::Connection;

/// The members that are used; the validator's OpenAPI document describes all of them.
#[derive(Debug, Deserialize)]
struct Law {
    law_id: String,
    allow_blank: bool,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Election {
    election_id: u32,
    election_code: String,
    voting_method: String,
    max_ranks: u32,
    region_ids: Vec<u16>,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    candidate_id: u32,
    status: String,
}

/// Status of a ballot that takes votes, and of a candidate who stands.
const ACTIVE: &str = "active";

/// The ballots that the validator says are open now: laws, then elections.
pub(crate) async fn read(connection: &mut Connection, seed: u64) -> Result<Vec<Ballot>> {
    let laws: Vec<Law> = document(connection, "/api/v1/laws").await?;
    let laws = laws
        .into_iter()
        .filter(|law| law.status == ACTIVE)
        .map(|law| Ballot {
            id: law.law_id,
            kind: Kind::Law {
                allow_blanc: law.allow_blank,
            },
        });
    let mut ballots: Vec<Ballot> = laws.collect();
    let elections: Vec<Election> = document(connection, "/api/v1/elections").await?;
    for election in elections
        .into_iter()
        .filter(|election| election.status == ACTIVE)
    {
        ballots.push(election_ballot(connection, election, seed).await?);
    }
    Ok(ballots)
}

async fn election_ballot(
    connection: &mut Connection,
    election: Election,
    seed: u64,
) -> Result<Ballot> {
    let method = match election.voting_method.as_str() {
        "single_choice" => Method::Single,
        "ranked_choice" => Method::Ranked {
            max_ranks: election.max_ranks,
        },
        other => bail!(
            "election {}: voting method {other} is not known here",
            election.election_id
        ),
    };
    let mut active = BTreeMap::new();
    for region in &election.region_ids {
        let path = format!(
            "/api/v1/elections/{}/regions/{region}/candidates",
            election.election_id
        );
        let candidates: Vec<Candidate> = document(connection, &path).await?;
        let standing = candidates
            .iter()
            .filter(|candidate| candidate.status == ACTIVE);
        active.insert(
            *region,
            standing.map(|candidate| candidate.candidate_id).collect(),
        );
    }
    Ok(Ballot {
        id: election.election_code,
        kind: Kind::Election {
            number: election.election_id,
            method,
            fields: super::popularity(active, election.election_id, seed),
        },
    })
}

async fn document<T: DeserializeOwned>(connection: &mut Connection, path: &str) -> Result<T> {
    let body = connection.get(path).await?;
    serde_json::from_slice(&body).with_context(|| format!("GET {path}: not the expected JSON"))
}
