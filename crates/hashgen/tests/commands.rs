//! `hashgen keygen`, `mint`, `synth` and `import`, and the command line as a whole.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use credentials::digestset::{DigestSetReader, file_path};
use credentials::{BallotId, RollKey, Scheme, mint};

/// Runs the program in a directory: exit status, standard output, standard error.
fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hashgen"));
    let output = command.current_dir(dir).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn help_version_and_usage() {
    let dir = tempfile::tempdir().unwrap();
    let check = |args: &[&str], status: i32, part: &str| {
        let (got, stdout, stderr) = run(dir.path(), args);
        assert_eq!(got, status, "{args:?}");
        assert!((stdout + &stderr).contains(part), "{args:?}");
    };
    check(&["--help"], 0, "Examples:");
    check(&["--version"], 0, "hashgen");
    check(&[], 2, "Usage");
    check(&["hash"], 2, "--roll");
    check(&["frobnicate"], 2, "frobnicate");
    for command in ["hash", "mint", "synth", "keygen", "import"] {
        check(&[command, "--help"], 0, "Example");
    }
}

#[test]
fn keygen_writes_a_key_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (status, stdout, _) = run(dir.path(), &["keygen", "--out", "roll.key"]);
    assert_eq!(status, 0);
    let path = dir.path().join("roll.key");
    let key = RollKey::parse(&fs::read(&path).unwrap()).unwrap();
    assert!(stdout.contains(&key.key_id().to_string()), "{stdout}");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let (status, _, stderr) = run(dir.path(), &["keygen", "--out", "roll.key"]);
    assert_eq!(status, 1);
    assert!(stderr.contains("roll.key exists already"), "{stderr}");
}

#[test]
fn mint_adds_a_column_and_changes_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        "NAS;\"Nom; prénom\"",
        "046 454 286;\"x \"\"y\"\"\"",
        "123456789; z ",
    ];
    let people = format!("\u{feff}{}\r\n", rows.join("\r\n"));
    fs::write(dir.path().join("people.csv"), people).unwrap();
    let args = ["mint", "--roll", "people.csv", "--out", "letters.csv"];
    let (status, stdout, stderr) = run(dir.path(), &args);
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("2 codes"), "{stdout}");
    let letters = fs::read_to_string(dir.path().join("letters.csv")).unwrap();
    let letters = letters.strip_prefix('\u{feff}').unwrap();
    let mut codes = HashSet::new();
    for (at, (letter, row)) in letters.split_terminator("\r\n").zip(rows).enumerate() {
        let (copied, code) = letter.rsplit_once(';').unwrap();
        assert_eq!(copied, row);
        assert!(
            if at == 0 {
                code == "Code"
            } else {
                mint::is_minted(code.as_bytes())
            },
            "{code}"
        );
        codes.insert(code.to_owned());
    }
    assert_eq!(codes.len(), 3);
    let mode = fs::metadata(dir.path().join("letters.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn mint_refuses_a_roll_with_codes_or_faults() {
    let check = |text: &str, parts: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("people.csv"), text).unwrap();
        let args = ["mint", "--roll", "people.csv", "--out", "letters.csv"];
        let (status, _, stderr) = run(dir.path(), &args);
        assert_eq!(status, 1);
        for part in parts {
            assert!(stderr.contains(part), "{stderr}");
        }
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "something was left behind"
        );
    };
    check(
        "NAS,CODE\n1,2\n",
        &["people.csv, line 1", "column Code already"],
    );
    check(
        "NAS,Name\n1,2\n1\n",
        &["people.csv", "line 3", "1 columns, the header 2"],
    );
}

