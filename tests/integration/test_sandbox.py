"""Hostile programs, run for real: what they can't do, and how their run ends."""

import os
import signal
import socket
import stat
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

from workbench.sandbox.model import Bind, Limits, Program, Run
from workbench.sandbox.probe import probe
from workbench.sandbox.run import run

pytestmark = pytest.mark.skipif(not probe().works, reason=f"no sandbox here: {probe().reason}")


def python(code: str, *arguments: str, **program: object) -> Run:
    argv = ("python", "-c", textwrap.dedent(code), *arguments)
    return run(Program(argv, **program))  # type: ignore[arg-type]


def alive(marker: str) -> list[str]:
    """Processes of this machine whose command line has the marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
    return found


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs make their folders."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def skill(tmp_path: Path) -> Path:
    folder = tmp_path / "library" / "skills" / "greeter"
    (folder / "scripts").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "SKILL.md").write_text("---\nname: greeter\n---\n")
    (folder / "scripts" / "hello.py").write_text("print('hello')\n")
    (folder / "data" / "names.txt").write_text("Ada\n")
    return folder


# What a program sees


def test_a_script_of_the_skill_runs_at_its_own_place(skill: Path) -> None:
    result = run(Program(("python", "scripts/hello.py"), folder=skill))
    assert (result.outcome, result.exit_code, result.stdout, result.reason) == ("ok", 0, b"hello\n", None)
    assert result.level.startswith("bubblewrap")


def test_output_error_output_and_exit_code_come_back() -> None:
    result = run(Program(("sh", "-c", "echo out; echo err >&2; exit 7")))
    assert (result.outcome, result.exit_code, result.reason) == ("failed", 7, "exit 7")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


def test_binary_output_and_odd_arguments_pass_unchanged() -> None:
    odd = ("a b", "$(id)", "`id`", "*", "", "'\"", "ü\u202e", "-x", "--", "new\nline", "{x}")
    result = python(
        "import sys; sys.stdout.buffer.write(bytes(range(256))); print(sys.argv[1:], file=sys.stderr)", *odd
    )
    assert result.stdout == bytes(range(256))
    assert result.stderr.decode().strip() == repr(list(odd))


def test_standard_input_larger_than_a_pipe_arrives_whole() -> None:
    data = bytes(range(256)) * 4096
    assert run(Program(("cat",), stdin=data)).stdout == data


def test_a_program_that_ignores_its_input_is_no_error() -> None:
    assert run(Program(("true",), stdin=b"x" * 1_000_000)).outcome == "ok"


def test_python_is_the_isolated_base_interpreter_and_is_on_path() -> None:
    result = python("import sys; print(sys.flags.isolated, sys.prefix == sys.base_prefix, sys.version_info[:2])")
    import sys

    assert result.stdout.decode().strip() == f"1 True {sys.version_info[:2]}"
    inside = run(Program(("sh", "-c", "python -c 'print(1)' && python3 -c 'print(2)'")))
    assert inside.stdout == b"1\n2\n"


def test_nothing_of_the_hosts_environment_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "swordfish")
    result = run(Program(("env",), env={"TZ": "UTC"}))
    names = {line.split("=")[0] for line in result.stdout.decode().splitlines()}
    assert names == {"PATH", "HOME", "LANG", "TMPDIR", "TZ", "PWD"}


def test_a_loader_variable_acts_inside_only_and_never_on_the_launcher(tmp_path: Path) -> None:
    planted = tmp_path / "evil.so"
    planted.write_bytes(b"not a library")
    result = run(Program(("true",), env={"LD_PRELOAD": str(planted)}))
    assert result.stderr.count(b"cannot be preloaded") == 1  # `true` itself; bubblewrap would have said it too


def test_the_hosts_files_can_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text("secret key")
    monkeypatch.setenv("HOME", str(home))
    places = [
        str(home / ".ssh" / "id_ed25519"),
        "~/.ssh/id_ed25519",
        "/etc/shadow",
        "/etc/hostname",
        "/root",
        "/var",
        "/run",
    ]
    code = """
        import os, sys
        for place in sys.argv[1:]:
            place = os.path.expanduser(place)
            try:
                print(place, os.listdir(place) if os.path.isdir(place) else open(place).read())
            except OSError as error:
                print("no", error.strerror)
    """
    lines = python(code, *places).stdout.decode()
    assert "secret" not in lines
    assert lines.count("no No such file") >= len(places) - 1  # of /root at most the way to the interpreter is there


def test_no_other_process_can_be_seen() -> None:
    result = run(Program(("sh", "-c", "ls /proc | grep -c '^[0-9]'")))
    assert int(result.stdout) <= 5


def test_only_standard_descriptors_are_open() -> None:
    result = python("import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:4])")
    assert result.stdout == b"[0, 1, 2, 3]\n"  # 3 is the folder being listed
    assert python("import os; os.fstat(3)").exit_code == 1


# The network


CONNECT = """
    import socket, sys
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as connection:
        print(connection.recv(5).decode())
