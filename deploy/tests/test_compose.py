"""deploy/compose.yaml: against the Compose specification, and against what Scrutin promises of it.

Two judges read the form: the specification's JSON schema, as docker-compose of the package index carries it, and the parser
of package compose-spec, which knows the fields of today. Each check is a function on the document, so that a test can spoil
the document and see the check fail.
"""

import ipaddress
import json
import re
import tempfile
import unittest
from importlib.resources import files
from pathlib import Path

import compose_spec
import jsonschema
import yaml

import programs

DEPLOY = Path(__file__).parent.parent
FILE = DEPLOY / "compose.yaml"
# Images of Scrutin have no shell and no second program: nothing in them could ask how they are.
WITHOUT_SHELL = ("scrutin/validator", "scrutin/tally", "scrutin/witness")
VALIDATORS = {"validator-1", "validator-2"}
DATABASES = {"database-1", "database-2", "database-3"}
# Who shares a network with whom. The heading of the file says what each is for.
NETWORKS = {
    "front": {"gateway"},
    "voting": {"gateway"} | VALIDATORS,
    "results": {"gateway", "mask-hand"},
    "relay": VALIDATORS,
    "stream": {"mirror-count", "mirror-mask", "prometheus"} | VALIDATORS,
    "ledger": VALIDATORS | DATABASES | {"init"},
    "agreement": DATABASES | {"etcd-1", "etcd-2", "etcd-3"},
    "witnesses": VALIDATORS | {"witness"},
    "watch": {"gateway", "mask-hand", "prometheus", "alertmanager", "grafana"} | DATABASES,
    "operators": {"prometheus", "alertmanager", "grafana"},
}
# The network on which a setting or a flag listens.
LISTENS = {
    "VALIDATOR_LISTEN": "voting", "VALIDATOR_INTERNAL": "stream", "VALIDATOR_RELAY_LISTEN": "relay",
    "GATEWAY_METRICS": "watch",
}
# Who may read which secret.
HOLDERS = {
    "count.key": {"count-hand"},
    "mask.key": {"mask-hand"},
    "roll.key": VALIDATORS | {"init"},
    "log.key": VALIDATORS | {"init"},
    "database.password": VALIDATORS | {"init"},
    "witness.key": {"witness"},
    "gateway.pem": {"gateway"},
}


def document():
    # By way of JSON, so that what the file says once and uses twice is not one object.
    return json.loads(json.dumps(yaml.safe_load(FILE.read_text())))


def interpolated(value):
    """The document as Compose reads it, with a value for each variable."""
    told = json.dumps(value).replace("${SCRUTIN_VERSION:?}", "1")
    return json.loads(re.sub(r"\$\{\w+:\?\}", "/srv", told))


def check_specification(all):
    schema = json.loads(files("compose").joinpath("config/compose_spec.json").read_text())
    for error in jsonschema.Draft7Validator(schema).iter_errors(interpolated(all)):
        raise AssertionError(f"{'.'.join(map(str, error.path))}: {error.message}")
    try:
        compose_spec.PyCompose.from_json(json.dumps(interpolated(all)))
    except ValueError as error:
        raise AssertionError(str(error)) from error


def check_confined(all):
    for name, service in all["services"].items():
        assert service.get("read_only") is True, f"{name} can write to its image"
        assert service.get("cap_drop") == ["ALL"] and "cap_add" not in service, f"{name} keeps capabilities"
        assert service.get("security_opt") == ["no-new-privileges:true"], f"{name} may gain privileges"
        assert re.fullmatch(r"[1-9]\d*:\d+", service.get("user", "")), f"{name} may be root"
        assert not {"privileged", "pid", "ipc", "devices"} & set(service), f"{name} shares what is the machine's"
        for limit in ("cpus", "mem_limit", "pids_limit"):
            assert service.get(limit), f"{name} has no {limit}"
        assert service.get("memswap_limit") == service["mem_limit"], f"{name} may be swapped to a disk"


def check_health(all):
    for name, service in all["services"].items():
        expected = not service["image"].startswith(WITHOUT_SHELL)
        assert ("healthcheck" in service) == expected, f"{name}: health check"
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in all["services"][other], f"{name} waits for {other}, which nobody asks"


def check_networks(all):
    members = {name: set() for name in all["networks"]}
    for name, service in all["services"].items():
        if "network_mode" in service:
            assert service["network_mode"] == "none" and "networks" not in service, name
            continue
        assert service.get("networks"), f"{name} is on the network of everybody"
        for network in service["networks"]:
            members[network].add(name)
    assert members == NETWORKS, {name: members[name] ^ NETWORKS.get(name, set()) for name in members}
    for name in ("voting", "results", "relay", "stream", "ledger", "agreement", "watch"):
        assert all["networks"][name].get("internal") is True, f"{name} leads outside"


