"""The production compose file, read as data: what an operator relies on without looking."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import make_secrets
from o2o.embedded.plan import PROCESSES

ROOT = Path(__file__).resolve().parents[2]
ONE_SHOT = {"prepare", "migrate"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


def command_of(service: dict[str, Any]) -> str:
    command = service.get("command", "")
    return command if isinstance(command, str) else " ".join(command)


def test_every_service_has_a_health_check_a_restart_policy_and_limits(services):
    dockerfile_checks = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert dockerfile_checks
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory"} <= set(limits), name
        if name in ONE_SHOT:
            assert service["restart"] == "no"
            assert service["healthcheck"] == {"disable": True}
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_there_is_exactly_one_beat(services):
    beats = [name for name, service in services.items() if re.search(r"\bcelery\b.* beat\b", command_of(service))]
    assert beats == ["beat"]
    assert services["beat"]["deploy"]["replicas"] == 1
    assert services["beat"]["container_name"], "a fixed name keeps a second from being started"


def test_images_are_pinned_and_not_latest(services):
    for name, service in services.items():
        tag = service["image"].rpartition(":")[2] if "${" not in service["image"] else "built here"
        assert tag == "built here" or re.match(r"\d+", tag), f"{name}: {service['image']}"
        if tag == "built here":
            assert "build" in service, name
    for dockerfile in (ROOT / "Dockerfile", ROOT / "deploy" / "pgbouncer" / "Dockerfile"):
        for image in re.findall(r"^FROM (\S+)", dockerfile.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(r":\d+", image), image


def test_workers_serve_the_queues_of_the_single_machine(services):
    def queues(commands):
        return {queue for command in commands for queue in re.findall(r"--queues (\S+)", command)}

    here = queues(" ".join(plan.command) for plan in PROCESSES)
    assert here == {"critical", "sync", "batch"}
    assert queues(command_of(service) for service in services.values()) == here


def test_no_secret_is_written_out(compose, services):
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"://[^/\s]*:[^/\s]*@", text), "an address with a password"
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_URL", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert not value or value.startswith("/run/secrets/"), f"{name}: {variable}={value}"
                if value:
                    assert value.rpartition("/")[2] in service["secrets"], f"{name}: {variable}"
    for secret in compose["secrets"].values():
        assert secret["file"].startswith("deploy/secrets/")
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_make_secrets_makes_each_secret_once(compose, tmp_path, capsys):
    folder = tmp_path / "secrets"
    make_secrets.main(folder)
    made = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert set(made) == set(compose["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made["app_password"].strip() in made["database_url"]
    make_secrets.main(folder)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == made


def test_only_web_is_published_and_only_to_the_machine_itself(services):
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert services["web"]["ports"] == ["${O2O_LISTEN:-127.0.0.1:8000}:8000"]
    for name in ("postgres", "pgbouncer", "broker", "cache"):
        assert services[name]["networks"] == ["data"], name


def test_data_network_is_closed(compose):
    assert compose["networks"]["data"] == {"internal": True}


def test_web_and_workers_go_through_the_pooler_and_migrations_do_not(services):
    made = make_secrets.addresses(dict.fromkeys(make_secrets.RANDOM, "x"))
    assert "@pgbouncer:" in made["database_url"]
    assert "@postgres:" in made["database_owner_url"]
    assert services["migrate"]["environment"]["DATABASE_OWNER_URL_FILE"] == "/run/secrets/database_owner_url"
    for name in ("web", "worker-critical", "worker-sync", "worker-batch", "beat"):
        assert "database_owner_url" not in services[name]["secrets"], name
        assert "database_admin_url" not in services[name]["secrets"], name


def test_queue_keeps_its_keys_and_cache_forgets(services):
    broker, cache = command_of(services["broker"]), command_of(services["cache"])
    assert "appendonly yes" in broker
    assert "maxmemory-policy noeviction" in broker
    assert "maxmemory-policy allkeys-lru" in cache


def test_pooler_lends_for_a_transaction_and_leaves_room_on_the_server(services):
    ini = configparser.ConfigParser(comment_prefixes=(";",))
    ini.read(ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini", encoding="utf-8")
    pool = ini["pgbouncer"]
    assert pool["pool_mode"] == "transaction"
    assert pool["auth_type"] == "scram-sha-256"
    allowed = int(re.search(r"max_connections=(\d+)", command_of(services["postgres"]))[1])
    assert int(pool["default_pool_size"]) + int(pool["reserve_pool_size"]) <= allowed // 2


def test_dockerfile_ships_production_only_as_a_user_without_rights():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    final = text[text.rindex("FROM ") :]
    assert "USER o2o" in final
    assert not re.search(r"\bgcc\b|build-essential|\bpip\b", final)
    assert "--require-hashes" in text
    assert "development.txt" not in text
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for path in source.split():
            assert (ROOT / path).exists(), f"the Dockerfile copies {path}, which is not there"
