//! A package that rots on its disk after the start has verified it: no vote is recorded by what the
//! officers did not sign, and operators are told. docs/package.md tells people what to do.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::fixture::{Fixture, Voter};
use crate::server::Server;

const LAW: &str = "L2025-001";
/// Bytes of a file's header.
const HEADER: u64 = 64;

/// Flips a bit of every byte behind the header, in the file itself: whoever has it mapped sees that.
fn rot(path: &Path) {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.unwrap();
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len() - HEADER).unwrap()];
    file.read_exact_at(&mut bytes, HEADER).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 4);
    file.write_all_at(&bytes, HEADER).unwrap();
}

/// Starts on a sound package, lets files of one kind rot, and has somebody vote.
fn vote_by_rotten(fixture: &Fixture, kind: &str) -> (Server, u16, String) {
    let server = Server::start(fixture, &[]);
    assert_eq!(server.vote(Voter(0), LAW, "oui").status, 202);
    assert_eq!(server.get("/api/v1/health").status, 200);
    for shard in 0..2 {
        let file = format!("package/shards/{LAW}/{shard:04}.{kind}");
        rot(&fixture.path(&file));
    }
    let answer = server.vote(Voter(1), LAW, "oui");
    let problem = match answer.status {
        202 => String::new(),
        _ => answer.problem(),
    };
    (server, answer.status, problem)
}

#[test]
fn invariant_7_a_rotten_column_records_no_vote() {
    for kind in ["reg", "dig"] {
        let fixture = Fixture::new();
        let (server, status, problem) = vote_by_rotten(&fixture, kind);
        assert_eq!(
            (status, problem.as_str()),
            (503, "roll-unreadable"),
            "{kind}"
        );
        let health = server.get("/api/v1/health");
        assert_eq!(health.status, 503);
        assert_eq!(health.json()["status"], "roll-unreadable");
        assert_eq!(health.json()["services"]["package"], "damaged");
        assert_eq!(server.get_internal("/readyz").status, 503);
        let metrics = server.get_internal("/metrics").body;
        let metrics = String::from_utf8(metrics).unwrap();
        assert!(metrics.contains("\npackage_damaged 1\n"), "{metrics}");
        server.wait_for_log(&format!(".{kind}, byte "));
    }
}
