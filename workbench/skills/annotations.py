"""Problems as annotations of GitHub Actions: workflow commands, one a line, that no text can break out of."""

from workbench.skills.model import Problem

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def annotation(problem: Problem, path: str | None) -> str:
    """One problem as a workflow command, `::error file=…,line=…,col=…,title=CODE::message`.

    Args:
        problem: What is wrong.
        path: The file, relative to the repository; None for no place.
    """
    properties = []
    if path is not None:
        properties.append(f"file={_property(path)}")
        if problem.line is not None:
            properties.append(f"line={problem.line}")
            if problem.column is not None:
                properties.append(f"col={problem.column}")
    properties.append(f"title={_property(problem.code)}")
    remedy = f"\n{problem.remedy}" if problem.remedy else ""
    return f"::{_LEVELS[problem.severity]} {','.join(properties)}::{_data(problem.message + remedy)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