def check_addresses(all):
    """Each program listens on one network alone, and each address is of its network and of one service."""
    taken = set()
    for name, service in all["services"].items():
        own = {}
        networks = service.get("networks") or {}
        for network, settings in networks.items() if isinstance(networks, dict) else ():
            if settings:
                own[network] = settings["ipv4_address"]
                subnet = all["networks"][network]["ipam"]["config"][0]["subnet"]
                assert ipaddress.ip_address(own[network]) in ipaddress.ip_network(subnet), f"{name} on {network}"
                assert own[network] not in taken, f"{own[network]} twice"
                taken.add(own[network])
        for variable, network in LISTENS.items():
            value = service.get("environment", {}).get(variable)
            if value and not value.startswith("127."):
                assert value.rpartition(":")[0] == own.get(network), f"{name} has {variable} {value}"
        arguments = service.get("command", [])
        for flag, network in (("--listen", "results"), ("--internal", "stream" if "mirror" in name else "watch")):
            if flag in arguments:
                value = arguments[arguments.index(flag) + 1]
                assert value.rpartition(":")[0] == own.get(network), f"{name} has {flag} {value}"
        if name in VALIDATORS:
            assert {"VALIDATOR_LISTEN", "VALIDATOR_INTERNAL", "VALIDATOR_RELAY_LISTEN"} <= set(service["environment"])


def check_published(all):
    """Voters and readers of results reach the gateway; operators reach the rest from this machine alone."""
    for name, service in all["services"].items():
        for port in service.get("ports", []):
            assert name == "gateway" or port.startswith("127.0.0.1:"), f"{name} publishes {port}"


def check_secrets(all):
    for name, secret in all["secrets"].items():
        assert secret == {"file": f"${{SCRUTIN_SECRETS:?}}/{name}"}, f"{name} does not come from the directory of secrets"
    holders = {}
    for name, service in all["services"].items():
        for secret in service.get("secrets", []):
            holders.setdefault(secret["source"], set()).add(name)
    assert set(holders) == set(all["secrets"]), set(holders) ^ set(all["secrets"])
    for key, expected in HOLDERS.items():
        assert holders[key] == expected, f"{key} is with {holders[key]}"
    for service in all["services"].values():
        for variable, value in service.get("environment", {}).items():
            told = str(value)
            if re.search(r"PASSWORD|SECRET|TOKEN", variable) and variable != "ETCD_INITIAL_CLUSTER_TOKEN":
                assert told.startswith("/run/secrets/"), f"{variable} is no file"


def is_ours(path):
    """Whether a path is one of the repository."""
    return path.startswith("./")


def check_files(all):
    """Every file that is named is mounted, and every file of the repository is there."""
    for name, service in all["services"].items():
        secrets = {secret["target"] for secret in service.get("secrets", [])}
        configs = {config["target"]: all["configs"][config["source"]]["file"] for config in service.get("configs", [])}
        told = json.dumps([service.get(key) for key in ("command", "environment", "healthcheck")])
        for target, file in configs.items():
            if is_ours(file):
                assert (DEPLOY / file).is_file(), f"there is no {file}"
                told += (DEPLOY / file).read_text()
        for secret in re.findall(r"/run/secrets/([\w.-]+\w)", told):
            assert secret in secrets, f"{name} has no {secret}"
        for config in re.findall(r"(/etc/scrutin/[\w.-]+\w)", told):
            assert config in configs, f"{name} has no {config}"
        for volume in service.get("volumes", []):
            if is_ours(volume["source"]):
                assert (DEPLOY / volume["source"]).is_dir(), f"there is no {volume['source']}"


def check_targets(all):
    """Prometheus shares a network with each of its targets, and knows no other."""
    services = all["services"]
    mine = set(services["prometheus"]["networks"])
    ports = {"validator": 8100, "tally": 8101, "mirror": 8102, "database": 8008, "gateway": 8404}
    for file in (DEPLOY / "compose/targets").iterdir():
        for group in yaml.safe_load(file.read_text()):
            for target in group["targets"]:
                name, port = target.split(":")
                assert mine & set(services[name]["networks"]), f"Prometheus does not reach {name}"
                assert int(port) == ports[file.stem], target


def check_hands(all):
    """A hand reads one mirror, and only the count hand writes releases."""
    services = all["services"]
    assert services["count-hand"]["network_mode"] == "none"
    for hand, reads in (("count-hand", False), ("mask-hand", True)):
        volumes = {volume["source"]: volume.get("read_only", False) for volume in services[hand]["volumes"]}
        mirror = hand.replace("-hand", "")
        data = "${SCRUTIN_DATA:?}/"
        expected = {"${SCRUTIN_PACKAGE:?}": True, f"{data}mirror-{mirror}": True, f"{data}releases": reads}
        assert volumes == expected, hand


