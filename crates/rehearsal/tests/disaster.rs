//! A site is lost with the ledger's database, and restored elsewhere from its archive.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use rehearsal::disaster::{self, Plan};
use rehearsal::prepare::Stage;
use rehearsal::steps::Steps;

/// Whether this test is to run: always, unless SCRUTIN_WITHOUT_PGBACKREST=1 says that tests do without.
async fn has_archive(stage: &Stage) -> bool {
    let without = std::env::var("SCRUTIN_WITHOUT_PGBACKREST").is_ok_and(|value| value == "1");
    if without || !support::has_postgres() {
        eprintln!("SKIPPED: told to do without pgBackRest");
        return false;
    }
    assert!(
        disaster::is_archived_here(&stage.machines.logs().join("pgbackrest.log")).await,
        "pgBackRest is not installed: install it (Debian: apt-get install pgbackrest), or set \
         SCRUTIN_WITHOUT_PGBACKREST=1"
    );
    true
}

async fn lose_the_site(forgets_segment: bool) -> Option<disaster::told::Scene> {
    let (_dir, stage) = support::stage();
    if !has_archive(&stage).await {
        return None;
    }
    let plan = Plan {
        votes: 1_200,
        forgets_segment,
        seed: 1,
    };
    let played = disaster::site_lost(&stage, plan, &mut Steps::new()).await;
    Some(played.unwrap())
}

#[tokio::test]
async fn exactly_what_was_not_archived_is_lost() {
    let Some(played) = lose_the_site(false).await else {
        return;
    };
    assert!(played.verdict.is_clean(), "{played:?}");
    assert!(played.acknowledged > 1_200, "{played:?}");
}

/// A restore that misses the newest segment of the archive loses votes that the archive had.
#[tokio::test]
async fn a_careless_restore_is_noticed() {
    let Some(played) = lose_the_site(true).await else {
        return;
    };
    let verdict = played.verdict.to_string();
    assert!(verdict.contains("the archive had"), "{verdict}");
}
