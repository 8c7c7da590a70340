"""Set-up: which torch, what is done when nothing changed, and what a person reads when it cannot go on."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import environment
import pytest
import setup
import torch_build
from environment import Done, Places, SetupStopped
from support.caught import CAUGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
CUDA = json.loads((ROOT / "tests" / "data" / "torch-2.13.0-cuda-resolution.json").read_text(encoding="utf-8"))
CPU = {
    "install": [
        {"metadata": {"name": "torch", "version": "2.13.0+cpu"}, "download_info": {"url": "https://example.org/t"}},
        {"metadata": {"name": "sympy", "version": "1.14.0"}, "download_info": {"url": "https://example.org/s"}},
    ]
}
NOWHERE = Places(None, (), (), no_index=False, trusted_hosts=(), cert=None)


def _answers(configured: object, cpu_index: object) -> Any:
    return lambda index_url: cpu_index if index_url else configured


class Machine:
    """A machine on which every program succeeds, but for those told to fail; keeps what was run."""

    def __init__(self, *, resolution: Mapping[str, Any] = CPU, failing: str = "nothing fails") -> None:
        self.resolution = resolution
        self.failing = failing
        self.ran: list[str] = []

    def __call__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> Done:  # noqa: ARG002
        """Pretend to run a program."""
        line = " ".join(command)
        self.ran.append(line)
        if re.search(self.failing, line):
            return Done(1, "", "WARNING: old\nERROR: No matching distribution found for numpy==0\nnote: a hint")
        if "-m venv" in line:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.write_text("#!/bin/sh\n", encoding="utf-8")
            python.chmod(0o755)
        if "-c" in command:
            return Done(0 if Path(command[0]).exists() else 127, "", "")
        return Done(0, json.dumps(self.resolution) if "--report" in command else "", "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with the files that the environment depends on."""
    for name in ("requirements/torch-cpu.lock", "requirements/packages.lock", "scripts/setup.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    return tmp_path


def test_a_cuda_resolution_is_recognised() -> None:
    """The report pip gives of the public Linux build names the packages that only a GPU needs, and nothing else."""
    names = torch_build.gpu_packages(CUDA)

    assert len(names) == 19
    assert {"triton", "nvidia-cudnn-cu13", "cuda-toolkit"} <= set(names)
    assert not {"torch", "sympy", "networkx", "filelock"} & set(names)


def test_a_cuda_resolution_is_refused_for_the_cpu_index() -> None:
    """Where pip would bring CUDA and PyTorch's CPU index answers, torch comes from there and nothing is said."""
    choice = torch_build.choose(_answers(CUDA, CPU), size_of=lambda _: 1)

    assert choice == torch_build.Choice(("torch-cpu.lock",), index_url=torch_build.CPU_INDEX)


def test_cuda_is_the_last_resort_and_its_size_is_named_in_one_line() -> None:
    """Without the CPU index the set-up goes on, after one line with packages and gigabytes."""
    choice = torch_build.choose(_answers(CUDA, None), size_of=lambda _: 150_000_000)

    assert choice.locks == ("torch.lock", "torch-cuda.lock")
    assert choice.warning is not None
    assert "20 packages, 3.0 GB to download" in choice.warning
    assert "\n" not in choice.warning


def test_an_unknown_size_is_said_to_be_unknown() -> None:
    """A server that tells no sizes is asked once."""
    asked: list[str] = []
    choice = torch_build.choose(_answers(CUDA, None), size_of=asked.append)

    assert choice.warning is not None
    assert "of unknown size" in choice.warning
    assert len(asked) == 1


def test_a_cpu_index_that_brings_cuda_is_not_believed() -> None:
    """A mirror under the CPU index's name is judged by what it resolves to."""
    choice = torch_build.choose(_answers(CUDA, CUDA), size_of=lambda _: 1)

    assert choice.index_url is None
    assert choice.warning is not None


@pytest.mark.parametrize(("version", "lock"), [("2.13.0+cpu", "torch-cpu.lock"), ("2.13.0", "torch.lock")])
def test_a_resolution_without_cuda_is_taken_as_it_is(version: str, lock: str) -> None:
    """A find-links wheel or a Mac's own wheel needs no other index."""
    report = {"install": [{"metadata": {"name": "Torch", "version": version}}]}

    assert torch_build.choose(_answers(report, None), size_of=lambda _: 1) == torch_build.Choice((lock,))


def test_no_torch_anywhere_stops_with_the_reason() -> None:
    """Neither place has the version: there is nothing to install."""
    with pytest.raises(torch_build.NoBuild, match=re.escape(torch_build.CPU_INDEX)):
        torch_build.choose(_answers(None, None), size_of=lambda _: 1)


def test_sizes_of_files_on_disk_are_known(tmp_path: Path) -> None:
    """A wheel in a find-links folder has a size, a missing one has none."""
    wheel = tmp_path / "a b.whl"
    wheel.write_bytes(b"12345")

    assert torch_build.size_of(wheel.as_uri()) == 5
    assert torch_build.size_of((tmp_path / "gone.whl").as_uri()) is None


def test_set_up_installs_torch_first_and_every_file_by_its_digest(project: Path) -> None:
    """The order is pip, torch, the locked packages, this package; all but the last with locked digests."""
    machine = Machine()

    assert environment.ensure(project, run=machine, uv=None)

    installs = [line for line in machine.ran if " install " in line and "--dry-run" not in line]
    assert [Path(line.split()[-1]).name for line in installs] == [
        "pip.lock",
        "torch-cpu.lock",
        "packages.lock",
        project.name,
    ]
    assert all("--require-hashes --no-deps" in line for line in installs[:-1])
    assert "--no-deps --no-build-isolation -e" in installs[-1]


def test_a_set_up_that_trusts_names_is_caught(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where packages are installed without their digests."""
    whole = environment.install_command

    def trusting(root: Path, arguments: Sequence[str], **more: Any) -> Any:
        return whole(root, [word for word in arguments if word != "--require-hashes"], **more)

    monkeypatch.setattr(environment, "install_command", trusting)
    with pytest.raises(CAUGHT):
        test_set_up_installs_torch_first_and_every_file_by_its_digest(project)


def test_nothing_changed_costs_no_program_and_under_a_second(project: Path) -> None:
    """The second set-up runs nothing at all."""
    environment.ensure(project, run=Machine(), uv=None)
    again = Machine()
    started = time.process_time()

    assert not environment.ensure(project, run=again, uv=None)
    assert again.ran == []
    assert time.process_time() - started < 1


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements/packages.lock", "scripts/setup.py"])
def test_a_change_is_seen(project: Path, changed: str) -> None:
    """Another lock, project file or set-up script brings the environment up to date again."""
    environment.ensure(project, run=Machine(), uv=None)
    (project / changed).write_text("other", encoding="utf-8")

    assert environment.ensure(project, run=Machine(), uv=None)


def test_a_failed_set_up_is_taken_up_again(project: Path) -> None:
    """No stamp is left by a set-up that stopped, and the environment it began is kept."""
    with pytest.raises(SetupStopped, match="could not install the locked packages: No matching distribution"):
        environment.ensure(project, run=Machine(failing="install .*packages.lock"), uv=None)
    machine = Machine()

    assert environment.ensure(project, run=machine, uv=None)
    assert not any("-m venv" in line for line in machine.ran)


def test_a_moved_folder_gets_a_new_environment(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The programs of an environment know where it was made, so a copy of it elsewhere is made anew."""
    environment.ensure(project, run=Machine(), uv=None)
    moved = project.rename(tmp_path_factory.mktemp("elsewhere") / "project")
    machine = Machine()
    python = environment.venv_python(moved)

    def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Done:
        if "-m" in command and "venv" in command:
            python.unlink()
            python.parent.rmdir()
        return machine(command, env)

    assert environment.ensure(moved, run=run, uv=None)
    assert any("-m venv --clear" in line for line in machine.ran)


def test_without_the_venv_module_uv_makes_the_environment_and_without_uv_a_line_says_what_to_do(project: Path) -> None:
    """Debian's Python has no venv until it is installed."""
    machine = Machine(failing="-m venv")

    with pytest.raises(SetupStopped, match="apt install python3-venv"):
        environment.make_venv(project, run=machine, uv=None)
    environment.make_venv(project, run=machine, uv="uv")

    assert machine.ran[-1].startswith("uv venv --seed")


def test_uv_is_handed_where_pip_looks() -> None:
    """As uv reads neither pip.conf nor PIP_*, its command carries index, extra indexes, find-links and hosts."""
    listed = (
        ":env:.find-links='/wheels'\n"
        "global.find-links='/other'\n"
        "global.extra-index-url='https://a.example/simple https://b.example/simple'\n"
        "global.index-url='https://mirror.example/simple'\n"
        "install.trusted-host='mirror.example'\n"
        "global.cert='/etc/ca.pem'\n"
    )

    places = environment.pip_places(lambda *_: Done(0, listed, ""), Path("python"))
    command = environment.install_command(Path("/p"), ["-r", "x.lock"], uv="uv", places=places)

    assert places.cert == "/etc/ca.pem"
    assert " ".join(command[command.index("--index-url") :]) == (
        "--index-url https://mirror.example/simple --extra-index-url https://a.example/simple "
        "--extra-index-url https://b.example/simple --find-links /wheels --allow-insecure-host mirror.example -r x.lock"
    )


def test_the_cpu_index_replaces_the_configured_one_for_uv_too() -> None:
    """An index named by the set-up itself is not joined by the configured one."""
    places = NOWHERE._replace(index_url="https://mirror.example/simple")
    command = environment.install_command(Path("/p"), ["--index-url", "https://cpu"], uv="uv", places=places)

    assert command.count("--index-url") == 1
    assert command[-1] == "https://cpu"


def test_no_password_of_an_index_gets_into_the_log(tmp_path: Path) -> None:
    """The log keeps the command and the output, without what stands before the @ of an address."""
    log = tmp_path / "log"
    said = environment.logged(log)([sys.executable, "-c", "print('https://me:secret@host/simple')"])

    assert said.status == 0
    assert "secret" not in log.read_text(encoding="utf-8")
    assert "://[hidden]@host/simple" in log.read_text(encoding="utf-8")


def test_a_missing_program_is_a_failed_one(tmp_path: Path) -> None:
    """A program that is not there gives a status, not an exception."""
    assert environment.logged(tmp_path / "log")([str(tmp_path / "no-such-program")]).status == 127


def test_one_clear_line_and_status_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What stops the set-up is one line on stderr."""
    monkeypatch.setattr(environment.shutil, "which", lambda _: None)

    assert environment.main(["--installer", "uv"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "set-up stopped: --installer uv, but no uv is on PATH; install it or leave the option out"
    ]


@pytest.mark.parametrize(("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)])
def test_pythons_that_can_carry_the_package(version: tuple[int, int], fits: bool) -> None:  # noqa: FBT001 - a table
    """From the oldest the package allows to the newest with a wheel of torch."""
    assert setup.supported(version) == fits


def test_a_newer_python_is_looked_for_on_path_and_in_pyenv(tmp_path: Path) -> None:
    """An old python3 is no dead end while a newer one is installed under its own name."""
    for name in ("bin/python3.12", "pyenv/versions/3.13.0/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).symlink_to(sys.executable)
    environ = {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv")}

    found = setup.candidates(environ)

    assert found == [str(tmp_path / "bin/python3.12"), str(tmp_path / "pyenv/versions/3.13.0/bin/python")]
    assert setup.version_of(found[0]) == sys.version_info[:2]
    assert setup.version_of(str(tmp_path / "gone")) == (0, 0)


def test_the_bounds_agree_with_the_project_file_and_with_each_other() -> None:
    """The oldest Python is written in two places that must not drift apart."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'requires-python = ">={setup.OLDEST[0]}.{setup.OLDEST[1]}"' in project
    assert f"{setup.OLDEST} <= sys.version_info[:2] <= {setup.NEWEST}" in environment._IS_SOUND
    assert f'"{torch_build.REQUIREMENT}"' in project


def test_the_locks_hold_digests_for_everything_and_name_no_machine() -> None:
    """Each locked line has a digest; no address, path or GPU package is in the lock that everyone installs."""
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
        blocks = re.findall(r"^\S[^\n]*\n(?:[ \t][^\n]*\n?)*", text, re.MULTILINE)
        assert blocks
        assert all("--hash=sha256:" in block for block in blocks)
        assert not re.search(r"://|find-links|index-url", text)
        if lock.name == "packages.lock":
            assert not re.search(r"^(nvidia|triton|cuda|torch=)", text, re.MULTILINE)


def test_the_torch_locks_hold_both_builds() -> None:
    """The CPU build's digests and the public build's are both locked, and none is in both."""
    digests = {
        name: set(re.findall(r"sha256:([0-9a-f]{64})", (ROOT / "requirements" / name).read_text(encoding="utf-8")))
        for name in ("torch-cpu.lock", "torch.lock")
    }

    assert len(digests["torch-cpu.lock"]) >= 8
    assert len(digests["torch.lock"]) >= 20
    assert not digests["torch-cpu.lock"] & digests["torch.lock"]