"""


@pytest.fixture
def listener() -> object:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")

        threading.Thread(target=answer, daemon=True).start()
        yield str(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def test_a_live_listener_on_loopback_is_out_of_reach(listener: str) -> None:
    result = python(CONNECT, listener)
    assert result.outcome == "failed"
    assert b"Error" in result.stderr


def test_with_the_network_granted_it_is_reachable_and_the_level_says_so(listener: str) -> None:
    result = python(CONNECT, listener, network=True)
    assert (result.stdout, result.stderr) == (b"hello\n", b"")
    assert "network" in result.level


def test_an_abstract_unix_socket_is_out_of_reach() -> None:
    name = f"\0workbench-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(name)
        code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(chr(0) + sys.argv[1])"
        assert b"ConnectionRefused" in python(code, name[1:]).stderr


# The working folder


def test_the_skills_folder_can_not_be_changed(skill: Path) -> None:
    code = """
        import os
        for attempt in (
            lambda: open("SKILL.md", "a"), lambda: os.remove("SKILL.md"), lambda: open("data/new", "w"),
            lambda: os.rename("data", "gone"), lambda: os.chmod("data/names.txt", 0o777), lambda: os.mkdir("scripts/x"),
        ):
            try:
                attempt()
                print("changed")
            except OSError as error:
                print(error.strerror)
    """
    before = {path: path.lstat().st_mtime_ns for path in skill.rglob("*")}
    result = run(Program(("python", "-c", textwrap.dedent(code)), folder=skill))
    assert b"changed" not in result.stdout
    assert result.stdout.count(b"\n") == 6
    assert {path: path.lstat().st_mtime_ns for path in skill.rglob("*")} == before


def test_new_files_can_be_written_beside_the_skills_and_are_brought_back(skill: Path, temp: Path) -> None:
    script = "mkdir -p out/deep; echo 1 > report.md; echo 2 > out/deep/b.txt; echo 3 > other; ls"
    result = run(Program(("sh", "-c", script), folder=skill, collect=("*.md", "out/**/*.txt", "data/*")))
    assert result.stdout.split() == [b"SKILL.md", b"data", b"other", b"out", b"report.md", b"scripts"]
    assert result.files == {"report.md": b"1\n", "out/deep/b.txt": b"2\n"}
    assert list(temp.iterdir()) == []


def test_given_files_lie_beside_and_above_the_skills_own(skill: Path) -> None:
    files = {"data/extra.txt": b"new\n", "scripts/hello.py": b"print('replaced')\n", "input.csv": b"a,b\n"}
    result = run(Program(("sh", "-c", "cat data/*; python scripts/hello.py; cat input.csv"), folder=skill, files=files))
    assert result.stdout == b"new\nAda\nreplaced\na,b\n"
    assert (skill / "scripts" / "hello.py").read_text() == "print('hello')\n"


def test_git_and_the_library_rules_are_not_shown(skill: Path) -> None:
    for name in (".git", ".workbench"):
        (skill / name).mkdir()
    assert run(Program(("ls", "-A"), folder=skill)).stdout.split() == [b"SKILL.md", b"data", b"scripts"]


def test_a_skill_with_very_many_entries_starts_fast_and_looks_the_same(skill: Path) -> None:
    for number in range(600):
        (skill / f"note-{number}.txt").write_text(f"{number}\n")
    (skill / ".git").mkdir()
    (skill / ".git" / "config").write_text("token\n")
    (skill / ".workbench").write_text("rules\n")
    script = "cat note-599.txt data/*; python scripts/hello.py; find /opt /sandbox -name config; ls -A | grep '^[.]'"
    files = {"data/extra.txt": b"new\n"}
    result = run(Program(("sh", "-c", script), folder=skill, files=files, collect=("*.txt",)))
    assert (result.stdout, result.files) == (b"599\nnew\nAda\nhello\n", {})
    denied = run(Program(("sh", "-c", "echo x > note-1.txt"), folder=skill))
    assert b"Read-only" in denied.stderr
    assert result.duration_ms < 2000


def test_links_that_leave_the_skill_dangle(skill: Path) -> None:
    secret = skill.parent / "secret.txt"
    secret.write_text("secret")
    (skill / "up").symlink_to("../secret.txt")
    (skill / "absolute").symlink_to(secret)
    (skill / "data" / "deep").symlink_to("../../secret.txt")
    (skill / "inside").symlink_to("data/names.txt")
    result = run(Program(("cat", "up", "absolute", "data/deep", "inside"), folder=skill))
    assert result.stdout == b"Ada\n"
    assert result.stderr.count(b"No such file") == 3


def test_a_bind_shows_one_more_path_read_only(skill: Path, tmp_path: Path) -> None:
    outside = tmp_path / "table.csv"
    outside.write_text("a,b\n")
    bind = Bind(outside, "inputs/table.csv")
    result = run(Program(("sh", "-c", "cat inputs/table.csv; echo x >> inputs/table.csv"), folder=skill, binds=(bind,)))
    assert result.stdout == b"a,b\n"
    assert result.outcome == "failed"
    assert outside.read_text() == "a,b\n"


@pytest.mark.parametrize("path", ["../out", "/etc/x", "a/../../b", "", "a\0b"])
def test_a_file_outside_the_working_folder_is_refused(path: str) -> None:
    result = run(Program(("true",), files={path: b""}))
    assert result.outcome == "error"
    assert "not a path inside" in (result.reason or "")


def test_what_is_collected_is_never_reached_through_a_link(temp: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    code = """
        import os, sys
        os.symlink(sys.argv[1], "a.txt")
        os.symlink(os.path.dirname(sys.argv[1]), "dir")
        os.mkfifo("f.txt")
    """
    result = python(code, str(secret), collect=("**/*.txt", "*.txt", "dir/*"))
    assert (result.outcome, result.files) == ("ok", {})


def test_what_does_not_fit_is_left_out_whole_and_named() -> None:
    script = "head -c 3000 /dev/zero > a.bin; head -c 3000 /dev/zero > b.bin"
    result = run(Program(("sh", "-c", script), collect=("*.bin",), limits=Limits(output_bytes=4000)))
    assert list(result.files) == ["a.bin"]
    assert result.left_out == ("b.bin",)
    assert result.truncated


def test_files_and_folders_without_permissions_are_removed(temp: Path) -> None:
    script = "mkdir -p a/b; echo 1 > a/b/c; chmod 000 a/b/c a/b a; mkfifo p; ln -s / root"
    assert run(Program(("sh", "-c", script))).outcome == "ok"
    assert list(temp.iterdir()) == []


def test_the_result_of_descriptor_three_comes_back_and_is_bounded() -> None:
    script = "import os; print('own output'); os.write(3, b'{\"a\": 1}')"
    result = python(script, result_fd=True)
    assert (result.result, result.stdout) == (b'{"a": 1}', b"own output\n")
    flood = python(
        "import os\nwhile True: os.write(3, b'x' * 65536)", result_fd=True, limits=Limits(output_bytes=10_000)
    )
    assert (flood.outcome, len(flood.result or b"")) == ("limit", 10_000)


# Limits


def test_a_flood_of_output_is_cut_and_stops_the_program() -> None:
    result = run(Program(("yes",), limits=Limits(output_bytes=100_000, wall_seconds=30)))
    assert (result.outcome, len(result.stdout), result.truncated) == ("limit", 100_000, True)
    assert result.reason == "wrote more than 100000 bytes to stdout"
    assert result.duration_ms < 5000


def test_output_is_handed_on_in_calm_portions_and_complete() -> None:
    portions: list[tuple[str, bytes]] = []
    code = "import sys, time\nfor n in range(300):\n    print(n, flush=True); time.sleep(0.001)"
    result = run(Program(("python", "-c", code)), on_output=lambda stream, data: portions.append((stream, data)))
    assert b"".join(data for _, data in portions) == result.stdout
    assert len(portions) <= 2 + result.duration_ms / 50


def test_a_sleeper_with_stubborn_detached_children_ends_with_all_of_them() -> None:
    marker = f"stubborn-{os.getpid()}-{time.monotonic_ns()}"
    code = """
        import os, signal, time
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                if os.fork() == 0:
                    time.sleep(1000)
                time.sleep(1000)
        print("ready", flush=True)
        time.sleep(1000)
    """
    seen: list[int] = []
    result = run(
        Program(("python", "-c", textwrap.dedent(code), marker), limits=Limits(wall_seconds=1)),
        on_output=lambda stream, data: seen.append(len(alive(marker))),
    )
    assert (result.outcome, result.exit_code, result.reason) == ("timeout", None, "not done after 1 s")
    assert max(seen) >= 1
    assert result.duration_ms < 3000
    assert alive(marker) == []


def test_children_left_behind_end_with_the_program() -> None:
    marker = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    code = "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(1000)\nprint('done')"
    result = run(Program(("python", "-c", code, marker)))
    assert (result.outcome, result.stdout) == ("ok", b"done\n")
    assert result.duration_ms < 3000
    assert alive(marker) == []


def test_a_program_that_closes_its_streams_and_lingers_is_timed_out() -> None:
    result = python(
        "import os, time\nfor n in (0, 1, 2): os.close(n)\ntime.sleep(1000)", limits=Limits(wall_seconds=0.5)
    )
    assert result.outcome == "timeout"


def test_a_fork_bomb_is_stopped_or_starved() -> None:
    marker = f"bomb-{os.getpid()}-{time.monotonic_ns()}"
    code = """
        import os, time
        for _ in range(500):
            try:
                if os.fork() == 0:
                    time.sleep(1000)
            except OSError:
                raise SystemExit("no more")
        time.sleep(1000)
    """
    limits = Limits(processes=20, wall_seconds=10)
    result = run(Program(("python", "-c", textwrap.dedent(code), marker), limits=limits))
    if probe().weak:
        assert (result.outcome, result.reason) == ("limit", "used more than 20 processes or threads at once")
    else:
        assert result.stderr == b"no more\n"
    assert result.duration_ms < 5000
    assert alive(marker) == []


def test_the_disk_limit_covers_all_files_together() -> None:
    code = """
        n = 0
        while True:
            n += 1
            with open(f"{n}.bin", "wb") as file:
                file.write(bytes(1 << 20))
    """
    result = python(code, limits=Limits(disk_bytes=20 << 20, wall_seconds=20))
    assert (result.outcome, result.reason) == ("limit", "used more than 20 MiB of files in all")


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "~"])
def test_the_disk_limit_covers_every_place_that_can_be_written(place: str) -> None:
    script = f"head -c 3000000 /dev/zero > {place}/x"
    result = run(Program(("sh", "-c", script), limits=Limits(disk_bytes=1 << 20)))
    assert result.outcome == "limit"


@pytest.mark.parametrize("place", ["/", "/dev", "/etc", "/home", "/usr", "/opt", "/proc"])
def test_nothing_else_can_be_written(place: str) -> None:
    assert run(Program(("sh", "-c", f"echo x > {place}/x"))).outcome == "failed"


@pytest.mark.parametrize("make", ["os.open('gone', os.O_RDWR | os.O_CREAT)", "os.memfd_create('gone')"])
def test_the_disk_limit_covers_files_that_nobody_can_see(make: str) -> None:
    code = f"""
        import contextlib, os, time
        descriptor = {make}
        with contextlib.suppress(OSError):
            os.unlink("gone")
        for _ in range(10):
            os.write(descriptor, bytes(1 << 20))
        time.sleep(1000)
    """
    result = python(code, limits=Limits(disk_bytes=5 << 20, wall_seconds=10))
    assert (result.outcome, result.reason) == ("limit", "used more than 5 MiB of files in all")


def test_a_flood_of_empty_files_counts_as_disk() -> None:
    code = "n = 0\nwhile True:\n    n += 1; open(str(n), 'w').close()"
    assert python(code, limits=Limits(disk_bytes=8 << 20, wall_seconds=20)).outcome == "limit"


def test_folders_nested_without_end_are_stopped_and_removed(temp: Path) -> None:
    code = "import os\nfor _ in range(20_000):\n    os.mkdir('d'); os.chdir('d')"
    result = python(code, limits=Limits(wall_seconds=20))
    assert (result.outcome, result.reason) == ("limit", "used folders nested deeper than 100")
    assert list(temp.iterdir()) == []


def test_one_file_can_not_be_larger_than_its_limit() -> None:
    result = run(Program(("sh", "-c", "head -c 2000000 /dev/zero > x"), limits=Limits(file_bytes=1 << 20)))
    assert result.outcome in ("failed", "limit")
    assert result.exit_code != 0


def test_memory_of_one_process_is_bounded() -> None:
    result = python("x = bytearray(600 << 20)", limits=Limits(memory_bytes=300 << 20))
    assert result.outcome == "failed"
    assert b"MemoryError" in result.stderr


def test_memory_of_all_processes_together_is_bounded() -> None:
    code = """
        import os, time
        for _ in range(5):
            if os.fork() == 0:
                break
        x = b"x" * (60 << 20)
        time.sleep(1000)
    """
    result = python(code, limits=Limits(memory_bytes=150 << 20, wall_seconds=10))
    assert (result.outcome, result.reason) == ("limit", "used more than 150 MiB of memory in all")


def test_shared_memory_counts_as_memory() -> None:
    code = (
        "import mmap, time\nm = mmap.mmap(-1, 100 << 20)\nfor n in range(0, len(m), 4096): m[n] = 1\ntime.sleep(1000)"
    )
    result = python(code, limits=Limits(memory_bytes=50 << 20, wall_seconds=10))
    assert (result.outcome, result.reason) == ("limit", "used more than 50 MiB of memory in all")


def test_processor_time_is_bounded() -> None:
    result = run(Program(("sh", "-c", "while :; do :; done"), limits=Limits(cpu_seconds=1, wall_seconds=20)))
    assert (result.outcome, result.reason) == ("limit", "used more than 1 s of processor time")


# How a run ends


def test_a_signal_is_named() -> None:
    result = python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (result.outcome, result.exit_code, result.reason) == ("failed", 128 + signal.SIGSEGV, "ended by SIGSEGV")


@pytest.mark.parametrize("unsandboxed", [False, True])
def test_a_program_that_does_not_exist_is_an_error_with_its_name(unsandboxed: bool) -> None:
    result = run(Program(("no-such-program\x1b[31m",)), unsandboxed=unsandboxed)
    assert (result.outcome, result.exit_code) == ("error", None)
    assert result.reason == "'no-such-program␛[31m' could not be started: No such file or directory"


@pytest.mark.parametrize("argv", [(), ("",), ("echo", "a\0b")])
def test_an_impossible_command_is_an_error(argv: tuple[str, ...]) -> None:
    assert run(Program(argv)).outcome == "error"


def test_an_argument_list_that_is_too_long_is_an_error() -> None:
    assert run(Program(("true", "x" * 3_000_000))).outcome == "error"


@pytest.mark.parametrize("unsandboxed", [False, True])
def test_a_run_is_cancelled_within_a_tenth_of_a_second(unsandboxed: bool) -> None:
    cancel = threading.Event()
    pressed: list[float] = []

    def press(stream: str, data: bytes) -> None:
        pressed.append(time.monotonic())
        cancel.set()

    result = run(Program(("sh", "-c", "echo go; sleep 1000")), on_output=press, cancel=cancel, unsandboxed=unsandboxed)
    assert (result.outcome, result.exit_code, result.stdout) == ("cancelled", None, b"go\n")
    assert time.monotonic() - pressed[0] < 0.5  # 0.1 is the promise; the machine of a test may be busy


def test_a_listener_that_fails_ends_the_program_and_cleans_up(temp: Path) -> None:
    marker = f"listener-{os.getpid()}-{time.monotonic_ns()}"

    def fail(stream: str, data: bytes) -> None:
        raise ValueError("screen gone")

    with pytest.raises(ValueError, match="screen gone"):
        run(Program(("python", "-c", "print(1, flush=True); import time; time.sleep(1000)", marker)), on_output=fail)
    assert alive(marker) == []
    assert list(temp.iterdir()) == []


def test_no_descriptor_and_no_process_is_lost_over_many_runs() -> None:
    run(Program(("true",)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        run(Program(("true",), stdin=b"x", result_fd=True))
        run(Program(("nosuch",)))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_runs_in_many_threads_do_not_disturb_each_other() -> None:
    results: dict[int, bytes] = {}

    def one(number: int) -> None:
        results[number] = run(Program(("sh", "-c", f"echo {number} > x; cat x"))).stdout

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{number}\n".encode() for number in range(12)}


# Without a sandbox


def test_without_a_sandbox_the_skill_is_a_copy(skill: Path, temp: Path) -> None:
    (skill / "out").symlink_to("/etc")
    script = "echo changed > SKILL.md; echo 1 > new.txt; python scripts/hello.py; ls out; pwd"
    result = run(Program(("sh", "-c", script), folder=skill, collect=("*",)), unsandboxed=True)
    assert result.level == "none"
    assert result.stdout.startswith(b"hello\n")
    assert b"No such file" in result.stderr  # the link that leaves the skill was left out
    assert result.files == {"new.txt": b"1\n"}
    assert (skill / "SKILL.md").read_text().startswith("---")
    assert list(temp.iterdir()) == []


def test_without_a_sandbox_limits_time_and_descriptor_three_still_hold() -> None:
    flood = run(Program(("yes",), limits=Limits(output_bytes=1000)), unsandboxed=True)
    late = run(Program(("sleep", "1000"), limits=Limits(wall_seconds=0.3)), unsandboxed=True)
    given = run(Program(("sh", "-c", "echo hi >&3"), result_fd=True), unsandboxed=True)
    assert (flood.outcome, late.outcome, given.result) == ("limit", "timeout", b"hi\n")


def test_without_a_sandbox_the_process_group_ends_with_the_program() -> None:
    marker = f"group-{os.getpid()}-{time.monotonic_ns()}"
    script = f"python -c 'import time; time.sleep(1000)' {marker} & echo started"
    result = run(Program(("sh", "-c", script)), unsandboxed=True)
    assert result.outcome == "ok"
    deadline = time.monotonic() + 5
    while alive(marker) and time.monotonic() < deadline:
        os.sched_yield()
    assert alive(marker) == []


def test_the_private_folder_is_for_its_owner_only(temp: Path) -> None:
    modes: list[int] = []
    run(
        Program(("sh", "-c", "echo x; sleep 0.2")),
        on_output=lambda *_: modes.extend(stat.S_IMODE(path.stat().st_mode) for path in temp.iterdir()),
    )
    assert set(modes) == {0o700}
