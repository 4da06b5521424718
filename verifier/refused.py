"""The one way in which a check fails."""

class Refused(Exception):
    """The first thing that is broken: where it is, what is wrong, and what that means."""

    def __init__(self, where: object, what: str, meaning: str) -> None:
        super().__init__(where, what, meaning)
        self.where, self.what, self.meaning = where, what, meaning

def require(holds: bool, where: object, what: str, meaning: str) -> None:
    if not holds:
        raise Refused(where, what, meaning)