/// `cut -d,` took the first column off, whatever it was: a roll with `;` went to the mailing house with
/// all its NAS.
#[test]
fn the_mailing_house_gets_no_nas_whatever_the_roll_looks_like() {
    for (roll, columns, expected) in [
        (
            "NAS,Name\n123456782,\"Roy, Zoé\"\n",
            None,
            "Name,Code\n\"Roy, Zoé\",*\n",
        ),
        (
            "Nom;NAS;Rue\r\n\"A \"\"B\"\"\";046 454 286;1; rue\r\n",
            None,
            "line 2",
        ),
        (
            "Nom;NAS;Rue\r\n\"A \"\"B\"\"\";046 454 286;\"1; rue\"\r\n",
            None,
            "Nom;Rue;Code\r\n\"A \"\"B\"\"\";\"1; rue\";*\r\n",
        ),
        (
            "\u{feff}Numero\tNom\n123456782\tZ\n",
            Some("nas=Numero"),
            "\u{feff}Nom\tCode\nZ\t*\n",
        ),
        ("Numero,Name\n123456782,Z\n", None, "no column is named NAS"),
        (
            "NAS,Name,Ref\n123456782,Z,123-456-782\n",
            None,
            "column Ref holds the NAS too",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("people.csv"), roll).unwrap();
        let mut args = vec!["mint", "--roll", "people.csv", "--out", "letters.csv"];
        args.extend(["--mailing", "mailing.csv"]);
        args.extend(columns.iter().flat_map(|columns| ["--columns", columns]));
        let (status, _, stderr) = run(dir.path(), &args);
        let mailing = dir.path().join("mailing.csv");
        if status != 0 {
            assert!(stderr.contains(expected), "{roll}: {stderr}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{roll}");
            continue;
        }
        let letters = fs::read_to_string(dir.path().join("letters.csv")).unwrap();
        let code = &letters.trim_end()[letters.trim_end().len() - mint::CODE_LEN..];
        let text = fs::read_to_string(&mailing).unwrap();
        assert_eq!(text, expected.replace('*', code), "{roll}");
        let mode = fs::metadata(&mailing).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn synth_is_the_same_for_the_same_seed_and_hashes_without_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let synth = |seed: &str, out: &str, threads: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hashgen"));
        let args = ["synth", "--voters", "40000", "--seed", seed, "--out", out];
        let output = command
            .current_dir(dir.path())
            .env("RAYON_NUM_THREADS", threads)
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        fs::read(dir.path().join(out)).unwrap()
    };
    let first = synth("1", "a.csv", "1");
    assert!(first.starts_with(b"NAS,Code,Region\n000000018,"));
    assert!(
        first == synth("1", "b.csv", "3"),
        "threads changed the roll"
    );
    assert!(
        first != synth("2", "c.csv", "2"),
        "the seed changed nothing"
    );
    run(dir.path(), &["keygen", "--out", "k"]);
    let hash = [
        "hash", "--roll", "a.csv", "--key", "k", "--ballot", "L1", "--luhn", "reject",
    ];
    let (status, _, stderr) = run(dir.path(), &[&hash[..], &["--out", "d"]].concat());
    assert_eq!((status, stderr.as_str()), (0, ""));
}

#[test]
fn import_takes_the_seeds_hash_database() {
    let dir = tempfile::tempdir().unwrap();
    // SHA-256 of 123456789|ABC123|L2025-001, twice.
    let sample = "fbbeb8f3dc022d9ddb1753049a715678ca1bed3275ea46fdb2cff5d5bc36aca5";
    let other = "00".repeat(32);
    let check = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).unwrap();
        let out = format!("{name}.digests");
        let args = [
            "import",
            "--hashes",
            name,
            "--ballot",
            "L2025-001",
            "--out",
            &out,
            "--json",
        ];
        let (status, stdout, stderr) = run(dir.path(), &args);
        assert_eq!(status, 0, "{stderr}");
        let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["digests_read"], 3);
        assert_eq!(report["ballots"][0]["duplicates"], 1);
        let ballot = BallotId::parse("L2025-001").unwrap();
        let reader =
            DigestSetReader::open(&dir.path().join(out).join(file_path(&ballot, 0))).unwrap();
        assert_eq!(reader.header().scheme, Scheme::Sha256);
        let digests: Vec<_> = reader
            .map(|record| record.unwrap().digest.to_string())
            .collect();
        assert_eq!(digests, [&other[..32], &sample[..32]]);
    };
    check(
        "list.txt",
        &format!("{sample}\n{other}\n{}\n", &sample[..32]),
    );
    check(
        "list.json",
        &format!("[\"{sample}\", \"{other}\", \"{sample}\"]"),
    );
    check(
        "object.json",
        &format!("{{\"n\": 2, \"hashes\": [\"{sample}\", \"{other}\", \"{sample}\"]}}"),
    );
}

