//! The validator as a service: what it tells its manager, and the unit files that operators install.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::fixture::Fixture;
use crate::server::Server;

#[test]
fn the_service_manager_is_told_when_it_serves_and_when_it_stops() {
    let fixture = Fixture::new();
    let path = fixture.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let told = || {
        let mut buffer = [0; 64];
        let count = socket.recv(&mut buffer).expect("a state");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    let name = path.to_str().unwrap();
    let mut server =
        Server::start_with(&fixture.arguments("data"), &[], &[("NOTIFY_SOCKET", name)]);
    assert_eq!(told(), "READY=1");
    assert_eq!(server.get("/readyz").status, 200);
    server.terminate();
    assert_eq!(told(), "STOPPING=1");
    assert!(server.wait().success());
}

/// A manager that is not there keeps nobody from voting.
#[test]
fn an_absent_service_manager_is_no_fault() {
    let fixture = Fixture::new();
    let nowhere = [("NOTIFY_SOCKET", "/nonexistent/notify")];
    let server = Server::start_with(&fixture.arguments("data"), &[], &nowhere);
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn systemd_understands_the_unit_files_and_finds_them_tight() {
    let Some(systemd_analyze) = specimen::systemd_analyze() else {
        return;
    };
    let fixture = Fixture::new();
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd");
    let mut judged = 0;
    for unit in fs::read_dir(units).unwrap() {
        let unit = unit.unwrap().path();
        if unit.extension().is_some_and(|kind| kind == "timer") {
            continue;
        }
        let name = unit.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&unit).unwrap();
        // systemd looks whether the program is there.
        let here = text.replace("\nExecStart=/usr/bin/", "\nExecStart=/bin/true ");
        let here = here.replace("\nExecStart=/usr/libexec/", "\nExecStart=/bin/true ");
        assert_ne!(
            here, text,
            "{name} starts a program of a package, or a script of deploy/"
        );
        let copy = fixture.path(name);
        fs::write(&copy, here).unwrap();
        let analyze = |arguments: &[&str]| {
            let mut analyze = Command::new(&systemd_analyze);
            let output = analyze.args(arguments).arg(&copy).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{name}: {said}");
            said
        };
        let said = analyze(&["verify", "--man=no"]);
        assert!(!said.contains(name), "{said}");
        // In tenths of systemd's points, of which ten are the worst: below 2.0.
        analyze(&["security", "--offline=true", "--threshold=19"]);
        judged += 1;
    }
    assert_eq!(judged, 6, "validator, mirror, both hands, witness, backup");
}
