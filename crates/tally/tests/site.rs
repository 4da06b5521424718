//! The results as files: what `tally export --what site` writes is what everybody may see, and holds together.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use election::Choice;
use sha2::{Digest, Sha256};

use support::program::{Names, Running, stderr, tally};
use support::{BallotBox, Fixture, LATER, LIVE};

/// Every file below a directory, by its path.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn read(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).expect("a directory") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                read(&entry.path(), &format!("{path}/"), files);
            } else {
                files.insert(path, fs::read(entry.path()).expect("a file"));
            }
        }
    }
    let mut all = BTreeMap::new();
    read(dir, "", &mut all);
    all
}

/// Writes the site below the fixture, and returns its files.
fn site(fixture: &Fixture, name: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let names = Names::new(fixture, "data");
    let dir = fixture.path(name);
    let mut args = vec!["--what", "site", "--out", dir.to_str().expect("UTF-8")];
    args.extend(more);
    let output = tally(&names.args("export", &args));
    assert!(output.status.success(), "{}", stderr(&output));
    files(&dir)
}

fn text<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> &'a str {
    let bytes = files.get(path).unwrap_or_else(|| panic!("no {path}"));
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Votes whose counts are told apart: 7 of 12 for one ballot, 11 of 12 for the hidden one.
fn voted(ballots: &mut BallotBox<'_>) {
    for nth in 0..12 {
        let choice = |yes| if nth < yes { Choice::Oui } else { Choice::Non };
        ballots.vote(LIVE, nth, choice(7));
        ballots.vote(LATER, nth, choice(11));
    }
}

/// Values of an attribute, as they stand.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let rest = html.split(start.as_str()).skip(1);
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

