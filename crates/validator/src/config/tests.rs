//! Tests of layers and faults: sources are plain values, nothing of the system is touched.

use std::path::Path;

use super::*;

const LEAST: &str = "package = \"p\"\ntrust = [\"a.pub\"]\ndata = \"d\"\n";

fn resolve(file: &str, variables: &[(&str, &str)], listen: &[&str]) -> Result<Config, Vec<String>> {
    let mut settings = Settings::defaults();
    let faults = settings.lay_file(Path::new("v.toml"), file);
    let variable = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| (*text).to_owned())
    };
    settings.lay_environment(variable);
    settings.lay_flag(
        "listen",
        "listen",
        listen.iter().map(|text| (*text).to_owned()).collect(),
    );
    Config::resolve(&settings, faults)
}

#[test]
fn flags_over_environment_over_file_over_default() {
    let port = |file: &str, variables: &[(&str, &str)], flag: &[&str]| {
        let file = format!("{file}\n{LEAST}");
        resolve(&file, variables, flag)
            .expect("a sound configuration")
            .listen
            .port()
    };
    let file = "listen = \"127.0.0.1:2\"";
    let variables = [("VALIDATOR_LISTEN", "127.0.0.1:3")];
    assert_eq!(port("", &[], &[]), 8_000);
    assert_eq!(port(file, &[], &[]), 2);
    assert_eq!(port(file, &variables, &[]), 3);
    assert_eq!(port(file, &variables, &["127.0.0.1:4"]), 4);
}

#[test]
fn lists_come_from_the_environment_by_commas() {
    let variables = [(
        "VALIDATOR_CLIENTS_TRUSTED_PROXIES",
        "10.0.0.0/8, 192.0.2.0/24",
    )];
    let config = resolve(LEAST, &variables, &[]).expect("a sound configuration");
    assert_eq!(config.addresses.trusted_proxies.len(), 2);
    let none = [("VALIDATOR_CLIENTS_EXEMPT", "")];
    let config = resolve(LEAST, &none, &[]).expect("a sound configuration");
    assert!(config.addresses.exempt.is_empty());
}

#[test]
fn quotas_are_rates() {
    let config = resolve(LEAST, &[], &[]).expect("a sound configuration");
    assert_eq!(config.requests.period, Duration::from_millis(20));
    assert_eq!(
        config.failed_attempts,
        Quota {
            period: Duration::from_secs(60),
            burst: 20
        }
    );
    let period = Duration::from_secs(30);
    let expected = Quota { period, burst: 40 };
    assert_eq!(config.client_failed_attempts, expected);
}

#[test]
fn every_fault_at_once() {
    let file = "trust = \"a.pub\"\nlitsen = 1\n[http]\nbody_bytes_max = 1\nheaders_max = 0x20\n\
                [clients]\nexempt = [\"nowhere\"]\n[process]\nthreads = -1\nlog = \"warning\"\n";
    let faults = resolve(file, &[("VALIDATOR_LEDGER_QUEUE_MAX", "many")], &["here"])
        .expect_err("a faulty configuration");
    let expected = [
        "v.toml, line 1: trust: expected a list of texts in quotes, got string",
        "v.toml, line 2: litsen: unknown key; known here: package, trust, require, key, data, listen, \
         internal, results, clients, cors, http, internal_tls, ledger, log, process, relay, tls",
        "v.toml, line 5: http.headers_max: expected a decimal integer, without 0x, 0o or 0b",
        "package is not set: give --package DIRECTORY, as shardpack wrote it",
        "data is not set: give --data DIRECTORY, where the ledger is kept",
        "trust is not set: give --trust OFFICER.pub for each officer",
        "listen is \"here\" (--listen): write an address and a port, such as 127.0.0.1:8000",
        "clients.exempt is \"nowhere\" (v.toml, line 7): write address prefixes such as 10.0.0.0/8",
        "http.body_bytes_max is \"1\" (v.toml, line 4): write an integer from 256 to 65536",
        "ledger.queue_max is \"many\" (environment variable VALIDATOR_LEDGER_QUEUE_MAX): \
         write an integer from 1 to 1048576",
        "process.threads is \"-1\" (v.toml, line 9): write an integer from 0 to 1024",
        "process.log is \"warning\" (v.toml, line 10): write error, warn, info, debug, trace, or a \
         level for each of several targets: info,validator=debug",
    ];
    let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
    let mut faults = faults;
    expected.sort();
    faults.sort();
    assert_eq!(faults, expected);
}

#[test]
fn broken_toml_names_its_line() {
    let faults = resolve("a = 1\nb = = 2\n", &[], &[]).expect_err("not TOML");
    assert!(
        faults
            .iter()
            .any(|fault| fault.starts_with("v.toml, line 2: ")),
        "{faults:?}"
    );
}

#[test]
fn two_listeners_need_two_ports() {
    let faults = resolve(LEAST, &[], &["127.0.0.1:8100"]).expect_err("one port twice");
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("both 127.0.0.1:8100")),
        "{faults:?}"
    );
}

#[test]
fn the_commented_file_names_every_setting_with_its_default() {
    let text = include_str!("../../../../deploy/validator.toml");
    let mut settings = Settings::default();
    assert_eq!(
        settings.lay_file(Path::new("deploy/validator.toml"), text),
        Vec::<String>::new()
    );
    for key in keys::KEYS {
        let setting = settings
            .get(key.name)
            .unwrap_or_else(|| panic!("{} is missing", key.name));
        if let Some(default) = key.default {
            assert_eq!(setting.values.join(", "), default, "{}", key.name);
        }
    }
    assert!(Config::resolve(&settings, Vec::new()).is_ok());
}

#[test]
fn a_replicated_ledger_needs_its_name_and_shows_no_password() {
    let ledger = |lines: &str| resolve(&format!("{LEAST}[ledger]\n{lines}"), &[], &[]);
    let url = "postgres = \"postgres://v:s3cret@db/scrutin\"\n";
    let faults = ledger(url).expect_err("no name");
    assert!(faults[0].contains("ledger.member is not set"), "{faults:?}");
    let named = format!("{url}member = \"v1\"\n");
    let faults = ledger(&named).expect_err("no way to the others");
    assert!(faults[0].contains("relay.listen is not set"), "{faults:?}");
    let relay = "[relay]\nlisten = \"10.0.0.1:8200\"\ncertificate = \"v1.pem\"\nkey = \"v1.key\"\nca = \"ca.pem\"\n";
    let config = ledger(&format!("{named}{relay}")).expect("sound");
    assert!(!format!("{config:?}").contains("s3cret"));
    let replicated = config.replicated.expect("a replicated ledger");
    assert_eq!(replicated.lease, Duration::from_secs(3));
    assert_eq!(replicated.relay.address, "10.0.0.1:8200");
    let faults = ledger("member = \"v1\"\n").expect_err("no database");
    assert!(faults[0].contains("ledger.postgres is not"), "{faults:?}");
    assert_eq!(ledger("").expect("sound").replicated, None);
}
