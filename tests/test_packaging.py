"""Requirements, lock, image, page settings and Makefile agree with each other and with the code."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from streamlit import config

ROOT = Path(__file__).parents[1]
NAMED_BUT_NOT_IMPORTED = {"python-gdcm"}  # pydicom finds it as a plugin


def requirements(name):
    """Requirement → the comment lines directly above it."""
    found, comment = {}, []
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("#"):
            comment.append(line)
        elif line and not line.startswith("-r"):
            found[Requirement(line)] = comment
            comment = []
        else:
            comment = []
    return found


def locked():
    """Name → pins as written, markers and hashes included."""
    entries = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)(.*?)(?=^\S|\Z)", (ROOT / "requirements.lock").read_text(), re.M | re.S
    )
    pins = {}
    for name, version, rest in entries:
        pins.setdefault(name, []).append((version, rest))
    return pins


def imported_distributions():
    """Distributions whose modules the shipped code imports."""
    modules = set()
    for folder in ("twin_core", "dashboard"):
        for source in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    modules.add(node.module.split(".")[0])
    third_party = modules - set(sys.stdlib_module_names) - {"twin_core", "dashboard"}
    owners = packages_distributions()
    return {canonicalize_name(owners[module][0]) for module in third_party}


def test_every_import_is_a_declared_requirement():
    declared = {canonicalize_name(r.name) for r in requirements("requirements.txt")}
    assert imported_distributions() <= declared
    assert declared >= NAMED_BUT_NOT_IMPORTED


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_a_range_and_is_explained_in_the_changelog(name):
    dependencies = (ROOT / "CHANGELOG.md").read_text()
    for requirement in requirements(name):
        bounds = {s.operator for s in requirement.specifier}
        assert bounds in ({">=", "<"}, {"~="}), f"{requirement} is not a compatible range"
        assert f"**{requirement.name}**" in dependencies, f"{requirement.name} is not explained"


def test_every_requirement_to_run_has_its_reason_beside_it():
    assert [str(r) for r, comment in requirements("requirements.txt").items() if not comment] == []


def test_the_lock_pins_every_requirement_within_its_range_and_hashes_everything():
    pins = locked()
    for requirement in requirements("requirements.txt"):
        assert requirement.name in pins, f"{requirement.name} is not locked: make lock"
        for version, _ in pins[requirement.name]:
            assert version in requirement.specifier, f"{requirement} is locked at {version}: make lock"
    assert [name for name, versions in pins.items() for _, rest in versions if "--hash=sha256:" not in rest] == []


def test_the_lock_names_no_place_to_download_from():
    assert not re.search(r"https?:|file:|--index-url|--find-links", (ROOT / "requirements.lock").read_text())


def test_streamlit_knows_every_page_setting():
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())

    def names(values, above):
        for key, value in values.items():
            name = f"{above}{key}"
            yield from names(value, f"{name}.") if isinstance(value, dict) else [name]

    known = config.get_config_options(force_reparse=False)
    given = list(names(settings, ""))
    assert "theme.dark.textColor" in given
    assert [name for name in given if name not in known] == []


def test_the_image_copies_what_exists_and_what_its_context_lets_in():
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set(re.findall(r"^COPY (\S+) ", (ROOT / "Dockerfile").read_text(), re.M))
    assert copied == admitted
    assert [name for name in copied if not (ROOT / name).exists()] == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this machine")
class TestMake:
    def make(self, tmp_path, *arguments):
        call = ["make", "--no-print-directory", "-C", str(ROOT), f"VENV={tmp_path / 'venv'}", *arguments]
        return subprocess.run(call, capture_output=True, text=True, timeout=60)

    def test_help_lists_run_and_test(self, tmp_path):
        shown = self.make(tmp_path, "help").stdout
        assert "make run" in shown and "make test" in shown

    def test_a_python_too_old_is_refused_with_the_remedy(self, tmp_path):
        old = tmp_path / "python3"
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
        old.chmod(0o755)
        done = self.make(tmp_path, f"{tmp_path}/venv/bin/python", f"PYTHON={old}")
        assert done.returncode != 0
        error = next(line for line in done.stderr.splitlines() if line.startswith("error:"))
        assert "3.11 or newer" in error and "Python 3.9.2" in error and "make run PYTHON=" in error
        assert not (tmp_path / "venv").exists()

    def test_torch_from_another_index_is_asked_for_in_the_declared_range(self, tmp_path):
        (torch,) = (r for r in requirements("requirements.txt") if r.name == "torch")
        python = tmp_path / "venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
        python.chmod(0o755)
        for _ in range(2):  # the second call finds the index remembered and leaves torch alone
            assert self.make(tmp_path, "torch", "TORCH_INDEX=https://example.org/cpu").returncode == 0
        installs = [c for c in (tmp_path / "calls").read_text().splitlines() if " install " in c]
        assert len(installs) == 1
        *_, option, index, wanted = installs[0].split()
        assert (option, index, Requirement(wanted)) == ("--index-url", "https://example.org/cpu", torch)
