"""Which functions of Python and its common packages do what."""

STARTS = frozenset((
    "subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "asyncio.create_subprocess_exec", "os.posix_spawn", "os.posix_spawnp", "pty.spawn", "trio.run_process",
    "anyio.run_process", "anyio.open_process",
))  # fmt: skip
"""They take a list of words."""
STARTS_LISTED = frozenset((
    "os.execl", "os.execle", "os.execlp", "os.execlpe", "os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe",
    "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.spawnv", "os.spawnve", "os.spawnvp", "os.spawnvpe",
))  # fmt: skip
"""They take a program and then its words, its own name first."""
STARTS_SHELL = frozenset((
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
    "commands.getoutput", "commands.getstatusoutput", "pexpect.spawn", "pexpect.run", "invoke.run", "popen2.popen2",
    "pexpect.popen_spawn.PopenSpawn", "IPython.get_ipython().system", "get_ipython().system",
))  # fmt: skip
"""They take a text for a shell."""
STARTING_MODULES = frozenset(("subprocess", "pty", "pexpect", "sh", "plumbum", "fabric", "invoke", "commands"))

TALKING_MODULES = frozenset((
    "socket", "urllib.request", "urllib2", "urllib3", "http.client", "httplib", "requests", "httpx", "aiohttp",
    "websockets", "websocket", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "nntplib", "xmlrpc.client",
    "paramiko", "fabric", "pycurl", "grpc", "asyncssh", "dns.resolver", "scapy", "wget", "gdown", "httplib2", "treq",
    "requests_html", "cloudscraper", "curl_cffi", "niquests", "mechanize", "scrapy", "feedparser", "selenium",
    "playwright.sync_api", "playwright.async_api", "pyppeteer", "zmq", "urllib",
))  # fmt: skip
"""Modules that talk to any host."""
SERVICES = frozenset((
    "boto3", "botocore", "aioboto3", "openai", "anthropic", "google.cloud", "googleapiclient", "google.generativeai",
    "google.genai", "slack_sdk", "slack", "github", "gitlab", "tweepy", "praw", "stripe", "twilio", "telegram",
    "telebot", "discord", "huggingface_hub", "kaggle", "azure", "pymongo", "redis", "psycopg2", "psycopg", "asyncpg",
    "mysql", "pymysql", "sqlalchemy", "elasticsearch", "pika", "kafka", "cohere", "mistralai", "groq", "litellm",
    "replicate", "notion_client", "jira", "atlassian", "sendgrid", "wandb", "mlflow", "docker", "kubernetes",
    "yt_dlp", "yfinance", "mcp", "fastmcp", "supabase", "pinecone", "qdrant_client", "weaviate", "firebase_admin",
    "langchain", "ollama", "snowflake", "minio", "simple_salesforce", "hubspot",
))  # fmt: skip
"""Packages that talk to a service of their own."""
TALKS = frozenset((
    "get", "post", "put", "patch", "delete", "head", "options", "request", "urlopen", "urlretrieve", "Request",
    "connect", "create_connection", "ws_connect", "stream", "HTTPConnection", "HTTPSConnection", "SMTP", "SMTP_SSL",
    "FTP", "FTP_TLS", "IMAP4", "IMAP4_SSL", "POP3", "POP3_SSL", "Telnet", "ServerProxy", "open_connection", "download",
    "goto", "parse", "getaddrinfo", "gethostbyname", "sendto", "connect_ex", "insecure_channel", "secure_channel",
    "WebSocketApp", "create_unix_connection", "get_json", "resolve", "urlretrieve",
))  # fmt: skip
"""Their functions and methods by which they reach a host."""
TAKE_HOST_NAMES = frozenset(("HTTPConnection", "HTTPSConnection", "SMTP", "SMTP_SSL", "FTP", "FTP_TLS", "IMAP4",
                             "IMAP4_SSL", "POP3", "POP3_SSL", "Telnet", "create_connection", "connect", "getaddrinfo",
                             "gethostbyname", "open_connection"))  # fmt: skip
LISTENS = frozenset((
    "http.server.HTTPServer", "http.server.ThreadingHTTPServer", "socketserver.TCPServer", "socketserver.UDPServer",
    "socketserver.ThreadingTCPServer", "flask.Flask", "uvicorn.run", "fastapi.FastAPI", "aiohttp.web.run_app",
    "asyncio.start_server", "http.server.test", "xmlrpc.server.SimpleXMLRPCServer", "websockets.serve",
    "wsgiref.simple_server.make_server", "bottle.run", "gradio.Interface", "socket.socket().bind",
    "socket.socket().listen",
))  # fmt: skip
FETCHES_FILES = frozenset(("urllib.request.urlretrieve", "urllib.urlretrieve", "wget.download", "gdown.download",
                           "huggingface_hub.snapshot_download", "huggingface_hub.hf_hub_download",
                           "nltk.download", "torch.hub.load", "torch.hub.download_url_to_file"))  # fmt: skip

