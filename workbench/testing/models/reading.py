"""A response read as it comes: a stream of events or one document, whichever the endpoint sent."""

from workbench.testing.models.protocol import OnText
from workbench.testing.models.sending import Head
from workbench.testing.models.sse import MOST_EVENT, EventParser, TooLongError
from workbench.testing.models.wire import Answer, Wire, WrongAnswer, document, said

MOST_EVENTS = 250_000
"""How many events an answer may have: twice what the longest answers of today come in."""

_STREAM = "text/event-stream"


class ResponseReader:
    """Takes a response's bytes, tells the text in them, and gives the answer. Bytes of a failure are none of it."""

    def __init__(self, wire: Wire, on_text: OnText | None) -> None:
        self._wire = wire
        self._on_text = on_text
        self._events = EventParser()
        self._stream = wire.reader()
        self._whole: list[bytes] = []
        self._count = 0

    @property
    def began(self) -> bool:
        """Whether some of an answer was seen."""
        return self._stream.began

    def feed(self, head: Head, chunk: bytes) -> None:
        """Take some bytes.

        Raises:
            WrongAnswer: They report an error, or can't be read.
        """
        if head.status != 200:
            return
        if head.content_type != _STREAM:
            self._whole.append(chunk)
            return
        try:
            for event in self._events.feed(chunk):
                self._count += 1
                if self._count > MOST_EVENTS:
                    raise WrongAnswer(f"it comes in more than {MOST_EVENTS:,} pieces")
                text = self._stream.feed(event)
                if text and self._on_text is not None:
                    self._on_text(text)
        except TooLongError as error:
            raise WrongAnswer(f"one of its events has more than {MOST_EVENT >> 20} Mi characters") from error

    def answer(self, head: Head) -> Answer:
        """The whole answer.

        Raises:
            WrongAnswer: There is none.
        """
        if head.content_type == _STREAM:
            return self._stream.answer()
        if head.content_type not in ("application/json", "") and not head.content_type.endswith("+json"):
            raise WrongAnswer(f"it is {said(head.content_type)}, neither JSON nor a stream of events")
        answer = self._wire.read(document(b"".join(self._whole).decode("utf-8", "replace")))
        if answer.text and self._on_text is not None:
            self._on_text(answer.text)
        return answer