def check_programs(all, directory):
    for name, service in all["services"].items():
        found = re.match(r"scrutin/(validator|tally|witness):", service["image"])
        if not found or service["command"] == ["ledger-schema"]:
            continue
        program, arguments = found[1], service["command"]
        ours = {key: value for key, value in service.get("environment", {}).items()
                if key.startswith(program.upper() + "_")}
        text = (DEPLOY / f"compose/{program}/{program}.toml")
        if program == "validator":
            programs.check_validator(text.read_text(), ours, directory)
        elif program == "witness":
            file = Path(directory) / "witness.toml"
            file.write_text(text.read_text().replace("/run/secrets", directory))
            programs.check_arguments(program, [*arguments[:-1], str(file)], ours)
        else:
            programs.check_arguments(program, arguments, ours)


def check_patroni(patroni):
    """The settings that docs/cluster.md names."""
    text = (DEPLOY.parent / "docs/cluster.md").read_text()
    named = dict(re.findall(r"`((?:synchronous_mode|synchronous_node|failsafe)\w*): (\w+)`", text))
    assert len(named) == 4, named
    for setting, value in named.items():
        assert patroni["bootstrap"]["dcs"].get(setting) == yaml.safe_load(value), setting
    assert not re.search(r"^\s*(local|host\w*)\s.*\btrust\b", "\n".join(patroni["postgresql"]["pg_hba"]), re.M)
    assert all(line.split()[0] in ("local", "hostssl") for line in patroni["postgresql"]["pg_hba"])


CHECKS = [check_specification, check_confined, check_health, check_networks, check_addresses, check_published,
          check_secrets, check_files, check_targets, check_hands]


class Composition(unittest.TestCase):
    def test_every_promise_holds(self):
        for check in CHECKS:
            with self.subTest(check.__name__):
                check(document())

    def test_the_programs_take_what_they_are_told(self):
        with tempfile.TemporaryDirectory() as directory:
            check_programs(document(), directory)

    def test_the_database_is_as_the_document_asks(self):
        check_patroni(yaml.safe_load((DEPLOY / "compose/database/patroni.yaml").read_text()))


def service(all, name):
    return all["services"][name]


def spoils():
    """What somebody may do to the file one day, and the check that must notice."""
    yield "a field is misspelt", check_specification, lambda all: service(all, "witness").update(read_onyl=True)
    yield "an image can be written to", check_confined, lambda all: service(all, "validator-1").pop("read_only")
    yield "a service is root", check_confined, lambda all: service(all, "gateway").update(user="0:0")
    yield "memory may reach the disk", check_confined, lambda all: service(all, "mask-hand").pop("memswap_limit")
    yield "nobody asks the database", check_health, lambda all: service(all, "database-2").pop("healthcheck")
    yield "the count hand has a network", check_networks, lambda all: (
        service(all, "count-hand").pop("network_mode"), service(all, "count-hand").update(networks=["watch"]))
    yield "a validator is beside the mask hand", check_networks, lambda all: service(all, "validator-1")[
        "networks"].update(results={})
    yield "voters share a network with the stream", check_addresses, lambda all: service(all, "validator-1")[
        "environment"].update(VALIDATOR_INTERNAL="10.93.1.11:8100")
    yield "the internal listener is everywhere", check_addresses, lambda all: service(all, "mask-hand")[
        "command"].__setitem__(service(all, "mask-hand")["command"].index("--internal") + 1, "0.0.0.0:8101")
    yield "Prometheus is published", check_published, lambda all: service(all, "prometheus").update(ports=["9090:9090"])
    yield "the mask hand has the count key", check_secrets, lambda all: service(all, "mask-hand")["secrets"].append(
        {"source": "count.key", "target": "count.key"})
    yield "a password is in the environment", check_secrets, lambda all: service(all, "grafana")[
        "environment"].update(GF_SECURITY_ADMIN_PASSWORD="admin")
    yield "a secret is not mounted", check_files, lambda all: service(all, "validator-2")["secrets"].pop()
    yield "Prometheus is apart from the gateway", check_targets, lambda all: service(all, "gateway")["networks"].pop("watch")
    yield "the mask hand writes releases", check_hands, lambda all: service(all, "mask-hand")["volumes"][-1].pop("read_only")


class Spoiled(unittest.TestCase):
    def test_each_check_notices(self):
        for what, check, spoil in spoils():
            with self.subTest(what):
                spoiled = document()
                spoil(spoiled)
                self.assertRaises(AssertionError, check, spoiled)

    def test_a_standby_that_is_not_named_is_noticed(self):
        patroni = yaml.safe_load((DEPLOY / "compose/database/patroni.yaml").read_text())
        patroni["bootstrap"]["dcs"]["synchronous_mode_strict"] = False
        self.assertRaises(AssertionError, check_patroni, patroni)


if __name__ == "__main__":
    unittest.main()