#[test]
fn import_refuses_with_line_and_remedy() {
    let check = |text: &str, part: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("hashes"), text).unwrap();
        let args = [
            "import", "--hashes", "hashes", "--ballot", "L1", "--out", "d",
        ];
        let (status, _, stderr) = run(dir.path(), &args);
        assert_eq!(status, 1, "{stderr}");
        assert!(stderr.starts_with("hashgen: hashes"), "{stderr}");
        assert!(stderr.contains(part), "{stderr}");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "something was left behind"
        );
    };
    check("", "is empty");
    check("00\n", "line 1: digest has 2 characters, expected 32 or 64");
    check("[\"00\"]", "digest number 1");
    check("{}", "no list");
    check("[]", "the list is empty");
}

/// Each law had to be imported into a directory of its own, and no event of two could be packed.
#[test]
fn import_takes_the_digests_of_several_laws_in_one_run() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("one"), "11".repeat(16)).unwrap();
    fs::write(dir.path().join("two"), format!("[{:?}]", "22".repeat(32))).unwrap();
    let import = |pairs: &str| {
        let given = format!("import --out digests {pairs}");
        run(dir.path(), &given.split(' ').collect::<Vec<_>>())
    };
    for (pairs, part) in [
        (
            "--hashes one --hashes two --ballot L1",
            "--hashes is given 2 times",
        ),
        (
            "--hashes one --ballot L1 --hashes two --ballot L1",
            "--ballot L1 is given twice",
        ),
        (
            "--hashes one --ballot L1 --hashes one --ballot L2",
            "fit no other",
        ),
    ] {
        let (status, _, stderr) = import(pairs);
        assert_eq!(status, 2, "{pairs}: {stderr}");
        assert!(stderr.contains(part), "{pairs}: {stderr}");
    }
    let (status, stdout, stderr) = import("--hashes one --ballot L1 --hashes two --ballot L2");
    assert_eq!(status, 0, "{stderr}");
    assert!(
        stdout.contains("digests read  2\nballot L1: 1 credential, 0 repeated"),
        "{stdout}"
    );
    for (ballot, digit) in [("L1", '1'), ("L2", '2')] {
        let set = file_path(&BallotId::parse(ballot).unwrap(), 0);
        let mut set = DigestSetReader::open(&dir.path().join("digests").join(set)).unwrap();
        let digest = set.next().unwrap().unwrap().digest.to_string();
        assert_eq!(digest, digit.to_string().repeat(32));
    }
}

/// A registry's empty file became an event in which nobody could vote, and nobody was told.
#[test]
fn a_roll_without_voters_is_refused() {
    for command in [
        "mint --roll roll.csv --out out",
        "hash --roll roll.csv --scheme sha256 --ballot L1 --out out",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let header = if command.starts_with("mint") {
            "NAS\n"
        } else {
            "NAS,Code\n\n"
        };
        fs::write(dir.path().join("roll.csv"), header).unwrap();
        let (status, stdout, stderr) = run(dir.path(), &command.split(' ').collect::<Vec<_>>());
        assert_eq!((status, stdout.as_str()), (1, ""), "{command}");
        assert!(
            stderr.contains("roll.csv: there is a header and no row"),
            "{stderr}"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{command}");
    }
}