/// The file that a relative link in `from` names.
fn resolved(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    let link = link.split('#').next().unwrap_or_default();
    for part in link.split('/') {
        match part {
            ".." => assert!(parts.pop().is_some(), "{link} of {from} leads outside"),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn a_site_says_what_the_running_tally_says_and_hides_what_it_hides() {
    let fixture = Fixture::new(100);
    voted(&mut fixture.ballot_box("data"));
    let names = Names::new(&fixture, "data");
    let files = site(&fixture, "site", &[]);
    let running = Running::start(&names.args("run", &[]));
    running.wait("/api/v1/results/LIVE", |law| law["total_votes"] == 12);
    std::thread::sleep(std::time::Duration::from_secs(1));
    for path in [
        "/api/v1/results",
        "/api/v1/results/LIVE",
        "/api/v1/results/LATER",
        "/api/v1/elections/1/results",
        "/api/v1/elections/2/regions/1/results",
        "/api/v1/turnout",
        "/api/v1/turnout/LATER",
    ] {
        let file = format!("{}.json", &path[1..]);
        assert_eq!(text(&files, &file), running.get(path, "").2, "{path}");
    }
    let csv = running.get("/ballots/LIVE/results.csv?lang=en", "").2;
    assert_eq!(text(&files, "en/ballots/LIVE/results.csv"), csv);
    assert!(text(&files, "en/ballots/LIVE/index.html").contains("58.3%"));
    let hidden = text(&files, "api/v1/results/LATER.json");
    assert!(hidden.contains("\"oui_count\":null"), "{hidden}");
    for (path, bytes) in files.iter().filter(|(path, _)| path.contains("LATER")) {
        let said = String::from_utf8_lossy(bytes);
        for share in ["91.7", "91,7", "\"oui_count\":11", ",oui,"] {
            assert!(!said.contains(share), "{path} says {share}");
        }
    }
    for index in ["index.html", "en/index.html"] {
        let said = text(&files, index);
        assert!(!said.contains("91.7") && !said.contains("91,7"), "{index}");
    }
}

#[test]
fn every_link_of_a_site_leads_to_a_file_wherever_the_site_lies() {
    let fixture = Fixture::with_logo(100);
    voted(&mut fixture.ballot_box("data"));
    let files = site(&fixture, "site", &[]);
    let mut links = 0;
    let pages = files.keys().filter(|path| path.ends_with(".html"));
    for page in pages.clone() {
        let html = text(&files, page);
        assert!(html.contains("class=\"snapshot\""), "{page}");
        assert!(html.contains("http-equiv=\"Content-Security-Policy\""));
        assert!(!html.contains("data-stream"), "{page}");
        let shows_logo = values(html, "src")
            .iter()
            .any(|link| link.ends_with(".svg"));
        assert_ne!(shows_logo, page.contains("embed/"), "{page}");
        for link in [values(html, "href"), values(html, "src")].concat() {
            let elsewhere = link.starts_with("https://") || link.starts_with("tel:");
            // `hreflang` names the addresses of the program, where the event does not say where it is.
            let of_head = html.contains(&format!("hreflang=\"fr\" href=\"{link}\""))
                || html.contains(&format!("hreflang=\"en\" href=\"{link}\""))
                || html.contains(&format!("hreflang=\"x-default\" href=\"{link}\""));
            if link.starts_with('#') || elsewhere || of_head {
                continue;
            }
            let file = resolved(page, link);
            assert!(files.contains_key(&file), "{page}: {link} is no file");
            links += 1;
        }
    }
    // Six ballots, three regions of two of them, framed and not, and the index: in two languages.
    assert_eq!((pages.count(), links > 300), (2 * (2 * (6 + 6) + 1), true));
}

#[test]
fn the_same_ledger_makes_the_same_bytes_and_the_manifest_names_them() {
    let fixture = Fixture::new(100);
    voted(&mut fixture.ballot_box("data"));
    let first = site(&fixture, "one", &[]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert!(first == site(&fixture, "two", &[]), "the same ledger");
    let manifest: serde_json::Value =
        serde_json::from_str(text(&first, "manifest.json")).expect("JSON");
    let named = manifest["files"].as_array().expect("files");
    assert_eq!(named.len() + 1, first.len(), "each file but the manifest");
    for entry in named {
        let bytes = &first[entry["path"].as_str().expect("a path")];
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        assert_eq!(
            (&entry["sha256"], &entry["bytes"]),
            (&sha256.into(), &bytes.len().into())
        );
    }
    assert_eq!(manifest["ballots"][usize::from(LIVE)]["releases"], 12);
    assert_eq!(manifest["ballots"][usize::from(LATER)]["releases"], 0);
    assert_eq!(manifest["position"][0]["sequence"], 24);
    let page = text(&first, "ballots/LIVE/index.html");
    assert!(page.contains("jusqu’à la trame 24"), "{page}");
}

#[test]
fn a_site_is_replaced_when_asked_and_whole() {
    let fixture = Fixture::new(100);
    let mut ballots = fixture.ballot_box("data");
    voted(&mut ballots);
    let before = site(&fixture, "site", &[]);
    let names = Names::new(&fixture, "data");
    let dir = fixture.path("site");
    let args = ["--what", "site", "--out", dir.to_str().expect("UTF-8")];
    let refused = tally(&names.args("export", &args));
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert!(files(&dir) == before, "nothing has changed");
    ballots.vote(LIVE, 20, Choice::Non);
    let after = site(&fixture, "site", &["--force"]);
    assert!(text(&after, "ballots/LIVE/results.csv").contains(",non,6,"));
    // A statement that is not there is said, and the site stays.
    let gone = tally(&names.args(
        "export",
        &[&args[..], &["--force", "--statement", "gone"]].concat(),
    ));
    assert_eq!(gone.status.code(), Some(1), "{}", stderr(&gone));
    assert!(files(&dir) == after, "nothing has changed");
    let beside = fs::read_dir(dir.parent().expect("a parent")).expect("a directory");
    let aside = beside.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().contains(".aside-")
    });
    assert_eq!(aside.count(), 0, "something is left beside it");
    let unsigned = [&args[..], &["--force"]].concat();
    let unsigned = names.args("export", &unsigned);
    let at = unsigned
        .iter()
        .position(|arg| *arg == "--trust")
        .expect("a trusted key");
    let mut unsigned: Vec<&str> = unsigned.iter().map(|arg| &**arg).collect();
    unsigned.splice(at..at + 2, ["--untrusted"]);
    let unsigned = tally(&unsigned);
    assert!(
        stderr(&unsigned).contains("--trust"),
        "{}",
        stderr(&unsigned)
    );
}
