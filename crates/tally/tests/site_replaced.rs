//! What `tally export --what site` and `--what log` may replace, and that no site goes back behind the one before.

mod support;

use std::fs;
use std::path::Path;

use durable::output::OutputDir;
use election::Choice;

use support::desk::Desk;
use support::program::{Names, alone, stderr, tally};
use support::{Fixture, LIVE, log};

/// Exports to `out`; returns what it said, and whether it succeeded.
fn export(names: &Names, what: &str, out: &Path, more: &[&str]) -> (bool, String) {
    let out = out.to_str().expect("UTF-8");
    let args = ["--what", what, "--out", out];
    let output = tally(&names.args("export", &[&args[..], more].concat()));
    (output.status.success(), stderr(&output))
}

fn done(names: &Names, what: &str, out: &Path, more: &[&str]) {
    let (is_done, said) = export(names, what, out, more);
    assert!(is_done, "{said}");
}

#[test]
fn nothing_is_replaced_but_a_directory_of_its_own_kind() {
    let fixture = Fixture::logged(60);
    let mut ballots = fixture.ballot_box("data");
    ballots.fill(0, 10);
    ballots.close();
    log::cover(&fixture, "data", None, &[0, 1]);
    let names = Names::new(&fixture, "data");
    let path = |name: &str| fixture.path(name);
    for what in ["site", "log"] {
        done(&names, what, &path(what), &[]);
        done(&names, what, &path(what), &["--force"]);
        fs::create_dir(path("empty")).expect("made");
        done(&names, what, &path("empty"), &["--force"]);
        fs::remove_dir_all(path("empty")).expect("removed");
    }
    fs::create_dir(path("home")).expect("made");
    fs::write(path("home/letter"), "kept").expect("written");
    fs::write(path("file"), "kept").expect("written");
    std::os::unix::fs::symlink(path("site"), path("link")).expect("linked");
    let taken = ["home", "file", "link"];
    for (what, other) in [("site", "log"), ("log", "site")] {
        for name in taken.iter().chain(&[other]) {
            let (is_done, said) = export(&names, what, &path(name), &["--force"]);
            let refusal = format!("is no {what} that this program has written");
            assert!(!is_done && said.contains(&refusal), "{name}: {said}");
            assert!(said.contains("choose another name, or move it away"));
        }
        for read in [
            "data",
            "data/ledger",
            "data/ledger/site",
            "data/ledger/p0000/../site",
            "data/releases",
            "data/releases/site",
            "package",
            "package/site",
            ".",
        ] {
            for more in [&["--force"][..], &[]] {
                let (is_done, said) = export(&names, what, &path(read), more);
                let refusal = "which is read, are the same or one lies in the other";
                let exists = more.is_empty() && said.contains("exists already");
                assert!(
                    !is_done && (exists || said.contains(refusal)),
                    "{read}: {said}"
                );
            }
        }
    }
    for (kept, text) in [("home/letter", "kept"), ("file", "kept")] {
        assert_eq!(fs::read_to_string(path(kept)).expect("there"), text);
    }
    let verified = tally(&names.args("verify", &[]));
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[test]
fn a_second_job_is_refused_and_what_a_killed_one_left_is_swept() {
    let fixture = Fixture::new(60);
    fixture.ballot_box("data").fill(0, 10);
    let names = Names::new(&fixture, "data");
    let place = fixture.path("site");
    let left = fixture.path(".site.aside-4242-0");
    fs::create_dir_all(left.join("api")).expect("made");
    let at_it = OutputDir::create_alone(&fixture.path("site"), true).expect("started");
    assert!(!left.exists(), "the next job sweeps");
    let (is_done, said) = export(&names, "site", &place, &[]);
    assert!(
        !is_done && said.contains("another job is writing"),
        "{said}"
    );
    drop(at_it);
    done(&names, "site", &place, &[]);
}

#[test]
fn a_site_never_goes_back_behind_the_one_before() {
    let fixture = Fixture::new(60);
    let mut ballots = fixture.ballot_box("data");
    for nth in 0..12 {
        ballots.vote(LIVE, nth, Choice::Oui);
    }
    let names = Names::new(&fixture, "data");
    let place = fixture.path("site");
    done(&names, "site", &place, &[]);
    let page = || fs::read_to_string(place.join("ballots/LIVE/results.csv")).expect("a page");
    let before = page();
    assert!(before.contains(",oui,12"), "{before}");
    let older = |releases: &str| Names {
        releases: fixture.path(releases).to_str().expect("UTF-8").to_owned(),
        ..Names::new(&fixture, "data")
    };
    let args = ["--what", "site", "--force", "--out"];
    let out = place.to_str().expect("UTF-8");
    let refused = |output: std::process::Output, why: &str| {
        assert!(
            !output.status.success() && stderr(&output).contains(why),
            "{}",
            stderr(&output)
        );
        assert_eq!(page(), before, "{why}");
    };
    // No releases, where some are due.
    fs::create_dir(fixture.path("nothing")).expect("made");
    let empty = older("nothing");
    let empty = empty.args("export", &[&args[..], &[out]].concat());
    refused(alone(&empty), "there is no ");
    // No mask key, so nothing would be counted.
    let all = names.args("export", &[&args[..], &[out]].concat());
    let mut sealed = all.clone();
    let mask = sealed.iter().position(|arg| *arg == "--mask");
    sealed.drain(mask.expect("a key")..mask.expect("a key") + 4);
    refused(
        alone(&sealed),
        "counts 12 releases of ballot LIVE, and the new one 0",
    );
    // Fewer releases.
    fs::create_dir(fixture.path("fewer")).expect("made");
    let file = fs::read_dir(fixture.path("data/releases")).expect("a directory");
    let mut file = file.map(|entry| entry.expect("an entry").path());
    let file = file.next().expect("a file of releases");
    let text = fs::read_to_string(&file).expect("releases");
    let some: Vec<&str> = text.lines().take(4).collect();
    let copy = fixture
        .path("fewer")
        .join(file.file_name().expect("a name"));
    fs::write(copy, some.join("\n") + "\n").expect("written");
    let fewer = older("fewer");
    refused(
        alone(&fewer.args("export", &[&args[..], &[out]].concat())),
        "name the mask key with --mask, and the newest releases",
    );
    // An older ledger: what the site says was moved on by hand.
    let manifest = place.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(
        &manifest,
        text.replace("\"sequence\": 12", "\"sequence\": 13"),
    )
    .expect("written");
    refused(
        tally(&all),
        "to frame 13 of partition 0, and the new one to frame 12",
    );
    fs::write(
        &manifest,
        text.replace("\"event_id\": \"", "\"event_id\": \"other-"),
    )
    .expect("written");
    refused(tally(&all), "it is of event other-");
    // On purpose.
    fs::remove_dir_all(&place).expect("removed");
    let output = alone(&sealed);
    assert!(output.status.success(), "{}", stderr(&output));
    drop(ballots);
}

#[test]
fn a_site_shows_as_certified_what_statements_state_and_stays_so() {
    let desk = Desk::new();
    let output = desk.statement("out", &["--ballot", "OVER"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let place = desk.fixture.path("site");
    let out = desk.path("out");
    let (is_done, said) = export(&desk.names, "site", &place, &["--statement", &out]);
    assert!(is_done && said.contains("certifies OVER"), "{said}");
    let read = |file: &str| fs::read_to_string(place.join(file)).expect(file);
    let over: serde_json::Value =
        serde_json::from_str(&read("api/v1/results/OVER.json")).expect("JSON");
    assert_eq!(over["status"], "certified");
    let digest = over["certificate"]["statement_sha256"].as_str();
    let digest = digest.expect("a digest");
    let page = read("en/ballots/OVER/index.html");
    assert!(page.contains(digest), "{page}");
    let statement = format!("statements/{digest}.json");
    assert_eq!(read(&statement), desk.read("out/statement.json"));
    assert_eq!(
        read(&format!("{statement}.minisig")),
        desk.read("out/statement.json.minisig")
    );
    for (more, why) in [
        (
            &[][..],
            "it certifies ballot OVER, and the new one does not",
        ),
        (
            &["--statement", &out, "--statement", &out][..],
            "certifies nothing here",
        ),
        (&["--statement", &out, "--format", "json"][..], "--format"),
    ] {
        let (is_done, said) = export(&desk.names, "site", &place, &[&["--force"], more].concat());
        assert!(!is_done && said.contains(why), "{said}");
    }
    done(
        &desk.names,
        "site",
        &place,
        &["--force", "--statement", &out],
    );
}
