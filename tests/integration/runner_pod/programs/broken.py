"""A program that cannot be imported."""

settings: dict[str, int] = {}
limit = settings["limit"]
