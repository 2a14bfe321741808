"""What runs in the sandbox as the parent of a program whose HTTP requests are answered. It stands alone: its text is
handed to the interpreter.

argv: the file of answers (JSON, removed before the program starts), then the program's own. Descriptor 3 takes one JSON
line for each request, as it comes, and a last one with the program's exit code and what it wrote to its descriptor 3.
"""

import base64
import json
import os
import re
import signal
import socket
import sys
import threading
from typing import Any

MOST_REQUESTS = 1_000
MOST_BODY = 64 << 10

_REPORT = 3
_MOST_HEAD = 64 << 10
_MOST_READ = 8 << 20
_MOST_RESULT = 4 << 20
_SILENT_SECONDS = 10.0
_LAST_SECONDS = 0.3
_REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable",
}  # fmt: skip


class Server:
    """A proxy on loopback that answers from a list and never passes anything on."""

    def __init__(self, answers: list[dict[str, Any]]) -> None:
        self.answers = answers
        self.used = [0] * len(answers)
        self.count = 0
        self.lock = threading.Lock()
        self.busy: set[threading.Thread] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        """Answer until the process ends."""
        while True:
            connection, _ = self.listener.accept()
            thread = threading.Thread(target=self.handle, args=(connection,), daemon=True)
            self.busy.add(thread)
            thread.start()

    def handle(self, connection: socket.socket) -> None:
        """Answer one request; a client that does not speak HTTP gets nothing."""
        try:
            with connection:
                connection.settimeout(_SILENT_SECONDS)
                if (request := read_request(connection)) is not None:
                    connection.sendall(self.answer(request))
        except (OSError, ValueError):
            return
        finally:
            self.busy.discard(threading.current_thread())

    def answer(self, request: dict[str, Any]) -> bytes:
        """Choose an answer and report the request."""
        with self.lock:
            self.count += 1
            chosen = self.choose(request)
            if chosen is not None:
                self.used[chosen] += 1
            if self.count <= MOST_REQUESTS:
                report({"request": {**request, "body": request["body"][:MOST_BODY], "stub": chosen}})
        if request["method"] == "CONNECT":
            return response(501, {}, b"a test answers plain http only; https can not be answered\n", "")
        if chosen is None:
            said = f"this test has no answer to {request['method']} {request['url']}\n"
            return response(404, {}, said.encode("utf-8", "replace"), request["method"])
        one = self.answers[chosen]
        return response(one["status"], one["headers"], base64.b64decode(one["content"]), request["method"])

    def choose(self, request: dict[str, Any]) -> int | None:
        """The position of the first answer that fits and is not used up."""
        for at, one in enumerate(self.answers):
            if (one["times"] is None or self.used[at] < one["times"]) and fits(one, request):
                return at
        return None


def fits(wanted: dict[str, Any], request: dict[str, Any]) -> bool:
    """Whether a request is one that an answer is for."""
    if wanted["method"] not in (None, request["method"]):
        return False
    if wanted["url"] is not None and normal(wanted["url"]) != request["url"]:
        return False
    if wanted["path"] is not None and wanted["path"] != path_of(request["url"]):
        return False
    headers = dict(request["headers"])
    if any(headers.get(name) != value for name, value in wanted["request_headers"].items()):
        return False
    return all(holds(kind, value, request["body"]) is not negated for kind, value, negated in wanted["request_body"])


def holds(kind: str, value: Any, body: str) -> bool:
    """Whether a body is what one matcher says."""
    if kind == "contains":
        return value in body
    if kind == "matches":
        return re.search(value, body) is not None
    if kind == "json":
        try:
            return bool(json.loads(body) == value)
        except ValueError:
            return False
    return bool(body == value)