DYNAMIC = frozenset((
    "eval", "exec", "builtins.eval", "builtins.exec", "runpy.run_path", "runpy.run_module", "pickle.load",
    "pickle.loads", "pickle.Unpickler", "cPickle.load", "cPickle.loads", "_pickle.loads", "dill.load", "dill.loads",
    "cloudpickle.load", "cloudpickle.loads", "joblib.load", "marshal.load", "marshal.loads", "shelve.open",
    "torch.load", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load", "types.FunctionType",
    "types.CodeType", "code.interact", "code.InteractiveConsole", "code.InteractiveInterpreter", "execfile",
    "importlib.util.spec_from_file_location", "imp.load_source", "importlib.machinery.SourceFileLoader",
    "pandas.read_pickle", "ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.WinDLL", "ctypes.PyDLL",
    "ctypes.util.find_library", "cffi.FFI", "jsonpickle.decode", "timeit.timeit", "timeit.repeat", "cProfile.run",
    "builtins.compile", "zipimport.zipimporter", "sys.addaudithook", "site.addsitedir",
))  # fmt: skip
"""They run code that is not in the text, or data that can be code."""
DYNAMIC_MODULES = frozenset(("ctypes", "marshal", "cffi", "imp", "zipimport"))

INSTALLS = frozenset(("pip.main", "pip._internal.main", "pip._internal.cli.main.main", "ensurepip.bootstrap",
                      "setuptools.command.easy_install.main", "micropip.install", "piplite.install",
                      "conda.cli.python_api.run_command", "playwright.__main__.main"))  # fmt: skip

OPENS = frozenset(("open", "io.open", "builtins.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "os.fdopen",
                   "aiofiles.open", "tarfile.open", "zipfile.ZipFile", "os.open", "fileinput.input", "anyio.open_file",
                   "tarfile.TarFile", "wave.open", "shelve.open", "dbm.open"))  # fmt: skip
WRITES = {
    "os.remove": 0, "os.unlink": 0, "os.rename": 1, "os.replace": 1, "os.makedirs": 0, "os.mkdir": 0, "os.rmdir": 0,
    "os.removedirs": 0, "os.chmod": 0, "os.chown": 0, "os.symlink": 1, "os.link": 1, "os.truncate": 0, "os.mkfifo": 0,
    "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1, "shutil.copytree": 1, "shutil.move": 1,
    "shutil.rmtree": 0, "shutil.make_archive": 0, "shutil.unpack_archive": 1, "shutil.copymode": 1,
    "sqlite3.connect": 0, "logging.FileHandler": 0, "os.utime": 0, "shutil.chown": 0, "os.renames": 1,
}  # fmt: skip
"""The number of the argument that is written."""
REMOVES = frozenset(("os.remove", "os.unlink", "os.rmdir", "os.removedirs", "shutil.rmtree"))
READS = frozenset(("os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob", "os.readlink", "linecache.getline",
                   "pandas.read_csv", "pandas.read_excel", "pandas.read_json", "pandas.read_parquet", "numpy.loadtxt",
                   "PIL.Image.open", "openpyxl.load_workbook", "docx.Document", "pypdf.PdfReader", "pdfplumber.open",
                   "configparser.ConfigParser().read", "dotenv.load_dotenv", "dotenv.dotenv_values"))  # fmt: skip
READING_METHODS = frozenset(("read_text", "read_bytes", "iterdir", "rglob"))
WRITING_METHODS = frozenset(("write_text", "write_bytes", "symlink_to", "hardlink_to", "to_csv", "to_excel",
                             "to_parquet", "to_json", "savefig", "extractall", "rmdir", "mkdir", "touch",
                             "unlink"))  # fmt: skip
PATH_ONLY_METHODS = frozenset(("open", "rename", "replace", "chmod", "glob"))
"""Methods of a path whose names other things share."""
REMOVING_METHODS = frozenset(("unlink", "rmdir"))

GUARDED = frozenset(("os", "subprocess", "builtins", "importlib", "sys", "__builtins__", "socket", "posix", "shutil"))
"""Modules of which anything may be reached by a name that is not in the text."""