def read_request(connection: socket.socket) -> dict[str, Any] | None:
    """The request that a client sends; None if it is not HTTP."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk or len(data) > _MOST_HEAD:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3:
        return None
    method, target = parts[0].upper(), parts[1]
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    known = dict(headers)
    if known.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in known.get("transfer-encoding", "").lower():
        body = read_chunks(connection, body)
    else:
        body = read_up_to(connection, body, min(int(known.get("content-length") or 0), _MOST_READ))
    if method != "CONNECT":
        target = normal(target if "://" in target else f"http://{known.get('host', 'localhost')}{target}")
    return {"method": method, "url": target, "headers": headers, "body": body.decode("utf-8", "replace")}


def read_up_to(connection: socket.socket, data: bytes, length: int) -> bytes:
    """`data` and what follows it, up to a length."""
    while len(data) < length:
        chunk = connection.recv(65536)
        if not chunk:
            break
        data += chunk
    return data[:length]


def read_chunks(connection: socket.socket, data: bytes) -> bytes:
    """A body that comes in chunks, of which `data` is the start."""
    body = b""
    while len(body) < _MOST_READ:
        while b"\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return body
            data += chunk
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0 or not 0 <= length <= _MOST_READ:
            return body
        whole = read_up_to(connection, data, length + 2)
        body, data = body + whole[:length], data[length + 2 :]
    return body


def response(status: int, headers: dict[str, str], content: bytes, method: str) -> bytes:
    """An answer as bytes; the connection ends after it."""
    fields = {**headers, "content-length": str(len(content)), "connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    bare = method == "HEAD" or status in (204, 304) or status < 200
    return f"HTTP/1.1 {status} {_REASONS.get(status, 'Unnamed')}\r\n{head}\r\n".encode("utf-8", "replace") + (
        b"" if bare else content
    )


def normal(url: str) -> str:
    """An address in one form: scheme and host in lower case, without the port that is meant anyway."""
    scheme, _, rest = url.partition("://")
    cut = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    host, path = rest[:cut].lower().removesuffix(":80"), rest[cut:].partition("#")[0]
    return f"{scheme.lower()}://{host}{path if path.startswith('/') else '/' + path}"


def path_of(url: str) -> str:
    """The path of a normal address, with its query."""
    rest = url.partition("://")[2]
    return rest[rest.find("/") :]


def report(line: dict[str, Any]) -> None:
    """Write one line to whoever started this; without one there, to nobody."""
    data = json.dumps(line).encode() + b"\n"
    try:
        while data:
            data = data[os.write(_REPORT, data) :]
    except OSError:
        return


def start(argv: list[str], environment: dict[str, str], result: int) -> int:
    """Start the program with descriptor 3 leading to `result` and no other of ours; gives its process id."""
    process = os.fork()
    if process:
        return process
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(result, _REPORT)
        os.closerange(_REPORT + 1, 256)
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        os.write(2, f"workbench-launcher: {error.strerror}\n".encode())
    os._exit(127)


def main() -> int:
    """Run the program and answer its requests; gives its exit code."""
    with open(sys.argv[1], "rb") as file:
        answers = json.load(file)
    os.unlink(sys.argv[1])  # noqa: PTH108 - nothing more is imported than is needed
    server = Server(answers)
    proxies = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
    none = {"no_proxy": "", "NO_PROXY": ""}
    result_read, result_write = os.pipe()
    process = start(sys.argv[2:], {**os.environ, **dict.fromkeys(proxies, server.address), **none}, result_write)
    os.close(result_write)
    result: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(result_read, result), daemon=True)
    for thread in (reader, threading.Thread(target=server.serve, daemon=True)):
        thread.start()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    reader.join(_LAST_SECONDS)
    for busy in list(server.busy):  # a request that was sent just before the end still counts
        busy.join(_LAST_SECONDS)
    with server.lock:
        code = 128 - code if code < 0 else code
        report({"exit": code, "result": base64.b64encode(b"".join(result)).decode(), "count": server.count})
    os._exit(code)  # threads that wait for a client do not hold it up


def read_all(descriptor: int, into: list[bytes]) -> None:
    """Read a pipe to its end, or until it is too much."""
    size = 0
    while size < _MOST_RESULT:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        into.append(chunk)
        size += len(chunk)


if __name__ == "__main__":
    sys.exit(main())
